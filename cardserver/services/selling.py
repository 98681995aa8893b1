"""Taking money before a card is written, and giving it back when nothing comes of it."""

from typing import Any, Final

from pydantic import TypeAdapter

from cardserver.db.books import (
    notes_on_their_way,
    sale_account,
    sale_moved,
    sale_standing,
    sale_state,
    tender_history,
    tenders_of,
)
from cardserver.db.mapping import charges_from, charges_json
from cardserver.db.spaces import carried_on_by, is_collected
from cardserver.db.tables import SaleEventRow, SaleRow, TenderRow
from cardserver.db.tables_payments import QrPaymentRow
from cardserver.db.tables_shifts import TenderNotesRow
from cardserver.domain import ledger
from cardserver.domain.denomination import check_money
from cardserver.domain.errors import RuleViolation
from cardserver.domain.operation import OperationKind
from cardserver.domain.sale import (
    BY_ITSELF,
    CHARGE,
    SaleState,
    TenderKind,
    TenderState,
    check_taken_at,
    check_tender_step,
    rest_of,
)
from cardserver.services.accounts import book
from cardserver.services.crediting import (
    give_credit_back,
    keep_rest,
    may_keep_rest,
    use_credit,
)
from cardserver.services.drawer import check_may_take_money
from cardserver.services.errors import Conflict
from cardserver.services.gapdays import settle_gap
from cardserver.services.numbering import check_numbers_left
from cardserver.services.planning import check_draft_verified, draft
from cardserver.services.providermoney import decided, give_back
from cardserver.services.replay import repeated
from cardserver.services.turn import Caller, Estate, Turn, reading, writing
from cardserver.wire import (
    CancelRequest,
    ChangeRequest,
    OperationRequest,
    RefundRequest,
    SaleRequest,
    SaleView,
    TenderRequest,
    TopUpRequest,
)

_GOING_ON: Final = frozenset({SaleState.OPEN, SaleState.IN_USE})
_TOLD: Final = {"tender_id", "state", "kind", "value_fen", "checked"}
_REQUEST: TypeAdapter[OperationRequest] = TypeAdapter(OperationRequest)


def open_sale(estate: Estate, caller: Caller, request: SaleRequest) -> SaleView:
    """Open a sale at the price that was told and is still true (FEE-01).

    Raises Conflict ``price-changed``, RuleViolation, NotFound, ClockSetBack.
    """
    caller.check_may_operate(request.request.kind)
    with writing(estate, caller) as turn:
        if not repeated(turn, request.sale_id, "sale", request):
            turn.check_clock()
            _open(turn, request)
        return sale_view(turn, _sale(turn, request.sale_id))


def _open(turn: Turn, request: SaleRequest) -> None:
    check_may_take_money(turn)
    made = draft(turn, request.request)
    check_draft_verified(turn, made)
    total = made.plan.total_fen
    if total != request.quoted_total_fen:
        raise Conflict("price-changed", f"the price is {total} fen", rule="FEE-01")
    if total == 0:
        raise RuleViolation("nothing-to-pay", rule="FEE-32")
    check_numbers_left(turn, made.plan.charges)
    row = turn.insert(
        SaleRow,
        id=request.sale_id,
        holder_id=made.holder.holder_id,
        card_number=None if made.card is None else made.card.number,
        request=request.request.model_dump(mode="json"),
        charges=charges_json(made.plan.charges),
        due_fen=total,
        **turn.made(),
    )
    settle_gap(turn, request.sale_id, request.request, made.card)
    use_credit(turn, row)
    turn.note("open-sale", request.sale_id, f"{request.request.kind} {total}")


def sale(estate: Estate, caller: Caller, sale_id: str) -> SaleView:
    """A sale as it stands. Raises NotFound, NotPermitted."""
    with reading(estate, caller) as turn:
        row = turn.find(SaleRow, sale_id, "sale")
        check_may_use(caller, row)
        return sale_view(turn, row)


def request_of(turn: Turn, row: SaleRow) -> OperationRequest:
    """What a sale pays for. Months follow the card to the one that replaced it.

    Raises Conflict ``sale-differs`` for a charge, which no card is written for.
    """
    if row.request["kind"] == CHARGE:
        raise Conflict("sale-differs", "the sale is for no card", rule="FEE-36")
    request = _REQUEST.validate_python(row.request)
    if isinstance(request, TopUpRequest):
        number = carried_on_by(turn.session, request.card_number)
        return request.model_copy(update={"card_number": number})
    return request


def check_may_use(caller: Caller, row: SaleRow) -> None:
    """Raise NotPermitted unless the caller may see this sale and begin with it.

    A top-up follows its card: what was paid at one kiosk may be written at another.
    """
    if row.request["kind"] != OperationKind.TOP_UP:
        caller.check_owns(row.station)


