"""Named questions about goods slips that are used up."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import Connection, select

from cardserver.db.tables_gateslips import GateSlipRow


def used_among(connection: Connection, site: str, slips: Collection[str]) -> set[str]:
    """Which of these slips are on file as used."""
    statement = select(GateSlipRow.slip).where(GateSlipRow.site == site)
    return set(connection.scalars(statement.where(GateSlipRow.slip.in_(slips))))


def used_after(
    connection: Connection, site: str, list_version: int, since: datetime
) -> Sequence[str]:
    """Slips that came on file after a version of the list, taken back at `since` or later."""
    return connection.scalars(
        select(GateSlipRow.slip)
        .where(GateSlipRow.site == site, GateSlipRow.list_version > list_version)
        .where(GateSlipRow.at >= since)
        .order_by(GateSlipRow.slip)
    ).all()
