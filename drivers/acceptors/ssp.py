"""Banknote acceptors of Innovative Technology (ITL) over SSP: NV9, NV10, NV200, BV20/50/100.

Source: ITL GA138 (serial layer: 9600 baud, 8 data bits, no parity, 2 stop bits). Unencrypted: a
validator without payout unit needs no keys.

| supported | not supported |
|---|---|
| escrow held by HOLD, accept, reject | payout, recycling, note float (unit types 6, 7, 13 to 15) |
| protocol 6 to 8, one country's notes | barcode tickets (their events are passed over) |
| notes found at power-up, lifetime counter | POLL WITH ACK (needs encryption) |

**Escrow.** SSP accepts a note by the POLL that follows its report, so this driver sends no POLL
while a note is undecided: `poll` sends HOLD until the caller says `stack` or `return_note`. A
driver that starts anew rejects whatever lies in escrow before its first POLL. So no crash, however
timed, makes the acceptor swallow a note that nobody decided on.

**Credit.** The event ``EE n`` is the credit. It is reported in one answer only, and a repeated
answer never counts twice (`ssp_link`). A credit whose answer never arrived shows only in the
counter: compare `AcceptorInfo.stacked_count` with the ledger after every `start`. A RESET from
`poll` means that the acceptor lost its power since: `start` again.

Settings: ``port``; optional ``baud``, ``parity``, ``stop_bits``, ``address`` (0 to 125),
``currency`` (CNY), ``timeout_ms`` (1000), ``tries`` (20).
"""

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Final

from drivers.acceptors.ssp_frame import HIGHEST_ADDRESS
from drivers.acceptors.ssp_link import SspLink
from drivers.acceptors.ssp_path import NotePath
from drivers.acceptors.ssp_report import (
    REJECT_REASONS,
    Setup,
    check_notes,
    parse_events,
    parse_setup,
    parse_stacked_count,
)
from drivers.api.acceptors import (
    AcceptorDriver,
    AcceptorInfo,
    BillAcceptor,
    BillEvent,
    BillEventKind,
    RejectReason,
)
from drivers.api.streams import ByteStream
from drivers.bytestream import line_settings, open_serial, whole_number
from drivers.errors import DeviceError, DeviceFault

_INHIBITS, _SETUP, _PROTOCOL, _POLL, _REJECT = 0x02, 0x05, 0x06, 0x07, 0x08
_DISABLE, _ENABLE, _SERIAL, _HOLD, _COUNTERS = 0x09, 0x0A, 0x0C, 0x18, 0x58
_LAST_REJECT: Final = 0x17

_OK, _UNKNOWN, _CANNOT, _FAIL = 0xF0, 0xF2, 0xF5, 0xF8
_MEANINGS: Final = {
    _UNKNOWN: "unknown command",
    0xF3: "wrong number of parameters",
    0xF4: "parameter out of range",
    _CANNOT: "cannot be done now",
    0xF6: "its software failed",
    _FAIL: "failed",
    0xFA: "it wants encryption",
}

_OLD_NEWS: Final = frozenset({BillEventKind.RESET, BillEventKind.DISABLED})

_log = logging.getLogger(__name__)


