"""Named questions about money: sales, payments and the ledger."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Final

from sqlalchemy import (
    ColumnElement,
    and_,
    bindparam,
    case,
    func,
    literal_column,
    or_,
    select,
    union,
    union_all,
)
from sqlalchemy.orm import Session

from cardserver.db.prepared import Prepared, PreparedRows
from cardserver.db.recalling import answers_of, remembered
from cardserver.db.spaces import collected_fen
from cardserver.db.tables import (
    LedgerEntryRow,
    LedgerLineRow,
    OperationRow,
    SaleEventRow,
    SaleRow,
    TenderRow,
)
from cardserver.db.tables_shifts import DrawerLineRow
from cardserver.db.tables_waiting import HeldRow, OpenTenderRow
from cardserver.db.tenders import no_tenders
from cardserver.domain.ledger import (
    CASH,
    CREDIT,
    CUSTOMER,
    PROVIDER,
    REFUND_PAYABLE,
    REFUNDING,
    SUSPENSE,
    Entry,
    EntryKind,
)
from cardserver.domain.operation import OperationState
from cardserver.domain.sale import SaleAccount, SaleState, TenderKind, TenderState

NOT_VOIDED: Final[ColumnElement[str]] = literal_column("'voided'")
"""Written out, so that SQLite sees that the index over sales in use fits."""


_LINES: Final = union_all(
    select(LedgerLineRow.account, LedgerLineRow.amount_fen),
    select(DrawerLineRow.account, DrawerLineRow.amount_fen),
).subquery()
_BALANCE: Final = func.sum(_LINES.c.amount_fen)
_BALANCES: Final = Prepared(
    select(_LINES.c.account, _BALANCE)
    .where(_LINES.c.account.startswith(bindparam("of")))
    .group_by(_LINES.c.account)
    .having(_BALANCE != 0)
    .order_by(_LINES.c.account)
)
_UNBALANCED: Final = tuple(
    Prepared(
        select(func.count()).select_from(
            select(line.entry_id)
            .group_by(line.entry_id)
            .having(func.sum(line.amount_fen) != 0)
            .subquery()
        )
    )
    for line in (LedgerLineRow, DrawerLineRow)
)


def balances(session: Session, of: str = "") -> dict[str, int]:
    """Every account that isn't empty and whose name begins so, debit positive: sales and drawers
    together.
    """
    return {account: int(amount) for account, amount in _BALANCES.rows(session, of=of)}


def unbalanced_entries(session: Session) -> int:
    """Entries that don't sum to zero: always none."""
    return sum(int(count.value(session)) for count in _UNBALANCED)


Sums = dict[tuple[str, EntryKind | None], int]
"""What a sale's entries of each kind moved on accounts of one sort, debit positive; with None the
entries of all kinds.
"""

_MONEY: Final = "money"
_ACCOUNT: Final = "account"
_PLACE: Final = "place"
_MOVED: Final = Prepared(
    select(LedgerLineRow.account, LedgerEntryRow.kind, func.sum(LedgerLineRow.amount_fen))
    .join(LedgerEntryRow, LedgerEntryRow.id == LedgerLineRow.entry_id)
    .where(LedgerEntryRow.sale_id == bindparam("sale"))
    .group_by(LedgerLineRow.account, LedgerEntryRow.kind)
)


def _sums(session: Session, sale_id: str) -> Sums:
    return remembered(session, _MONEY, sale_id, lambda: _asked_sums(session, sale_id))


def _asked_sums(session: Session, sale_id: str) -> Sums:
    sums: Sums = {}
    for account, kind, amount in _MOVED.rows(session, sale=sale_id):
        _add(sums, account, kind, int(amount))
    return sums


def _add(sums: Sums, account: str, kind: EntryKind, fen: int) -> None:
    sort = account[: account.find(":") + 1] or account
    for key in ((sort, kind), (sort, None)):
        sums[key] = sums.get(key, 0) + fen


def money_moved(session: Session, sale_id: str, entry: Entry) -> None:
    """An entry was written: what is known of a sale's money goes on with it."""
    answers = answers_of(session)
    answers.pop((_ACCOUNT, sale_id), None)
    known: Sums | None = answers.get((_MONEY, sale_id))
    if known is not None:
        for line in entry.lines:
            _add(known, line.account, entry.kind, line.amount_fen)


def sale_opened(session: Session, sale_id: str) -> None:
    """It was written just now: nobody can have paid for it, or begun with its card."""
    answers = answers_of(session)
    answers[_MONEY, sale_id] = {}
    answers[_PLACE, sale_id] = (SaleState.OPEN, None)
    no_tenders(session, sale_id)


def _total(sums: Sums, account: str, *kinds: EntryKind | None) -> int:
    """Sum of the accounts of this sort, over these kinds of entries or over all."""
    total = 0
    for kind in kinds or (None,):
        total += sums.get((account, kind), 0)
    return total


