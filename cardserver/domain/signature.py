"""Signatures in the card register: who signs a row, and what a drawn signature looks like (IC-07).

A signature is a drawing of strokes, kept as a short text and never as a picture, or a note of
page and line where it stands on paper (IC-07a).
"""

from enum import StrEnum, unique
from typing import Final

from cardserver.domain.errors import RuleViolation


@unique
class Signer(StrEnum):
    """Who signs for a card (IC-07a, IC-15a)."""

    HOLDER = "holder"
    REPRESENTATIVE = "representative"  # a merchant's agent, whoever takes the card
    SECTION_HEAD = "section-head"  # for his section's cards, and nobody else


@unique
class SignedHow(StrEnum):
    """How a row was signed (IC-07a)."""

    PAD = "pad"
    PAPER = "paper"


MAX_STROKES_CHARS: Final = 12_000
_MAX_STROKES: Final = 80
_MIN_POINTS: Final = 8
PAD_WIDTH: Final = 600
PAD_HEIGHT: Final = 200


def check_strokes(strokes: str) -> str:
    """A signature drawn on the pad: strokes of points, ``12,80 14,82;30,75 31,79``.

    Points lie on a field of 600 × 200. Raises RuleViolation ``signature-empty`` for less than a
    person's hand leaves behind, ``signature-unreadable`` for what is no such drawing.
    """
    if len(strokes) > MAX_STROKES_CHARS:
        raise RuleViolation("signature-unreadable", rule="IC-07a")
    drawn = [_points(stroke) for stroke in strokes.split(";") if stroke.strip()]
    if len(drawn) > _MAX_STROKES:
        raise RuleViolation("signature-unreadable", rule="IC-07a")
    if len({point for stroke in drawn for point in stroke}) < _MIN_POINTS:
        raise RuleViolation("signature-empty", rule="IC-07a")
    return ";".join(" ".join(f"{x},{y}" for x, y in stroke) for stroke in drawn)


def _points(stroke: str) -> list[tuple[int, int]]:
    points = []
    for pair in stroke.split():
        x, comma, y = pair.partition(",")
        if not (comma and _is_number(x) and _is_number(y)):
            raise RuleViolation("signature-unreadable", rule="IC-07a")
        if int(x) > PAD_WIDTH or int(y) > PAD_HEIGHT:
            raise RuleViolation("signature-unreadable", rule="IC-07a")
        points.append((int(x), int(y)))
    return points


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= len(str(PAD_WIDTH))


def check_signer(
    expected: Signer | None, recipient: str, *, signed_by: str, signer: Signer
) -> None:
    """Raise RuleViolation unless this person may sign such a row.

    A section's card is signed for by the section head himself (IC-15a); any other card by the
    holder or by whoever takes it (IC-07a).
    """
    if expected is None:
        raise RuleViolation("no-signature-needed", rule="IC-07")
    section = expected is Signer.SECTION_HEAD
    if section != (signer is Signer.SECTION_HEAD) or (section and signed_by != recipient):
        raise RuleViolation("other-signer", rule="IC-15a")
