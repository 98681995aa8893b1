"""The note in an ID-003 acceptor's path, as its reports tell of it: from statuses to our events.

::

    (none) --ESCROW--> note, undecided --take / give back--> decided
                                |                               |
                                |          VEND VALID ----------+--> (none): CREDITED
                                +--- at rest again -------------+--> (none): RETURNED

VEND VALID stands until the host has acknowledged it. So a note that is gone without one is back in
the payer's hand, and one VEND VALID after the other, without a note in escrow between, is the same.
"""

from enum import StrEnum, unique
from typing import Final

from drivers.acceptors.id003_report import AT_REST, GOING_BACK, NoteTable, Report, Status
from drivers.api.acceptors import BillEvent, BillEventKind, RejectReason

_TOLD_WHILE_IT_LASTS: Final = {
    Status.STACKING: BillEventKind.STACKING,
    Status.STACKER_FULL: BillEventKind.STACKER_FULL,
    Status.STACKER_OPEN: BillEventKind.CASHBOX_REMOVED,
    Status.JAM_IN_HEAD: BillEventKind.JAM,
    Status.JAM_IN_STACKER: BillEventKind.JAM,
    Status.POWER_UP: BillEventKind.RESET,
    Status.POWER_UP_NOTE_IN_HEAD: BillEventKind.RESET,
    Status.POWER_UP_NOTE_IN_STACKER: BillEventKind.RESET,
}
_TOLD_ONCE: Final = {
    Status.ACCEPTING: BillEventKind.READING,
    Status.CHEATED: BillEventKind.FRAUD,
}
_REASONS: Final = {
    0x71: RejectReason.LAID_CROOKED,
    0x72: RejectReason.NOT_RECOGNISED,
    0x73: RejectReason.SEVERAL_AT_ONCE,  # a note remained in the head, or came behind the first
    0x74: RejectReason.NOT_RECOGNISED,
    0x76: RejectReason.NOT_RECOGNISED,
    0x77: RejectReason.NOT_RECOGNISED,
    0x78: RejectReason.SEVERAL_AT_ONCE,  # doubles show in the photo level
    0x79: RejectReason.NOT_WANTED,
    0x7B: RejectReason.PULLED_BACK,
    0x7C: RejectReason.SEVERAL_AT_ONCE,
    0x7D: RejectReason.NOT_RECOGNISED,
    0x7E: RejectReason.NOT_RECOGNISED,
}


@unique
class Wish(StrEnum):
    """What the host wants of the note in escrow."""

    UNDECIDED = "undecided"
    TAKE = "take"
    GIVE_BACK = "give-back"


class Id003Path:
    """What lies in the path, and whether the last credit has been told already."""

    def __init__(self) -> None:
        self.wish = Wish.UNDECIDED
        self.told = False
        self._note: int | None = None  # value in fen, 0 when it is not known
        self._last: Report | None = None

    @property
    def occupied(self) -> bool:
        """True from escrow until the note was credited or given back."""
        return self._note is not None

    @property
    def last(self) -> Report | None:
        """The report before."""
        return self._last

    def begin_anew(self) -> None:
        """The dialogue begins again: where a note lies has to be seen anew."""
        self._note, self._last, self.wish = None, None, Wish.UNDECIDED

    def found_at_power_up(self) -> list[BillEvent]:
        """A note lay in the stacker when the power came back: money, unless it was told before."""
        self._note = None
        if self.told:
            return []
        self.told = True
        return [BillEvent(kind=BillEventKind.STACKED_AT_POWER_UP, unnamed=True)]

    def expect_return(self) -> None:
        """A note that nobody here decided on is on its way back."""
        self._note, self.wish = self._note or 0, Wish.GIVE_BACK

    def follow(self, report: Report, table: NoteTable) -> list[BillEvent]:
        """Our events for a report, oldest first."""
        last = self._last.status if self._last is not None else None
        self._last = report
        events = self._of_the_box(last, report.status)
        if report.status is Status.ESCROW:
            events += self._in_escrow(table.value_fen(report.detail))
        elif report.status is Status.VEND_VALID:
            events += self._valid()
        elif report.status is Status.STACKING and self._note is None and not self.told:
            self._note, self.wish = 0, Wish.TAKE  # decided on by a program that died
        elif report.status is Status.STACKED:
            self._note = None
            events += [BillEvent(kind=BillEventKind.STACKED)] if last is not report.status else []
        elif report.status in AT_REST:
            events += self._at_rest()
        elif report.status in GOING_BACK and last is not report.status and not self.occupied:
            reason = _REASONS.get(report.detail, RejectReason.UNTOLD)
            events.append(BillEvent(kind=BillEventKind.REJECTED, reason=reason))
        if report.status in _TOLD_WHILE_IT_LASTS:
            events.append(BillEvent(kind=_TOLD_WHILE_IT_LASTS[report.status]))
        elif report.status in _TOLD_ONCE and last is not report.status:
            events.append(BillEvent(kind=_TOLD_ONCE[report.status]))
        return events

    def _of_the_box(self, last: Status | None, now: Status) -> list[BillEvent]:
        came_back = last is Status.STACKER_OPEN and now is not Status.STACKER_OPEN
        return [BillEvent(kind=BillEventKind.CASHBOX_REPLACED)] if came_back else []

    def _in_escrow(self, value_fen: int) -> list[BillEvent]:
        unseen = self._note == 0 and self.wish is Wish.GIVE_BACK
        if self._note is not None and (unseen or value_fen == self._note):
            return []
        events = self._at_rest()  # another note lies there: the one before went back
        self._note, self.wish, self.told = value_fen, Wish.UNDECIDED, False
        return [*events, BillEvent(kind=BillEventKind.ESCROW, value_fen=value_fen)]

    def _valid(self) -> list[BillEvent]:
        note, self._note = self._note, None
        if self.told:
            return []
        self.told = True
        if not note:
            return [BillEvent(kind=BillEventKind.CREDITED, unnamed=True)]
        return [BillEvent(kind=BillEventKind.CREDITED, value_fen=note)]

    def _at_rest(self) -> list[BillEvent]:
        note, self._note = self._note, None
        if note is None:
            return []
        return [BillEvent(kind=BillEventKind.RETURNED, value_fen=note)]
