"""Charts as values: where each column of a stacked bar chart stands. A template draws them as SVG.

No script and no library: a chart is a handful of rectangles, and the table beside it says the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

WIDTH: Final = 1120
HEIGHT: Final = 260
_LEFT: Final = 76
_RIGHT: Final = 8
_TOP: Final = 12
_FOOT: Final = 26
_STEPS: Final = 4
_FILLED: Final = 0.72
_WIDEST: Final = 90.0
_LABELS: Final = 16
"""So many labels stand under a chart without touching each other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One part of one column; `tone` is the number of its series, `value` what it stands for."""

    x: float
    y: float
    width: float
    height: float
    tone: int
    label: str
    value: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A word under a column, or a number beside a line."""

    x: float
    y: float
    value: int
    label: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """A stacked bar chart, drawn on a field of `WIDTH` by `HEIGHT`."""

    bars: tuple[Bar, ...]
    ticks: tuple[Mark, ...]
    labels: tuple[Mark, ...]
    left: int = _LEFT
    right: int = WIDTH - _RIGHT
    base: int = HEIGHT - _FOOT
    width: int = WIDTH
    height: int = HEIGHT


def top_of(highest: int) -> int:
    """The end of the scale: the next 4, 8 or 20 times a power of ten; its steps are round."""
    power = 1
    while True:
        for round_number in (4, 8, 20):
            if round_number * power >= highest:
                return round_number * power
        power *= 10


def stacked(labels: Sequence[str], series: Sequence[Sequence[int]], *, least: int = 1) -> Chart:
    """One column a label; each series adds its value on top of the ones before it.

    Every series has as many values as there are labels, none below zero: a day on which more was
    given back than earned shows nothing, and the table tells it. It ends at `least` or above.
    """
    shown = [[max(0, value) for value in values] for values in series]
    sums = [sum(column) for column in zip(*shown, strict=True)] if shown else []
    top = top_of(max([least, *sums]))
    field = HEIGHT - _FOOT - _TOP
    step = (WIDTH - _LEFT - _RIGHT) / max(1, len(labels))
    width = min(step * _FILLED, _WIDEST)

    def height(value: int) -> float:
        return round(field * value / top, 2)

    bars = []
    for place, label in enumerate(labels):
        x = round(_LEFT + step * place + (step - width) / 2, 2)
        risen = 0
        for tone, values in enumerate(shown):
            value = values[place]
            risen += value
            if value:
                bars.append(
                    Bar(
                        x=x,
                        y=round(HEIGHT - _FOOT - height(risen), 2),
                        width=round(width, 2),
                        height=height(value),
                        tone=tone,
                        label=label,
                        value=value,
                    )
                )
    every = -(-len(labels) // _LABELS) or 1
    return Chart(
        bars=tuple(bars),
        ticks=tuple(
            Mark(x=_LEFT - 8, y=HEIGHT - _FOOT - height(value), value=value)
            for value in range(0, top + 1, top // _STEPS)
        ),
        labels=tuple(
            Mark(x=round(_LEFT + step * (place + 0.5), 2), y=HEIGHT - 8, value=place, label=label)
            for place, label in enumerate(labels)
            if place % every == 0
        ),
    )
