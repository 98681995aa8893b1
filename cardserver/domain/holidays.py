"""Public holidays and make-up days of the years that are known, with where they are stated.

The General Office of the State Council announces each year in the autumn before it. An estate puts
later years, and its own exceptions, on file at the desk (CAL-04a).
"""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Final

from cardserver.domain.workdays import WorkYear

Span = tuple[str, tuple[int, int], tuple[int, int]]
"""A holiday's name, its first and its last day as month and day."""


def _year(year: int, source: str, free: Iterable[Span], worked: Mapping[str, str]) -> WorkYear:
    """`worked` maps days as ``MM-DD`` to the holiday they make up for."""
    holidays: dict[date, str] = {}
    for name, first, last in free:
        day, end = date(year, *first), date(year, *last)
        while day <= end:
            holidays[day] = name
            day += timedelta(days=1)
    make_ups = {date.fromisoformat(f"{year}-{day}"): name for day, name in worked.items()}
    return WorkYear(year=year, source=source, holidays=holidays, make_ups=make_ups)


_2025: Final = _year(
    2025,
    "国务院办公厅关于2025年部分节假日安排的通知,国办发明电〔2024〕12号,2024-11-12",
    (
        ("元旦", (1, 1), (1, 1)),
        ("春节", (1, 28), (2, 4)),
        ("清明节", (4, 4), (4, 6)),
        ("劳动节", (5, 1), (5, 5)),
        ("端午节", (5, 31), (6, 2)),
        ("国庆节、中秋节", (10, 1), (10, 8)),
    ),
    {
        "01-26": "春节",
        "02-08": "春节",
        "04-27": "劳动节",
        "09-28": "国庆节",
        "10-11": "国庆节",
    },
)
_2026: Final = _year(
    2026,
    "国务院办公厅关于2026年部分节假日安排的通知,2025-11-04",
    (
        ("元旦", (1, 1), (1, 3)),
        ("春节", (2, 15), (2, 23)),
        ("清明节", (4, 4), (4, 6)),
        ("劳动节", (5, 1), (5, 5)),
        ("端午节", (6, 19), (6, 21)),
        ("中秋节", (9, 25), (9, 27)),
        ("国庆节", (10, 1), (10, 7)),
    ),
    {
        "01-04": "元旦",
        "02-14": "春节",
        "02-28": "春节",
        "05-09": "劳动节",
        "09-20": "国庆节",
        "10-10": "国庆节",
    },
)

KNOWN_YEARS: Final[Mapping[int, WorkYear]] = {each.year: each for each in (_2025, _2026)}