def sale_account(session: Session, sale: SaleRow) -> SaleAccount:
    """The money of one sale, as the ledger has it."""
    return remembered(session, _ACCOUNT, sale.id, lambda: _account(session, sale))


def _account(session: Session, sale: SaleRow) -> SaleAccount:
    sums = _sums(session, sale.id)
    in_cash = -_total(sums, CASH, EntryKind.CHANGE, EntryKind.REFUND)
    from_credit = _total(sums, CREDIT, EntryKind.TENDER, EntryKind.OWED_BACK)
    account = SaleAccount(
        due_fen=sale.due_fen,
        credited_fen=_credited(sums) + from_credit,
        returned_fen=in_cash - _total(sums, REFUNDING, EntryKind.OWED_BACK),
        held_fen=-_total(sums, CUSTOMER),
        payable_fen=-_total(sums, REFUND_PAYABLE),
        refunding_fen=-_total(sums, REFUNDING),
        from_credit_fen=from_credit,
        kept_fen=-_total(sums, CREDIT, EntryKind.CHANGE),
    )
    if not account.too_much_fen:
        return account
    keeps = min(int(_AGREED.value(session, sale=sale.id)), account.too_much_fen)
    return replace(account, keeps_fen=keeps)


_AGREED: Final = Prepared(
    select(func.coalesce(func.sum(TenderRow.keeps_fen), 0)).where(
        TenderRow.sale_id == bindparam("sale"), TenderRow.state == TenderState.CREDITED
    )
)
"""What the payer agreed to keep as the card's credit, of the notes that counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Paid:
    """How a settled sale was paid, for its papers: what came in for it just now, what the card's
    credit paid, and what beyond the price is the card's credit now.
    """

    received_fen: int
    from_credit_fen: int
    kept_fen: int


def paid_for(session: Session, sale_id: str) -> Paid:
    """The same from the ledger, without what is given back because it came too late."""
    sums = _sums(session, sale_id)
    spare = sum(_total(sums, name, EntryKind.OWED_BACK) for name in (REFUNDING, REFUND_PAYABLE))
    return Paid(
        received_fen=_credited(sums) + spare,
        from_credit_fen=_total(sums, CREDIT, EntryKind.TENDER, EntryKind.OWED_BACK),
        kept_fen=-_total(sums, CREDIT, EntryKind.CHANGE),
    )


def _credited(sums: Sums) -> int:
    """Money that came from outside."""
    return _total(sums, CASH, EntryKind.TENDER) + _total(sums, PROVIDER, EntryKind.TENDER)


def sales_with_money(
    session: Session, *, card_number: int | None = None, station: str | None = None
) -> Sequence[SaleRow]:
    """Sales for which we hold or owe money, or to which a note is on its way; oldest first."""
    named = {"card": card_number, "station": station}
    given = {name: value for name, value in named.items() if value is not None}
    return _with_money(frozenset(given)).all(session, **given)


@cache
def _with_money(given: frozenset[str]) -> PreparedRows[SaleRow]:
    """Of one card, of one station, of both, or all."""
    on_its_way = select(OpenTenderRow.sale_id).where(OpenTenderRow.state == TenderState.ACCEPTING)
    statement = select(SaleRow).where(SaleRow.id.in_(union(select(HeldRow.sale_id), on_its_way)))
    if "card" in given:
        statement = statement.where(SaleRow.card_number == bindparam("card"))
    if "station" in given:
        statement = statement.where(SaleRow.station == bindparam("station"))
    return PreparedRows(SaleRow, statement.order_by(SaleRow.at, SaleRow.id))


def given_up(session: Session, sale_id: str) -> int:
    """What became payable when a sale was given up."""
    return -_total(_sums(session, sale_id), REFUND_PAYABLE, EntryKind.OWED_BACK)


def in_suspense(session: Session, sale_id: str) -> int:
    """What of a sale was put into suspense with its card."""
    return -_total(_sums(session, sale_id), SUSPENSE, EntryKind.SUSPEND)


def suspended_sales(session: Session) -> Sequence[tuple[SaleRow, int]]:
    """Sales whose own money still stands in suspense, and how much; oldest first.

    A note nobody can find stands there too, by its own entries: see `unended_tenders`.
    """
    kinds = (EntryKind.SUSPEND, EntryKind.SETTLE, EntryKind.REFUND, EntryKind.OWED_BACK)
    of_sale = LedgerEntryRow.kind.in_(kinds)
    total = func.sum(LedgerLineRow.amount_fen)
    sums = (
        select(LedgerEntryRow.sale_id, total.label("fen"))
        .join(LedgerLineRow, LedgerLineRow.entry_id == LedgerEntryRow.id)
        .where(LedgerLineRow.account == SUSPENSE, of_sale)
        .group_by(LedgerEntryRow.sale_id)
        .having(total != 0)
        .subquery()
    )
    statement = (
        select(SaleRow, sums.c.fen)
        .join(sums, sums.c.sale_id == SaleRow.id)
        .order_by(SaleRow.at, SaleRow.id)
    )
    return [(row, -int(fen)) for row, fen in session.execute(statement)]


def unended_tenders(session: Session) -> Sequence[TenderRow]:
    """The latest state of each payment whose fate nobody knows; oldest first.

    A code that is being paid is not in doubt: its provider is asked until it has an end.
    """
    being_asked = and_(TenderRow.state == TenderState.ACCEPTING, TenderRow.kind == TenderKind.QR)
    latest = and_(
        OpenTenderRow.tender_id == TenderRow.tender_id, OpenTenderRow.state == TenderRow.state
    )
    statement = select(TenderRow).join(OpenTenderRow, latest).where(~being_asked)
    return session.scalars(statement.order_by(TenderRow.id)).all()


_PAID_OUT: Final = Prepared(
    select(func.coalesce(func.sum(DrawerLineRow.amount_fen), 0)).where(
        DrawerLineRow.account.startswith(CREDIT)
    )
)
_GIVEN: Final = Prepared(
    select(func.coalesce(func.sum(LedgerLineRow.amount_fen), 0))
    .join(LedgerEntryRow, LedgerEntryRow.id == LedgerLineRow.entry_id)
    .where(
        or_(LedgerLineRow.account.startswith(CASH), LedgerLineRow.account.startswith(PROVIDER)),
        or_(LedgerEntryRow.kind == EntryKind.CHANGE, LedgerEntryRow.kind == EntryKind.REFUND),
    )
)


def money_given(session: Session) -> int:
    """All change and refunds ever handed out, or given back by a payment provider; and what was
    paid out of the credit of returned cards.
    """
    return int(_PAID_OUT.value(session)) - int(_GIVEN.value(session))


def _met(*states: TenderState) -> ColumnElement[int]:
    """1 for a payment that was in one of these states at some time."""
    met = or_(*(TenderRow.state == state for state in states))
    return func.max(case((met, 1), else_=0))


_ENDED: Final = _met(TenderState.CREDITED, TenderState.RETURNED)
_COUNTED: Final = (
    select(
        func.max(TenderRow.value_fen).label("value"),
        (_met(TenderState.CREDITED) + _met(TenderState.UNKNOWN) * (1 - _ENDED)).label("counts"),
    )
    .where(TenderRow.kind != TenderKind.CREDIT)
    .group_by(TenderRow.tender_id)
    .subquery()
)
_MONEY_IN: Final = Prepared(
    select(func.coalesce(func.sum(_COUNTED.c.value * _COUNTED.c.counts), 0))
)
_UNENDED: Final = (
    select(func.max(TenderRow.value_fen).label("value"))
    .group_by(TenderRow.tender_id)
    .having(_ENDED == 0)
    .subquery()
)
_MONEY_UNKNOWN: Final = Prepared(select(func.coalesce(func.sum(_UNENDED.c.value), 0)))


def money_in(session: Session) -> int:
    """All money that came in, counted from the payments and not from the ledger.

    A note nobody can find counts as in until it is known to have gone back. The bank's part is
    counted from its lists; a card's credit came in long before it pays.
    """
    return int(_MONEY_IN.value(session)) + collected_fen(session)


def money_unknown(session: Session) -> int:
    """Notes whose fate nobody knows yet: still being taken, or not to be found."""
    return int(_MONEY_UNKNOWN.value(session))


_STANDING: Final = Prepared(
    select(
        select(SaleEventRow.state)
        .where(SaleEventRow.sale_id == SaleRow.id)
        .order_by(SaleEventRow.id.desc())
        .limit(1)
        .scalar_subquery(),
        OperationRow.id,
        OperationRow.state,
    )
    .select_from(SaleRow)
    .outerjoin(
        OperationRow, and_(OperationRow.sale_id == SaleRow.id, OperationRow.state != NOT_VOIDED)
    )
    .where(SaleRow.id == bindparam("sale"))
)


def sale_standing(session: Session, sale_id: str) -> tuple[SaleState, str | None]:
    """Where a sale stands, derived from what happened to it, and the operation it pays for."""
    return remembered(session, _PLACE, sale_id, lambda: _standing(session, sale_id))


def sale_moved(session: Session, sale_id: str | None) -> None:
    """A sale was closed, or its operation begun or ended: where it stands is asked anew."""
    answers_of(session).pop((_PLACE, sale_id), None)


def _standing(session: Session, sale_id: str) -> tuple[SaleState, str | None]:
    closed, operation_id, state = _STANDING.first(session, sale=sale_id)
    if closed is not None:
        return closed, operation_id
    if operation_id is None:
        return SaleState.OPEN, None
    settled = state is OperationState.SETTLED
    return SaleState.SETTLED if settled else SaleState.IN_USE, operation_id


def sale_state(session: Session, sale_id: str) -> SaleState:
    """Where a sale stands."""
    return sale_standing(session, sale_id)[0]
