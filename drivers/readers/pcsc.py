"""Readers of the PC/SC service: pcscd on Linux, the system's own service on Windows and macOS.

| setting | meaning | default |
|---|---|---|
| reader | any part of the reader's name, case ignored | the only reader there is |

The one module that imports pyscard, and only its thin layer over SCard* calls, which release the
interpreter lock while they wait. Waiting for a card is a blocking SCardGetStatusChange in the
thread that owns the reader; pyscard's own monitor threads die with the service
(LudovicRousseau/pyscard issues 27, 87, 153).

Service restarted or reader unplugged: the work at hand ends with DeviceNotFound, and the next wait
starts over with a fresh context. A card is held exclusively and always given back with a reset, so
that no authentication outlives its channel. Slots named SAM are left out unless asked for.
"""

import logging
import threading
from collections.abc import Mapping, Sequence
from time import monotonic
from typing import Final

from smartcard import scard

from drivers.api.readers import CardReader, Channel, ReaderDriver
from drivers.errors import (
    CardAbsent,
    CardRemoved,
    DeviceBusy,
    DeviceError,
    DeviceFault,
    DeviceNotFound,
    DeviceTimeout,
)
from drivers.readers.quirks import ReaderQuirks, ResetForm, adapt, quirks_of
from drivers.transcript import WIRE, redact

_log = logging.getLogger(__name__)

_ANY_PROTOCOL: Final = scard.SCARD_PROTOCOL_T0 | scard.SCARD_PROTOCOL_T1
_PCI: Final = {
    scard.SCARD_PROTOCOL_T0: scard.SCARD_PCI_T0,
    scard.SCARD_PROTOCOL_T1: scard.SCARD_PCI_T1,
}
_RETRY_S: Final = 0.25
"""Pause between two looks for a service or reader that is not there."""
_LONGEST_WAIT_S: Final = 3600.0
_REMOVAL_SHOWS_S: Final = 0.6
"""How long a reader may take to report that a card has gone (ACR122U: half a second)."""
_ESCAPE: Final = scard.SCARD_CTL_CODE(3500)
_STATUS_SIZE: Final = 2
_SIGNALLED: Final = b"\x90"
"""First byte of the answer to a signal; ACS readers put the state of their lights behind it."""

_GONE: Final = frozenset(
    {
        scard.SCARD_E_NO_SERVICE,
        scard.SCARD_E_SERVICE_STOPPED,
        scard.SCARD_E_NO_READERS_AVAILABLE,
        scard.SCARD_E_READER_UNAVAILABLE,
        scard.SCARD_E_UNKNOWN_READER,
        scard.SCARD_E_INVALID_HANDLE,
        scard.SCARD_E_CANCELLED,
        scard.SCARD_E_SYSTEM_CANCELLED,
        scard.SCARD_F_COMM_ERROR,
        scard.SCARD_F_INTERNAL_ERROR,
        scard.SCARD_P_SHUTDOWN,
    }
)
_REMOVED: Final = frozenset({scard.SCARD_W_REMOVED_CARD, scard.SCARD_E_NO_SMARTCARD})
_BUSY: Final = frozenset({scard.SCARD_E_SHARING_VIOLATION, scard.SCARD_E_SERVER_TOO_BUSY})
_SILENT: Final = frozenset(
    {
        scard.SCARD_E_NOT_TRANSACTED,
        scard.SCARD_E_TIMEOUT,
        scard.SCARD_F_WAITED_TOO_LONG,
        scard.SCARD_W_UNRESPONSIVE_CARD,
        scard.SCARD_W_UNPOWERED_CARD,
    }
)
_READER_LOST: Final = scard.SCARD_STATE_UNKNOWN | scard.SCARD_STATE_UNAVAILABLE


def error_of(code: int, reader: str) -> DeviceError:
    """Translate a return code of the PC/SC service (PC/SC part 5; winerror.h)."""
    code &= 0xFFFFFFFF
    text = f"{scard.SCardGetErrorMessage(code)} ({code:08X})"
    if code in _GONE:
        return DeviceNotFound(text, device=reader)
    if code in _REMOVED:
        return CardRemoved(text, device=reader)
    if code in _BUSY:
        return DeviceBusy(text, device=reader)
    if code in _SILENT:
        return DeviceTimeout(text, device=reader)
    return DeviceFault(text, device=reader, status=f"{code:08X}")


def _require(code: int, reader: str) -> None:
    if code != scard.SCARD_S_SUCCESS:
        raise error_of(code, reader)


