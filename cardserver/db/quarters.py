"""Named questions of the quarter's review. Lists are streamed: nobody knows how long they are.

`begin` and `end` are instants, the end excluded; `first` and `after_last` local days likewise.
"""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Row,
    Select,
    String,
    and_,
    cast,
    exists,
    func,
    literal_column,
    or_,
    select,
)
from sqlalchemy.orm import Session

from cardserver.db.tables import (
    AgreementRow,
    CardRow,
    DocumentRow,
    HolderRow,
    LedgerEntryRow,
    LedgerLineRow,
    OperationEventRow,
    OperationRow,
    RightRow,
    SaleRow,
    StationRow,
    UnitRow,
)
from cardserver.db.tables_approvals import ApplicationRow, ApplicationStepRow
from cardserver.db.tables_gateevents import GateEventRow
from cardserver.db.tables_gaterules import GateRulesRow
from cardserver.db.tables_papers import DocumentVoidRow
from cardserver.db.tables_register import RegisterRow, RegisterSignatureRow
from cardserver.db.tables_review import CardStockRow
from cardserver.domain.document import DocumentKind
from cardserver.domain.gateevent import EventKind
from cardserver.domain.ledger import INCOME
from cardserver.domain.operation import OperationKind
from cardserver.domain.register import RegisterKind
from cardserver.domain.review import StockMove
from cardserver.domain.rights import CardStatus, HolderClass, RightKind
from cardserver.domain.station import StationKind
from cardserver.domain.tariff import ChargeItem

BATCH: Final = 500
"""Rows of a list that are in memory at a time."""

_CARD_INCOME: Final = INCOME + ChargeItem.CARD_COST
_LIVE: Final = CardRow.status == CardStatus.LIVE


def _streamed(session: Session, statement: Select[*tuple[Any, ...]]) -> Iterator[Row[Any]]:
    options = {"yield_per": BATCH}
    return iter(session.execute(statement, execution_options=options))


# --- 1: blank cards ------------------------------------------------------------------------------


def blanks_moved(
    session: Session, first: date | None, after_last: date | None
) -> dict[StockMove, int]:
    """Blanks received and scrapped by hand on these days; open ends for None."""
    statement = select(CardStockRow.move, func.sum(CardStockRow.amount)).group_by(CardStockRow.move)
    if first is not None:
        statement = statement.where(CardStockRow.day >= first)
    if after_last is not None:
        statement = statement.where(CardStockRow.day < after_last)
    return {move: int(amount) for move, amount in session.execute(statement)}


_A_FORMAT: Final[ColumnElement[str]] = literal_column(f"'{OperationKind.FORMAT}'")
"""Written out, so that SQLite sees that the index over formats fits."""


def blanks_used(session: Session, end: datetime) -> int:
    """Blanks that became a card, or were spoilt on the way, before an instant."""
    return session.scalar(select(func.count()).where(CardRow.issued_at < end)) or 0


def blanks_made(session: Session, end: datetime) -> int:
    """Cards that were formatted before an instant."""
    formats = select(OperationRow.id).where(OperationRow.kind == _A_FORMAT)
    statement = select(func.count()).where(
        OperationEventRow.operation_id.in_(formats),
        OperationEventRow.event == "settled",
        OperationEventRow.at < end,
    )
    return session.scalar(statement) or 0


def operations_ended(
    session: Session, begin: datetime, end: datetime | None
) -> dict[tuple[str, OperationKind], int]:
    """How many operations of each kind were settled, voided, abandoned from an instant on."""
    statement = (
        select(OperationEventRow.event, OperationRow.kind, func.count())
        .join(OperationRow, OperationRow.id == OperationEventRow.operation_id)
        .where(OperationEventRow.at >= begin)
        .group_by(OperationEventRow.event, OperationRow.kind)
    )
    if end is not None:
        statement = statement.where(OperationEventRow.at < end)
    return {(event, kind): number for event, kind, number in session.execute(statement)}


# --- 2: business ---------------------------------------------------------------------------------


