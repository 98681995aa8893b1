"""What stands on printed paper, row by row, in dots of the print head."""

from dataclasses import dataclass
from typing import Final, NamedTuple

COLUMN_DOTS: Final = 12  # a character of font A; a hanzi is two
CHARACTER_DOTS: Final = 24  # its height


class Cell(NamedTuple):
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
