"""Spot checks of a drawer, on the wire (FEE-35)."""

from cardserver.wire_papers import BookView
from cardserver.wire_shifts import Notes, PaperRange
from cardserver.wirebase import Fen, Instant, Remark, Uuid, Wire


class SpotCheckRequest(Wire):
    """The cashier counts a drawer while its shift is open (FEE-33)."""

    check_id: Uuid
    shift_id: Uuid
    notes: Notes
    comment: Remark = ""


class SpotCheckView(Wire):
    """A spot check as the cashier signed it."""

    number: int
    at: Instant
    station: str
    operator: str
    cashier: str
    shift_number: int
    expected_fen: int
    counted_fen: Fen
    notes: Notes
    comment: str
    papers: tuple[PaperRange, ...]
    books: tuple[BookView, ...]

    @property
    def difference_fen(self) -> int:
        """Too much is positive."""
        return self.counted_fen - self.expected_fen


class SpotCheckList(Wire):
    """Spot checks, newest first."""

    checks: tuple[SpotCheckView, ...]