def business_settled(
    session: Session, begin: datetime, end: datetime
) -> dict[tuple[OperationKind, HolderClass], int]:
    """Operations settled in the quarter, by kind and holder class."""
    statement = (
        select(OperationRow.kind, HolderRow.holder_class, func.count())
        .join_from(OperationEventRow, OperationRow)
        .join(HolderRow, HolderRow.id == OperationRow.holder_id)
        .where(_settled(begin, end))
        .group_by(OperationRow.kind, HolderRow.holder_class)
    )
    return {(kind, holder): number for kind, holder, number in session.execute(statement)}


def rows_entered(
    session: Session, first: date, after_last: date, *kinds: RegisterKind
) -> dict[tuple[RegisterKind, str], int]:
    """Register rows of these kinds in the quarter, by kind and holder class."""
    statement = (
        select(RegisterRow.kind, RegisterRow.holder_class, func.count())
        .where(
            RegisterRow.kind.in_(kinds),
            RegisterRow.local_date >= first,
            RegisterRow.local_date < after_last,
        )
        .group_by(RegisterRow.kind, RegisterRow.holder_class)
    )
    return {(kind, holder): number for kind, holder, number in session.execute(statement)}


def _settled(begin: datetime, end: datetime) -> ColumnElement[bool]:
    return and_(
        OperationEventRow.event == "settled",
        OperationEventRow.at >= begin,
        OperationEventRow.at < end,
    )


# --- 3: receipts ---------------------------------------------------------------------------------


def _not_void() -> ColumnElement[bool]:
    return ~exists().where(DocumentVoidRow.document_id == DocumentRow.id)


def _with_card_cost() -> ColumnElement[bool]:
    return cast(SaleRow.charges, String).contains(f'"{ChargeItem.CARD_COST}"')


def chargeable(session: Session, begin: datetime, end: datetime) -> int:
    """Cards settled in the quarter that carried the card cost."""
    statement = (
        select(func.count())
        .select_from(OperationEventRow)
        .join(OperationRow, OperationRow.id == OperationEventRow.operation_id)
        .join(SaleRow, SaleRow.id == OperationRow.sale_id)
        .where(_settled(begin, end), _with_card_cost())
    )
    return session.scalar(statement) or 0


def receipts(session: Session, first: date, after_last: date) -> tuple[int, int]:
    """Formal receipts of the quarter that are not void, and what they amount to in fen."""
    total = DocumentRow.content["total_fen"].as_integer()
    statement = select(func.count(), func.coalesce(func.sum(total), 0)).where(
        DocumentRow.kind == DocumentKind.FORMAL_RECEIPT,
        DocumentRow.local_date >= first,
        DocumentRow.local_date < after_last,
        _not_void(),
    )
    number, fen = session.execute(statement).one()
    return number, int(fen)


def card_income(session: Session, begin: datetime, end: datetime) -> int:
    """What the ledger earned with cards in the quarter, in fen."""
    statement = (
        select(func.coalesce(func.sum(LedgerLineRow.amount_fen), 0))
        .join(LedgerEntryRow, LedgerEntryRow.id == LedgerLineRow.entry_id)
        .where(
            LedgerLineRow.account == _CARD_INCOME,
            LedgerEntryRow.at >= begin,
            LedgerEntryRow.at < end,
        )
    )
    return -int(session.scalar(statement) or 0)


def without_receipt(session: Session, begin: datetime, end: datetime) -> Iterator[Row[Any]]:
    """Chargeable cards of the quarter that no valid formal receipt names: card, holder, day."""
    paper = exists().where(
        DocumentRow.operation_id == OperationRow.id,
        # As text, or SQLite looks through all receipts for each card, by the index of numbers.
        cast(DocumentRow.kind, String) == str(DocumentKind.FORMAL_RECEIPT),
        _not_void(),
    )
    statement = (
        _people(OperationRow.card_number, OperationEventRow.at.label("moment"))
        .join_from(OperationEventRow, OperationRow)
        .join(SaleRow, SaleRow.id == OperationRow.sale_id)
        .join(HolderRow, HolderRow.id == OperationRow.holder_id)
        .outerjoin(UnitRow, UnitRow.id == HolderRow.unit_id)
        .where(_settled(begin, end), _with_card_cost(), ~paper)
        .order_by(OperationEventRow.id)
    )
    return _streamed(session, statement)


