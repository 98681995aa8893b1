"""The note in an SSP validator's path, as its poll events tell of it: from raw events to ours.

::

    (none) --EF n--> escrow, undecided --decide--> on its way --EE n--> (none): CREDITED
                         |                             |
                         +---------- ED, EC -----------+-----> (none): RETURNED
    (none) --ED, EC--> (none): REJECTED, it never was a note to decide on
"""

from collections.abc import Iterable
from typing import Final

from drivers.acceptors.ssp_report import EventCode, RawEvent, Setup
from drivers.api.acceptors import BillEvent, BillEventKind

UNKNOWN_CHANNEL: Final = 0

_KINDS: Final = {
    EventCode.SLAVE_RESET: BillEventKind.RESET,
    EventCode.CREDIT: BillEventKind.CREDITED,
    EventCode.STACKING: BillEventKind.STACKING,
    EventCode.STACKED: BillEventKind.STACKED,
    EventCode.SAFE_JAM: BillEventKind.JAM,
    EventCode.UNSAFE_JAM: BillEventKind.JAM,
    EventCode.PATH_OPEN: BillEventKind.JAM,  # opened by hand: out of order until it is closed
    EventCode.DISABLED: BillEventKind.DISABLED,
    EventCode.CHANNELS_DISABLED: BillEventKind.DISABLED,
    EventCode.STACKER_FULL: BillEventKind.STACKER_FULL,
    EventCode.FRAUD: BillEventKind.FRAUD,
    EventCode.CASHBOX_REMOVED: BillEventKind.CASHBOX_REMOVED,
    EventCode.CASHBOX_REPLACED: BillEventKind.CASHBOX_REPLACED,
    EventCode.CLEARED_FROM_FRONT: BillEventKind.RETURNED_AT_POWER_UP,
    EventCode.CLEARED_TO_CASHBOX: BillEventKind.STACKED_AT_POWER_UP,
}
_LEFT_ESCROW: Final = frozenset(
    {EventCode.REJECTING, EventCode.STACKING, EventCode.SAFE_JAM, EventCode.UNSAFE_JAM}
)
_LEFT_THE_PATH: Final = frozenset(
    {
        EventCode.SLAVE_RESET,
        EventCode.CREDIT,
        EventCode.CLEARED_FROM_FRONT,
        EventCode.CLEARED_TO_CASHBOX,
    }
)


class NotePath:
    """What lies in the path. `undecided`: a note is in escrow, so the next POLL must wait."""

    def __init__(self) -> None:
        self._note: int | None = None  # channel
        self.undecided = False

    @property
    def occupied(self) -> bool:
        """True from escrow until the note was credited or given back."""
        return self._note is not None

    def decide(self) -> None:
        """The note in escrow may go its way."""
        self.undecided = False

    def expect_return(self) -> None:
        """A note that nobody here knew of is being given back."""
        self._note, self.undecided = UNKNOWN_CHANNEL, False

    def follow(self, events: Iterable[RawEvent], setup: Setup) -> list[BillEvent]:
        """Our events for the validator's, oldest first."""
        told = (self._follow(event, setup) for event in events)
        return [event for event in told if event is not None]

    def _follow(self, raw: RawEvent, setup: Setup) -> BillEvent | None:
        if raw.code is EventCode.READ:
            return self._read(raw.channel, setup)
        if raw.code is EventCode.REJECTED:
            return self._rejected(setup)
        if raw.code in _LEFT_ESCROW:
            self.undecided = False
        elif raw.code in _LEFT_THE_PATH:
            self._note, self.undecided = None, False
        kind = _KINDS.get(raw.code)
        if kind is None:
            return None
        return BillEvent(kind=kind, value_fen=setup.value_fen(raw.channel))

    def _read(self, channel: int, setup: Setup) -> BillEvent | None:
        if channel == 0:
            return BillEvent(kind=BillEventKind.READING)
        if channel == self._note:
            return None  # the same note once more, on its way from escrow to the stacker
        self._note, self.undecided = channel, True
        return BillEvent(kind=BillEventKind.ESCROW, value_fen=setup.value_fen(channel))

    def _rejected(self, setup: Setup) -> BillEvent:
        note, self._note, self.undecided = self._note, None, False
        if note is None:
            return BillEvent(kind=BillEventKind.REJECTED)
        return BillEvent(kind=BillEventKind.RETURNED, value_fen=setup.value_fen(note))
