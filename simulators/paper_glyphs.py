"""Character codes as a printer's firmware reads them: Chinese mode and code pages.

In Chinese mode (FS &) a byte of 81h to FEh begins a hanzi of two bytes. Firmware with the whole of
GB 18030-2000 takes four bytes where the second is a figure; two-byte firmware prints nothing for
the lead and then the figure, which is how ``¥`` becomes "0 6". Outside Chinese mode bytes above 7Fh
are glyphs of the code page (ESC t).
"""

from dataclasses import dataclass
from typing import Final

TOFU: Final = "▯"  # not in GB18030's two-byte part: it shows that something was misread

_CODE_PAGES: Final = {
    0: "cp437",
    2: "cp850",
    3: "cp860",
    4: "cp863",
    5: "cp865",
    16: "cp1252",
    17: "cp866",
    18: "cp852",
    19: "cp858",
}
_LEADS: Final = range(0x81, 0xFF)
_FIGURES: Final = range(0x30, 0x3A)


@dataclass(frozen=True, slots=True)
class Glyph:
    """A character and its columns at normal size."""

    text: str
    columns: int


class GlyphReader:
    """Puts the bytes of characters together; they may come one at a time."""

    def __init__(self, *, chinese: bool, four_byte: bool) -> None:
        self.chinese = chinese
        self.code_page = 0
        self._four_byte = four_byte
        self._begun = b""

    @property
    def waiting(self) -> bool:
        """In the middle of a character."""
        return bool(self._begun)

    def drop(self) -> None:
        """A command came in between: what was begun is lost."""
        self._begun = b""

    def read(self, byte: int) -> list[Glyph]:
        """The glyphs that are complete with `byte` (20h to FFh)."""
        if not self.chinese:
            return [self._single(byte)]
        if self._begun:
            return self._continue(byte)
        if byte in _LEADS:
            self._begun = bytes((byte,))
            return []
        return [self._single(byte)]

    def _continue(self, byte: int) -> list[Glyph]:
        begun, self._begun = self._begun + bytes((byte,)), b""
        if len(begun) == 2 and byte in _FIGURES:
            if not self._four_byte:
                return [Glyph(" ", 1), self._single(byte)]
            self._begun = begun
            return []
        if len(begun) == 3:
            self._begun = begun
            return []
        return [Glyph(_decoded(begun), 2)]

    def _single(self, byte: int) -> Glyph:
        if byte < 0x7F:
            return Glyph(chr(byte), 1)
        page = _CODE_PAGES.get(self.code_page)
        if self.chinese or page is None or byte == 0x7F:
            return Glyph(" ", 1)
        return Glyph(bytes((byte,)).decode(page, "replace").replace("\ufffd", TOFU), 1)


def _decoded(code: bytes) -> str:
    """A hanzi or sign the font has: two bytes, or four for Extension A."""
    try:
        character = code.decode("gb18030")
    except UnicodeDecodeError:
        return TOFU
    known = len(code) == 2 or 0x3400 <= ord(character) <= 0x4DB5
    return character if (known and character.isprintable()) or character == "\u3000" else TOFU
