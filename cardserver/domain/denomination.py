"""Notes and coins in circulation, and money told by them: ``{10000: 2, 500: 1}`` is 205 yuan."""

import re
import unicodedata
from collections.abc import Mapping
from typing import Final

from cardserver.domain.errors import AmountInvalid, RuleViolation
from cardserver.domain.sale import CHECKED_ABOVE_FEN, check_note

DENOMINATIONS: Final = (100_00, 50_00, 20_00, 10_00, 5_00, 1_00, 50, 10)
"""Face values in fen, largest first."""

MAX_PIECES: Final = 9_999
"""More of one kind than any drawer holds: beyond it a count is a slip of the finger."""

Pieces = Mapping[int, int]
"""Face value in fen to how many of it."""

_TERM: Final = re.compile(r"([0-9]{1,3})(?:\.([0-9]))?(?:[x*×]([0-9]{1,4}))?")


def check_pieces(pieces: Pieces) -> Pieces:
    """The pieces themselves when each is in circulation. Raises AmountInvalid."""
    for face, count in pieces.items():
        if face not in DENOMINATIONS or not 0 <= count <= MAX_PIECES:
            raise AmountInvalid(f"{count} pieces of {face} fen")
    return pieces


def total_of(pieces: Pieces) -> int:
    """What the pieces come to, in fen."""
    return sum(face * count for face, count in pieces.items())


def notes_typed(text: str) -> dict[int, int] | None:
    """Notes as a clerk types them, ``100+20x2+0.5``; None for anything else.

    One number alone is an amount and no note, unless a count stands with it: ``100x1``.
    """
    terms = unicodedata.normalize("NFKC", text).replace(" ", "").split("+")
    found: dict[int, int] = {}
    for term in terms:
        match = _TERM.fullmatch(term)
        if match is None or (len(terms) == 1 and match.group(3) is None):
            return None
        face = int(match.group(1)) * 100 + int(match.group(2) or 0) * 10
        found[face] = found.get(face, 0) + int(match.group(3) or 1)
    return found


def check_money(
    value_fen: int,
    pieces: Pieces | None,
    *,
    checked: bool,
    above_fen: int = CHECKED_ABOVE_FEN,
) -> None:
    """FEE-03: notes of a face value above the threshold count only when the checker passed them.

    Money that is not told by its notes may hold such a note as soon as it is worth more.
    Raises RuleViolation ``note-not-checked``, ``notes-differ``; AmountInvalid.
    """
    largest = value_fen
    if pieces is not None:
        if total_of(check_pieces(pieces)) != value_fen:
            raise RuleViolation("notes-differ", rule="FEE-03")
        largest = max((face for face, count in pieces.items() if count), default=0)
    check_note(largest, checked=checked, above_fen=above_fen)
