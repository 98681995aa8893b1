"""Reading a table out of an uploaded file: CSV in UTF-8, UTF-16 or GB18030, or XLSX.

A file is what its bytes are, and they have to agree with its name. Formulas and merged cells are
found and said, not guessed at; numbers that the spreadsheet has already rounded are never taken
for an identity number.
"""

import csv
import io
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import PurePath
from typing import Final
from xml.parsers import expat

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook

from cardserver.domain.errors import RuleViolation
from cardserver.domain.ownerfile import MAX_ROWS, TableRow
from cardserver.services.workbooks import formula_rows

MAX_FILE_BYTES: Final = 32 * 1024 * 1024
_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_EXACT: Final = 10**15
"""A spreadsheet keeps 15 digits of a number; the rest of a longer one is lost."""

_UNREADABLE: Final = (
    *(CalamineError, zipfile.BadZipFile, zlib.error, expat.ExpatError),
    *(LookupError, ValueError, ArithmeticError, OSError, EOFError, RuntimeError),
)
"""What readers of archives and of XML make of bytes that are no workbook."""

_DELIMITERS: Final = (",", "\t", ";")


def read_table(data: bytes, name: str) -> list[TableRow]:
    """The rows of the first sheet. Raises RuleViolation for a file that can't be read as a whole.

    ``file-empty``, ``file-too-large``, ``file-kind`` (not what its name says), ``file-old`` (an old
    or locked workbook), ``file-encoding``, ``file-broken``, ``too-many-rows``.
    """
    if not data.strip():
        raise RuleViolation("file-empty")
    if len(data) > MAX_FILE_BYTES:
        raise RuleViolation("file-too-large")
    kind = PurePath(name.lower()).suffix
    if data.startswith(_OLE):
        raise RuleViolation("file-old")
    if kind == ".xlsx" and data.startswith(_ZIP):
        return _limited(_read_xlsx(data))
    if kind in {".csv", ".txt"} and not data.startswith((_ZIP, b"%PDF", b"\x89PNG", b"\xff\xd8")):
        return _limited(_read_csv(data))
    raise RuleViolation("file-kind", message=kind)


def _limited(rows: Iterator[TableRow]) -> list[TableRow]:
    kept: list[TableRow] = []
    for row in rows:
        if len(kept) > MAX_ROWS:
            raise RuleViolation("too-many-rows", message=str(MAX_ROWS))
        kept.append(row)
    return kept


# --- CSV -----------------------------------------------------------------------------------------


def _read_csv(data: bytes) -> Iterator[TableRow]:
    text = _decoded(data)
    first = text.lstrip("\r\n").partition("\n")[0]
    delimiter = max(_DELIMITERS, key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    line = 1
    try:
        for cells in reader:
            yield TableRow(line, cells)
            line = reader.line_num + 1
    except csv.Error as error:
        raise RuleViolation("file-broken", message=str(line)) from error


def _decoded(data: bytes) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        codecs: tuple[str, ...] = ("utf-16",)
    elif b"\0" in data:
        raise RuleViolation("file-kind")
    else:
        codecs = ("utf-8-sig", "gb18030")
    for codec in codecs:
        try:
            return data.decode(codec)
        except UnicodeDecodeError:
            continue
    raise RuleViolation("file-encoding")


# --- XLSX ----------------------------------------------------------------------------------------


def _read_xlsx(data: bytes) -> Iterator[TableRow]:
    try:
        formulas = formula_rows(data)
        with CalamineWorkbook.from_filelike(io.BytesIO(data)) as book:
            if not book.sheet_names:
                raise RuleViolation("file-empty")
            sheet = book.get_sheet_by_index(0)
            yield from _sheet_rows(sheet, formulas)
    except _UNREADABLE as error:
        raise RuleViolation("file-broken") from error


def _sheet_rows(sheet: CalamineSheet, formulas: frozenset[int]) -> Iterator[TableRow]:
    merged = _merged_rows(sheet)
    for line, values in enumerate(sheet.to_python(skip_empty_area=False), start=1):
        flaw = ""
        if line in merged:
            flaw = "merged-cells"
        elif line in formulas:
            flaw = "formula-cell"
        cells = []
        for value in values:
            if isinstance(value, str):
                cells.append(value)
                continue
            if isinstance(value, float) and not value.is_integer():
                cells.append(repr(value))
                continue
            if isinstance(value, int | float) and abs(value) >= _EXACT:
                flaw = flaw or "number-rounded"
            cells.append(str(int(value)) if isinstance(value, int | float) else str(value))
        yield TableRow(line, cells, flaw)


def _merged_rows(sheet: CalamineSheet) -> frozenset[int]:
    rows: set[int] = set()
    for (top, _), (bottom, _) in sheet.merged_cell_ranges or ():
        rows.update(range(top + 1, min(bottom, MAX_ROWS) + 2))
    return frozenset(rows)