class SspAcceptor:
    """A `drivers.api.acceptors.BillAcceptor`. Belongs to one thread; poll it about every 200 ms.

    `connect` opens the line; `start` calls it each time, so that a replugged adapter comes back.
    """

    def __init__(
        self,
        connect: Callable[[], ByteStream],
        *,
        address: int = 0,
        currency: str = "CNY",
        timeout_s: float = 1.0,
        tries: int = 20,
        device: str = "",
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._connect = connect
        self._address = address
        self._currency = currency
        self._timeout_s = timeout_s
        self._tries = tries
        self._device = device
        self._clock = clock
        self._stream: ByteStream | None = None
        self._link: SspLink | None = None
        self._setup = Setup(firmware="", country="", values_fen=())
        self._serial = ""
        self._path = NotePath()
        self._pending: list[BillEvent] = []
        self._unread = b""  # rest of a poll answer that we could not read

    def start(self) -> AcceptorInfo:
        """Open the line and the dialogue; the acceptor is off afterwards and its escrow cleared.

        Poll once and book what it tells (a note found at power-up, a credit not fetched before)
        before comparing `stacked_count` with the ledger: the count includes those notes.

        Raises:
            DeviceNotFound, DeviceBusy: the line cannot be opened.
            DeviceTimeout: nobody answers on it.
            DeviceFault: not an acceptor of notes of our currency, or it refuses a step.
            FrameError: it describes itself in bytes that make no sense.
        """
        self.close()
        try:
            return self._introduce()
        except DeviceError:
            self.close()
            raise

    def _introduce(self) -> AcceptorInfo:
        self._stream = self._connect()
        self._link = SspLink(
            self._stream,
            address=self._address,
            timeout_s=self._timeout_s,
            tries=self._tries,
            device=self._device,
            clock=self._clock,
        )
        self._link.sync()
        # Before any POLL, which would accept it: a note left by a program that died goes back.
        self._clear_escrow()
        self._do(_DISABLE)
        self._agree_on_protocol()
        self._setup = parse_setup(self._do(_SETUP))
        check_notes(self._setup, self._currency)
        self._serial = self._read_serial()
        self._do(_INHIBITS, bytes(2))
        # Escrow is empty and nothing can come in, so this POLL accepts nothing. What it tells of
        # the time before is news only where it is about notes.
        self._pending = [event for event in self._read_events() if event.kind not in _OLD_NEWS]
        return AcceptorInfo(
            serial=self._serial,
            firmware=self._setup.firmware,
            currency=self._setup.country,
            notes_fen=tuple(sorted({value for value in self._setup.values_fen if value})),
            stacked_count=self._read_stacked_count(),
        )

    def enable(self, notes_fen: Sequence[int]) -> None:
        """Take notes of these values only. Raises DeviceFault when it knows none of them."""
        channels = self._setup.values_fen
        mask = sum(1 << n for n, value in enumerate(channels) if value and value in notes_fen)
        self._do(_INHIBITS, mask.to_bytes(max(2, (len(channels) + 7) // 8), "little"))
        if not mask:
            raise self._fault("it knows none of the notes asked for", "no-such-note")
        self._do(_ENABLE)

    def disable(self) -> None:
        """Take no further note. An undecided note is given back, a decided one goes its way."""
        if self._path.undecided:
            self.return_note()
        elif self._path.occupied:
            self._pending += self._read_events()
        self._do(_DISABLE)

    def poll(self) -> Sequence[BillEvent]:
        """Events since the last poll, oldest first.

        A credit of value 0 is a note on a channel that the setup does not name: money, but how
        much has to be found out by a person.

        Raises:
            DeviceTimeout, DeviceNotFound: the dialogue is lost; `start` again and compare counters.
            DeviceFault: another acceptor answers, or it reported what we cannot read.
        """
        if self._unread:
            status, self._unread = self._unread.hex(" ").upper(), b""
            raise self._fault("it reported an event that we do not know", status)
        self._make_sure_of_identity()
        fresh = [] if self._keeps_in_escrow() else self._read_events()
        events, self._pending = self._pending + fresh, []
        if any(event.kind is BillEventKind.REJECTED for event in fresh):
            return self._with_reason(events)
        return events

    def _with_reason(self, events: list[BillEvent]) -> list[BillEvent]:
        """Ask why a note came back. What has been heard is told, answered or not."""
        reason = RejectReason.UNTOLD
        with suppress(DeviceError):
            status, *code = self._ask(_LAST_REJECT)
            if status == _OK and code:
                reason = REJECT_REASONS.get(code[0], reason)
        return [
            replace(event, reason=reason) if event.kind is BillEventKind.REJECTED else event
            for event in events
        ]

    def stack(self) -> None:
        """Accept the note in escrow: the next `poll` does it. Raises DeviceFault without a note."""
        if not self._path.undecided:
            raise self._fault("there is no note in escrow", "no-note")
        self._path.decide()

    def return_note(self) -> None:
        """Give the note in escrow back; no fault when it has gone already."""
        self._reject()
        self._path.decide()

    def close(self) -> None:
        """Give the line back. Safe to call twice."""
        stream, self._stream, self._link = self._stream, None, None
        self._path, self._pending, self._unread = NotePath(), [], b""
        if stream is not None:
            stream.close()

    def _keeps_in_escrow(self) -> bool:
        """Hold an undecided note; False when there is none (any more), so that POLL is safe."""
        if not self._path.undecided:
            return False
        if self._ask(_HOLD)[0] == _OK:
            return True
        # It left by itself (10 s without a word from us, a jam). Should the acceptor have meant
        # anything else by its refusal, the POLL that follows must still find nothing to accept.
        self.return_note()
        return False

    def _read_events(self) -> list[BillEvent]:
        raw, self._unread = parse_events(self._do(_POLL))
        events = self._path.follow(raw, self._setup)
        if self._unread:
            _log.error("unreadable rest of a poll answer: %s", self._unread.hex(" "))
            # It may have told of a note in escrow, which the next POLL would accept.
            self._clear_escrow()
        return events

    def _clear_escrow(self) -> None:
        """Give back a note of which nobody here knows."""
        if self._reject():
            self._path.expect_return()

    def _reject(self) -> bool:
        """Send REJECT; False when there was no note to reject."""
        answer = self._ask(_REJECT)
        if answer[0] not in {_OK, _CANNOT}:
            raise self._refused(_REJECT, answer)
        return answer[0] == _OK

    def _agree_on_protocol(self) -> None:
        for version in (8, 7, 6):
            answer = self._ask(_PROTOCOL, bytes([version]))
            if answer[0] == _OK:
                return
            if answer[0] != _FAIL:
                raise self._refused(_PROTOCOL, answer)
        raise self._fault("its protocol is older than version 6", "protocol")

    def _make_sure_of_identity(self) -> None:
        """After a gap in the dialogue: the same acceptor must be there (GA138, sequencing)."""
        if self._link is None or not self._link.gap:
            return
        self._link.gap = False
        found = self._read_serial()
        if found != self._serial:
            self.close()
            raise self._fault(f"acceptor {found} answers in place of {self._serial}", "swapped")

    def _read_serial(self) -> str:
        answer = self._ask(_SERIAL)
        return str(int.from_bytes(answer[1:5], "big")) if answer[0] == _OK else ""

    def _read_stacked_count(self) -> int | None:
        answer = self._ask(_COUNTERS)
        return parse_stacked_count(answer[1:]) if answer[0] == _OK else None

    def _do(self, command: int, parameters: bytes = b"") -> bytes:
        """Send a command that must be obeyed; returns what follows its OK."""
        answer = self._ask(command, parameters)
        if answer[0] != _OK:
            raise self._refused(command, answer)
        return answer[1:]

    def _ask(self, command: int, parameters: bytes = b"") -> bytes:
        if self._link is None:
            raise self._fault("it has not been started", "not-started")
        return self._link.ask(bytes([command]) + parameters)

    def _refused(self, command: int, answer: bytes) -> DeviceFault:
        meaning = _MEANINGS.get(answer[0], "an answer we do not know")
        return self._fault(f"command {command:02X}: {meaning}", answer.hex(" ").upper())

    def _fault(self, message: str, status: str) -> DeviceFault:
        return DeviceFault(f"banknote acceptor: {message}", device=self._device, status=status)


def _open(settings: Mapping[str, str]) -> BillAcceptor:
    line = line_settings(settings, baud=9600, stop_bits=2)
    device = settings.get("name", line.port)
    return SspAcceptor(
        lambda: open_serial(line, device=device),
        address=whole_number(settings, "address", 0, 0, HIGHEST_ADDRESS),
        currency=settings.get("currency", "CNY"),
        timeout_s=whole_number(settings, "timeout_ms", 1000, 10, 10_000) / 1000,
        tries=whole_number(settings, "tries", 20, 1, 100),
        device=device,
    )


DRIVER: Final = AcceptorDriver(name="ssp", open=_open)
