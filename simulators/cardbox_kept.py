"""A card in the box: how it is made, what it is called, which UID it gets, and what can't be."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, Final

from simulators.cards.api import VirtualCard
from simulators.cards.catalogue import CATALOGUE, make

LABEL_LIMIT: Final = 40

_NUID_KINDS: Final = frozenset({"classic-1k", "bank-card", "iso-14443-4"})
_NXP: Final = 0x04  # manufacturer's first byte of a seven-byte UID
_CASCADE_TAG: Final = 0x88  # never the fourth byte of one (ISO/IEC 14443-3, 6.5.4)


class CardBoxError(Exception):
    """Something that can't be done with the cards. `code` is stable."""

    code: ClassVar[str] = "card-box"


class NoSuchCard(CardBoxError):
    """No card of that id."""

    code = "no-such-card"


class NoSuchReader(CardBoxError):
    """No reader of that name."""

    code = "no-such-reader"


class CardNotMade(CardBoxError):
    """No such kind, or a UID or label this kind can't have."""

    code = "card-not-made"


class CardExists(CardBoxError):
    """A card with this UID is in the box already."""

    code = "uid-taken"


class BoxFull(CardBoxError):
    """Nobody needs that many cards."""

    code = "box-full"


class BoxDamaged(CardBoxError):
    """A file that `CardBox.save` can't have written."""

    code = "box-damaged"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A card and what a person calls it."""

    card: VirtualCard
    label: str


def make_kept(kind: str, uid: bytes, label: str | None) -> Kept:
    """A card in its factory state; without a label it bears its product's name.

    Raises:
        CardNotMade: no such kind, or a UID or label it can't have.
    """
    try:
        card = make(kind, uid)
    except ValueError as impossible:
        raise CardNotMade(str(impossible)) from impossible
    name = CATALOGUE[kind].name if label is None else label.strip()
    if not 0 < len(name) <= LABEL_LIMIT or not name.isprintable():
        raise CardNotMade(f"a label has 1 to {LABEL_LIMIT} printable characters")
    return Kept(card=card, label=name)


def uids_for(kind: str, seed: int, number: int) -> Iterator[bytes]:
    """UIDs without end, as NXP gives them: 04 and six bytes, or a NUID, whose first byte ends in F
    (AN10927, annex B).

    So none begins with 08, which says that a card makes its identifier up each time.
    """
    size = 4 if kind in _NUID_KINDS else 7
    attempt = 0
    while True:
        digest = hashlib.sha256(f"{seed}/{number}/{attempt}".encode()).digest()
        attempt += 1
        if size == 4:
            yield bytes([digest[0] & 0xE0 | 0x0F]) + digest[1:4]
        elif digest[3] != _CASCADE_TAG:
            yield bytes([_NXP]) + digest[1:7]
