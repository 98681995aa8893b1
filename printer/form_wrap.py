"""Breaking the text of a form into lines: hanzi anywhere, words and figures whole.

Widths come from the font, through `measure`. Closing punctuation never begins a line and opening
punctuation never ends one.
"""

import re
from collections.abc import Callable
from typing import Final

_OPENING: Final = "（「『《〈【〔“‘［｛￥¥("
_CLOSING: Final = "，。、；：！？）」』》〉】〕”’］｝…％℃,.;:!?)%"
_UNIT: Final = re.compile(
    rf" +|[{re.escape(_OPENING)}]*(?:[0-9A-Za-z#&*+/=@_.,:'~^-]+|[^ ])[{re.escape(_CLOSING)}]*"
)

Measure = Callable[[str], float]


def wrap(text: str, width: float, measure: Measure) -> list[str]:
    """The lines of `text`; there is always one, maybe empty. Line breaks in the text stay."""
    lines: list[str] = []
    for paragraph in text.split("\n"):
        lines += _paragraph(paragraph, width, measure)
    return lines


def _paragraph(text: str, width: float, measure: Measure) -> list[str]:
    lines = [""]
    for unit in _UNIT.findall(text):
        if measure(lines[-1] + unit.rstrip()) <= width:
            lines[-1] += unit
            continue
        if lines[-1].strip():
            lines[-1] = lines[-1].rstrip()
            lines.append("")
        lines[-1:] = _cut(unit.lstrip(), width, measure)
    lines[-1] = lines[-1].rstrip()
    return lines


def _cut(unit: str, width: float, measure: Measure) -> list[str]:
    """A unit wider than the line is cut where it must be; one character is never cut."""
    lines = [""]
    for character in unit:
        if lines[-1] and measure(lines[-1] + character) > width:
            lines.append("")
        lines[-1] += character
    return lines
