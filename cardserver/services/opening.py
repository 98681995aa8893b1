"""Opening an estate: its store brought up to date, its keys, its clock and its calendar's zone."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cardserver.db.engine import BUSY_TIMEOUT_MS, open_engine
from cardserver.db.upgrade import upgrade
from cardserver.services.errors import ServiceError
from cardserver.services.turn import Estate
from cardserver.vault import Vault

DEFAULT_ZONE: Final = "Asia/Shanghai"
"""CAL-01c."""


class ZoneUnknown(ServiceError):
    """No such time zone."""

    code = "zone-unknown"


def utc_now() -> datetime:
    """The clock of the machine."""
    return datetime.now(UTC)


def open_estate(
    database: str,
    vault: Vault,
    *,
    name: str,
    zone: str = DEFAULT_ZONE,
    clock: Callable[[], datetime] = utc_now,
    busy_timeout_ms: int = BUSY_TIMEOUT_MS,
) -> Estate:
    """Open, and create or upgrade, the store at `database` and put the estate together.

    `clock` gives aware instants. Raises DatabaseUrlInvalid, StoreUnusable, ZoneUnknown.
    """
    try:
        calendar = ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ZoneUnknown(f"{zone} is no time zone, say {DEFAULT_ZONE}") from None
    engine = open_engine(database, busy_timeout_ms=busy_timeout_ms)
    upgrade(engine)
    return Estate(name=name, engine=engine, vault=vault, zone=calendar, clock=clock)
