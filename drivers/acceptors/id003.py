"""Banknote acceptors that speak JCM's ID-003: UBA, iPRO, iVIZION, WBA, DBV, Vega, and others.

Source: ID03-001E rev. 05 (serial layer: 9600 baud, 8 data bits, even parity, 1 stop bit).

| supported | not supported |
|---|---|
| escrow held, stacked (STACK-1) or given back | recycling and paying out (F0h extensions) |
| up to 16 denominations of one country | barcode tickets (given back) |
| notes found at power-up, credit until ACK | interrupt mode, other speeds by command |

**Escrow.** Nothing is taken without STACK. `poll` sends it for a decided note, and HOLD for an
undecided one. A driver that starts anew gives back whatever lies in escrow.

**Credit.** VEND VALID stands until our ACK, and the ACK is sent by the call that follows the `poll`
which told the credit: a program that dies over a credit hears of it again, and one that heard of it
twice counts it once. VEND VALID names no note: a driver that has not seen the note itself tells it
*unnamed*. There is no lifetime counter and no serial number. So a note whose VEND VALID was lost
with the acceptor's power is told by the power-up states (41: in the head, comes back; 42: in the
stacker, is money), and where they are silent (40) nobody can tell: the caller books it as unknown.

A RESET from `poll` means that the acceptor lost its power: `start` again.

Settings: ``port``; optional ``baud``, ``parity``, ``stop_bits``, ``currency`` (CNY), ``timeout_ms``
(200), ``tries`` (10), ``rest_ms`` (15000, how long a start waits for notes to come to rest), and
``country``, the two hex digits of an acceptor whose table codes our currency in its own way.
"""

import re
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Final

from drivers.acceptors.id003_link import Id003Link
from drivers.acceptors.id003_path import Id003Path, Wish
from drivers.acceptors.id003_report import (
    AT_REST,
    GOING_BACK,
    IN_ESCROW,
    POWER_UPS,
    TROUBLES,
    NoteTable,
    Status,
)
from drivers.acceptors.id003_talk import (
    DENOMINATIONS,
    HOLD,
    INHIBIT,
    RESET,
    RETURN,
    STACK,
    Id003Talk,
)
from drivers.acceptors.notes import check_notes_of
from drivers.api.acceptors import (
    AcceptorDriver,
    AcceptorInfo,
    BillAcceptor,
    BillEvent,
    BillEventKind,
)
from drivers.api.streams import ByteStream
from drivers.bytestream import line_settings, open_serial, whole_number
from drivers.errors import DeviceError, DeviceFault

_STALE_S: Final = 9.0
"""A decision older than this may belong to a note that has left by itself (HOLD lasts 10 s)."""
_ENDS: Final = TROUBLES | {Status.VEND_VALID}
"""Where a start leaves the acceptor to the poll that follows."""
_ENDS_OF_NOTES: Final = frozenset(
    {
        BillEventKind.CREDITED,
        BillEventKind.RETURNED,
        BillEventKind.RETURNED_AT_POWER_UP,
        BillEventKind.STACKED_AT_POWER_UP,
    }
)
"""What is still news after a dialogue that was lost before it could be told."""
_SPEECHLESS: Final = _ENDS | POWER_UPS
"""Where it need not answer more than a status, an operation or an ACK."""

_TWO_HEX_DIGITS: Final = re.compile(r"[0-9A-Fa-f]{2}")


