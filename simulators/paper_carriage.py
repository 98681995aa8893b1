"""The printing part of a receipt printer: text and print commands become rows of paper.

Everything is in dots of the print head. Page mode is taken as standard mode. A line is set in the
buffer and printed by LF or when it is full. ESC a, GS L, GS W, GS V and QR printing work at the
beginning of a line and are ignored elsewhere, as Epson's command reference says of them.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from typing import ClassVar, Final

import segno

from simulators.paper_bits import column_lines, raster_lines
from simulators.paper_commands import Token
from simulators.paper_glyphs import Glyph, GlyphReader
from simulators.paper_model import LINE_DOTS, Look, PrinterModel
from simulators.paper_rows import (
    CHARACTER_DOTS,
    COLUMN_DOTS,
    Cell,
    FeedRow,
    ImageRow,
    QrRow,
    Row,
    TextRow,
)
from simulators.paper_sheet import Sheet

SHEETS_KEPT: Final = 500

_TAB_DOTS: Final = 8 * COLUMN_DOTS
_QR_LEVELS: Final = {48: "l", 49: "m", 50: "q", 51: "h"}


@lru_cache(maxsize=64)
def _qr_modules(data: bytes, level: str) -> tuple[bytes, ...]:
    """The symbol, a byte a module: 7 ms of work, and a receipt that is printed again has the same.

    Raises segno.DataOverflowError.
    """
    code = segno.make_qr(data, mode="byte", error=level, boost_error=False)
    return tuple(bytes(line) for line in code.matrix)


class Carriage:
    """Head, paper and cutter. `sheets` are the finished ones, `sheet` hangs in the printer."""

    def __init__(self, model: PrinterModel) -> None:
        self.model = model
        self.sheets: list[Sheet] = []
        self.sheet = Sheet(dots=model.dots)
        self.drawer_pulses = 0
        self.reset()

    def reset(self) -> None:
        """ESC @ and power-on: every setting as new, the line buffer empty."""
        self.look = Look(area=self.model.dots)
        self.glyphs = GlyphReader(
            chinese=self.model.chinese_at_power_on, four_byte=self.model.four_byte
        )
        self._cells: list[Cell] = []
        self._left = 0
        self._qr_data = b""
        self._qr_module = 3
        self._qr_level = "m"

    @property
    def at_line_start(self) -> bool:
        """Nothing waits in the line buffer."""
        return not self._cells

    def finish_sheet(self, *, torn: bool = False) -> None:
        """The sheet comes off: cut, torn off at the bar, or `torn` before its end."""
        sheet, self.sheet = self.sheet, Sheet(dots=self.model.dots)
        sheet.torn, sheet.serrated = torn, not self.model.cutter
        if not sheet.blank:
            self.sheets = [*self.sheets[1 - SHEETS_KEPT :], sheet]

    def drop_line(self) -> None:
        """Forget the line that is not printed yet."""
        self._cells.clear()
        self._left = 0

    def print_byte(self, byte: int) -> None:
        """One byte of text."""
        for glyph in self.glyphs.read(byte):
            self._set(glyph)

    def obey(self, token: Token) -> None:
        """A control character or a print command; what is not known has no effect."""
        self.glyphs.drop()
        action = self._ACTIONS.get(token.head)
        if action is not None:
            action(self, token.body)

    # --- setting a line ---

    def _set(self, glyph: Glyph) -> None:
        look, hanzi = self.look, glyph.columns == 2
        wide = look.hanzi_wide if hanzi else look.ascii_wide
        width = COLUMN_DOTS * glyph.columns * wide
        if self._left + width > look.area and self._cells:
            self._print_line(b"")
        self._cells.append(
            Cell(
                text=glyph.text,
                left=self._left,
                width=width,
                wide=wide,
                tall=look.hanzi_tall if hanzi else look.ascii_tall,
                bold=look.bold,
                underline=look.underline,
                inverse=look.inverse,
            )
        )
        self._left += width

    def _print_line(self, _: bytes) -> None:
        indent = self._indent(self._left)
        cells = tuple(cell._replace(left=cell.left + indent) for cell in self._cells)
        tallest = max((cell.tall for cell in cells), default=1) * CHARACTER_DOTS
        self.drop_line()
        self._add(TextRow(cells=cells, height=max(self.look.spacing, tallest)))

    def _indent(self, width: int) -> int:
        room = max(0, self.look.area - width)
        return self.look.left + (0, room // 2, room)[self.look.align]

    def _add(self, row: Row) -> None:
        self.sheet.rows.append(row)

    def _tab(self, _: bytes) -> None:
        self._left = min(self.look.area, (self._left // _TAB_DOTS + 1) * _TAB_DOTS)

    def _position(self, body: bytes) -> None:
        if _word(body) < self.look.area:
            self._left = _word(body)

    # --- looks ---

    def _look(self, **changes: bool | int) -> None:
        self.look = replace(self.look, **changes)  # type: ignore[arg-type]

    def _gs_size(self, body: bytes) -> None:
        wide, tall = (body[0] >> 4 & 7) + 1, (body[0] & 7) + 1
        self._look(ascii_wide=wide, ascii_tall=tall)
        if self.model.hanzi_follow_gs:
            self._look(hanzi_wide=wide, hanzi_tall=tall)

    def _esc_mode(self, body: bytes) -> None:
        mode = body[0]
        self._look(ascii_wide=1 + (mode >> 5 & 1), ascii_tall=1 + (mode >> 4 & 1))
        self._look(bold=bool(mode & 0x08), underline=bool(mode & 0x80))

    def _fs_mode(self, body: bytes) -> None:
        mode = body[0]
        self._look(hanzi_wide=1 + (mode >> 2 & 1), hanzi_tall=1 + (mode >> 3 & 1))
        self._look(underline=bool(mode & 0x80))

    def _fs_quadruple(self, body: bytes) -> None:
        self._look(hanzi_wide=1 + (body[0] & 1), hanzi_tall=1 + (body[0] & 1))

    def _bold(self, body: bytes) -> None:
        self._look(bold=bool(body[0] & 1))

    def _underline(self, body: bytes) -> None:
        self._look(underline=body[0] in (1, 2, 49, 50))

    def _inverse(self, body: bytes) -> None:
        self._look(inverse=bool(body[0] & 1))

    def _usual_spacing(self, _: bytes) -> None:
        self._look(spacing=LINE_DOTS)

    def _spacing(self, body: bytes) -> None:
        self._look(spacing=body[0])

    def _align(self, body: bytes) -> None:
        align = body[0] % 48
        if self.at_line_start and align in (0, 1, 2):
            self._look(align=align)

    def _margin(self, body: bytes) -> None:
        if self.at_line_start:
            left = min(_word(body), self.model.dots - COLUMN_DOTS)
            self._look(left=left, area=self.model.dots - left)

    def _area(self, body: bytes) -> None:
        if self.at_line_start:
            widest = self.model.dots - self.look.left
            self._look(area=max(COLUMN_DOTS, min(_word(body), widest)))

    def _chinese_on(self, _: bytes) -> None:
        self.glyphs.chinese = True

    def _chinese_off(self, _: bytes) -> None:
        self.glyphs.chinese = False

    def _code_page(self, body: bytes) -> None:
        self.glyphs.code_page = body[0]

    # --- paper ---

    def _initialise(self, _: bytes) -> None:
        if not self.model.cutter:
            self.finish_sheet()  # a person has torn the last paper off
        self.reset()

    def _feed_lines(self, body: bytes) -> None:
        lines = body[0]
        if lines and not self.at_line_start:
            self._print_line(b"")
            lines -= 1
        self._add(FeedRow(height=lines * self.look.spacing, lines=lines))

    def _feed_dots(self, body: bytes) -> None:
        if not self.at_line_start:
            self._print_line(b"")
        self._add(FeedRow(height=body[0]))

    def _cut(self, body: bytes) -> None:
        if not self.at_line_start:
            return
        if len(body) > 1:
            self._add(FeedRow(height=body[1]))
        if self.model.cutter:
            self.finish_sheet()

    def _pulse(self, _: bytes) -> None:
        self.drawer_pulses += 1

    # --- pictures ---

    def _symbol(self, body: bytes) -> None:
        """GS ( k pL pH cn fn ...: cn 49 is QR; functions 67 size, 69 level, 80 store, 81 print."""
        if body[0] != ord("k") or len(body) < 6 or body[3] != 49 or not self.model.qr:
            return
        function, data = body[4], body[5:]
        if function == 67:
            self._qr_module = min(16, max(1, data[0]))
        elif function == 69:
            self._qr_level = _QR_LEVELS.get(data[0], self._qr_level)
        elif function == 80:
            self._qr_data = data[1:]
        elif function == 81 and self.at_line_start and self._qr_data:
            self._print_qr()

    def _print_qr(self) -> None:
        try:
            modules = _qr_modules(self._qr_data, self._qr_level)
        except segno.DataOverflowError:  # the printer prints nothing
            return
        side = len(modules) * self._qr_module
        if side <= self.look.area:
            left, dots = self._indent(side), self._qr_module
            self._add(QrRow(data=self._qr_data, left=left, module_dots=dots, modules=modules))

    def _raster(self, body: bytes) -> None:
        if body:  # one that is larger than the printer's memory comes without
            self._picture(raster_lines(body))

    def _bit_image(self, body: bytes) -> None:
        self._picture(column_lines(body))

    def _picture(self, lines: list[bytes]) -> None:
        width = min(len(lines[0]) if lines else 0, self.model.dots // 8)
        if width:
            visible = tuple(line[:width] for line in lines)
            self._add(ImageRow(left=self._indent(width * 8), width_bytes=width, lines=visible))

    _ACTIONS: ClassVar[dict[bytes, Callable[["Carriage", bytes], None]]] = {
        b"\n": _print_line,
        b"\t": _tab,
        b"\x1b@": _initialise,
        b"\x1b!": _esc_mode,
        b"\x1bE": _bold,
        b"\x1bG": _bold,
        b"\x1b-": _underline,
        b"\x1b2": _usual_spacing,
        b"\x1b3": _spacing,
        b"\x1ba": _align,
        b"\x1bd": _feed_lines,
        b"\x1bJ": _feed_dots,
        b"\x1bi": _cut,
        b"\x1bm": _cut,
        b"\x1bp": _pulse,
        b"\x1bt": _code_page,
        b"\x1b$": _position,
        b"\x1b*": _bit_image,
        b"\x1c&": _chinese_on,
        b"\x1c.": _chinese_off,
        b"\x1c!": _fs_mode,
        b"\x1c-": _underline,
        b"\x1cW": _fs_quadruple,
        b"\x1d!": _gs_size,
        b"\x1dB": _inverse,
        b"\x1dL": _margin,
        b"\x1dW": _area,
        b"\x1dV": _cut,
        b"\x1d(": _symbol,
        b"\x1dv": _raster,
    }


def _word(body: bytes) -> int:
    return body[0] | body[1] << 8
