"""Exchanges with a card as text: recorded from a real reader once, replayed in tests for ever.

    # HID OMNIKEY 5427 CK, MIFARE Classic 1K           a comment
    atr 3B8F8001804F0CA000000306030001000000006A       the ATR, and again after each reset
    > FFCA000000                                       sent
    < 04A1B2C39000                                     received, status word included
    > FF82000006************                           a key is never written down
    ! card-removed                                     instead of an answer: the error's code

Keys travel in the clear in two commands, and both are blanked: the data of a load key command
(FF 82), and both keys in a write to a sector trailer of a MIFARE Classic card (FF D6).

Record and replay:

    >>> class Echo:
    ...     atr = bytes.fromhex("3B80800101")
    ...
    ...     def transmit(self, apdu):
    ...         return apdu[:1] + bytes.fromhex("9000")
    ...
    ...     def reset(self):
    ...         return self.atr
    ...
    ...     def close(self):
    ...         pass
    >>> lines = []
    >>> recording = RecordingChannel(Echo(), lines.append)
    >>> _ = recording.transmit(bytes.fromhex("FF82000006A0A1A2A3A4A5"))
    >>> lines
    ['atr 3B80800101', '> FF82000006************', '< FF9000']
    >>> replay = ReplayChannel(lines)
    >>> replay.transmit(bytes.fromhex("FF82000006010203040506")).hex()
    'ff9000'
    >>> replay.finish()
"""

import logging
import re
from collections import deque
from collections.abc import Callable, Iterable
from typing import ClassVar, Final

from drivers import errors
from drivers.api.readers import Channel
from drivers.errors import CardRemoved, DeviceError

WIRE: Final = 5
"""Logging level for the bytes on the wire; below DEBUG and off unless asked for."""

logging.addLevelName(WIRE, "WIRE")

_LOAD_KEY: Final = bytes([0xFF, 0x82])
_UPDATE: Final = bytes([0xFF, 0xD6])
_HEADER_SIZE: Final = 5
_BLOCK_SIZE: Final = 16
_KEY_SIZE: Final = 6
_LINE: Final = re.compile(r"(?P<mark>[<>]|atr) (?P<hex>[0-9A-F*]*)|! (?P<code>[a-z-]+)")


class TranscriptMismatch(DeviceError):
    """What a driver sent is not what the transcript says, or the transcript is not over."""

    code: ClassVar[str] = "transcript-mismatch"


def redact(apdu: bytes) -> str:
    """Return a command APDU in hex, with ``**`` for every byte that is part of a key."""
    digits = [f"{byte:02X}" for byte in apdu]
    for position in _secret_positions(apdu):
        digits[position] = "**"
    return "".join(digits)


def _secret_positions(apdu: bytes) -> Iterable[int]:
    if apdu.startswith(_LOAD_KEY):
        return range(_HEADER_SIZE, len(apdu))
    if apdu.startswith(_UPDATE) and len(apdu) == _HEADER_SIZE + _BLOCK_SIZE:
        block = apdu[3]
        # Sectors have 4 blocks up to block 127 and 16 above; a trailer is the last of its sector.
        if (block + 1) % (4 if block < 128 else 16) == 0:  # noqa: PLR2004
            end = len(apdu)
            keys = (range(_HEADER_SIZE, _HEADER_SIZE + _KEY_SIZE), range(end - _KEY_SIZE, end))
            return [position for key in keys for position in key]
    return ()


class RecordingChannel:
    """A channel that writes down what passes through it, one line at a time."""

    def __init__(self, channel: Channel, write: Callable[[str], None]) -> None:
        self._channel = channel
        self._write = write
        write(f"atr {channel.atr.hex().upper()}")

    @property
    def atr(self) -> bytes:
        """See `drivers.api.readers.Channel`, as all members."""
        return self._channel.atr

    def transmit(self, apdu: bytes) -> bytes:
        """Pass the command on and write down both directions."""
        self._write(f"> {redact(apdu)}")
        return self._recorded("<", lambda: self._channel.transmit(apdu))

    def reset(self) -> bytes:
        """Reset the card and write down its ATR."""
        return self._recorded("atr", self._channel.reset)

    def _recorded(self, mark: str, call: Callable[[], bytes]) -> bytes:
        try:
            answer = call()
        except DeviceError as error:
            self._write(f"! {error.code}")
            raise
        self._write(f"{mark} {answer.hex().upper()}")
        return answer

    def close(self) -> None:
        """Close the channel underneath."""
        self._channel.close()


class ReplayChannel:
    """A channel that answers from a transcript and accepts exactly the commands in it."""

    def __init__(self, lines: Iterable[str]) -> None:
        stripped = (line.strip() for line in lines)
        self._lines = deque(line for line in stripped if line and not line.startswith("#"))
        self._atr = self._take("atr")

    @property
    def atr(self) -> bytes:
        """The ATR last played."""
        return self._atr

    def transmit(self, apdu: bytes) -> bytes:
        """Compare with the next command and play the answer to it.

        Raises:
            TranscriptMismatch: another command, or none, stands here.
        """
        expected = self._lines.popleft() if self._lines else "the end"
        sent = f"> {apdu.hex().upper()}"
        pattern = re.escape(expected).replace(r"\*", ".")
        if re.fullmatch(pattern, sent) is None:
            raise TranscriptMismatch(f"sent {redact(apdu)} where the transcript has {expected}")
        return self._take("<")

    def reset(self) -> bytes:
        """Play a reset."""
        self._atr = self._take("atr")
        return self._atr

    def _take(self, mark: str) -> bytes:
        line = self._lines.popleft() if self._lines else "the end"
        parts = _LINE.fullmatch(line)
        if parts is not None and parts["code"] is not None:
            raise _error_of(parts["code"])
        if parts is None or parts["mark"] != mark or len(parts["hex"]) % 2:
            raise TranscriptMismatch(f"the transcript has {line} where {mark} is due")
        return bytes.fromhex(parts["hex"].replace("*", "0"))

    def finish(self) -> None:
        """Raise TranscriptMismatch when exchanges are left over."""
        if self._lines:
            raise TranscriptMismatch(f"never sent: {self._lines[0]}")

    def close(self) -> None:
        """Nothing to give back. A transcript may be read on after it, as a card may."""


def _error_of(code: str) -> DeviceError:
    classes = (value for value in vars(errors).values() if isinstance(value, type))
    for found in classes:
        if issubclass(found, DeviceError) and found.code == code:
            return found()
    return CardRemoved(f"the transcript has the unknown error {code}")
