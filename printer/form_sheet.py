"""A form as a workbook or as CSV: the same rows as on paper, to be counted and sorted.

A text that a spreadsheet would take for a formula (it begins with ``=``, ``+``, ``-`` or ``@``) is
given a leading apostrophe; amounts, whole numbers and days are real values in a workbook.
"""

import csv
import io
import re
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter

from printer.form import Amount, Cell, Form, Section, cell_text

XLSX_TYPE: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CSV_TYPE: Final = "text/csv; charset=utf-8"
_BOM: Final = "\N{ZERO WIDTH NO-BREAK SPACE}"
_FORMULA: Final = re.compile(r"^[\s\x00-\x1f]*[=+\-@＝＋－＠]")
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f￾￿]")
_NO_SHEET_NAME: Final = re.compile(r"[\[\]:*?/\\《》']")
_SHEET_NAME_SIZE: Final = 31
_WIDTH_OF_ONE: Final = 12.0
_HEADER_FILL: Final = PatternFill("solid", fgColor="ECECEC")

Line = list[Cell]


def neutral(text: str) -> str:
    """A text that no spreadsheet will calculate; control characters become visible."""
    text = _CONTROL.sub("□", text.replace("\r\n", "\n").replace("\r", "\n"))
    return f"'{text}" if _FORMULA.match(text) else text


def csv_text(form: Form) -> bytes:
    """The form as a CSV file that spreadsheets open as UTF-8."""
    out = io.StringIO(newline="")
    out.write(_BOM)
    writer = csv.writer(out)
    for line, _ in _lines(form):
        writer.writerow([_plain(cell) for cell in line])
    return out.getvalue().encode()


def xlsx(form: Form) -> bytes:
    """The form as a workbook of one sheet."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet(_NO_SHEET_NAME.sub("", form.title)[:_SHEET_NAME_SIZE] or "F")
    widest = max((section.columns for section in form.sections), key=len, default=())
    for place, column in enumerate(widest, start=1):
        sheet.column_dimensions[get_column_letter(place)].width = _WIDTH_OF_ONE * max(
            0.6, column.width
        )
    for line, is_header in _lines(form):
        sheet.append([_value(sheet, cell, header=is_header) for cell in line])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _lines(form: Form) -> Iterator[tuple[Line, bool]]:
    """The whole form line by line, each with whether it is the header of a table."""
    yield [form.title, form.code, form.estate], False
    for fact in form.facts:
        yield list(fact), False
    for section in form.sections:
        yield [], False
        yield from _section(section)
    yield [], False
    for signature in form.signatures:
        yield [signature.label, signature.name, signature.day], False
    if form.footer:
        yield [form.footer], False


def _section(section: Section) -> Iterator[tuple[Line, bool]]:
    if section.heading:
        yield [section.heading], False
    for paragraph in section.paragraphs:
        yield [paragraph], False
    if section.columns:
        yield [column.title for column in section.columns], True
        for row in section.rows:
            yield list(row), False
        if not section.rows:
            yield [section.empty], False


def _plain(cell: Cell) -> str:
    """Numbers of ours stand as they are; only what people typed can be a formula."""
    text = cell_text(cell)
    return text if isinstance(cell, int | date | Amount) else neutral(text)


def _value(sheet: Any, cell: Cell, *, header: bool) -> Any:
    made = WriteOnlyCell(sheet, value=_worth(cell))
    if isinstance(cell, Amount):
        made.number_format = "0.00"
    elif isinstance(cell, datetime):
        made.number_format = "yyyy-mm-dd hh:mm"
    elif isinstance(cell, date):
        made.number_format = "yyyy-mm-dd"
    elif isinstance(cell, int) and not isinstance(cell, bool):
        made.number_format = "0"
    else:
        made.data_type = "s"
        made.number_format = "@"
    if header:
        made.font, made.fill = Font(bold=True), _HEADER_FILL
    made.alignment = Alignment(vertical="top", wrap_text=True)
    return made


def _worth(cell: Cell) -> Any:
    match cell:
        case Amount():
            return Decimal(cell.fen) / 100
        case datetime():
            return cell.replace(tzinfo=None)  # a workbook knows local time only
        case date() | int():
            return cell
        case _:
            return neutral(cell_text(cell))
