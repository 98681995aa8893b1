"""An A4 form as a value: what stands on it, apart from how it is drawn or exported.

One form, three ways out, each with the same rows:

- ``printer.form_pdf.pdf(form, fonts)`` gives the bytes of a PDF with the fonts embedded, pages
  numbered 第1页 共3页; ``printer.form_font.find_fonts(override)`` gives the `fonts`, or raises
  FontMissing in words;
- ``printer.form_sheet.xlsx(form)`` gives an XLSX workbook, amounts and days as real values;
- ``printer.form_sheet.csv_text(form)`` gives the bytes of a CSV file in UTF-8 with a BOM.

Made of: `Form` (title, code, facts, sections, signatures), `Section` (heading, paragraphs, a table
of `Column` and rows), `Signature`, and in cells text, whole numbers, days, `Amount` and `Drawing`.
All words are given by the caller in the language of the paper: printed Chinese stays Chinese.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum, unique
from typing import Final, TypeAlias

from printer.capitals import figures


@unique
class Align(StrEnum):
    """How a column stands."""

    LEFT = "left"
    RIGHT = "right"
    CENTRE = "centre"


@dataclass(frozen=True, slots=True, kw_only=True)
class Amount:
    """Money in fen, either sign; ``-20.00`` on paper, a number in a workbook."""

    fen: int

    def __str__(self) -> str:
        sign = "-" if self.fen < 0 else ""
        return sign + figures(abs(self.fen))


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """A signature as strokes of points, ``12,80 14,82;30,75 31,79``, on a field of its own size.

    `words` stand for it where nothing can be drawn, and beside it on paper.
    """

    strokes: str
    words: str
    width: int = 600
    height: int = 200

    def lines(self) -> list[list[tuple[int, int]]]:
        """The strokes as points. Raises ValueError for what is no such drawing."""
        return [
            [_point(pair) for pair in stroke.split()]
            for stroke in self.strokes.split(";")
            if stroke.strip()
        ]


def _point(pair: str) -> tuple[int, int]:
    x, _, y = pair.partition(",")
    return int(x), int(y)


Cell: TypeAlias = str | int | date | Amount | Drawing | None


def cell_text(cell: Cell) -> str:
    """A cell in words: days and instants as ISO has them, nothing for None."""
    match cell:
        case None:
            return ""
        case Drawing():
            return cell.words
        case datetime():
            return f"{cell:%Y-%m-%d %H:%M}"
        case date():
            return cell.isoformat()
        case _:
            return str(cell)


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column of a table; `width` is a share of the page beside the others' widths."""

    title: str
    width: float = 1.0
    align: Align = Align.LEFT


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A part of a form: heading, paragraphs, then a table where there are columns.

    `empty` is what a table without rows says; each row has as many cells as there are columns.
    """

    heading: str = ""
    paragraphs: tuple[str, ...] = ()
    columns: tuple[Column, ...] = ()
    rows: tuple[tuple[Cell, ...], ...] = ()
    empty: str = "（本栏无记录）"

    def __post_init__(self) -> None:
        if any(len(row) != len(self.columns) for row in self.rows):
            raise ValueError("a row has other cells than the table has columns")


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """A place to sign at the form's end; `name` and `day` where it was signed already."""

    label: str
    name: str = ""
    day: date | None = None
    drawing: Drawing | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """A form: its official title and code, what it is about, its parts, and who signs it.

    `estate` stands above the title, `facts` below it in pairs (日期: …), `footer` beside the page
    number. `code` is the number of the form in the quality handbook, such as 7.5.1-G01-01-F1.
    """

    title: str
    code: str
    estate: str = ""
    facts: tuple[tuple[str, str], ...] = ()
    sections: tuple[Section, ...] = ()
    signatures: tuple[Signature, ...] = ()
    footer: str = ""
    landscape: bool = False


PAGE_OF: Final = "第{page}页 共{pages}页"


def rows_of(rows: Iterable[Iterable[Cell]]) -> tuple[tuple[Cell, ...], ...]:
    """Rows as a section takes them."""
    return tuple(tuple(row) for row in rows)
