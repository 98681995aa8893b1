"""A form as a PDF: fonts embedded as a subset, pages numbered, nothing dropped in silence.

A character that no font here has is drawn as 〓 with its code point beside it: ``〓(U+2B741)``.
fpdf2 has its one door here. A font with Chinese has tens of thousands of glyphs and a form needs a
hundred: so the form is laid out with widths read once, and fpdf2 is shown only what is drawn.
"""

from dataclasses import fields, is_dataclass, replace
from datetime import datetime
from enum import Enum
from itertools import groupby
from string import digits
from typing import Any, Final

from fpdf import FPDF
from fpdf.fonts import TTFFont

from printer.form import PAGE_OF, Form
from printer.form_font import Fonts, widths
from printer.form_layout import (
    MARGIN,
    MM_PER_POINT,
    SMALL_SIZE,
    BoxMark,
    DrawingMark,
    Mark,
    Pages,
    TextMark,
    lay_out,
)

GETA: Final = "〓"
_ASCENT: Final = 1.1
"""From the top of a line to its base line, in parts of the size."""

_LINE: Final = 0.15
_INK: Final = 0.4
_SHADE: Final = 236
_THOUSANDTHS: Final = 1000

_ALWAYS: Final = frozenset({ord(" ")})
"""fpdf2 keeps a place for it in every subset."""

_VARIANTS: Final = 14
"""The format of a list of variants, in a font's table of characters."""

_NOT_DRAWN: Final = frozenset({"BASE", "DSIG", "GDEF", "GPOS", "GSUB", "VORG", "vhea", "vmtx"})
"""Tables for shaping and for columns: a form is drawn glyph by glyph, in lines."""


def pdf(form: Form, fonts: Fonts, *, made_at: datetime) -> bytes:
    """The form as a PDF file; `made_at` is written into it as its date."""
    pen = _Pen(form, fonts, made_at)
    return pen.drawn(lay_out(_settled(form, fonts), pen.measure))


def settle(text: str, fonts: Fonts) -> str:
    """The text with what no font can draw made visible; line breaks stay, tabs are spaces."""
    return "".join(_shown(character, fonts) for character in text.replace("\t", " "))


def _shown(character: str, fonts: Fonts) -> str:
    if character == "\n" or any(ord(character) in font.covers for font in fonts):
        return character
    return f"{GETA}(U+{ord(character):04X})"


def _settled(value: Any, fonts: Fonts) -> Any:
    """The same value with every text in it settled."""
    if isinstance(value, Enum):
        return value
    if isinstance(value, str):
        return settle(value, fonts)
    if isinstance(value, tuple):
        return tuple(_settled(each, fonts) for each in value)
    if is_dataclass(value) and not isinstance(value, type):
        changed = {each.name: _settled(getattr(value, each.name), fonts) for each in fields(value)}
        return replace(value, **changed)
    return value


def _lighten(font: TTFFont) -> None:
    """Take from an opened font, not from its file, what would be cut and thrown away."""
    for tag in _NOT_DRAWN & set(font.ttfont.keys()):
        del font.ttfont[tag]
    cmap = font.ttfont["cmap"]
    cmap.tables = [
        table for table in cmap.tables if table.isUnicode() and table.format != _VARIANTS
    ]
    for table in cmap.tables:
        table.cmap = {code: name for code, name in font.cmap.items() if code in table.cmap}


class _Pen:
    """Draws marks with the fonts at hand."""

    def __init__(self, form: Form, fonts: Fonts, made_at: datetime) -> None:
        self._fonts = fonts
        self._footer = settle(form.footer, fonts)
        self._paper = FPDF(orientation="landscape" if form.landscape else "portrait", format="A4")
        self._paper.set_auto_page_break(auto=False)
        self._paper.set_creation_date(made_at)
        self._paper.set_lang("zh-CN")
        self._paper.set_title(f"{form.title} {form.code}".strip())
        self._paper.set_author(form.estate)
        self._paper.set_line_width(_LINE)

    def measure(self, text: str, size: float) -> float:
        """Width in millimetres."""
        thousandths = sum(self._width(character) for character in text)
        return thousandths * size * MM_PER_POINT / _THOUSANDTHS

    def _width(self, character: str) -> int:
        font = self._fonts[self._font_of(character)]
        return widths(font.path, font.face).get(ord(character), _THOUSANDTHS)

    def _font_of(self, character: str) -> int:
        code = ord(character)
        places = (place for place, font in enumerate(self._fonts) if code in font.covers)
        return next(places, 0)

    def drawn(self, pages: Pages) -> bytes:
        """The finished file."""
        try:
            self._take_up_fonts(pages)
            for number, marks in enumerate(pages.pages, start=1):
                self._paper.add_page()
                for mark in marks:
                    self._put(mark)
                self._foot(pages, number)
            return bytes(self._paper.output())
        finally:
            for font in self._taken():
                font.ttfont.close()

    def _take_up_fonts(self, pages: Pages) -> None:
        """Those that draw something, and of each what it draws."""
        texts = [mark.text for page in pages.pages for mark in page if isinstance(mark, TextMark)]
        characters = set().union(self._footer, PAGE_OF, digits, *texts)
        drawn: dict[int, set[int]] = {}
        for character in characters:
            drawn.setdefault(self._font_of(character), set(_ALWAYS)).add(ord(character))
        for number, codes in sorted(drawn.items()):
            font = self._fonts[number]
            self._paper.add_font(
                f"f{number}",
                fname=font.path,
                collection_font_number=font.face,
                unicode_range=sorted(codes),
            )
        for taken in self._taken():
            _lighten(taken)

    def _taken(self) -> list[TTFFont]:
        return [font for font in self._paper.fonts.values() if isinstance(font, TTFFont)]

    def _foot(self, pages: Pages, number: int) -> None:
        y = pages.height - MARGIN - SMALL_SIZE * MM_PER_POINT
        page_of = PAGE_OF.format(page=number, pages=len(pages.pages))
        at = pages.width - MARGIN - self.measure(page_of, SMALL_SIZE)
        self._text(TextMark(x=MARGIN, y=y, size=SMALL_SIZE, text=self._footer))
        self._text(TextMark(x=at, y=y, size=SMALL_SIZE, text=page_of))

    def _put(self, mark: Mark) -> None:
        match mark:
            case TextMark():
                self._text(mark)
            case BoxMark(height=0):
                self._paper.line(mark.x, mark.y, mark.x + mark.width, mark.y)
            case BoxMark():
                self._paper.set_fill_color(_SHADE)
                style = "DF" if mark.shaded else "D"
                self._paper.rect(mark.x, mark.y, mark.width, mark.height, style=style)
            case DrawingMark():
                self._strokes(mark)

    def _text(self, mark: TextMark) -> None:
        x, base = mark.x, mark.y + mark.size * MM_PER_POINT * _ASCENT
        for font, run in groupby(mark.text, self._font_of):
            text = "".join(run)
            self._paper.set_font(f"f{font}", size=mark.size)
            self._paper.text(x, base, text)
            x += self.measure(text, mark.size)

    def _strokes(self, mark: DrawingMark) -> None:
        drawing = mark.drawing
        scale = min(mark.width / drawing.width, mark.height / drawing.height)
        self._paper.set_line_width(_INK)
        for line in drawing.lines():
            points = [(mark.x + x * scale, mark.y + y * scale) for x, y in line]
            self._paper.polyline(points if len(points) > 1 else points * 2)
        self._paper.set_line_width(_LINE)
