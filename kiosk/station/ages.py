"""A length of time as people say it: minutes at first, then hours, then days."""

from datetime import timedelta
from typing import Final, Literal

_IN_MINUTES_H: Final = 2
_IN_HOURS_H: Final = 48
_WORDS: Final = {
    "ago": ("count.minutes-ago", "count.hours-ago", "count.days-back"),
    "for": ("count.for-minutes", "count.for-hours", "count.for-days"),
}


def how_long(said: Literal["ago", "for"], age: timedelta) -> tuple[str, int]:
    """The key of its words, for something so long *ago* or going on *for* so long; their number."""
    minutes, hours, days = _WORDS[said]
    past = age // timedelta(hours=1)
    if past < _IN_MINUTES_H:
        return minutes, max(0, age // timedelta(minutes=1))
    return (hours, past) if past < _IN_HOURS_H else (days, past // 24)
