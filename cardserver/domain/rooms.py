"""Rooms as people type them: 3栋2单元1201, 3#2-1201, 3 2 1201 and 2单元1201 all mean numbers.

A room is kept by its numbers with dashes too (`cardserver.domain.searchkeys.unit_keys`); here what
was typed is brought into that form. Estates name their buildings differently, so what was typed
stays a second way of reading it.
"""

import re
import unicodedata
from typing import Final

_DOOR: Final = "室房户号"
"""Marks behind the last number: nothing comes after it."""
_MARKS: Final = rf"{_DOOR}期区栋幢座楼单元梯#\-‐-―−_/\\.,、"
_GAP: Final = re.compile(rf"[\s{_MARKS}]+")
_NEAR: Final = r"(?:[a-z]?[0-9]{1,3}[a-z]?|[a-z])"
_LAST: Final = r"[0-9]{1,5}[a-z]?"
_ROOM: Final = re.compile(
    rf"(?<!\S)(?:{_NEAR}(?:[\s{_MARKS}]+{_NEAR})*(?:[\s{_MARKS}]+{_LAST})?|{_LAST})"
    rf"[{_MARKS}]*(?!\S)"
)
_PART: Final = re.compile(rf"{_NEAR}(?:-{_NEAR})*-([0-9]{{3,5}}[a-z]?)")


def dashed(query: str) -> str:
    """The query with every room in it as numbers with dashes; the rest as it was typed.

    A building alone keeps its dash, so that 3栋 is 3- and not the thirties.
    """
    return _ROOM.sub(_dashed, unicodedata.normalize("NFKC", query.casefold()))


def _dashed(found: re.Match[str]) -> str:
    text = found[0]
    numbers = "-".join(_GAP.sub(" ", text).split())
    open_ended = bool(_GAP.fullmatch(text[-1])) and text[-1] not in _DOOR
    return f"{numbers}-" if open_ended else numbers


def last_of_part(word: str) -> str:
    """The room's own number where a word may name only the end of a room (2-1201), else empty.

    Numbers below three digits are entrances rather than rooms.
    """
    part = _PART.fullmatch(word)
    return part[1] if part else ""
