"""Where everything of a form stands on its A4 pages. Lengths are millimetres, sizes are points.

The layout knows no file format: it gives marks (a text, a box, a drawing), page by page. A table
that runs over a page begins the next one with its header again; a row is kept whole unless it is
longer than a page.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from printer.form import Align, Cell, Column, Drawing, Form, Section, Signature, cell_text
from printer.form_wrap import wrap

SHORT: Final = 210.0
LONG: Final = 297.0
MARGIN: Final = 12.0
MM_PER_POINT: Final = 25.4 / 72
TITLE_SIZE: Final = 15.0
HEADING_SIZE: Final = 10.5
BODY_SIZE: Final = 9.0
TABLE_SIZE: Final = 7.5
SMALL_SIZE: Final = 7.0
_LEADING: Final = 1.45
_PAD: Final = 0.9
_HEAD_ROOM: Final = 6.0
_FOOT_ROOM: Final = 8.0
_DRAWING_HEIGHT: Final = 8.0
_SIGNATURE_HEIGHT: Final = 15.0
_SIGNATURES_A_ROW: Final = 3
_GAP: Final = 2.5

MeasureAt = Callable[[str, float], float]
"""Width in millimetres of a text at a size in points."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TextMark:
    """A line of text; `x` is its left edge, `y` its top."""

    x: float
    y: float
    size: float
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BoxMark:
    """A frame, or with no height a line."""

    x: float
    y: float
    width: float
    height: float
    shaded: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawingMark:
    """A drawing that fills this field, kept in proportion."""

    x: float
    y: float
    width: float
    height: float
    drawing: Drawing


Mark: TypeAlias = TextMark | BoxMark | DrawingMark


@dataclass(frozen=True, slots=True, kw_only=True)
class Pages:
    """The finished pages of a form, without their numbers."""

    width: float
    height: float
    pages: tuple[tuple[Mark, ...], ...]


def line_height(size: float) -> float:
    """Height of a line of text."""
    return size * MM_PER_POINT * _LEADING


def lay_out(form: Form, measure: MeasureAt) -> Pages:
    """The pages of a form; there is always one."""
    sheet = _Sheet(form=form, measure=measure)
    sheet.begin()
    for section in form.sections:
        sheet.section(section)
    sheet.signatures(form.signatures)
    pages = tuple(tuple(page) for page in sheet.pages)
    return Pages(width=sheet.width, height=sheet.height, pages=pages)


