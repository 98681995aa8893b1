"""A form as a PDF: fonts embedded as a subset, pages numbered, nothing dropped in silence.

A character that no font here has is drawn as 〓 with its code point beside it: ``〓(U+2B741)``.
fpdf2 has its one door here.
"""

from dataclasses import fields, is_dataclass, replace
from datetime import datetime
from enum import Enum
from itertools import groupby
from typing import Any, Final

from fpdf import FPDF
from fpdf.fonts import TTFFont

from printer.form import PAGE_OF, Form
from printer.form_font import Fonts
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
_MEASURED_AT: Final = 100.0


def pdf(form: Form, fonts: Fonts, *, made_at: datetime) -> bytes:
    """The form as a PDF file; `made_at` is written into it as its date."""
    pen = _Pen(form, fonts, made_at)
    return pen.draw(lay_out(_settled(form, fonts), pen.measure))


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


class _Pen:
    """Draws marks with the fonts at hand."""

    def __init__(self, form: Form, fonts: Fonts, made_at: datetime) -> None:
        self._fonts = fonts
        self._footer = settle(form.footer, fonts)
        self._widths: dict[str, float] = {}
        self._paper = FPDF(orientation="landscape" if form.landscape else "portrait", format="A4")
        self._paper.set_auto_page_break(auto=False)
        self._paper.set_creation_date(made_at)
        self._paper.set_lang("zh-CN")
        self._paper.set_title(f"{form.title} {form.code}".strip())
        self._paper.set_author(form.estate)
        self._paper.set_line_width(_LINE)
        for number, font in enumerate(fonts):
            self._paper.add_font(f"f{number}", fname=font.path, collection_font_number=font.face)

    def measure(self, text: str, size: float) -> float:
        """Width in millimetres."""
        return sum(self._width(character) for character in text) * size / _MEASURED_AT

    def _width(self, character: str) -> float:
        found = self._widths.get(character)
        if found is None:
            self._paper.set_font(f"f{self._font_of(character)}", size=_MEASURED_AT)
            found = self._widths[character] = self._paper.get_string_width(character)
        return found

    def _font_of(self, character: str) -> int:
        code = ord(character)
        places = (place for place, font in enumerate(self._fonts) if code in font.covers)
        return next(places, 0)

    def draw(self, pages: Pages) -> bytes:
        """The finished file."""
        try:
            for number, marks in enumerate(pages.pages, start=1):
                self._paper.add_page()
                for mark in marks:
                    self._put(mark)
                self._foot(pages, number)
            return bytes(self._paper.output())
        finally:
            for font in self._paper.fonts.values():
                if isinstance(font, TTFFont):
                    font.ttfont.close()

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
