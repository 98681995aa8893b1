"""Where the station gets the time from. Everything that needs it takes a `Clock`."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Final

from cardserver.domain import zone

Clock = Callable[[], datetime]
"""Returns the present instant, aware, in UTC."""

ESTATE_ZONE: Final = zone.ESTATE_ZONE
"""The server's own (CAL-01c)."""


def system_clock() -> datetime:
    """The machine's own clock."""
    return datetime.now(UTC)


def local_date(now: datetime) -> date:
    """The estate's calendar day of an instant."""
    return now.astimezone(ESTATE_ZONE).date()
