"""OSDP readers on RS-485, always over a secure channel (IEC 60839-11-5, SIA OSDP v2.2).

| what a reader sends | becomes |
|---|---|
| card data in Wiegand format (RAW 50h, format 1) | a read, after its parity (`bitcode`) |
| unspecified (format 0), 32, 40, 56 or 80 bits | a read as it is |
| unspecified, 26, 34, 50 or 58 bits | these carry parity in practice: checked as above |
| keys (KEYPAD 53h) | the sign of duress, nothing else |
| local status (LSTATR 48h) | `ReaderLink.tamper` |
| anything else, or of another length | counted as damaged |

It shows green with one tone when granted, red with three when refused.

Every reader has its own secure channel base key (SCBK) of 16 bytes, put into it with its maker's
tool and written as 32 hexadecimal digits in the file that ``key_file`` names. The key that the
standard prints for everybody (SCBK-D) is refused, and the installation mode that would use it is
never switched on. There is no setting for clear text.

Settings: ``port``, ``address`` (0 to 126), ``key_file``; optional ``order`` (``sent``, or
``reversed`` for readers that send the UID's last byte first), ``duress`` (digits typed before the
card), ``baud`` (9600), ``parity``, ``stop_bits``. Readers that name the same port share its line.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from drivers.api.codes import CodeRead, CodeReader, CodeReaderDriver, ReaderLink
from drivers.bytestream import line_settings, whole_number
from drivers.errors import DeviceFault
from drivers.readers.bitcode import WITH_PARITY, Damaged, Identifier, read_message
from drivers.readers.keypad import Keypad, duress_sign
from drivers.readers.osdp_bus import OsdpBus, shared_bus
from drivers.readers.osdp_panel import CardBits, Keys, Nonsense
from drivers.readers.osdp_seat import Seat

PUBLISHED_KEY: Final = bytes(range(0x30, 0x40))
"""SCBK-D, the key every reader is delivered with: no secret."""
_KEY_BYTES: Final = 16
_BARE_BITS: Final = frozenset({32, 40, 56, 80})


def identifier(card: CardBits) -> Identifier:
    """What a reader's card data says. Raises bitcode.Damaged."""
    count = len(card.bits)
    if card.wiegand or count in WITH_PARITY:
        said = read_message(card.bits)
        if not isinstance(said, Identifier):
            raise Damaged("a key in place of a card")
        return said
    if count not in _BARE_BITS:
        raise Damaged(f"an identifier of {count} bits is not known")
    return Identifier(code=int(card.bits, 2).to_bytes(count // 8, "big"), bits=count)


class OsdpReader:
    """A `drivers.api.codes.CodeReader`. `poll` belongs to one thread."""

    def __init__(
        self, bus: OsdpBus, seat: Seat, *, backwards: bool = False, duress: str = ""
    ) -> None:
        self._bus = bus
        self._seat = seat
        self._backwards = backwards
        self._keypad = Keypad(duress)
        self._damaged = 0
        bus.join(seat)

    def poll(self, timeout_s: float) -> CodeRead | None:
        """The next read. Raises DeviceTimeout, DeviceFault, DeviceNotFound, DeviceBusy."""
        self._bus.start()
        deadline = self._seat.ticks() + timeout_s
        while (seen := self._seat.take(deadline - self._seat.ticks())) is not None:
            match seen.said:
                case CardBits():
                    if read := self._card(seen.said, seen.at):
                        return read
                case Keys():
                    for digit in seen.said.digits:
                        self._keypad.press(digit, seen.at)
                case Nonsense():
                    self._damaged += 1
        if self._bus.trouble is not None:
            raise self._bus.trouble
        self._seat.check()
        return None

    def answer(self, *, granted: bool) -> None:
        """Lamp and tone. A reader that is away is not told later."""
        if self._seat.up:
            self._seat.answers.append((self._seat.ticks(), granted))

    def link(self) -> ReaderLink:
        """How the line stands."""
        seat = self._seat
        return ReaderLink(
            up=seat.up,
            secure=seat.up,
            drops=seat.drops,
            damaged=self._damaged + seat.unsafe,
            tamper=seat.tamper,
        )

    def close(self) -> None:
        """Give the line back. Safe to call twice."""
        self._bus.leave(self._seat)

    def _card(self, card: CardBits, at: float) -> CodeRead | None:
        try:
            said = identifier(card)
        except Damaged:
            self._damaged += 1
            return None
        code = said.code[::-1] if self._backwards else said.code
        return CodeRead(code=code, bits=said.bits, read_at=at, duress=self._keypad.duress(at))


def read_key(name: str) -> bytes:
    """The secure channel base key in a file. Raises DeviceFault; the key is in no message."""
    if not name:
        raise DeviceFault("key_file is missing: no reader is spoken to in clear", status="key")
    try:
        key = bytes.fromhex(Path(name).read_text(encoding="ascii").strip())
    except (OSError, ValueError):
        raise DeviceFault(f"{name} can't be read as a key", status="key") from None
    if len(key) != _KEY_BYTES:
        raise DeviceFault(f"{name} holds no key of 32 hexadecimal digits", status="key")
    if key == PUBLISHED_KEY:
        raise DeviceFault(f"{name} holds the key that everybody knows (SCBK-D)", status="key")
    return key


def _open(settings: Mapping[str, str]) -> CodeReader:
    order = settings.get("order", "sent")
    if order not in {"sent", "reversed"}:
        raise DeviceFault(f"order must be sent or reversed, not {order!r}", status="setting")
    try:
        duress = duress_sign(settings.get("duress", ""))
    except ValueError as error:
        raise DeviceFault(str(error), status="setting") from error
    line = line_settings(settings, baud=9600)
    address = whole_number(settings, "address", -1, 0, 126)
    key = read_key(settings.get("key_file", ""))
    bus = shared_bus(line)
    name = settings.get("name", "") or f"{line.port} address {address}"
    seat = Seat(address=address, key=key, name=name, ticks=bus.ticks)
    return OsdpReader(bus, seat, backwards=order == "reversed", duress=duress)


DRIVER: Final = CodeReaderDriver(name="osdp", open=_open)
