"""The floor of time: the latest instant that is known to have passed, in one row."""

from datetime import datetime
from typing import Final

from sqlalchemy import Connection, bindparam, select, update

from cardserver.db.prepared import Prepared
from cardserver.db.recalling import insertion
from cardserver.db.tables import ClockRow

_FLOOR: Final = Prepared(select(ClockRow.floor).where(ClockRow.id == ClockRow.ONLY))
_NEW_FLOOR: Final = Prepared(
    update(ClockRow).where(ClockRow.id == ClockRow.ONLY).values(floor=bindparam("instant"))
)
_RAISED: Final = Prepared(
    update(ClockRow)
    .where(ClockRow.id == ClockRow.ONLY, ClockRow.floor < bindparam("instant"))
    .values(floor=bindparam("instant"))
    .returning(ClockRow.id)
)


def floor_of(connection: Connection, clock: datetime) -> datetime:
    """The time that counts by this clock: never earlier than what is known to have passed."""
    kept: datetime | None = _FLOOR.value(connection)
    return clock if kept is None else max(kept, clock)


def raised_floor(connection: Connection, clock: datetime) -> datetime:
    """The same for who writes: this instant has passed as soon as what he writes is committed."""
    if _RAISED.value(connection, instant=clock) is not None:
        return clock
    kept: datetime | None = _FLOOR.value(connection)
    if kept is None:
        row = {"id": ClockRow.ONLY, "floor": clock}
        insertion(ClockRow, tuple(row)).write(connection, [row])
    return clock if kept is None else kept


def mended_floor(connection: Connection, clock: datetime) -> None:
    """Take a clock for true that stands before what was thought to have passed."""
    _NEW_FLOOR.write(connection, [{"instant": clock}])
