"""Money comes in, step by step: every note and every payment, however late its end is known."""

from typing import Any, Final

from cardserver.db.books import sale_account, sale_state
from cardserver.db.tables import SaleRow
from cardserver.db.tables_payments import QrPaymentRow
from cardserver.db.tables_shifts import TenderNotesRow
from cardserver.db.tenders import notes_on_their_way, tender_in_sale
from cardserver.domain import ledger
from cardserver.domain.denomination import check_money
from cardserver.domain.errors import RuleViolation
from cardserver.domain.sale import (
    BY_ITSELF,
    SaleState,
    TenderKind,
    TenderState,
    check_taken_at,
    check_tender_step,
    rest_of,
)
from cardserver.services.accounts import book, write_step
from cardserver.services.crediting import may_keep_rest
from cardserver.services.drawer import check_may_take_money
from cardserver.services.errors import Conflict
from cardserver.services.providermoney import decided
from cardserver.services.replay import repeated
from cardserver.services.saleviews import find_sale, sale_view
from cardserver.services.turn import Caller, Estate, Turn, writing
from cardserver.wire_sales import SaleView, TenderRequest

_GOING_ON: Final = frozenset({SaleState.OPEN, SaleState.IN_USE})
_TOLD: Final = {"tender_id", "state", "kind", "value_fen", "checked"}


def tender(estate: Estate, caller: Caller, sale_id: str, request: TenderRequest) -> SaleView:
    """One step of one payment.

    A new payment needs an open sale and a true clock; what becomes of a note already on its way
    is always recorded, however late it is known.
    Raises IllegalTransition, RuleViolation, Conflict, ClockSetBack.
    """
    if request.kind in BY_ITSELF:
        raise RuleViolation("provider-decides", rule="FEE-04")  # no station's word makes it money
    with writing(estate, caller) as turn:
        row = find_sale(turn, sale_id)
        step = f"{request.tender_id}:{request.state}"
        if not repeated(turn, step, "tender", request, about=sale_id):
            record_tender(turn, row, request)
        return sale_view(turn, row)


def record_tender(turn: Turn, row: SaleRow, request: TenderRequest) -> None:
    """Write down one step of a payment and book it."""
    if request.kind is TenderKind.QR:
        decided(turn, turn.find(QrPaymentRow, request.tender_id, "payment"), request.state)
        return
    history = tender_in_sale(turn.session, request.tender_id, row.id)
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
    write_step(turn, {"sale_id": row.id, "keeps_fen": keeps, **told})
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
