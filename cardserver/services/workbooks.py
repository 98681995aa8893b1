"""What an uploaded workbook is made of, looked at before anything reads its cells.

A cell may say that it stands in the last column of the millionth row, and a reader makes room for
every cell before it: a small file takes all memory there is, and the server with it. So each part
is unpacked once and measured, and each sheet says how far it reaches, or the file is refused.
"""

import io
import re
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import IO, Final
from xml.parsers import expat

from cardserver.domain.errors import RuleViolation

MAX_CELLS: Final = 6_000_000
"""Cells of a sheet, the empty ones between counted too: 100,000 rows of 60 columns."""

_MAX_ROW: Final = 1 << 20
_MAX_COLUMN: Final = 1 << 14
"""No spreadsheet program has a row or a column beyond these."""

_MAX_UNPACKED: Final = 400 * 1024 * 1024
_MAX_MEMBERS: Final = 2000
_WORKBOOK: Final = "xl/workbook.xml"
_RELATIONS: Final = "xl/_rels/workbook.xml.rels"
_CHUNK: Final = 1024 * 1024
_READ_AS_XML: Final = (".xml", ".rels")
_CELL: Final = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")
_ONE_LETTER: Final = 26

Element = Callable[[str, dict[str, str]], None]


@dataclass(slots=True)
class _Sheet:
    """How far a sheet reaches, and which of its lines hold a formula."""

    row: int = 0
    column: int = 0
    rows: int = 0
    columns: int = 0
    cells: int = 0
    merged: int = 0
    formulas: set[int] = field(default_factory=set)

    def met(self, name: str, marks: dict[str, str]) -> None:
        """One element of the sheet. Rows and cells without a place follow the one before them."""
        if name == "row":
            self.row = _number(marks.get("r"), self.row + 1)
            self.column = 0
        elif name == "c":
            self._cell(marks.get("r"))
        elif name == "f":
            self.formulas.add(self.row)
        elif name == "mergeCell":
            self._merged(marks.get("ref", ""))

    def _cell(self, reference: str | None) -> None:
        if reference is None:
            row, column = self.row, self.column + 1
        else:
            row, column = _place(reference)
        self.column = column
        self.rows, self.columns = max(self.rows, row), max(self.columns, column)
        self.cells += 1
        if self.columns > _MAX_COLUMN or max(self.cells, self.rows * self.columns) > MAX_CELLS:
            raise RuleViolation("file-too-large")

    def _merged(self, reference: str) -> None:
        """Each line of a merged range is told as such one by one, so they are counted too."""
        lines = [_place(corner)[0] for corner in reference.split(":")]
        self.merged += max(lines) - min(lines) + 1
        if self.merged > MAX_CELLS:
            raise RuleViolation("file-too-large")


def formula_rows(data: bytes) -> frozenset[int]:
    """Lines of the first sheet with a formula in them, of a workbook that is safe to be read.

    Raises RuleViolation ``file-kind``, ``file-too-large``, ``file-broken``; zipfile.BadZipFile,
    zlib.error, expat.ExpatError and others of what is no archive or no workbook.
    """
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = archive.infolist()
        names = [member.filename.lower() for member in members]
        if _WORKBOOK not in names:
            raise RuleViolation("file-kind", message="zip")
        size = sum(member.file_size for member in members)
        if len(members) > _MAX_MEMBERS or size > _MAX_UNPACKED:
            raise RuleViolation("file-too-large")
        if len(set(names)) < len(names):
            raise RuleViolation("file-broken", message="doubled part")
        # A part that unpacks to another size than it says is broken; so no bomb gets past here.
        sheets = {
            name: _looked_at(archive, member) for name, member in zip(names, members, strict=True)
        }
        first = _first_sheet(archive)
        if first.lower() not in sheets or not first.lower().endswith(".xml"):
            raise RuleViolation("file-broken", message="no sheet")
        return frozenset(sheets[first.lower()].formulas)


def _looked_at(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> _Sheet:
    """One part, read to its end: whatever says that it is a sheet is measured."""
    sheet = _Sheet()
    with archive.open(member) as part:
        if member.filename.lower().endswith(_READ_AS_XML):
            _parse(part, sheet.met, only="worksheet")
        while part.read(_CHUNK):
            continue
    return sheet


def _first_sheet(archive: zipfile.ZipFile) -> str:
    """The part that holds the first sheet, by way of the workbook's relations."""
    sheets: list[str] = []
    targets: dict[str, str] = {}

    def sheet(name: str, marks: dict[str, str]) -> None:
        if name == "sheet":
            sheets.extend(value for mark, value in marks.items() if mark.endswith(":id"))

    def relation(name: str, marks: dict[str, str]) -> None:
        if name == "Relationship":
            targets[marks.get("Id", "")] = marks.get("Target", "")

    for name, met in ((_WORKBOOK, sheet), (_RELATIONS, relation)):
        with archive.open(name) as part:
            _parse(part, met)
    target = targets.get(sheets[0], "") if sheets else ""
    return target.removeprefix("/") if target.startswith("/") else f"xl/{target}"


def _number(written: str | None, otherwise: int) -> int:
    """A row's number as written. Raises RuleViolation for one that no spreadsheet has."""
    if written is None:
        return otherwise
    if not written.isascii() or not written.isdigit() or not 0 < int(written[:8]) <= _MAX_ROW:
        raise RuleViolation("file-broken", message="row")
    return int(written[:8])


def _place(reference: str) -> tuple[int, int]:
    """Row and column of ``B12``. Raises RuleViolation ``file-broken``."""
    found = _CELL.fullmatch(reference)
    if found is None:
        raise RuleViolation("file-broken", message="cell")
    column = 0
    for letter in found[1]:
        column = column * _ONE_LETTER + ord(letter) - ord("A") + 1
    return _number(found[2], 0), column


def _parse(part: IO[bytes], element: Element, *, only: str = "") -> None:
    """Tell each element by its plain name; with `only` where the root of the document is that."""
    parser = expat.ParserCreate()

    def met(name: str, marks: dict[str, str]) -> None:
        element(name.rpartition(":")[2], marks)

    def root(name: str, marks: dict[str, str]) -> None:
        wanted = not only or name.rpartition(":")[2] == only
        parser.StartElementHandler = met if wanted else None
        if wanted:
            met(name, marks)

    parser.StartElementHandler = root
    parser.StartDoctypeDeclHandler = _no_doctype
    parser.ParseFile(part)


def _no_doctype(*_: object) -> None:
    raise RuleViolation("file-broken", message="doctype")