class PcscChannel:
    """A card taken exclusively; see `drivers.api.readers.Channel`."""

    def __init__(self, reader: "PcscReader", handle: int, protocol: int) -> None:
        self._reader = reader
        self._name = reader.name
        self._quirks = reader.quirks
        self._handle: int | None = handle
        self._pci = _PCI.get(protocol, scard.SCARD_PCI_T1)
        self._atr = self._read_atr(handle)

    @property
    def atr(self) -> bytes:
        """Answer to the last reset."""
        return self._atr

    @property
    def handle(self) -> int | None:
        """The service's handle of the card; None once closed."""
        return self._handle

    def transmit(self, apdu: bytes) -> bytes:
        """Send one command; see `drivers.api.readers.Channel`."""
        handle = self._held()
        sent = adapt(apdu, self._quirks)
        if _log.isEnabledFor(WIRE):
            _log.log(WIRE, "%s > %s", self._name, redact(sent))
        code, answer = scard.SCardTransmit(handle, self._pci, list(sent))
        if code != scard.SCARD_S_SUCCESS:
            raise self._explained(error_of(code, self._name))
        raw = bytes(answer)
        if len(raw) < _STATUS_SIZE:
            raise self._explained(DeviceTimeout("no answer", device=self._name))
        if _log.isEnabledFor(WIRE):
            _log.log(WIRE, "%s < %s", self._name, raw.hex().upper())
        return raw

    def _explained(self, error: DeviceError) -> DeviceError:
        """Find out why there was no answer.

        Until it has looked for the card again, pcscd calls a pulled one "not transacted", or even
        reports a success without a single byte.
        """
        if isinstance(error, DeviceNotFound):
            self._reader.forget()
        if isinstance(error, DeviceTimeout) and self._reader.wait_removed(_REMOVAL_SHOWS_S):
            return CardRemoved("the card was pulled away", device=self._name)
        return error

    def reset(self) -> bytes:
        """Power the card off and on, by the reader's own best way."""
        handle = self._held()
        cold = self._quirks.reset is ResetForm.COLD
        code, protocol = scard.SCardReconnect(
            handle,
            scard.SCARD_SHARE_EXCLUSIVE,
            _ANY_PROTOCOL,
            scard.SCARD_UNPOWER_CARD if cold else scard.SCARD_RESET_CARD,
        )
        if code == scard.SCARD_W_UNRESPONSIVE_CARD:
            raise CardRemoved("no card answers the reset", device=self._name)
        if code != scard.SCARD_S_SUCCESS:
            raise self._explained(error_of(code, self._name))
        self._pci = _PCI.get(protocol, self._pci)
        self._atr = self._read_atr(handle)
        return self._atr

    def _read_atr(self, handle: int) -> bytes:
        code, _name, _state, _protocol, atr = scard.SCardStatus(handle)
        _require(code, self._name)
        return bytes(atr)

    def _held(self) -> int:
        if self._handle is None:
            raise CardRemoved("this channel is closed", device=self._name)
        return self._handle

    def close(self) -> None:
        """Give the card back, reset. What the service says to that changes nothing for us."""
        handle, self._handle = self._handle, None
        if handle is not None:
            scard.SCardDisconnect(handle, scard.SCARD_RESET_CARD)


