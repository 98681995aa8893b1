"""Named questions about the card register. None of them changes anything."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import Select, or_, select

from cardserver.db.tables_register import RegisterRow
from cardserver.db.tables_waiting import UnsignedRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Where:
    """Which rows are asked for; None takes all. `card` also finds it as a former card."""

    station: str | None = None
    operator: str | None = None
    day: date | None = None
    last_day: date | None = None
    unit: str | None = None
    card: int | None = None
    operation_id: str | None = None
    open_only: bool = False
    abnormal_only: bool = False


def rows_where(where: Where) -> Select[RegisterRow]:
    """The rows asked for, in no order yet. With `last_day` the days from `day` to it."""
    statement = select(RegisterRow)
    for column, wanted in (
        (RegisterRow.station, where.station),
        (RegisterRow.operator, where.operator),
        (RegisterRow.unit, where.unit),
        (RegisterRow.operation_id, where.operation_id),
    ):
        if wanted is not None:
            statement = statement.where(column == wanted)
    if where.day is not None:
        last = where.last_day or where.day
        statement = statement.where(RegisterRow.local_date.between(where.day, last))
    if where.card is not None:
        of_card = (RegisterRow.card_number == where.card, RegisterRow.former_card == where.card)
        statement = statement.where(or_(*of_card))
    if where.abnormal_only:
        statement = statement.where(RegisterRow.is_abnormal)
    if where.open_only:
        statement = statement.where(RegisterRow.number.in_(select(UnsignedRow.number)))
    return statement