def tender(estate: Estate, caller: Caller, sale_id: str, request: TenderRequest) -> SaleView:
    """One step of one payment.

    A new payment needs an open sale and a true clock; what becomes of a note already on its way
    is always recorded, however late it is known.
    Raises IllegalTransition, RuleViolation, Conflict, ClockSetBack.
    """
    if request.kind in BY_ITSELF:
        raise RuleViolation("provider-decides", rule="FEE-04")  # no station's word makes it money
    with writing(estate, caller) as turn:
        row = _sale(turn, sale_id)
        step = f"{request.tender_id}:{request.state}"
        if not repeated(turn, step, "tender", request, about=sale_id):
            record_tender(turn, row, request)
        return sale_view(turn, row)


def record_tender(turn: Turn, row: SaleRow, request: TenderRequest) -> None:
    """Write down one step of a payment and book it."""
    if request.kind is TenderKind.QR:
        decided(turn, turn.find(QrPaymentRow, request.tender_id, "payment"), request.state)
        return
    history = tender_history(turn.session, request.tender_id)
    before = _check_same(history[-1], row, request) if history else None
    keeps = history[0].keeps_fen if history else 0
    check_tender_step(before, request.state)
    if before is None:
        check_taken_at(request.kind, turn.caller.kind)
        turn.check_clock()
        check_may_take_money(turn)
        if sale_state(turn.session, row.id) is not SaleState.OPEN:
            raise Conflict("sale-closed")
        if request.kind is TenderKind.CASH_NOTE and request.state is TenderState.ACCEPTING:
            keeps = _rest_kept(turn, row, request)
    if request.state is TenderState.CREDITED and request.kind is TenderKind.CASH_DESK:
        _check_notes(turn, request)
    told = request.model_dump(include=_TOLD)
    turn.write(TenderRow, {"sale_id": row.id, "keeps_fen": keeps, **told, **turn.made()})
    taken_at = history[0].station if history else turn.caller.station
    _book_tender(turn, row, before, request, taken_at)
    turn.note("tender", row.id, f"{request.kind} {request.value_fen} {request.state}")


def _rest_kept(turn: Turn, row: SaleRow, request: TenderRequest) -> int:
    """A kiosk has no change: a note goes in that is at most what is missing by now (FEE-04), or one
    whose rest the payer wants to keep as the card's credit (FEE-04a). How much that is.

    It may be less than the kiosk last heard: a code that was given up is paid after all.
    """
    missing = sale_account(turn.session, row).missing_fen - notes_on_their_way(turn.session, row.id)
    keep = request.keep_rest and may_keep_rest(turn, row)
    return rest_of(request.value_fen, missing, keep=keep)


def _check_notes(turn: Turn, request: TenderRequest) -> None:
    """FEE-03; the notes are kept where the clerk told the money by them."""
    check_money(
        request.value_fen,
        request.notes,
        checked=request.checked,
        above_fen=turn.estate.check_above_fen,
    )
    if request.notes is not None:
        turn.write(TenderNotesRow, {"tender_id": request.tender_id, "notes": request.notes})


def _check_same(last: Any, row: SaleRow, request: TenderRequest) -> TenderState:
    same = (last.sale_id, last.kind, last.value_fen) == (row.id, request.kind, request.value_fen)
    if not same:
        raise Conflict("tender-differs", "this payment was reported otherwise before")
    state: TenderState = last.state
    return state


def _book_tender(
    turn: Turn, row: SaleRow, before: TenderState | None, request: TenderRequest, station: str
) -> None:
    """`station` is where the note lies, whoever reports about it now."""
    fen = request.value_fen
    if before is TenderState.UNKNOWN:
        book(turn, row.id, ledger.note_found(station, fen))
    if request.state is TenderState.UNKNOWN:
        book(turn, row.id, ledger.note_unknown(station, fen))
    if request.state is TenderState.CREDITED:
        book(turn, row.id, ledger.tendered(station, row.id, fen))
        if spare := _spare(turn, row, request):
            book(turn, row.id, ledger.owed_back(row.id, spare))


def _spare(turn: Turn, row: SaleRow, request: TenderRequest) -> int:
    """What of the money just credited no sale needs: it is owed back, never kept or lost.

    All of it where the sale was given up; of a note whose end was long unknown, what is more than
    the price, paid otherwise meanwhile, and than what the card keeps of it when the sale ends. At a
    desk what is more is change, handed out at once.
    """
    state = sale_state(turn.session, row.id)
    if state is SaleState.CANCELLED:
        return request.value_fen
    if request.kind is not TenderKind.CASH_NOTE:
        return 0
    account = sale_account(turn.session, row)
    over = account.change_fen if state in _GOING_ON else account.too_much_fen
    return min(request.value_fen, over)


def give_change(estate: Estate, caller: Caller, sale_id: str, request: ChangeRequest) -> SaleView:
    """Change handed out: never more than was received beyond the price (FEE-04)."""
    with writing(estate, caller) as turn:
        row = _sale(turn, sale_id)
        if not repeated(turn, request.change_id, "change", request, about=sale_id):
            if request.amount_fen > sale_account(turn.session, row).change_fen:
                raise RuleViolation("change-too-much", rule="FEE-04")
            book(turn, row.id, ledger.change_given(caller.station, row.id, request.amount_fen))
            turn.note("change", row.id, str(request.amount_fen))
        return sale_view(turn, row)


