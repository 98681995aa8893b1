"""What stands on a paper, free of widths, bytes and printers.

A receipt is a number and a list of lines. Stations build it (ready documents are in
`printer.documents`), `printer.layout` sets it in columns, `printer.escpos` makes bytes of it. Text
may hold anything a person can type; amounts are whole fen, and their capitals are computed when
the paper is laid out, so that the two can never differ (FEE-22).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum, unique
from typing import Final

from printer.errors import ReceiptInvalid

_SCALES: Final = range(1, 9)  # GS ! knows 1 to 8


@unique
class Align(StrEnum):
    """Where a line stands."""

    LEFT = "left"
    CENTRE = "centre"
    RIGHT = "right"


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """How a line looks. `width` and `height` are 1 to 8 times the normal character."""

    align: Align = Align.LEFT
    width: int = 1
    height: int = 1
    bold: bool = False

    def __post_init__(self) -> None:
        if self.width not in _SCALES or self.height not in _SCALES:
            raise ReceiptInvalid(f"characters {self.width} x {self.height}", rule="style")


PLAIN = Style()
CENTRED = Style(align=Align.CENTRE)
STRONG = Style(bold=True)
HEADING = Style(align=Align.CENTRE, bold=True)


@dataclass(frozen=True, slots=True)
class Title:
    """A heading in double size, or in double height where that is too wide."""

    text: str


@dataclass(frozen=True, slots=True)
class Text:
    """Words, broken into as many lines as they need."""

    text: str
    style: Style = PLAIN


@dataclass(frozen=True, slots=True)
class Field:
    """A label and its value, side by side: ``付款人：张晓``; further lines hang under the value."""

    label: str
    value: str
    bold: bool = False


@dataclass(frozen=True, slots=True)
class Pair:
    """A word on the left and one on the right. What stands right stays in one piece."""

    left: str
    right: str
    bold: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column of a table. Figures stand right and stay in one piece; words wrap."""

    heading: str
    figures: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Rows of as many cells as there are columns. One column holds words and stands left, wherever
    it is in the list; the others hold figures. A row of one cell is a note across the paper.
    """

    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Amount:
    """The sum of a paper: large figures with ￥, and 人民币 in capitals under them."""

    label: str
    amount_fen: int


@dataclass(frozen=True, slots=True)
class Rule:
    """A line across the paper."""

    double: bool = False


@dataclass(frozen=True, slots=True)
class Signature:
    """A label and a line to sign on."""

    label: str


@dataclass(frozen=True, slots=True)
class Qr:
    """A QR code of `text` (printable characters, coded UTF-8), error correction level M."""

    text: str


@dataclass(frozen=True, slots=True)
class Blank:
    """Empty lines."""

    lines: int = 1


@dataclass(frozen=True, slots=True)
class CopyLabel:
    """Whose copy this is: ``第二联 客户联`` (FEE-24a)."""

    text: str


@dataclass(frozen=True, slots=True)
class ReprintMark:
    """The mark 补打 with how often it was printed again, from 1 (FEE-24a)."""

    count: int
    note: str = ""


@dataclass(frozen=True, slots=True)
class Cut:
    """The paper is cut here. The end of a receipt needs none."""


Line = (
    Title
    | Text
    | Field
    | Pair
    | Table
    | Amount
    | Rule
    | Signature
    | Qr
    | Blank
    | CopyLabel
    | ReprintMark
    | Cut
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """One paper. `number` is its number in the books, or empty for a paper that proves nothing."""

    number: str
    lines: tuple[Line, ...]
    open_drawer: bool = False


def reprinted(receipt: Receipt, count: int, *, note: str = "") -> Receipt:
    """The same paper, marked on top as printed again for the `count`-th time; the drawer rests."""
    kept = tuple(line for line in receipt.lines if not isinstance(line, ReprintMark))
    return replace(receipt, lines=(ReprintMark(count, note), *kept), open_drawer=False)


def in_one_job(sheets: Sequence[Receipt]) -> Receipt:
    """Sheets that come out together or not at all, such as the copies of one receipt: cut between.

    They bear one number; the drawer opens once where any of them opens it.
    """
    first = sheets[0]
    lines = list(first.lines)
    for sheet in sheets[1:]:
        lines += (Cut(), *sheet.lines)
    return replace(
        first, lines=tuple(lines), open_drawer=any(sheet.open_drawer for sheet in sheets)
    )
