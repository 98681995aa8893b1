"""Under which texts a holder is found: small keys in a normal form, each found by its beginning.

A name is found by any of its ends of two characters or more (欧阳秀兰, 阳秀兰, 秀兰), a room as it
is written, by its numbers with dashes and by its last number (3栋2单元1201, 3-2-1201, 1201), a
plate with and without province, a phone from the front or the back, an identity number from the
back. What is found from the back is kept backwards behind a mark, so that any length of it is a
beginning too.
"""

import re
import unicodedata
from collections.abc import Iterable
from enum import StrEnum, unique
from typing import Final

MAX_KEY: Final = 120
MIN_TAIL: Final = 4
"""Fewer characters from the back would find half the estate by phone number."""

_TAIL_MARKS: Final = ("#", "$")
_PHONE_TAIL, _ID_TAIL = _TAIL_MARKS
_DROPPED: Final = re.compile(r"[\s·•・#$]+")
_NUMBERS: Final = re.compile(r"[a-z]?[0-9]+[a-z]?")
_NO_DIGIT: Final = re.compile(r"[^0-9]")
_LATIN: Final = "\u024f"
_LAST: Final = "\U0010ffff"
_MIN_PLATE: Final = 3


@unique
class KeyKind(StrEnum):
    """What a key was made of; the keys of one kind are replaced together."""

    NAME = "name"
    UNIT = "unit"
    PHONE = "phone"
    ID = "id"
    PLATE = "plate"


def normal(text: str) -> str:
    """Compatibility forms, case, spaces and middle dots make no difference."""
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
    return _DROPPED.sub("", text.casefold())[:MAX_KEY]


def terms(query: str) -> tuple[str, ...]:
    """The words of a query, the longest first: every one of them has to fit."""
    words = {normal(word) for word in query.split()} - {""}
    return tuple(sorted(words, key=lambda word: (-len(word), word)))


def beginnings(term: str) -> tuple[str, ...]:
    """What a key may begin with to fit a term: the term, and its mirror behind each mark."""
    tail = term.isascii() and term.isalnum() and len(term) >= MIN_TAIL
    mirrored = tuple(mark + term[::-1] for mark in _TAIL_MARKS) if tail else ()
    return (term, *mirrored)


def after(beginning: str) -> str:
    """The end of the range of keys with this beginning, compared byte by byte in UTF-8."""
    return beginning + _LAST


def name_keys(name: str) -> frozenset[str]:
    """The name, and every end of it; of a run of Latin letters only whole words."""
    words = [normal(word) for word in name.split()]
    text = "".join(words)
    starts = {sum(map(len, words[:place])) for place in range(len(words))}
    starts |= {place for place, letter in enumerate(text[:-1]) if letter > _LATIN}
    return frozenset(text[start:] for start in starts)


def unit_keys(label: str) -> frozenset[str]:
    """The room as written, its numbers with dashes, and its last number."""
    text = normal(label)
    numbers = _NUMBERS.findall(text)
    return frozenset({text, "-".join(numbers), *numbers[-1:]} - {""})


def phone_keys(phone: str) -> frozenset[str]:
    """The number, and the number from its end."""
    digits = phone if phone.isdecimal() and phone.isascii() else _NO_DIGIT.sub("", normal(phone))
    return frozenset({digits, _PHONE_TAIL + digits[::-1]}) if digits else frozenset()


def id_keys(id_number: str) -> frozenset[str]:
    """The number from its end: the whole of it as a scanner reads it, or its last few."""
    text = normal(id_number)
    return frozenset({_ID_TAIL + text[::-1]}) if text else frozenset()


def plate_keys(plates: Iterable[str]) -> frozenset[str]:
    """Every plate, without its province, and without its city."""
    texts = [normal(plate).replace("-", "") for plate in plates]
    return frozenset(
        text[start:] for text in texts for start in (0, 1, 2) if len(text) - start >= _MIN_PLATE
    )
