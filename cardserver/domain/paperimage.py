"""Pictures of papers: what is taken for one, looked at by its bytes and never by its name.

A picture is kept without what rides along with it (where and with what it was taken), and without
anything behind its end. The frames are those of ITU-T T.81 Annex B (JPEG), of ISO/IEC 15948 (PNG)
and of ISO 32000-1, 7.5 (PDF); what is in them is left to whoever looks.
"""

import calendar
import zlib
from collections.abc import Iterator
from datetime import date
from enum import StrEnum, unique
from typing import Final

from cardserver.domain.errors import RuleViolation

MAX_BYTES: Final = 4 * 1024 * 1024
"""A page scanned in colour at 300 dpi fits; a film does not."""

MAX_MONTHS: Final = 60
_MAX_SIDE: Final = 20_000

_JPEG: Final = b"\xff\xd8"
_PNG: Final = b"\x89PNG\r\n\x1a\n"
_HEADER_SIZE: Final = 13
_PDF: Final = (b"%PDF-1.", b"%PDF-2.")
_PDF_TAIL: Final = 1024

_FILL: Final = 0xFF
_RESTARTS: Final = range(0xD0, 0xD8)
_SOS: Final = 0xDA
_EOI: Final = 0xD9
_FRAMES: Final = frozenset({0xC0, 0xC1, 0xC2})
"""SOF0 to SOF2: the ways every browser reads."""

_DROPPED: Final = frozenset({*range(0xE1, 0xF0), 0xFE}) - {0xE2, 0xEE}
"""APPn and comments; the colour profile (APP2) and Adobe's note on colours (APP14) stay."""

_KEPT_CHUNKS: Final = frozenset({b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"pHYs", b"sBIT"})
"""Of the chunks a PNG can do without, those that say how it looks."""


@unique
class ImageKind(StrEnum):
    """What a picture of a paper may be."""

    JPEG = "jpeg"
    PNG = "png"
    PDF = "pdf"


MEDIA_TYPES: Final = {
    ImageKind.JPEG: "image/jpeg",
    ImageKind.PNG: "image/png",
    ImageKind.PDF: "application/pdf",
}


class _Broken(Exception):
    """The bytes end, or go on, where they should not."""


def cleaned(data: bytes) -> tuple[ImageKind, bytes]:
    """What the bytes are, and the picture alone. Cleaning twice changes nothing more.

    Raises RuleViolation ``file-empty``, ``image-too-large``, ``image-unknown`` for another kind of
    file, ``image-broken`` for one that only begins like a picture.
    """
    if not data:
        raise RuleViolation("file-empty")
    if len(data) > MAX_BYTES:
        raise RuleViolation("image-too-large")
    try:
        if data.startswith(_JPEG):
            return ImageKind.JPEG, b"".join(_jpeg(data))
        if data.startswith(_PNG):
            return ImageKind.PNG, b"".join(_png(data))
        if data.startswith(_PDF):
            return ImageKind.PDF, _pdf(data)
    except (_Broken, IndexError):
        raise RuleViolation("image-broken") from None
    raise RuleViolation("image-unknown")


def purge_day(stored: date, months: int) -> date:
    """The day on which a picture goes: the same date so many months on, or that month's last day.

    `months` is the estate's setting, 1 to 60.
    Raises RuleViolation ``images-off`` where none are stored at all.
    """
    if not 1 <= months <= MAX_MONTHS:
        raise RuleViolation("images-off")
    year, month0 = divmod(stored.year * 12 + stored.month - 1 + months, 12)
    days = calendar.monthrange(year, month0 + 1)[1]
    return date(year, month0 + 1, min(stored.day, days))


# --- JPEG ----------------------------------------------------------------------------------------


def _jpeg(data: bytes) -> Iterator[bytes]:
    """The segments worth keeping, the end of the image last."""
    yield _JPEG
    at, framed, scanned = len(_JPEG), False, False
    while True:
        marker, at = _marker(data, at)
        if marker == _EOI:
            break
        end = at + _number(data, at, 2)
        if end > len(data) or end < at + 2:
            raise _Broken
        if marker in _FRAMES:
            height, width = _number(data, at + 3, 2), _number(data, at + 5, 2)
            framed = _is_size(width, height)
        if marker == _SOS:
            end, scanned = _scan_end(data, end), True
        if marker not in _DROPPED:
            yield b"\xff" + bytes([marker]) + data[at:end]
        at = end
    if not framed or not scanned:
        raise _Broken
    yield b"\xff\xd9"


def _marker(data: bytes, at: int) -> tuple[int, int]:
    """The marker here, past any fill bytes, and where its segment begins."""
    if data[at] != _FILL:
        raise _Broken
    while data[at] == _FILL:
        at += 1
    if data[at] == 0:
        raise _Broken
    return data[at], at + 1


def _scan_end(data: bytes, at: int) -> int:
    """Where the packed pixels end: at a marker that is no stuffing and no restart."""
    while True:
        at = data.find(b"\xff", at)
        if at < 0:
            raise _Broken
        follows = data[at + 1]
        if follows and follows != _FILL and follows not in _RESTARTS:
            return at
        at += 1 if follows == _FILL else 2


# --- PNG -----------------------------------------------------------------------------------------


def _png(data: bytes) -> Iterator[bytes]:
    """The chunks worth keeping, up to IEND."""
    yield _PNG
    at, name, pixels = len(_PNG), b"", False
    while name != b"IEND":
        first = not name
        size, name = _number(data, at, 4), data[at + 4 : at + 8]
        end = at + 12 + size
        if end > len(data) or zlib.crc32(data[at + 4 : end - 4]) != _number(data, end - 4, 4):
            raise _Broken
        if first != (name == b"IHDR") or (first and not _is_header(data, at + 8, size)):
            raise _Broken
        pixels = pixels or name == b"IDAT"
        critical = not name[0] & 0x20
        if critical or name in _KEPT_CHUNKS:
            yield data[at:end]
        at = end
    if not pixels:
        raise _Broken


def _is_header(data: bytes, at: int, size: int) -> bool:
    return size == _HEADER_SIZE and _is_size(_number(data, at, 4), _number(data, at + 4, 4))


# --- PDF -----------------------------------------------------------------------------------------


def _pdf(data: bytes) -> bytes:
    """The document up to the end it names itself."""
    tail = max(len(data) - _PDF_TAIL, 0)
    end = data.rfind(b"%%EOF", tail)
    if end < 0 or b"startxref" not in data[max(end - _PDF_TAIL, 0) : end]:
        raise _Broken
    return data[: end + len(b"%%EOF")]


def _number(data: bytes, at: int, size: int) -> int:
    found = data[at : at + size]
    if len(found) != size:
        raise _Broken
    return int.from_bytes(found, "big")


def _is_size(width: int, height: int) -> bool:
    return 0 < width <= _MAX_SIDE and 0 < height <= _MAX_SIDE
