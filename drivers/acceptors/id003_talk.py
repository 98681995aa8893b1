"""What a host asks an ID-003 acceptor, and which answers it takes for one."""

from collections.abc import Callable
from typing import Final

from drivers.acceptors.id003_frame import Frame
from drivers.acceptors.id003_link import Id003Link
from drivers.acceptors.id003_report import (
    GOING_BACK,
    NoteTable,
    Report,
    Status,
    parse_report,
    parse_table,
)
from drivers.errors import DeviceFault, FrameError

RESET, STACK, RETURN, HOLD = 0x40, 0x41, 0x43, 0x44
DENOMINATIONS, INHIBIT = 0xC0, 0xC3

_STATUS, _ACK, _REFUSED = 0x11, 0x50, 0x4B
_VERSION, _TABLE = 0x88, 0x8A
_PAUSE_S: Final = 0.1  # between two looks while a note comes to rest
_MOST_LOOKS: Final = 8
_PASSING: Final = frozenset(
    {Status.ACCEPTING, Status.STACKING, Status.STACKED, Status.INITIALISING} | GOING_BACK
)
"""Statuses over which no money is decided: one look is enough."""


class Id003Talk:
    """The dialogue with one acceptor. `heard_at` is when it last told its status.

    Every method raises DeviceTimeout or DeviceNotFound when the dialogue is lost.
    """

    def __init__(
        self, link: Id003Link, *, clock: Callable[[], float], device: str, heard_at: float
    ) -> None:
        self._link = link
        self._clock = clock
        self._device = device
        self.heard_at = heard_at

    def look(self, last: Report | None) -> Report:
        """The status after `last`. One over which money is decided is asked for until it stands."""
        report = self._status()
        if report.status in _PASSING or report == last:
            return report
        for _ in range(_MOST_LOOKS):
            before, report = report, self._status()
            if report.status in _PASSING or report == before:
                return report
        raise self.fault("its status does not stand still", f"{report.status:02X}")

    def version(self) -> str:
        """Its name for its software. Our own echo has no text: then nobody listens on the line."""
        answer = self._link.ask(Frame(_VERSION), lambda f: f.code in {_VERSION, _REFUSED})
        if answer.code == _VERSION and not answer.data:
            raise self.fault("the line answers with our own bytes", "echo")
        return answer.data.decode("ascii", "replace").strip()

    def table(self) -> NoteTable:
        """The notes it knows. Raises DeviceFault, FrameError."""
        answer = self._link.ask(Frame(_TABLE), lambda f: f.code in {_TABLE, _REFUSED})
        if answer.code == _REFUSED:
            raise self.fault("it does not name its notes", "no-table")
        return parse_table(answer.data)

    def do(self, operation: int) -> bool:
        """Send an operation; False when the acceptor refuses it now."""
        answer = self._link.ask(Frame(operation), lambda f: f.code in {_ACK, _REFUSED})
        return answer.code == _ACK

    def set(self, code: int, data: bytes) -> bool:
        """Send a setting, which is echoed; False when the acceptor refuses it now."""
        setting = Frame(code, data)
        return self._link.ask(setting, lambda f: f == setting or f.code == _REFUSED) == setting

    def acknowledge(self) -> None:
        """The credit has been heard; this is never answered."""
        self._link.tell(Frame(_ACK))

    def pause(self) -> None:
        """Leave it alone for a moment."""
        self._link.pause(_PAUSE_S)

    def fault(self, message: str, status: str) -> DeviceFault:
        """What is wrong with the acceptor, to be raised."""
        return DeviceFault(f"banknote acceptor: {message}", device=self._device, status=status)

    def _status(self) -> Report:
        report = parse_report(self._link.ask(Frame(_STATUS), lambda f: parse_report(f) is not None))
        self.heard_at = self._clock()
        if report is None:
            raise FrameError("no status", device=self._device)
        return report
