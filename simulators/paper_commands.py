"""The byte stream of an ESC/POS printer, cut into text and commands, however it arrives.

Written from Epson's command reference (formats of the commands) and the manuals of clones, and on
purpose not from our own encoder. Any bytes are accepted: an unknown command loses its two bytes, as
on the real thing, and a command that announces more data than a printer could hold swallows them
without storing them.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

DLE: Final = 0x10
ESC: Final = 0x1B
FS: Final = 0x1C
GS: Final = 0x1D

_PREFIXES: Final = (DLE, ESC, FS, GS)
_LARGEST_BODY: Final = 4 * 1024 * 1024
_TEXT: Final = re.compile(rb"[\x20-\xff]+")


@dataclass(frozen=True, slots=True)
class Token:
    """Text (empty `head`), a control character (one byte), or a command with its parameters."""

    head: bytes
    body: bytes
    size: int  # bytes on the wire

    @property
    def in_real_time(self) -> bool:
        """It is obeyed on arrival, before what waits in the buffer."""
        return self.head[:1] == bytes((DLE,))


# The length of a body, computed from its beginning; None while that is too short to tell.
_Measure = Callable[[memoryview], int | None]


def _counted(at: int) -> _Measure:
    """Two bytes at `at`, low first, say how many follow them."""
    return lambda body: at + 2 + _word(body, at) if len(body) >= at + 2 else None


def _until_nul(body: memoryview) -> int | None:
    end = bytes(body[:256]).find(0)
    return end + 1 if end >= 0 else 256 if len(body) >= 256 else None


def _cut(body: memoryview) -> int | None:
    if not body:
        return None
    return 2 if body[0] in (65, 66, 97, 98, 103, 104) else 1


def _raster(body: memoryview) -> int | None:  # GS v 0 m xL xH yL yH
    return 6 + _word(body, 2) * _word(body, 4) if len(body) >= 6 else None


def _bit_image(body: memoryview) -> int | None:  # ESC * m nL nH
    if len(body) < 3:
        return None
    return 3 + _word(body, 1) * (3 if body[0] in (32, 33) else 1)


def _barcode(body: memoryview) -> int | None:  # GS k m ... NUL, or GS k m n ...
    if len(body) < 2:
        return None
    if body[0] >= 65:
        return 2 + body[1]
    end = _until_nul(body[1:])
    return None if end is None else 1 + end


def _download(body: memoryview) -> int | None:  # GS * x y
    return 2 + body[0] * body[1] * 8 if len(body) >= 2 else None


def _large_graphics(body: memoryview) -> int | None:  # GS 8 L p1 p2 p3 p4
    return 5 + int.from_bytes(body[1:5], "little") if len(body) >= 5 else None


def _own_characters(body: memoryview) -> int | None:  # ESC & y c1 c2 (x data)...
    if len(body) < 3:
        return None
    length = 3
    for _ in range(body[1], body[2] + 1):
        if len(body) <= length:
            return None
        length += 1 + body[0] * body[length]
    return length


def _stored_images(body: memoryview) -> int | None:  # FS q n (xL xH yL yH data)...
    if not body:
        return None
    length = 1
    for _ in range(body[0]):
        if len(body) < length + 4:
            return None
        length += 4 + _word(body, length) * _word(body, length + 2) * 8
    return length


def _pulse(body: memoryview) -> int | None:  # DLE DC4 fn ...
    if not body:
        return None
    return 8 if body[0] == 8 else 3


def _question(body: memoryview) -> int | None:  # DLE EOT n [a]
    if not body:
        return None
    return 2 if body[0] in (7, 8, 18) else 1


def _word(body: memoryview, at: int) -> int:
    return body[at] | body[at + 1] << 8


_LENGTHS: Final[dict[bytes, int | _Measure]] = {
    **dict.fromkeys((b"\x1b@", b"\x1b2", b"\x1bL", b"\x1bS", b"\x1bi", b"\x1bm", b"\x1bv"), 0),
    **dict.fromkeys((b"\x1b\x0c", b"\x1c&", b"\x1c.", b"\x1d:", b"\x1dc"), 0),
    **{b"\x1b" + bytes((name,)): 1 for name in b"! %-3=?ABEGJKMRTUVadertu{"},
    **{b"\x1c" + bytes((name,)): 1 for name in b"!-WC"},
    **{b"\x1d" + bytes((name,)): 1 for name in b"!/BEHITabfhrw"},
    **dict.fromkeys((b"\x1b$", b"\x1b\\", b"\x1bc", b"\x1cS", b"\x1cp", b"\x1c?"), 2),
    **dict.fromkeys((b"\x1d$", b"\x1d\\", b"\x1dL", b"\x1dP", b"\x1dW"), 2),
    **dict.fromkeys((b"\x1bp", b"\x1d^"), 3),
    b"\x1dg": 4,
    b"\x1bW": 8,
    b"\x1c2": 74,
    b"\x1b*": _bit_image,
    b"\x1b&": _own_characters,
    b"\x1bD": _until_nul,
    b"\x1b(": _counted(1),
    b"\x1c(": _counted(1),
    b"\x1d(": _counted(1),
    b"\x1d8": _large_graphics,
    b"\x1d*": _download,
    b"\x1dV": _cut,
    b"\x1dk": _barcode,
    b"\x1dv": _raster,
    b"\x1cq": _stored_images,
    b"\x10\x04": _question,
    b"\x10\x05": 1,
    b"\x10\x14": _pulse,
}


class CommandStream:
    """Takes bytes in pieces of any size and gives out whole tokens."""

    def __init__(self) -> None:
        self._held = b""
        self._to_swallow = 0

    def feed(self, data: bytes) -> Iterator[Token]:
        """Tokens that are complete with `data`."""
        held, self._held = self._held + data, b""
        at = 0
        while at < len(held):
            if self._to_swallow:
                gone = min(self._to_swallow, len(held) - at)
                self._to_swallow -= gone
                at += gone
                continue
            token = self._token(held, at)
            if token is None:
                self._held = held[at:]
                return
            at += token.size
            yield token

    def clear(self) -> None:
        """Forget what has begun."""
        self._held = b""
        self._to_swallow = 0

    def _token(self, held: bytes, at: int) -> Token | None:
        """The token that begins at `at`, or None until more has come."""
        text = _TEXT.match(held, at)
        if text is not None:
            return Token(b"", text[0], len(text[0]))
        head = held[at : at + 2]
        if head[0] not in _PREFIXES:
            return Token(head[:1], b"", 1)
        if len(head) == 1:
            return None
        if head[1] in _PREFIXES:
            return Token(head[:1], b"", 1)
        return self._command(head, memoryview(held)[at + 2 :])

    def _command(self, head: bytes, rest: memoryview) -> Token | None:
        rule = _LENGTHS.get(head, 0)
        length = rule if isinstance(rule, int) else rule(rest)
        if length is None:
            return None
        if length > _LARGEST_BODY:
            self._to_swallow = length
            return Token(head, b"", 2)
        if len(rest) < length:
            return None
        return Token(head, bytes(rest[:length]), 2 + length)
