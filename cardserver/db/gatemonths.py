"""The months of the gates' lines on PostgreSQL: each is a table of its own, made ahead.

What has no month, a line from years ago or from a clock that runs ahead, lies in the rest, so that
no line is ever refused for its date. SQLite knows no partitions; there nothing of this is done.
"""

from datetime import UTC, datetime
from typing import Final

from sqlalchemy import Connection, text

TABLE: Final = "gate_event"
REST: Final = f"{TABLE}_rest"
_STAMP: Final = "%Y_%m"

_PARTS: Final = text(
    "SELECT relname FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid "
    "WHERE inhparent = to_regclass(:table)"
)


def has_months(connection: Connection) -> bool:
    """True where lines are divided at all."""
    return connection.dialect.name == "postgresql"


def month_of(instant: datetime, further: int = 0) -> datetime:
    """The beginning, in UTC, of an instant's month or of so many months further."""
    utc = instant.astimezone(UTC)
    count = utc.year * 12 + utc.month - 1 + further
    return datetime(count // 12, count % 12 + 1, 1, tzinfo=UTC)


def name_of(month: datetime) -> str:
    """The name of a month's table."""
    return f"{TABLE}_{month.strftime(_STAMP)}"


def months(connection: Connection) -> list[datetime]:
    """The months there are tables for, oldest first."""
    names = connection.execute(_PARTS, {"table": TABLE}).scalars()
    stamps = [name.removeprefix(f"{TABLE}_") for name in names if name != REST]
    return sorted(datetime.strptime(f"{each}+0000", f"{_STAMP}%z") for each in stamps)


def make_month(connection: Connection, month: datetime) -> None:
    """Make a month's table and put there what lies in the rest of it. It must not be there yet.

    Made beside and attached afterwards, so that lines come in meanwhile; only where the rest has
    lines of this month they wait until those have moved.
    """
    name, after = name_of(month), month_of(month, 1)
    span = f"at >= '{month.isoformat()}' AND at < '{after.isoformat()}'"
    _do(connection, f"CREATE TABLE {name} (LIKE {TABLE} INCLUDING ALL)")
    # Said beforehand, so that nothing is read through when the table is attached.
    _do(connection, f"ALTER TABLE {name} ADD CONSTRAINT month CHECK ({span})")
    moves = connection.scalar(text(f"SELECT EXISTS (SELECT FROM {REST} WHERE {span})"))  # noqa: S608 - our own names and instants
    if moves:
        # Detached, the rest has no guards: its lines are not let go, they move.
        _do(connection, f"ALTER TABLE {TABLE} DETACH PARTITION {REST}")
        _do(connection, f"INSERT INTO {name} SELECT * FROM {REST} WHERE {span}")  # noqa: S608
        _do(connection, f"DELETE FROM {REST} WHERE {span}")  # noqa: S608
    _do(
        connection,
        f"ALTER TABLE {TABLE} ATTACH PARTITION {name} "
        f"FOR VALUES FROM ('{month.isoformat()}') TO ('{after.isoformat()}')",
    )
    if moves:
        _do(connection, f"ALTER TABLE {TABLE} ATTACH PARTITION {REST} DEFAULT")
    _do(connection, f"ALTER TABLE {name} DROP CONSTRAINT month")


def keep_others_out(connection: Connection) -> None:
    """Wait for whoever is adding lines, and let nobody add or read any until this turn is over.

    A gate that was away for a year hands over lines of the very month that is about to go.
    """
    _do(connection, f"LOCK TABLE ONLY {TABLE} IN ACCESS EXCLUSIVE MODE")


def is_only_of(connection: Connection, month: datetime, site: str, before: datetime) -> bool:
    """True when all lines of a month are of this site and came before an instant.

    It stays true only where others are kept out.
    """
    others = f"SELECT FROM {name_of(month)} WHERE site <> :site OR taken_at >= :before"
    return not connection.scalar(
        text(f"SELECT EXISTS ({others})"), {"site": site, "before": before}
    )


def drop_month(connection: Connection, month: datetime) -> None:
    """Let a month go as a whole."""
    _do(connection, f"DROP TABLE {name_of(month)}")


def _do(connection: Connection, statement: str) -> None:
    connection.exec_driver_sql(statement)