# --- 4, 5, 7: cards ------------------------------------------------------------------------------


def _people(*columns: Any) -> Select[Any]:
    person = (HolderRow.id, HolderRow.name, HolderRow.holder_class, UnitRow.label)
    return select(*columns, *person)


def _cards(*columns: Any) -> Select[Any]:
    """Live cards with their holders and units, and what else is asked for."""
    return (
        _people(CardRow.number, *columns)
        .join_from(CardRow, HolderRow, HolderRow.id == CardRow.holder_id)
        .outerjoin(UnitRow, UnitRow.id == HolderRow.unit_id)
        .where(_LIVE)
    )


def _door_ended(first: date | None, after_last: date) -> ColumnElement[bool]:
    """Its last day lies in the quarter, so the day after it up to the quarter's own."""
    ended = and_(RightRow.kind == RightKind.DOOR, RightRow.after_last <= after_last)
    return ended if first is None else and_(ended, RightRow.after_last > first)


def expired_before(session: Session, first: date) -> int:
    """Live cards whose door right had ended before the quarter began."""
    statement = (
        select(func.count())
        .select_from(RightRow)
        .join(CardRow, CardRow.number == RightRow.card_number)
        .where(_LIVE, _door_ended(None, first))
    )
    return session.scalar(statement) or 0


def expired_in(session: Session, first: date, after_last: date) -> Iterator[Row[Any]]:
    """Live cards whose door right ended in the quarter and was not extended since."""
    statement = (
        _cards(RightRow.after_last)
        .join(RightRow, RightRow.card_number == CardRow.number)
        .where(_door_ended(first, after_last))
        .order_by(RightRow.after_last, CardRow.number)
    )
    return _streamed(session, statement)


def leavers(session: Session, today: date) -> Iterator[Row[Any]]:
    """Cards that still open something, of people who may be gone.

    With `lease_end`, `ends`, and the last contract day that an application of theirs names.
    """
    contract = (
        select(func.max(ApplicationStepRow.contract_ends))
        .join(ApplicationRow, ApplicationRow.id == ApplicationStepRow.application_id)
        .where(ApplicationRow.holder_id == HolderRow.id)
        .scalar_subquery()
    )
    opens = exists().where(RightRow.card_number == CardRow.number, RightRow.after_last > today)
    gone = or_(
        HolderRow.lease_end < today,
        HolderRow.ends < today,
        HolderRow.holder_class == HolderClass.MERCHANT,
    )
    statement = (
        _cards(HolderRow.lease_end, HolderRow.ends, contract.label("contract"))
        .where(gone, opens)
        .order_by(UnitRow.label, CardRow.number)
    )
    return _streamed(session, statement)


def rules_in_force(session: Session, site: str, since: datetime) -> Sequence[str]:
    """Documents of the gates' rules that stood at any time since, oldest first."""
    before = (
        select(func.max(GateRulesRow.version))
        .where(GateRulesRow.site == site, GateRulesRow.at < since)
        .scalar_subquery()
    )
    statement = (
        select(GateRulesRow.document)
        .where(
            GateRulesRow.site == site,
            GateRulesRow.version >= func.coalesce(before, 0),
        )
        .order_by(GateRulesRow.version)
    )
    return session.scalars(statement).all()


def cards_in_hands(session: Session, numbers: Sequence[int]) -> Iterator[Row[Any]]:
    """Of these cards those that were neither given back nor replaced, with their holders."""
    blocked = CardRow.status == CardStatus.BLOCKED
    for start in range(0, len(numbers), BATCH):
        statement = (
            _people(CardRow.number, CardRow.status_reason, blocked.label("blocked"))
            .join_from(CardRow, HolderRow, HolderRow.id == CardRow.holder_id)
            .outerjoin(UnitRow, UnitRow.id == HolderRow.unit_id)
            .where(or_(_LIVE, blocked), CardRow.number.in_(numbers[start : start + BATCH]))
            .order_by(CardRow.number)
        )
        yield from session.execute(statement)