@dataclass(slots=True, kw_only=True)
class _Sheet:
    """The page that is being filled, from the top down."""

    form: Form
    measure: MeasureAt
    pages: list[list[Mark]] = field(default_factory=list)
    y: float = 0.0

    @property
    def width(self) -> float:
        return LONG if self.form.landscape else SHORT

    @property
    def height(self) -> float:
        return SHORT if self.form.landscape else LONG

    @property
    def inner(self) -> float:
        return self.width - 2 * MARGIN

    @property
    def bottom(self) -> float:
        return self.height - MARGIN - _FOOT_ROOM

    @property
    def left_over(self) -> float:
        return self.bottom - self.y

    # --- heads

    def begin(self) -> None:
        self.new_page()
        self.centred(self.form.title, TITLE_SIZE)
        self.y += _GAP
        facts = "    ".join(f"{label}：{said}" for label, said in self.form.facts)
        if facts:
            self.paragraph(facts, BODY_SIZE)
            self.y += _PAD

    def new_page(self) -> None:
        self.pages.append([])
        self.y = MARGIN
        self.text(MARGIN, self.form.estate, SMALL_SIZE)
        self.right(self.form.code, SMALL_SIZE)
        if len(self.pages) > 1:
            self.centred(f"{self.form.title}（续）", SMALL_SIZE)
        self.y = MARGIN + _HEAD_ROOM

    # --- small marks

    def put(self, mark: Mark) -> None:
        self.pages[-1].append(mark)

    def text(self, x: float, text: str, size: float) -> None:
        if text:
            self.put(TextMark(x=x, y=self.y, size=size, text=text))

    def right(self, text: str, size: float) -> None:
        self.text(self.width - MARGIN - self.measure(text, size), text, size)

    def centred(self, text: str, size: float) -> None:
        for line in wrap(text, self.inner, lambda part: self.measure(part, size)):
            self.text((self.width - self.measure(line, size)) / 2, line, size)
            self.y += line_height(size)

    def need(self, height: float) -> None:
        if self.left_over < height:
            self.new_page()

    def paragraph(self, text: str, size: float) -> None:
        for line in wrap(text, self.inner, lambda part: self.measure(part, size)):
            self.need(line_height(size))
            self.text(MARGIN, line, size)
            self.y += line_height(size)

    # --- sections and tables

    def section(self, section: Section) -> None:
        if section.heading:
            # A heading is never left alone at the foot of a page.
            self.need(_GAP + line_height(HEADING_SIZE) + _PAD + self.opening(section))
            self.y += _GAP
            self.paragraph(section.heading, HEADING_SIZE)
            self.y += _PAD
        for text in section.paragraphs:
            self.paragraph(text, BODY_SIZE)
        if section.columns:
            self.table(section)

    def opening(self, section: Section) -> float:
        """Room for what stays with the heading: two lines of words, then the table's beginning."""
        words = min(2, len(section.paragraphs)) * line_height(BODY_SIZE)
        if not section.columns:
            return words
        return words + _PAD + self.beginning(self.header(section))

    def header(self, section: Section) -> "_Row":
        widths = _widths(section.columns, self.inner)
        return self.row_of([column.title for column in section.columns], widths)

    def beginning(self, header: "_Row") -> float:
        """A header never stands without a row below it."""
        return header.height + 3 * line_height(TABLE_SIZE)

    def table(self, section: Section) -> None:
        self.y += _PAD
        widths = _widths(section.columns, self.inner)
        header = self.header(section)
        aligns = [column.align for column in section.columns]
        self.need(self.beginning(header))
        self.draw(header, widths, [Align.CENTRE] * len(widths), shaded=True)
        for cells in section.rows:
            for row in self.row_of(cells, widths).pieces(self.tallest(header)):
                if self.left_over < row.height:
                    self.new_page()
                    self.draw(header, widths, [Align.CENTRE] * len(widths), shaded=True)
                self.draw(row, widths, aligns)
        if not section.rows:
            self.draw(self.row_of([section.empty], [self.inner]), [self.inner], [Align.CENTRE])
        self.y += _GAP

    def tallest(self, header: "_Row") -> float:
        """Room for a row on a page that bears nothing but the header."""
        return self.bottom - MARGIN - _HEAD_ROOM - header.height

    def row_of(self, cells: "list[str] | tuple[Cell, ...]", widths: list[float]) -> "_Row":
        lines = tuple(
            tuple(wrap(cell_text(cell), width - 2 * _PAD, lambda t: self.measure(t, TABLE_SIZE)))
            for cell, width in zip(cells, widths, strict=True)
        )
        drawings = tuple(cell if isinstance(cell, Drawing) else None for cell in cells)
        return _Row(lines=lines, drawings=drawings)

    def draw(
        self, row: "_Row", widths: list[float], aligns: list[Align], *, shaded: bool = False
    ) -> None:
        x, top = MARGIN, self.y
        for place, width in enumerate(widths):
            self.put(BoxMark(x=x, y=top, width=width, height=row.height, shaded=shaded))
            self.y = top + _PAD
            drawing = row.drawings[place]
            if drawing is not None:
                self.drawing(drawing, x + _PAD, width - 2 * _PAD)
            for line in row.lines[place]:
                self.text(x + self.shift(line, width, aligns[place]), line, TABLE_SIZE)
                self.y += line_height(TABLE_SIZE)
            x += width
        self.y = top + row.height

    def drawing(self, drawing: Drawing, x: float, width: float) -> None:
        self.put(DrawingMark(x=x, y=self.y, width=width, height=_DRAWING_HEIGHT, drawing=drawing))
        self.y += _DRAWING_HEIGHT

    def shift(self, line: str, width: float, align: Align) -> float:
        free = width - self.measure(line, TABLE_SIZE)
        return {Align.LEFT: _PAD, Align.RIGHT: free - _PAD, Align.CENTRE: free / 2}[align]

    # --- the end

    def signatures(self, signatures: tuple[Signature, ...]) -> None:
        for first in range(0, len(signatures), _SIGNATURES_A_ROW):
            self.need(_SIGNATURE_HEIGHT)
            self.y += _GAP
            some = signatures[first : first + _SIGNATURES_A_ROW]
            width = self.inner / min(_SIGNATURES_A_ROW, len(signatures))
            for place, signature in enumerate(some):
                self.sign(signature, MARGIN + place * width, width)
            self.y += _SIGNATURE_HEIGHT - _GAP

    def sign(self, signature: Signature, x: float, width: float) -> None:
        label = f"{signature.label}："
        self.text(x, f"{label}{signature.name}", BODY_SIZE)
        start = x + self.measure(label, BODY_SIZE)
        top = self.y
        if signature.drawing is not None:
            start += self.measure(signature.name, BODY_SIZE)
            self.y = top - _DRAWING_HEIGHT / 3
            self.drawing(signature.drawing, start, x + width - 4 - start)
        elif not signature.name:
            line = top + line_height(BODY_SIZE)
            self.put(BoxMark(x=start, y=line, width=x + width - 4 - start, height=0))
        self.y = top + line_height(BODY_SIZE) + _PAD * 2
        day = signature.day.isoformat() if signature.day else "      年    月    日"
        self.text(x, f"日期：{day}", BODY_SIZE)
        self.y = top


def _widths(columns: tuple[Column, ...], inner: float) -> list[float]:
    whole = sum(column.width for column in columns)
    return [inner * column.width / whole for column in columns]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    """A row of a table with its cells broken into lines."""

    lines: tuple[tuple[str, ...], ...]
    drawings: tuple[Drawing | None, ...]

    @property
    def height(self) -> float:
        rooms = zip(self.lines, self.drawings, strict=True)
        return 2 * _PAD + max(
            len(lines) * line_height(TABLE_SIZE) + (_DRAWING_HEIGHT if drawing else 0)
            for lines, drawing in rooms
        )

    def pieces(self, tallest: float) -> "list[_Row]":
        """The row in pieces that each fit on a page; nearly always itself."""
        if self.height <= tallest:
            return [self]
        fit = int((tallest - 2 * _PAD - _DRAWING_HEIGHT) / line_height(TABLE_SIZE))
        most = max(len(lines) for lines in self.lines)
        return [
            _Row(
                lines=tuple(lines[start : start + fit] for lines in self.lines),
                drawings=self.drawings if start == 0 else (None,) * len(self.lines),
            )
            for start in range(0, most, fit)
        ]