class PcscReader:
    """A reader of the service, by a part of its name; see `drivers.api.readers.CardReader`."""

    def __init__(self, wanted: str = "") -> None:
        self._wanted = wanted
        self._name: str | None = None
        self._context: int | None = None
        self._channel: PcscChannel | None = None
        self._pause = threading.Event()

    @property
    def name(self) -> str:
        """Full name of the reader; the part asked for while it is not attached."""
        return self._name or self._wanted

    @property
    def quirks(self) -> ReaderQuirks:
        """How this model differs from the standard."""
        return quirks_of(self.name)

    def wait_card(self, timeout_s: float) -> bool:
        """Wait for a card; see `drivers.api.readers.CardReader`.

        Raises:
            DeviceNotFound: at the end of the time, service or reader were still missing.
        """
        return self._wait(scard.SCARD_STATE_PRESENT, timeout_s)

    def wait_removed(self, timeout_s: float) -> bool:
        """Wait for an empty field; see `drivers.api.readers.CardReader`. Raises DeviceNotFound."""
        return self._wait(scard.SCARD_STATE_EMPTY, timeout_s)

    def _wait(self, wanted: int, timeout_s: float) -> bool:
        deadline = monotonic() + min(timeout_s, _LONGEST_WAIT_S)
        known = scard.SCARD_STATE_UNAWARE
        while True:
            remaining_s = max(0.0, deadline - monotonic())
            try:
                known = self._next_state(known, remaining_s)
            except DeviceNotFound:
                known = scard.SCARD_STATE_UNAWARE
                if remaining_s <= 0:
                    raise
                self._pause.wait(min(_RETRY_S, remaining_s))
                continue
            if known & wanted:
                return True
            if remaining_s <= 0:
                return False

    def _next_state(self, known: int, timeout_s: float) -> int:
        """Return the reader's state once it differs from `known`, or when the time is over."""
        context, name = self._attached()
        code, states = scard.SCardGetStatusChange(context, int(timeout_s * 1000), [(name, known)])
        if code == scard.SCARD_E_TIMEOUT:
            return known
        if code != scard.SCARD_S_SUCCESS:
            self.forget()
            raise DeviceNotFound(str(error_of(code, name)), device=name)
        state: int = states[0][1] & ~scard.SCARD_STATE_CHANGED
        if state & _READER_LOST:
            self.forget()
            raise DeviceNotFound("the reader was unplugged", device=name)
        return state

    def connect(self) -> Channel:
        """Take the card; see `drivers.api.readers.CardReader`."""
        context, name = self._attached()
        code, handle, protocol = scard.SCardConnect(
            context, name, scard.SCARD_SHARE_EXCLUSIVE, _ANY_PROTOCOL
        )
        if code != scard.SCARD_S_SUCCESS:
            error = error_of(code, name)
            if isinstance(error, DeviceNotFound):
                self.forget()
            if isinstance(error, CardRemoved):
                raise CardAbsent("no card lies on the reader", device=name)
            raise error
        self._channel = PcscChannel(self, handle, protocol)
        return self._channel

    def signal(self, *, accepted: bool) -> bool:
        """Show and sound the outcome on the reader itself; False where it can't or may not."""
        signal = self.quirks.signal
        if signal is None:
            return False
        message = signal.accepted if accepted else signal.refused
        try:
            if signal.through_card and self._channel is not None:
                return self._channel.transmit(message).startswith(_SIGNALLED)
            return self._escape(message)
        except DeviceError as error:
            _log.debug("%s gives no signal: %s", self.name, error)
            return False

    def _escape(self, message: bytes) -> bool:
        held = self._channel.handle if self._channel is not None else None
        if held is not None:
            return _control(held, message)
        context, name = self._attached()
        code, handle, _ = scard.SCardConnect(context, name, scard.SCARD_SHARE_DIRECT, 0)
        _require(code, name)
        done = _control(handle, message)
        scard.SCardDisconnect(handle, scard.SCARD_LEAVE_CARD)
        return done

    def _attached(self) -> tuple[int, str]:
        """Return context and full name, looking for both when they are not known.

        Raises:
            DeviceNotFound: no service that answers, no such reader, or more than one that fits.
        """
        if self._context is None:
            self._context = _new_context(self.name)
        context = self._context
        if self._name is None:
            try:
                self._name = choose(self._wanted, _list_readers(context))
            except DeviceNotFound:
                self.forget()
                raise
            except DeviceFault as fault:
                # pcsc-lite tells of a service that ends while it is asked as of one that keeps
                # this account away (SCARD_W_SECURITY_VIOLATION): both close the line unanswered.
                self.forget()
                raise DeviceNotFound(str(fault), device=self._wanted) from fault
        return context, self._name

    def forget(self) -> None:
        """Drop name and context after the reader or the service went away."""
        context, self._context, self._name = self._context, None, None
        if context is not None:
            scard.SCardReleaseContext(context)

    def close(self) -> None:
        """Give card and reader back. Safe to call twice."""
        if self._channel is not None:
            self._channel.close()
            self._channel = None
        self.forget()


def _control(handle: int, message: bytes) -> bool:
    code, _answer = scard.SCardControl(handle, _ESCAPE, list(message))
    return bool(code == scard.SCARD_S_SUCCESS)


def _new_context(reader: str) -> int:
    code, context = scard.SCardEstablishContext(scard.SCARD_SCOPE_USER)
    if code != scard.SCARD_S_SUCCESS:
        raise DeviceNotFound(f"no PC/SC service: {error_of(code, reader)}", device=reader)
    return int(context)


def _list_readers(context: int) -> list[str]:
    code, names = scard.SCardListReaders(context, [])
    if code == scard.SCARD_E_NO_READERS_AVAILABLE:
        return []
    _require(code, "")
    return list(names)


def choose(wanted: str, names: Sequence[str]) -> str:
    """Pick the one reader whose name contains `wanted`."""
    fitting = [name for name in names if wanted.lower() in name.lower()]
    if "sam" not in wanted.lower():
        fitting = [name for name in fitting if " SAM" not in name]
    if not fitting:
        there = ", ".join(names) or "no reader at all"
        raise DeviceNotFound(f"no reader is named {wanted!r}; there is {there}", device=wanted)
    if len(fitting) > 1 and wanted not in fitting:
        raise DeviceNotFound(
            f"{wanted!r} fits several readers: {', '.join(fitting)}", device=wanted
        )
    return wanted if wanted in fitting else fitting[0]


def list_names() -> list[str]:
    """Names of all readers attached. Raises DeviceNotFound when the service does not run."""
    context = _new_context("")
    try:
        return _list_readers(context)
    finally:
        scard.SCardReleaseContext(context)


def open_reader(settings: Mapping[str, str]) -> CardReader:
    """Open by the settings above. Nothing needs to be attached yet."""
    return PcscReader(settings.get("reader", ""))


DRIVER: Final = ReaderDriver(name="pcsc", open=open_reader, list_names=list_names)
