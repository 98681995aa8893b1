"""Money in suspense (待核对): what stands there, with its story, and how a person settles it.

A sale's money lands there when its card never came back, a note when nobody can say where it is.
Nothing here ends by itself: every settlement has a name, evidence and a balanced entry.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from sqlalchemy import func, select

from cardserver.db.books import (
    balances,
    money_unknown,
    sale_account,
    sale_state,
    suspended_sales,
    unended_tenders,
)
from cardserver.db.mapping import charges_from
from cardserver.db.payments import payments_of
from cardserver.db.spaces import is_collected
from cardserver.db.tables import (
    HolderRow,
    OperationEventRow,
    OperationRow,
    SaleEventRow,
    SaleRow,
    TenderRow,
)
from cardserver.db.tables_shifts import SuspenseRow
from cardserver.db.tenders import tender_history
from cardserver.domain import ledger
from cardserver.domain.errors import RuleViolation
from cardserver.domain.permits import Action
from cardserver.domain.sale import SaleState, TenderState
from cardserver.domain.shift import SuspenseOutcome
from cardserver.services.accounts import book
from cardserver.services.drawer import own_shift
from cardserver.services.errors import NotFound
from cardserver.services.owing import owe_documents
from cardserver.services.providermoney import give_back_from_suspense
from cardserver.services.replay import repeated
from cardserver.services.selling import close_sale
from cardserver.services.tendering import record_tender
from cardserver.services.turn import Caller, Estate, Turn, reading, writing
from cardserver.services.views import shown_name
from cardserver.wire_sales import TenderRequest
from cardserver.wire_suspense import (
    InSuspense,
    ProviderOrder,
    SettleSuspense,
    SuspenseList,
    SuspenseSettled,
)

OF_SALES: Final = (SuspenseOutcome.EARNED, SuspenseOutcome.HANDED_BACK, SuspenseOutcome.KEPT)
OF_NOTES: Final = (SuspenseOutcome.CREDITED, SuspenseOutcome.RETURNED)
OF_STRAYS: Final = (SuspenseOutcome.HANDED_BACK, SuspenseOutcome.KEPT)
"""Money of a provider that belongs to no sale in suspense: it came too late, or was too much."""
OF_COLLECTED: Final = (SuspenseOutcome.EARNED, SuspenseOutcome.KEPT)
"""A month that the bank collected: it never leaves by our drawer (PARK-12b)."""

_STATE_OF: Final = {
    SuspenseOutcome.CREDITED: TenderState.CREDITED,
    SuspenseOutcome.RETURNED: TenderState.RETURNED,
}


def suspense(estate: Estate, caller: Caller) -> SuspenseList:
    """All that stands in suspense, oldest first, and notes whose fate nobody knows."""
    with reading(estate, caller) as turn:
        items = [*_sales(turn), *_notes(turn)]
        return SuspenseList(
            items=tuple(sorted(items, key=lambda each: each.since)),
            suspense_fen=-balances(turn.session).get(ledger.SUSPENSE, 0),
            unknown_fen=money_unknown(turn.session),
        )


def _sales(turn: Turn) -> Iterator[InSuspense]:
    for row, fen in suspended_sales(turn.session):
        closed = turn.session.scalars(
            select(SaleEventRow)
            .where(SaleEventRow.sale_id == row.id)
            .order_by(SaleEventRow.id.desc())
        ).first()
        since, reason = (row.at, "") if closed is None else (closed.at, closed.reason)
        yield _item(turn, row, fen=fen, since=since, reason=reason)


def _notes(turn: Turn) -> Iterator[InSuspense]:
    for tender in unended_tenders(turn.session):
        sale = turn.find(SaleRow, tender.sale_id, "sale")
        yield _item(
            turn,
            sale,
            fen=tender.value_fen,
            since=tender.at,
            reason=tender.state,
            tender=tender,
        )


def _item(
    turn: Turn,
    sale: SaleRow,
    *,
    fen: int,
    since: datetime,
    reason: str,
    tender: TenderRow | None = None,
) -> InSuspense:
    holder = turn.find(HolderRow, sale.holder_id, "holder")
    operation = _last_operation(turn, sale)
    where = sale if tender is None else tender
    return InSuspense(
        sale_id=sale.id,
        tender_id=None if tender is None else tender.tender_id,
        amount_fen=fen,
        since=since,
        age_days=(turn.today - turn.local_date(since)).days,
        holder_id=sale.holder_id,
        holder_name=shown_name(turn, holder),
        card_number=sale.card_number if operation is None else operation.card_number,
        request_kind=sale.request["kind"],
        operation_id=None if operation is None else operation.id,
        reason=reason,
        station=where.station,
        operator=where.operator,
        outcomes=_outcomes(turn, sale, of_note=tender is not None),
        orders=_orders(turn, sale, None if tender is None else tender.tender_id),
    )


def _outcomes(turn: Turn, sale: SaleRow, *, of_note: bool) -> tuple[SuspenseOutcome, ...]:
    if of_note:
        return OF_NOTES
    if is_collected(turn.session, sale.id):
        return OF_COLLECTED
    return OF_SALES if _is_suspended(turn, sale) else OF_STRAYS


def _is_suspended(turn: Turn, sale: SaleRow) -> bool:
    return sale_state(turn.session, sale.id) is SaleState.SUSPENDED


def _orders(turn: Turn, sale: SaleRow, tender_id: str | None) -> tuple[ProviderOrder, ...]:
    """The payment in doubt, or all of the sale that a provider was paid."""
    return tuple(
        ProviderOrder.model_validate({"provider": row.provider, "number": row.number})
        for row in payments_of(turn.session, sale.id)
        if (row.paid_fen if tender_id is None else row.tender_id == tender_id)
    )


def _last_operation(turn: Turn, sale: SaleRow) -> OperationRow | None:
    opened = func.max(OperationEventRow.id)
    statement = (
        select(OperationRow)
        .outerjoin(OperationEventRow, OperationEventRow.operation_id == OperationRow.id)
        .where(OperationRow.sale_id == sale.id)
        .group_by(OperationRow.id)
        .order_by(opened.desc())
    )
    return turn.session.scalars(statement).first()


def settle_suspense(estate: Estate, caller: Caller, request: SettleSuspense) -> SuspenseSettled:
    """End it on evidence, in the cashier's name, with a balanced entry.

    Raises RuleViolation ``outcome-unfit``, ``bank-money``, ``nothing-in-suspense``,
    ``change-first``, ``no-shift``; IllegalTransition, NotFound, NotPermitted.
    """
    with writing(estate, caller) as turn:
        if not repeated(turn, request.settlement_id, "settle-suspense", request):
            settled_by = caller.authorised_by(Action.SETTLE_SUSPENSE)
            sale = turn.find(SaleRow, request.sale_id, "sale")
            of_note = request.tender_id is not None
            _check_outcome(turn, sale, request)
            fen = (
                _settle_note(turn, sale, request) if of_note else _settle_sale(turn, sale, request)
            )
            _remember(turn, request, fen, settled_by)
        return _view(turn.find(SuspenseRow, request.settlement_id, "settlement"))


def _check_outcome(turn: Turn, sale: SaleRow, request: SettleSuspense) -> None:
    if request.outcome in _outcomes(turn, sale, of_note=request.tender_id is not None):
        return
    if request.outcome is SuspenseOutcome.HANDED_BACK and is_collected(turn.session, sale.id):
        raise RuleViolation("bank-money", rule="PARK-12b")
    raise RuleViolation("outcome-unfit", rule="FEE-36")


def _remember(turn: Turn, request: SettleSuspense, fen: int, settled_by: str) -> None:
    turn.add(
        SuspenseRow(
            id=request.settlement_id,
            number=turn.count("suspense"),
            sale_id=request.sale_id,
            tender_id=request.tender_id,
            outcome=request.outcome,
            amount_fen=fen,
            evidence=request.evidence,
            settled_by=settled_by,
            **turn.made(),
        )
    )
    turn.note("settle-suspense", request.sale_id, f"{request.outcome} {fen} by {settled_by}")


def _settle_note(turn: Turn, sale: SaleRow, request: SettleSuspense) -> int:
    """A note that nobody could find was taken, or had gone back to the customer."""
    history = tender_history(turn.session, request.tender_id or "")
    if not history or history[-1].sale_id != sale.id:
        raise NotFound("tender", request.tender_id)
    last = history[-1]
    step = TenderRequest(
        tender_id=last.tender_id,
        kind=last.kind,
        value_fen=last.value_fen,
        state=_STATE_OF[request.outcome],
        checked=last.checked,
    )
    record_tender(turn, sale, step)
    return step.value_fen


def _settle_sale(turn: Turn, sale: SaleRow, request: SettleSuspense) -> int:
    fen = {row.id: fen for row, fen in suspended_sales(turn.session)}.get(sale.id, 0)
    if not fen:
        raise RuleViolation("nothing-in-suspense", rule="FEE-36")
    match request.outcome:
        case SuspenseOutcome.EARNED:
            _earn(turn, sale, fen, request.evidence)
        case SuspenseOutcome.HANDED_BACK:
            _hand_back(turn, sale, fen, request.evidence)
        case _:
            book(turn, sale.id, ledger.suspense_kept(fen))
            _close(turn, sale, SaleState.SETTLED, request.evidence)
    return fen


def _earn(turn: Turn, sale: SaleRow, fen: int, evidence: str) -> None:
    """The card carries it after all: the money is the estate's, and its paper is owed (FEE-32)."""
    book(turn, sale.id, ledger.suspense_earned(charges_from(sale.charges), fen))
    close_sale(turn, sale, SaleState.SETTLED, evidence)
    operation = _last_operation(turn, sale)
    if operation is not None:
        owe_documents(turn, operation, sale)


def _hand_back(turn: Turn, sale: SaleRow, fen: int, evidence: str) -> None:
    """Cash out of the drawer of whoever pays, in his own shift (FEE-38b).

    What was paid by QR goes back through its provider instead, unless that was tried before.
    """
    if sale_account(turn.session, sale).change_fen:
        raise RuleViolation("change-first", rule="FEE-04")
    if _is_suspended(turn, sale):
        fen -= give_back_from_suspense(turn, sale, fen, evidence)
    if fen:
        own_shift(turn)
        book(turn, sale.id, ledger.suspense_handed_back(turn.caller.station, fen))
    _close(turn, sale, SaleState.CANCELLED, evidence)


def _close(turn: Turn, sale: SaleRow, state: SaleState, evidence: str) -> None:
    """The sale had its end before, where only a stray payment of it stood in suspense."""
    if _is_suspended(turn, sale):
        close_sale(turn, sale, state, evidence)


def _view(row: SuspenseRow) -> SuspenseSettled:
    return SuspenseSettled(
        number=row.number,
        outcome=row.outcome,
        amount_fen=row.amount_fen,
        settled_by=row.settled_by,
        evidence=row.evidence,
    )
