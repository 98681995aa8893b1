"""Named questions of the reminders and the charts: counts and short lists, each on an index."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row, Select, and_, case, func, select
from sqlalchemy.orm import Session

from cardserver.db.tables import (
    CardRow,
    HolderRow,
    LedgerEntryRow,
    LedgerLineRow,
    RightRow,
    UnitRow,
)
from cardserver.db.tables_approvals import ApplicationRow, ApplicationStepRow
from cardserver.domain.ledger import INCOME
from cardserver.domain.rights import CardStatus, HolderClass, RightKind

Asked = Select[*tuple[Any, ...]]
"""A list of cards: number, day, holder's id."""

_LIVE = CardRow.status == CardStatus.LIVE


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
    contracts = (
        select(
            ApplicationRow.holder_id.label("holder_id"),
            func.max(ApplicationStepRow.contract_ends).label("ends"),
        )
        .join(ApplicationStepRow, ApplicationStepRow.application_id == ApplicationRow.id)
        .group_by(ApplicationRow.holder_id)
        .subquery()
    )
    last = func.coalesce(contracts.c.ends, HolderRow.lease_end, HolderRow.ends)
    return (
        select(CardRow.number, last.label("day"), CardRow.holder_id)
        .join(HolderRow, HolderRow.id == CardRow.holder_id)
        .outerjoin(contracts, contracts.c.holder_id == HolderRow.id)
        .where(
            _LIVE,
            HolderRow.holder_class == HolderClass.MERCHANT,
            last >= today,
            last <= until,
        )
    )


def how_many(session: Session, asked: Asked) -> int:
    """Rows of a list."""
    return session.scalar(select(func.count()).select_from(asked.subquery())) or 0


def first_of(session: Session, asked: Asked, limit: int) -> Sequence[Row[Any]]:
    """The first rows of a list by day: card, day, holder's id, name and class, unit."""
    found = asked.subquery()
    statement = (
        select(
            found.c.number,
            found.c.day,
            HolderRow.id,
            HolderRow.name,
            HolderRow.holder_class,
            UnitRow.label,
        )
        .join(HolderRow, HolderRow.id == found.c.holder_id)
        .outerjoin(UnitRow, UnitRow.id == HolderRow.unit_id)
        .order_by(found.c.day, found.c.number)
        .limit(limit)
    )
    return session.execute(statement).all()


def cards_by_state(session: Session, today: date) -> Sequence[Row[HolderClass, str, int]]:
    """All cards by holder class and state; a live card past its last day counts as expired."""
    runs = (
        select(RightRow.card_number)
        .where(RightRow.card_number == CardRow.number, RightRow.after_last > today)
        .exists()
    )
    lapsed = and_(_LIVE, ~runs)
    state = case((lapsed, "expired"), else_=CardRow.status)
    statement = (
        select(HolderRow.holder_class, state, func.count())
        .join_from(CardRow, HolderRow, HolderRow.id == CardRow.holder_id)
        .group_by(HolderRow.holder_class, state)
    )
    return session.execute(statement).all()


def rights_ending(
    session: Session, first: date, after_last: date
) -> Sequence[Row[date, RightKind, int]]:
    """Rights of live cards by the day after their last, from one day on to another."""
    statement = (
        select(RightRow.after_last, RightRow.kind, func.count())
        .join(CardRow, CardRow.number == RightRow.card_number)
        .where(_LIVE, RightRow.after_last > first, RightRow.after_last <= after_last)
        .group_by(RightRow.after_last, RightRow.kind)
    )
    return session.execute(statement).all()


def earned(session: Session, begin: datetime, end: datetime) -> dict[str, int]:
    """What was earned between two instants, by account, in fen."""
    statement = (
        select(LedgerLineRow.account, func.sum(LedgerLineRow.amount_fen))
        .join(LedgerEntryRow, LedgerEntryRow.id == LedgerLineRow.entry_id)
        .where(
            LedgerEntryRow.at >= begin,
            LedgerEntryRow.at < end,
            # Not by the index of accounts: most lines of the book are income.
            func.substr(LedgerLineRow.account, 1, len(INCOME)) == INCOME,
        )
        .group_by(LedgerLineRow.account)
    )
    return {account: -int(fen) for account, fen in session.execute(statement)}
