"""A sale from its price to its end: opened before a card is written, earned, or given back."""

from pydantic import TypeAdapter

from cardserver.db.books import sale_account, sale_moved, sale_opened, sale_state
from cardserver.db.mapping import charges_from, charges_json
from cardserver.db.spaces import carried_on_by, is_collected
from cardserver.db.tables import SaleEventRow, SaleRow
from cardserver.domain import ledger
from cardserver.domain.errors import RuleViolation
from cardserver.domain.operation import OperationKind
from cardserver.domain.sale import CHARGE, SaleState
from cardserver.services.accounts import book
from cardserver.services.crediting import give_credit_back, keep_rest, use_credit
from cardserver.services.drawer import check_may_take_money
from cardserver.services.errors import Conflict
from cardserver.services.gapdays import settle_gap
from cardserver.services.numbering import check_numbers_left
from cardserver.services.planning import check_draft_verified, draft
from cardserver.services.providermoney import give_back
from cardserver.services.replay import repeated
from cardserver.services.saleviews import find_sale, open_tenders, sale_view
from cardserver.services.turn import Caller, Estate, Turn, reading, writing
from cardserver.wire_requests import OperationRequest, TopUpRequest
from cardserver.wire_sales import CancelRequest, ChangeRequest, RefundRequest, SaleRequest, SaleView

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
        return sale_view(turn, find_sale(turn, request.sale_id))


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
    sale_opened(turn.session, row.id)
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


def give_change(estate: Estate, caller: Caller, sale_id: str, request: ChangeRequest) -> SaleView:
    """Change handed out: never more than was received beyond the price (FEE-04)."""
    with writing(estate, caller) as turn:
        row = find_sale(turn, sale_id)
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
        row = find_sale(turn, sale_id)
        if not repeated(turn, request.cancel_id, "cancel", request, about=sale_id):
            if sale_state(turn.session, row.id) is not SaleState.OPEN:
                raise Conflict("sale-closed")
            if open_tenders(turn, row)[0]:
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
        row = find_sale(turn, sale_id)
        if not repeated(turn, request.refund_id, "refund", request, about=sale_id):
            if request.amount_fen > sale_account(turn.session, row).payable_fen:
                raise RuleViolation("refund-too-much", rule="FEE-38a")
            book(turn, row.id, ledger.refunded(caller.station, request.amount_fen))
            turn.note("refund", row.id, str(request.amount_fen))
        return sale_view(turn, row)