class Id003Acceptor:
    """A `drivers.api.acceptors.BillAcceptor`. Belongs to one thread; poll it every 100 to 200 ms.

    `connect` opens the line; `start` calls it each time, so that a replugged adapter comes back.
    """

    def __init__(
        self,
        connect: Callable[[], ByteStream],
        *,
        currency: str = "CNY",
        country: int | None = None,
        timeout_s: float = 0.2,
        tries: int = 10,
        rest_s: float = 15.0,
        device: str = "",
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._connect = connect
        self._currency = currency
        self._country = country
        self._timeout_s = timeout_s
        self._tries = tries
        self._rest_s = rest_s
        self._device = device
        self._clock = clock
        self._stream: ByteStream | None = None
        self._talking: Id003Talk | None = None
        self._firmware = ""
        self._table = NoteTable(values_fen={})
        self._path = Id003Path()
        self._pending: list[BillEvent] = []
        self._owes_ack = False
        self._refused_notes: bytes | None = None  # settings that it has not taken yet
        self._inhibited: bool | None = None

    def start(self) -> AcceptorInfo:
        """Open the line and the dialogue; the acceptor is off afterwards and its path at rest.

        Poll once and book what it tells. A note that was on its way and of which it tells nothing
        has gone somewhere unseen. An acceptor that waits over a credit, or is out of order, is not
        asked who it is: it knows no notes then until the next start.

        Raises:
            DeviceNotFound, DeviceBusy: the line cannot be opened.
            DeviceTimeout: nobody answers on it.
            AcceptorUnsuitable: not an acceptor of notes of our currency.
            DeviceFault: it refuses a step or does not come to rest.
            FrameError: it describes itself in bytes that make no sense.
        """
        with suppress(DeviceError):
            self._acknowledge()
        self.close()
        try:
            return self._introduce()
        except DeviceError:
            self.close()
            raise

    def _introduce(self) -> AcceptorInfo:
        self._stream = self._connect()
        link = Id003Link(
            self._stream,
            timeout_s=self._timeout_s,
            tries=self._tries,
            device=self._device,
            clock=self._clock,
        )
        self._talking = Id003Talk(
            link, clock=self._clock, device=self._device, heard_at=self._clock()
        )
        self._path.begin_anew()
        self._pending = [event for event in self._pending if event.kind in _ENDS_OF_NOTES]
        self._inhibited = True
        if self._come_to_rest() in AT_REST:
            self._firmware = self._talk.version()
            self._table = self._checked(self._talk.table())
        return AcceptorInfo(
            serial="",
            firmware=self._firmware,
            currency=self._currency,
            notes_fen=tuple(sorted(set(self._table.values_fen.values()))),
            stacked_count=None,
            repeats_credit=True,
        )

    def enable(self, notes_fen: Sequence[int]) -> None:
        """Take notes of these values only. Raises DeviceFault when it knows none of them.

        An acceptor that is busy over a note is told as soon as it rests; until then a note of
        another value may still come into escrow.
        """
        self._acknowledge()
        wanted = frozenset(notes_fen) & frozenset(self._table.values_fen.values())
        if not wanted:
            self._inhibited = True
            self._settle()
            raise self._fault("it knows none of the notes asked for", "no-such-note")
        self._refused_notes, self._inhibited = self._table.refused(wanted), False
        self._settle()

    def disable(self) -> None:
        """Take no further note. An undecided note is given back, a decided one goes its way."""
        self._acknowledge()
        self._inhibited = True
        self._settle()
        if self._path.occupied and self._path.wish is Wish.UNDECIDED:
            self.return_note()

    def poll(self) -> Sequence[BillEvent]:
        """Events since the last poll, oldest first.

        Raises:
            DeviceTimeout, DeviceNotFound: the dialogue is lost; `start` again.
            DeviceFault: it reports that it is out of order.
        """
        self._acknowledge()
        before = self._talk.heard_at
        report = self._talk.look(self._path.last)
        self._pending += self._path.follow(report, self._table)
        if report.status in IN_ESCROW:
            self._treat(fresh=self._clock() - before < _STALE_S)
        elif report.status in AT_REST:
            self._settle()
        self._owes_ack = report.status is Status.VEND_VALID
        if report.status in {Status.FAILURE, Status.LINE_ERROR} and not self._pending:
            raise self._fault("it reports a failure", f"{report.status:02X} {report.detail:02X}")
        told, self._pending = self._pending, []
        return told

    def stack(self) -> None:
        """Accept the note in escrow: the next `poll` does it. Raises DeviceFault without a note."""
        if not self._path.occupied or self._path.wish is not Wish.UNDECIDED:
            raise self._fault("there is no note in escrow", "no-note")
        self._path.wish = Wish.TAKE

    def return_note(self) -> None:
        """Give the note in escrow back; no fault when it has gone already."""
        self._acknowledge()
        self._talk.do(RETURN)
        self._path.wish = Wish.GIVE_BACK

    def close(self) -> None:
        """Give the line back. Safe to call twice."""
        stream, self._stream, self._talking = self._stream, None, None
        self._owes_ack = False
        if stream is not None:
            stream.close()

    # --- the note

    def _treat(self, *, fresh: bool) -> None:
        """Do with the note in escrow what was decided; not upon a decision grown old."""
        if self._path.wish is Wish.TAKE and fresh:
            self._talk.do(STACK)
        elif self._path.wish is Wish.UNDECIDED and self._path.occupied:
            self._talk.do(HOLD)
        else:
            self._path.expect_return()
            self._talk.do(RETURN)

    def _acknowledge(self) -> None:
        """The caller has the credit that the last poll told: the acceptor may forget it."""
        if self._owes_ack and self._talking is not None:
            self._talking.acknowledge()
            self._owes_ack = False

    def _come_to_rest(self) -> Status:
        """Give back or follow what lies in the path until nothing moves; the status it ends in.

        What that tells of notes waits for the next poll, even should this start fail.
        """
        deadline, reset = self._clock() + self._rest_s, False
        while True:
            report = self._talk.look(self._path.last)
            if report.status not in _SPEECHLESS:
                self._settle()
            self._clear(report.status)
            self._pending += [
                event
                for event in self._path.follow(report, self._table)
                if event.kind is not BillEventKind.RESET  # that is why we are here
            ]
            if report.status in TROUBLES and not reset:
                reset = True
                self._talk.do(RESET)
            elif report.status in _ENDS or self._rests(report.status):
                return report.status
            elif self._clock() > deadline:
                if report.status is Status.STACKING:
                    return report.status  # the caller waits on
                raise self._fault("it does not come to rest", f"{report.status:02X}")
            self._talk.pause()

    def _clear(self, status: Status) -> None:
        """A note in the path goes back; after a loss of power the path is freed."""
        if status in POWER_UPS:
            self._wake_up(status)
        elif status in IN_ESCROW or status in GOING_BACK:
            self._path.expect_return()
            if status in IN_ESCROW:
                self._talk.do(RETURN)

    def _wake_up(self, status: Status) -> None:
        """After a loss of power: free the path. What lay in the head comes back then."""
        if status is Status.POWER_UP_NOTE_IN_STACKER:
            self._pending += self._path.found_at_power_up()
        elif status is Status.POWER_UP_NOTE_IN_HEAD:
            self._pending.append(BillEvent(kind=BillEventKind.RETURNED_AT_POWER_UP))
        self._talk.do(RESET)
        self._inhibited = True

    def _rests(self, status: Status) -> bool:
        return status in AT_REST and self._inhibited is None

    def _settle(self) -> None:
        """Send the settings that the acceptor has not taken yet; it may be too busy to."""
        if self._inhibited and self._talk.set(INHIBIT, b"\x01"):
            self._inhibited = None
        if self._refused_notes is not None and self._talk.set(DENOMINATIONS, self._refused_notes):
            self._refused_notes = None
        if (
            self._inhibited is False
            and self._refused_notes is None
            and self._talk.set(INHIBIT, b"\x00")
        ):
            self._inhibited = None

    def _checked(self, table: NoteTable) -> NoteTable:
        """The table, if its notes are this station's. Raises AcceptorUnsuitable."""
        ours = f"country {self._country:02X}" if self._country is not None else ""
        currency = self._currency if table.currency == ours else table.currency
        check_notes_of(currency or "no notes", table.values_fen.values(), self._currency)
        return table

    @property
    def _talk(self) -> Id003Talk:
        if self._talking is None:
            raise self._fault("it has not been started", "not-started")
        return self._talking

    def _fault(self, message: str, status: str) -> DeviceFault:
        return DeviceFault(f"banknote acceptor: {message}", device=self._device, status=status)


def _open(settings: Mapping[str, str]) -> BillAcceptor:
    line = line_settings(settings, baud=9600, parity="E")
    device = settings.get("name", line.port)
    return Id003Acceptor(
        lambda: open_serial(line, device=device),
        currency=settings.get("currency", "CNY"),
        country=_country(settings.get("country", "")),
        timeout_s=whole_number(settings, "timeout_ms", 200, 10, 10_000) / 1000,
        tries=whole_number(settings, "tries", 10, 1, 100),
        rest_s=whole_number(settings, "rest_ms", 15_000, 100, 60_000) / 1000,
        device=device,
    )


def _country(text: str) -> int | None:
    if not text:
        return None
    if _TWO_HEX_DIGITS.fullmatch(text) is None:
        raise DeviceFault(f"country must be two hex digits, not {text!r}", status="setting")
    return int(text, 16)


DRIVER: Final = AcceptorDriver(name="id003", open=_open)
