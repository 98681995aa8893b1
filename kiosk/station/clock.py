"""Where the station gets the time from. Everything that needs it takes a `Clock`."""

from collections.abc import Callable
from datetime import UTC, date, datetime, tzinfo
from zoneinfo import ZoneInfo

Clock = Callable[[], datetime]
"""Returns the present instant, aware, in UTC."""

ESTATE_ZONE: tzinfo = ZoneInfo("Asia/Shanghai")
"""CAL-01c: dates are local dates of the estate."""


def system_clock() -> datetime:
    """The machine's own clock."""
    return datetime.now(UTC)


def local_date(now: datetime) -> date:
    """The estate's calendar day of an instant."""
    return now.astimezone(ESTATE_ZONE).date()