def cancel_sale(estate: Estate, caller: Caller, sale_id: str, request: CancelRequest) -> SaleView:
    """Give a sale up before its card was touched; what was paid is owed back (FEE-38b).

    Raises Conflict ``sale-closed``, ``tender-open``.
    """
    with writing(estate, caller) as turn:
        row = _sale(turn, sale_id)
        if not repeated(turn, request.cancel_id, "cancel", request, about=sale_id):
            if sale_state(turn.session, row.id) is not SaleState.OPEN:
                raise Conflict("sale-closed")
            if _open_tenders(turn, row)[0]:
                raise Conflict("tender-open", "a note is still on its way")
            if is_collected(turn.session, row.id):
                raise RuleViolation("bank-money", rule="PARK-12b")
            give_up(turn, row, request.reason)
        return sale_view(turn, row)


def earn(turn: Turn, row: SaleRow) -> None:
    """The card carries what was paid: the money is the estate's, and what is beyond the price the
    card's credit, where the payer chose that.
    """
    keep_rest(turn, row)
    book(turn, row.id, ledger.earned(row.id, charges_from(row.charges)))


def give_up(turn: Turn, row: SaleRow, reason: str) -> None:
    """Close a sale without its card; what we hold is owed back, each part the way it came."""
    held = sale_account(turn.session, row).held_fen
    held -= give_back(turn, row, reason) + give_credit_back(turn, row)
    if held:
        book(turn, row.id, ledger.owed_back(row.id, held))
    close_sale(turn, row, SaleState.CANCELLED, reason)


def suspend(turn: Turn, row: SaleRow, reason: str) -> None:
    """Close a sale of which nobody knows what its card carries (待核对)."""
    keep_rest(turn, row)
    amount = min(row.due_fen, sale_account(turn.session, row).held_fen)
    if amount:
        book(turn, row.id, ledger.suspended(row.id, amount))
    close_sale(turn, row, SaleState.SUSPENDED, reason)


def close_sale(turn: Turn, row: SaleRow, state: SaleState, reason: str) -> None:
    """From now on the sale stands so; the latest word counts."""
    turn.write(SaleEventRow, {"sale_id": row.id, "state": state, "reason": reason, **turn.made()})
    sale_moved(turn.session, row.id)
    turn.note("close-sale", row.id, f"{state} {reason}")


def pay_refund(estate: Estate, caller: Caller, sale_id: str, request: RefundRequest) -> SaleView:
    """Cash handed back: never more than the sale left payable (FEE-38a).

    A desk pays out any station's sale; the cash leaves the drawer of the desk that pays.
    """
    with writing(estate, caller) as turn:
        row = _sale(turn, sale_id)
        if not repeated(turn, request.refund_id, "refund", request, about=sale_id):
            if request.amount_fen > sale_account(turn.session, row).payable_fen:
                raise RuleViolation("refund-too-much", rule="FEE-38a")
            book(turn, row.id, ledger.refunded(caller.station, request.amount_fen))
            turn.note("refund", row.id, str(request.amount_fen))
        return sale_view(turn, row)


def _sale(turn: Turn, sale_id: str) -> SaleRow:
    row = turn.find(SaleRow, sale_id, "sale")
    turn.caller.check_owns(row.station)
    return row


def _open_tenders(turn: Turn, row: SaleRow) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Notes on their way, and codes whose provider has not said how they ended."""
    last = tenders_of(turn.session, row.id).values()
    going = {TenderState.ACCEPTING, TenderState.UNKNOWN}
    codes = (each for each in last if each.kind is TenderKind.QR and each.state in going)
    notes = (
        each
        for each in last
        if each.kind is not TenderKind.QR and each.state is TenderState.ACCEPTING
    )
    return tuple(each.tender_id for each in notes), tuple(each.tender_id for each in codes)


def sale_view(turn: Turn, row: SaleRow) -> SaleView:
    """The money of a sale as it stands in this transaction."""
    account = sale_account(turn.session, row)
    state, operation_id = sale_standing(turn.session, row.id)
    notes, codes = _open_tenders(turn, row)
    paying = state in {SaleState.OPEN, SaleState.IN_USE}
    return SaleView(
        sale_id=row.id,
        state=state,
        due_fen=account.due_fen,
        credited_fen=account.credited_fen,
        returned_fen=account.returned_fen,
        missing_fen=account.missing_fen if paying else 0,
        change_fen=account.change_fen,
        refundable_fen=account.payable_fen,
        open_tenders=notes,
        open_codes=codes,
        refunding_fen=account.refunding_fen,
        from_credit_fen=account.from_credit_fen,
        keeps_fen=account.keeps_fen + account.kept_fen,
        may_keep_rest=paying and may_keep_rest(turn, row),
        operation_id=operation_id,
    )
