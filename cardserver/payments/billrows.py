"""Reading a bill: rows of comma separated values under one heading row, found by their names.

Both providers may add columns and change their order, so that only names are relied upon.
"""

import csv
import io
import zlib
from collections.abc import Iterator, Mapping
from typing import Final

MAX_PLAIN: Final = 64 << 20
"""Bytes of an unpacked bill; more is no bill of an estate."""


def rows_under(text: str, first: str, *, last: str, strip: str) -> Iterator[Mapping[str, str]]:
    """The rows below the heading whose first cell is `first`, to the one that begins with `last`.

    Cells lose the characters of `strip` at both ends (both providers guard numbers against
    spreadsheets). Raises ValueError for a missing heading or end, and for a row of another width.
    """
    heading: list[str] | None = None
    for cells in csv.reader(io.StringIO(text.lstrip("\ufeff"))):
        clean = [cell.strip(strip) for cell in cells]
        if heading is None:
            heading = clean if clean and clean[0] == first else None
        elif clean and clean[0].startswith(last):
            return
        else:
            yield dict(zip(heading, clean, strict=True))
    raise ValueError("the bill has no heading or no end")


def unzipped(packed: bytes) -> bytes:
    """The content of a gzip stream (RFC 1952) of `MAX_PLAIN` at most. Raises ValueError."""
    stream = zlib.decompressobj(wbits=31)
    try:
        plain = stream.decompress(packed, MAX_PLAIN)
    except zlib.error:
        raise ValueError("the bill is not packed as it should be") from None
    if not stream.eof:
        raise ValueError("the bill is cut off or far too long")
    return plain