def parking_without_agreement(session: Session, today: date) -> Iterator[Row[Any]]:
    """Live parking rights without an agreement, or whose agreement is over."""
    statement = (
        _cards(RightRow.after_last, AgreementRow.number.label("agreement"), AgreementRow.ends)
        .join(RightRow, RightRow.card_number == CardRow.number)
        .outerjoin(AgreementRow, AgreementRow.id == RightRow.agreement_id)
        .where(
            RightRow.kind == RightKind.PARKING,
            RightRow.after_last > today,
            or_(AgreementRow.id.is_(None), AgreementRow.ends < today),
        )
        .order_by(CardRow.number)
    )
    return _streamed(session, statement)


# --- 8: the register -----------------------------------------------------------------------------


def unsigned(session: Session, after_last: date) -> Iterator[Row[Any]]:
    """Register rows up to the quarter's end that somebody is still to sign."""
    signed = exists().where(RegisterSignatureRow.row_number == RegisterRow.number)
    statement = (
        select(
            RegisterRow.number,
            RegisterRow.local_date,
            RegisterRow.kind,
            RegisterRow.card_number,
            RegisterRow.holder_id,
            RegisterRow.holder_name,
            RegisterRow.holder_class,
            RegisterRow.unit,
        )
        .where(RegisterRow.signer.is_not(None), RegisterRow.local_date < after_last, ~signed)
        .order_by(RegisterRow.number)
    )
    return _streamed(session, statement)


# --- 9: gates ------------------------------------------------------------------------------------


def gates(session: Session) -> list[str]:
    """The gates on file."""
    statement = select(StationRow.id).where(StationRow.kind == StationKind.GATE)
    return list(session.scalars(statement.order_by(StationRow.id)))


def last_heard(session: Session, site: str, station: str) -> tuple[datetime, int] | None:
    """When a gate's last tap was, and by which version of the issue list it decided."""
    statement = (
        select(GateEventRow.at, GateEventRow.snapshot_version)
        .where(
            GateEventRow.site == site,
            GateEventRow.kind == EventKind.TAP,
            GateEventRow.device == station,
        )
        .order_by(GateEventRow.at.desc(), GateEventRow.taken_at.desc())
        .limit(1)
    )
    found = session.execute(statement).first()
    return None if found is None else (found[0], found[1])


def changed_after(session: Session, version: int) -> int:
    """Cards that changed in the issue list after a version."""
    return session.scalar(select(func.count()).where(CardRow.version > version)) or 0


def _let_in(site: str, begin: datetime, end: datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        GateEventRow.site == site,
        GateEventRow.kind == EventKind.TAP,
        GateEventRow.at >= begin,
        GateEventRow.at < end,
        GateEventRow.granted.is_(True),
    )


def let_in_though_denied(
    session: Session, site: str, begin: datetime, end: datetime
) -> Iterator[Row[Any]]:
    """Taps of the quarter that opened for a card which the gate's list had denied by then."""
    statement = (
        _people(CardRow.number, GateEventRow.device, GateEventRow.at, CardRow.status)
        .join_from(CardRow, GateEventRow, GateEventRow.card_number == CardRow.number)
        .join(HolderRow, HolderRow.id == CardRow.holder_id)
        .outerjoin(UnitRow, UnitRow.id == HolderRow.unit_id)
        .where(
            CardRow.status != CardStatus.LIVE,
            GateEventRow.snapshot_version >= CardRow.version,
            *_let_in(site, begin, end),
        )
        .order_by(GateEventRow.at)
    )
    return _streamed(session, statement)


def let_in_unknown(session: Session, site: str, begin: datetime, end: datetime) -> int:
    """Taps of the quarter that opened for a card the issue list does not hold."""
    known = exists().where(CardRow.number == GateEventRow.card_number)
    statement = select(func.count()).where(
        *_let_in(site, begin, end),
        GateEventRow.device.in_(gates(session)),
        or_(GateEventRow.card_number.is_(None), ~known),
    )
    return session.scalar(statement) or 0
