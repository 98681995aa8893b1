"""Named questions about shifts: what moved in them, what they issued, what was counted."""

from collections.abc import Sequence

from sqlalchemy import Row, func, select
from sqlalchemy.orm import Session

from cardserver.db.tables import DocumentRow, LedgerEntryRow, LedgerLineRow
from cardserver.db.tables_papers import DocumentVoidRow
from cardserver.db.tables_shifts import (
    DrawerEntryRow,
    DrawerLineRow,
    ShiftBookingRow,
    ShiftCountRow,
    ShiftRow,
    ZReportRow,
)
from cardserver.domain.document import DocumentKind
from cardserver.domain.ledger import CASH, INCOME

Sums = Sequence[Row[str, int, int]]
"""Kind, how often, and by how much, debit positive."""


def sale_movements(session: Session, shift: ShiftRow) -> Sums:
    """What sales did to the shift's drawer, by kind of ledger entry."""
    statement = (
        select(LedgerEntryRow.kind, func.count(), func.sum(LedgerLineRow.amount_fen))
        .join(LedgerLineRow, LedgerLineRow.entry_id == LedgerEntryRow.id)
        .join(ShiftBookingRow, ShiftBookingRow.entry_id == LedgerEntryRow.id)
        .where(
            ShiftBookingRow.shift_id == shift.id,
            LedgerLineRow.account == CASH + shift.station,
        )
        .group_by(LedgerEntryRow.kind)
        .order_by(LedgerEntryRow.kind)
    )
    return session.execute(statement).all()


def drawer_movements(session: Session, shift: ShiftRow) -> Sums:
    """What else did something to the shift's takings, by kind of movement."""
    statement = (
        select(DrawerEntryRow.kind, func.count(), func.sum(DrawerLineRow.amount_fen))
        .join(DrawerLineRow, DrawerLineRow.entry_id == DrawerEntryRow.id)
        .where(
            DrawerEntryRow.shift_id == shift.id,
            DrawerLineRow.account == CASH + shift.station,
        )
        .group_by(DrawerEntryRow.kind)
        .order_by(DrawerEntryRow.kind)
    )
    return session.execute(statement).all()


def earned_in(session: Session, shift: ShiftRow) -> dict[str, int]:
    """What was earned in the shift, by item."""
    statement = (
        select(LedgerLineRow.account, func.sum(LedgerLineRow.amount_fen))
        .join(ShiftBookingRow, ShiftBookingRow.entry_id == LedgerLineRow.entry_id)
        .where(ShiftBookingRow.shift_id == shift.id, LedgerLineRow.account.startswith(INCOME))
        .group_by(LedgerLineRow.account)
        .order_by(LedgerLineRow.account)
    )
    return {account.removeprefix(INCOME): -int(fen) for account, fen in session.execute(statement)}


def papers_in(session: Session, shift: ShiftRow) -> Sequence[Row[DocumentKind, int, int, int, int]]:
    """Kind, first and last number, how many the shift's operator issued, how many are void."""
    number = DocumentRow.number
    statement = (
        select(
            DocumentRow.kind,
            func.min(number),
            func.max(number),
            func.count(),
            func.count(DocumentVoidRow.document_id),
        )
        .outerjoin(DocumentVoidRow, DocumentVoidRow.document_id == DocumentRow.id)
        .where(
            DocumentRow.station == shift.station,
            DocumentRow.operator == shift.operator,
            DocumentRow.at >= shift.at,
        )
        .group_by(DocumentRow.kind)
        .order_by(DocumentRow.kind)
    )
    return session.execute(statement).all()


def counts_of(session: Session, shift: ShiftRow) -> Sequence[ShiftCountRow]:
    """How often and what was counted, first count first."""
    statement = select(ShiftCountRow).where(ShiftCountRow.shift_id == shift.id)
    return session.scalars(statement.order_by(ShiftCountRow.sequence)).all()


def z_of(session: Session, shift: ShiftRow) -> ZReportRow | None:
    """The shift's Z report, once it is closed."""
    return session.scalars(select(ZReportRow).where(ZReportRow.shift_id == shift.id)).first()


def last_z(session: Session) -> ZReportRow | None:
    """The end of the chain."""
    return session.scalars(select(ZReportRow).order_by(ZReportRow.number.desc()).limit(1)).first()


def seals_counted_before(session: Session, station: str) -> int | None:
    """How many seals the last shift at this desk counted; None before the first."""
    statement = (
        select(ZReportRow.content)
        .join(ShiftRow, ShiftRow.id == ZReportRow.shift_id)
        .where(ShiftRow.station == station)
        .order_by(ZReportRow.number.desc())
    )
    content = session.scalars(statement.limit(1)).first()
    return None if content is None else content.get("seals")


def drawer_balance(session: Session, account: str) -> int:
    """What stands on an account by movements of drawers alone."""
    total = func.coalesce(func.sum(DrawerLineRow.amount_fen), 0)
    return int(session.scalar(select(total).where(DrawerLineRow.account == account)) or 0)
