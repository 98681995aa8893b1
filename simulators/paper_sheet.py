"""A piece of printed paper: what stands where, as rows of dots, and how it reads as plain text."""

from dataclasses import dataclass, field
from typing import Final

COLUMN_DOTS: Final = 12  # a character of font A; a hanzi is two


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One character. `left` and `width` are dots; `wide` and `tall` are its scale, 1 to 8."""

    text: str
    left: int
    width: int
    wide: int = 1
    tall: int = 1
    bold: bool = False
    underline: bool = False
    inverse: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TextRow:
    """A line of text; `height` is how far the paper moved on."""

    cells: tuple[Cell, ...]
    height: int


@dataclass(frozen=True, slots=True, kw_only=True)
class QrRow:
    """A QR code as the printer draws it."""

    data: bytes
    left: int
    module_dots: int
    modules: tuple[bytes, ...]  # a byte for each module, 1 is black

    @property
    def height(self) -> int:
        """Dots, which are also its width."""
        return len(self.modules) * self.module_dots


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageRow:
    """A picture; every line is `width_bytes` bytes, the high bit left."""

    left: int
    width_bytes: int
    lines: tuple[bytes, ...]

    @property
    def height(self) -> int:
        """Dots."""
        return len(self.lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedRow:
    """Empty paper; `lines` says how many lines of text it counts for."""

    height: int
    lines: int = 0


Row = TextRow | QrRow | ImageRow | FeedRow


@dataclass(slots=True, kw_only=True)
class Sheet:
    """A sheet as long as it hangs in the printer, and after it was cut or torn off."""

    dots: int
    rows: list[Row] = field(default_factory=list)
    serrated: bool = False  # torn off at the bar instead of cut
    torn: bool = False  # the roll ended, or the sheet was pulled out before its end

    @property
    def blank(self) -> bool:
        """Nothing is printed on it."""
        return all(
            isinstance(row, FeedRow) or row == TextRow(cells=(), height=row.height)
            for row in self.rows
        )

    @property
    def height(self) -> int:
        """Length of the paper in dots."""
        return sum(row.height for row in self.rows)

    @property
    def text(self) -> str:
        """The sheet as plain text, column for column; wide characters are followed by spaces."""
        lines: list[str] = []
        for row in self.rows:
            match row:
                case TextRow():
                    lines.append(_line(row))
                case QrRow():
                    lines.append(f"{_indent(row.left)}[QR {row.data.decode('utf-8', 'replace')}]")
                case ImageRow():
                    lines.append(f"{_indent(row.left)}[image {row.width_bytes * 8}x{row.height}]")
                case FeedRow():
                    lines.extend([""] * row.lines)
        return "\n".join(lines) + "\n"

    @property
    def qr_codes(self) -> list[str]:
        """What the QR codes on it hold."""
        return [row.data.decode("utf-8", "replace") for row in self.rows if isinstance(row, QrRow)]

    def png(self) -> bytes:
        """The sheet as a picture, a pixel for a dot."""
        from simulators.paper_picture import draw

        return draw(self)


def _line(row: TextRow) -> str:
    line = ""
    reached = 0
    for cell in row.cells:
        column = cell.left // COLUMN_DOTS
        line += " " * (column - reached) + cell.text
        reached = max(reached, column) + (1 if cell.text.isascii() else 2)
    return line.rstrip()


def _indent(left: int) -> str:
    return " " * (left // COLUMN_DOTS)
