"""What is typed on the pages of papers and books: numbers, ticks, a slip's scanned code."""

import re
from dataclasses import dataclass
from typing import Final

from cardserver.domain.document import DocumentKind
from cardserver.domain.errors import RuleViolation
from cardserver.wire_documents import DocumentView
from kiosk.desk.shiftforms import Drafts, Form, FormIncomplete
from kiosk.station.typed import plain

_WHOLE: Final = re.compile(r"[0-9]{1,12}")
_SLIP: Final = re.compile(r"YIKA-SLIP ([0-9]{1,12}) ([0-9]{1,10}) ([0-9]{1,12}) ([0-9-]{10})")


def whole_of(form: Form, field: str) -> int:
    """A whole number. Raises FormIncomplete."""
    typed = plain(form.get(field, ""))
    if _WHOLE.fullmatch(typed) is None:
        raise FormIncomplete
    return int(typed)


def forget_ticks(drafts: Drafts, name: str, *ticks: str) -> None:
    """A tick that was taken back is not in the form: no earlier try may stand for it."""
    for tick in ticks:
        drafts.of(name).pop(tick, None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scanned:
    """What stands in a slip's code: its number, and what the record is held against."""

    number: int
    said: str = ""

    @classmethod
    def of(cls, typed: str) -> "Scanned":
        """A number as typed, or a slip's code as a scanner types it. Raises FormIncomplete."""
        words = plain(typed)
        if match := _SLIP.fullmatch(words):
            return cls(number=int(match[1]), said=words)
        if _WHOLE.fullmatch(words) is None:
            raise FormIncomplete
        return cls(number=int(words))

    def check(self, found: DocumentView) -> None:
        """Raise RuleViolation ``slip-differs`` where the slip says other than the record."""
        match = _SLIP.fullmatch(self.said)
        if match is None or found.kind is not DocumentKind.TOP_UP_SLIP:
            return
        card, fen, day = int(match[2]), int(match[3]), match[4]
        record = (found.content.card_number, found.content.total_fen, str(found.local_date))
        if (card, fen, day) != record:
            raise RuleViolation("slip-differs", rule="PARK-07a")

    def fits(self, found: DocumentView) -> bool:
        """A scanned code means the slip and not a receipt of the same number."""
        return not self.said or found.kind is DocumentKind.TOP_UP_SLIP
