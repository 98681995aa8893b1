"""A virtual Wiegand reader with the converter that puts its pulses on a serial line.

    reader = VirtualWiegand()
    port = PtyPort(reader)
    reader.plug(port.send)
    reader.hold(bytes.fromhex("89D41B81"))

It was written from the message layouts in makers' manuals (Civintec CN56 6.4, STid ULTRYS 3Eb,
CDVI KCPROXWLC for the pad) and is judged by the messages printed there
(tests/unit/simulators/test_wiegand.py), not by the driver.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum, unique
from itertools import chain
from typing import Final

PAD: Final = {digit: number for number, digit in enumerate("0123456789*#")}


@unique
class Trouble(StrEnum):
    """What goes wrong with the next message."""

    FIRST_PARITY = "first-parity"  # the even bit is the other one
    LAST_PARITY = "last-parity"  # the odd bit is the other one
    LOST_PULSE = "lost-pulse"  # one bit never came
    CUT = "cut"  # the converter's line breaks off before its end
    NOISE = "noise"  # one character on the serial line is another one


def parities(ones: Iterator[bool]) -> int:
    """1 when an odd number of these is true."""
    return sum(ones) % 2


def pulses(identifier: bytes) -> list[int]:
    """Pulses of a message with parity: even over the first half, odd over the second."""
    data = [byte >> place & 1 for byte in identifier for place in range(7, -1, -1)]
    half = len(data) // 2
    even = parities(bit == 1 for bit in data[:half])
    odd = 1 - parities(bit == 1 for bit in data[half:])
    return list(chain([even], data, [odd]))


def key_pulses(digit: str) -> list[int]:
    """Pulses of a key, four bits."""
    return [PAD[digit] >> place & 1 for place in (3, 2, 1, 0)]


@dataclass(slots=True)
class VirtualWiegand:
    """A reader; a `StreamDevice` that is never asked anything. `form` is the converter's."""

    form: str = "bits"
    trouble: Trouble | None = None
    held: list[bytes] = field(default_factory=list)
    _send: Callable[[bytes], None] | None = None
    _kept: bytes = b""

    def receive(self, _: bytes) -> bytes:
        """A converter listens to nobody."""
        return b""

    def plug(self, send: Callable[[bytes], None]) -> None:
        """Where the converter's bytes go from now on; what it had not got rid of goes first."""
        self._send = send
        kept, self._kept = self._kept, b""
        if kept:
            send(kept)

    def unplug(self) -> None:
        """Cut the line: the converter keeps what it could not send (some do)."""
        self._send = None

    def hold(self, identifier: bytes) -> None:
        """A card is held to the reader. `identifier` is what of it the reader sends: 3, 4, 7 .."""
        self.held.append(identifier)
        if self.form == "hex":
            self._say(identifier.hex().upper())
            return
        sent = pulses(identifier)
        match self.trouble:
            case Trouble.FIRST_PARITY:
                sent[0] ^= 1
            case Trouble.LAST_PARITY:
                sent[-1] ^= 1
            case Trouble.LOST_PULSE:
                del sent[len(sent) // 2]
            case _:
                pass
        self._say("".join(str(bit) for bit in sent))

    def press(self, digits: str) -> None:
        """Keys of the pad, one after the other. Raises KeyError for others than 0-9, * and #."""
        for digit in digits:
            self._say("".join(str(bit) for bit in key_pulses(digit)))

    def _say(self, text: str) -> None:
        line = text.encode("ascii") + b"\r\n"
        if self.trouble is Trouble.CUT:
            line = line[: len(line) // 2]
        if self.trouble is Trouble.NOISE:
            line = line[:3] + b"?" + line[4:]
        self.trouble = None
        if self._send is None:
            self._kept += line
        else:
            self._send(line)
