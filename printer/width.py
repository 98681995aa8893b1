"""How wide text is on paper, and how it breaks into lines.

The unit is the column: half the width of a hanzi, 12 dots in font A. Paper differs from a terminal:
a character that GB18030 codes in two bytes is always drawn two columns wide, also ``°``, ``…`` or
``α``, which Unicode calls narrow. So the length of the code decides, and `wcwidth` only speaks for
four-byte characters.
"""

import re
from typing import Final

from wcwidth import wcwidth

_OPENING: Final = "（「『《〈【〔“‘［｛￥"
_CLOSING: Final = "，。、；：！？）」』》〉】〕”’］｝…％℃元角分"
_FOUR_BYTE: Final = 4
_UNIT: Final = re.compile(
    rf" +|[{re.escape(_OPENING)}]*(?:(?:[0-9]+[年月日])+|(?<=日)\([^ -~]{{1,6}}\)|[!-~]+|[^ ])"
    rf"[{re.escape(_CLOSING)}]*"
)


def columns(text: str) -> int:
    """Columns that `text` takes at normal size."""
    if text.isascii():
        return len(text)
    try:
        return len(text.encode("gbk"))
    except UnicodeEncodeError:
        return sum(map(_character_columns, text))


def _character_columns(character: str) -> int:
    coded = len(character.encode("gb18030", errors="replace"))
    return coded if coded < _FOUR_BYTE else max(0, wcwidth(character))


def wrap(text: str, width: int) -> list[str]:
    """Break `text` into lines of at most `width` columns; there is always one, maybe empty.

    Hanzi break anywhere; words of Latin letters, figures and dates stay whole, and so does a short
    remark in brackets behind a date; closing punctuation never begins a line and opening
    punctuation never ends one. A word wider than a whole line is broken; nothing is ever left out.
    What must stay in one piece (amounts) does not come here.
    """
    if columns(text) <= width:
        return [text.rstrip(" ")]
    lines = [""]
    room = width
    for unit in _units(text, width):
        needed = columns(unit)
        if needed > room:
            lines[-1] = lines[-1].rstrip(" ")
            lines.append("")
            room = width
            if unit.isspace():
                continue
        lines[-1] += unit
        room -= needed
    lines[-1] = lines[-1].rstrip(" ")
    return lines


def _units(text: str, width: int) -> list[str]:
    units: list[str] = []
    for unit in _UNIT.findall(text):
        if columns(unit) <= width:
            units.append(unit)
        else:
            units.extend(unit)
    return units


def pad(text: str, width: int, *, right: bool = False) -> str:
    """Fill `text` with spaces to `width` columns, on its left if it stands `right`."""
    gap = " " * (width - columns(text))
    return gap + text if right else text + gap
