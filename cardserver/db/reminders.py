"""Named questions of the reminders and the charts: counts and short lists, each on an index."""

from collections import Counter
from collections.abc import Sequence
from datetime import date
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Row,
    Select,
    and_,
    func,
    literal_column,
    select,
)
from sqlalchemy.orm import Session

from cardserver.db.tables import CardRow, HolderRow, RightRow, UnitRow
from cardserver.db.tables_approvals import ApplicationRow, ApplicationStepRow
from cardserver.db.tables_waiting import EarnedRow
from cardserver.domain.rights import CardStatus, HolderClass, RightKind

Asked = Select[*tuple[Any, ...]]
"""A list of cards: number, day, holder's id."""

_LIVE = CardRow.status == CardStatus.LIVE
_IS_LIVE: Final[ColumnElement[str]] = literal_column(f"'{CardStatus.LIVE}'")
"""Written out, so that SQLite sees that the index over cards out of use fits."""


def doors_ending(first: date, after_last: date) -> Asked:
    """Live cards whose door right has its last day in ``[first, after_last)``: card, day after."""
    return (
        select(CardRow.number, RightRow.after_last.label("day"), CardRow.holder_id)
        .join(RightRow, RightRow.card_number == CardRow.number)
        .where(
            _LIVE,
            RightRow.kind == RightKind.DOOR,
            RightRow.after_last > first,
            RightRow.after_last <= after_last,
        )
    )


def leases_ended(today: date) -> Asked:
    """Tenants whose lease is over, with a card that is still live: card, last day of the lease."""
    return (
        select(CardRow.number, HolderRow.lease_end.label("day"), CardRow.holder_id)
        .join(HolderRow, HolderRow.id == CardRow.holder_id)
        .where(_LIVE, HolderRow.holder_class == HolderClass.TENANT, HolderRow.lease_end < today)
    )


def contracts_ending(today: date, until: date) -> Asked:
    """Merchants whose contract ends by `until`, with a live card: card, last day."""
    signed = func.max(ApplicationStepRow.contract_ends)
    last = func.coalesce(signed, HolderRow.lease_end, HolderRow.ends).label("day")
    merchants = (
        select(HolderRow.id, last)
        .outerjoin(ApplicationRow, ApplicationRow.holder_id == HolderRow.id)
        .outerjoin(ApplicationStepRow, ApplicationStepRow.application_id == ApplicationRow.id)
        .where(HolderRow.holder_class == HolderClass.MERCHANT)
        .group_by(HolderRow.id)
        .subquery()
    )
    return (
        select(CardRow.number, merchants.c.day, CardRow.holder_id)
        .join(merchants, merchants.c.id == CardRow.holder_id)
        .where(_LIVE, merchants.c.day >= today, merchants.c.day <= until)
    )


def how_many(session: Session, asked: Asked) -> int:
    """Rows of a list."""
    return session.scalar(select(func.count()).select_from(asked.subquery())) or 0


def first_of(session: Session, asked: Asked, limit: int) -> tuple[Sequence[Row[Any]], int]:
    """The first rows of a list by day, and how many it has.

    Of each row: card, day, holder's id, name and class, unit.
    """
    listed = asked.subquery()
    number, day = listed.c.number, listed.c.day
    total = func.count().over().label("total")
    first = select(listed, total).order_by(day, number).limit(limit).subquery()
    statement = (
        select(
            first.c.number,
            first.c.day,
            HolderRow.id,
            HolderRow.name,
            HolderRow.holder_class,
            UnitRow.label,
            first.c.total,
        )
        .join(HolderRow, HolderRow.id == first.c.holder_id)
        .outerjoin(UnitRow, UnitRow.id == HolderRow.unit_id)
        .order_by(first.c.day, first.c.number)
    )
    rows = session.execute(statement).all()
    return rows, rows[0].total if rows else 0


def cards_by_state(session: Session) -> dict[tuple[HolderClass, CardStatus], int]:
    """All cards by the class of their holder and their state."""
    counts = [func.count().filter(CardRow.status == status) for status in CardStatus]
    statement = (
        select(HolderRow.holder_class, *counts)
        .join_from(HolderRow, CardRow, CardRow.holder_id == HolderRow.id)
        .group_by(HolderRow.holder_class)
    )
    return {
        (row[0], status): number
        for row in session.execute(statement)
        for status, number in zip(CardStatus, row[1:], strict=True)
    }


def lapsed_cards(session: Session, today: date) -> dict[HolderClass, int]:
    """Live cards past their last day, by the class of their holder: every right of them ended."""
    ended = select(RightRow.card_number).where(RightRow.after_last <= today)
    runs = select(RightRow.card_number).where(RightRow.after_last > today)
    lapsed = ended.except_(runs).subquery()
    statement = (
        select(HolderRow.holder_class, func.count())
        .join_from(lapsed, CardRow, CardRow.number == lapsed.c.card_number)
        .join(HolderRow, HolderRow.id == CardRow.holder_id)
        .where(_LIVE)
        .group_by(HolderRow.holder_class)
    )
    return dict(session.execute(statement).all())


def rights_ending(
    session: Session, first: date, after_last: date
) -> dict[tuple[date, RightKind], int]:
    """Rights of live cards by the day after their last, from one day on to another.

    All of them are counted in the index alone, and those of the cards that live no more taken off.
    """
    within = and_(RightRow.after_last > first, RightRow.after_last <= after_last)
    dead = RightRow.card_number.in_(select(CardRow.number).where(CardRow.status != _IS_LIVE))
    found: Counter[tuple[date, RightKind]] = Counter()
    for sign, which in ((1, within), (-1, and_(within, dead))):
        statement = (
            select(RightRow.after_last, RightRow.kind, func.count())
            .where(which)
            .group_by(RightRow.after_last, RightRow.kind)
        )
        for day, kind, number in session.execute(statement):
            found[day, kind] += sign * number
    return found


def earned(session: Session, first: date, last: date) -> dict[date, dict[str, int]]:
    """What was earned on each local day from one to another, by account, in fen."""
    found: dict[date, dict[str, int]] = {}
    for row in session.scalars(select(EarnedRow).where(EarnedRow.day.between(first, last))):
        found.setdefault(row.day, {})[row.account] = row.amount_fen
    return found
