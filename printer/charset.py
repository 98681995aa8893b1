"""Which characters a printer has, and what becomes of the others.

Text is settled before it is laid out: control characters are made visible, so that no byte of a
name can become a command; look-alikes that GB18030 codes in four bytes (``¥``, the dots of names)
become their two-byte sisters; and a hanzi the printer does not have is either refused or printed
as the geta mark 〓, whose code point is then named in a footnote. Nothing is replaced in silence.

Character sets: GB/T 2312-1980; GBK 1.0; GB 18030-2000, of whose four-byte characters printers
carry the hanzi of CJK Extension A (U+3400 to U+4DB5) at best. Cheap firmware reads a four-byte code
as two hanzi halves and figures (``81 30 84 36`` prints "0" and "6").
"""

import unicodedata
from dataclasses import dataclass
from enum import StrEnum, unique
from functools import lru_cache
from typing import Final

from printer.errors import NotEncodable

GETA: Final = "〓"  # the mark of printers' proofs for a character that is not at hand
_CONTROL: Final = "□"
_EXTENSION_A: Final = range(0x3400, 0x4DB6)
_SISTERS: Final = str.maketrans(
    {
        "¥": "￥",
        "・": "·",
        "•": "·",
        "‧": "·",
        "−": "-",
        "‑": "-",
        "\t": " ",
        "\n": " ",
        "\r": " ",
        "\u2028": " ",
        "\u2029": " ",
    }
)


@unique
class Charset(StrEnum):
    """What the printer's font holds besides ASCII."""

    GB2312 = "gb2312"
    GBK = "gbk"
    GB18030 = "gb18030"  # two-byte characters and the hanzi of Extension A


@unique
class Rare(StrEnum):
    """What to do with a character the printer does not have."""

    REFUSE = "refuse"
    MARK = "mark"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """Text that the printer can print, and the characters 〓 stands for in it, in order."""

    text: str
    missing: tuple[str, ...] = ()


@lru_cache(maxsize=4096)
def settle(text: str, charset: Charset, rare: Rare) -> Settled:
    """Make `text` printable in `charset`.

    Raises:
        NotEncodable: a character is missing and `rare` says refuse.
    """
    if text.isprintable() and _all_two_byte(text, charset):
        return Settled(text=text)
    kept: list[str] = []
    missing: list[str] = []
    for character in unicodedata.normalize("NFC", text).translate(_SISTERS):
        drawn = _drawn(character, charset)
        if drawn is None:
            missing.append(character)
            drawn = GETA
        kept.append(drawn)
    if missing and rare is Rare.REFUSE:
        raise NotEncodable(text=text)
    return Settled(text="".join(kept), missing=tuple(missing))


def _all_two_byte(text: str, charset: Charset) -> bool:
    """Every character has one or two bytes in `charset`: the common case, decided in C."""
    try:
        coded = text.encode("gbk")  # the same bytes as GB18030 gives these characters
        if charset is Charset.GB2312:
            coded.decode("gb2312")
    except UnicodeError:
        return False
    return True


def _drawn(character: str, charset: Charset) -> str | None:
    """What to print for one character; None if the printer has nothing for it."""
    match unicodedata.category(character):
        case "Cc":
            return _CONTROL
        case "Cf":
            return ""  # joiners and direction marks have no picture
        case "Zs" if character != "\u3000":
            return " "
        case "Cs" | "Co" | "Cn":
            return None
    if _all_two_byte(character, charset):
        return character
    rare_hanzi = charset is Charset.GB18030 and ord(character) in _EXTENSION_A
    return character if rare_hanzi else None
