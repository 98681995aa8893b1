"""Acts around money: agree to the price, take cash and give change, hand money back."""

from typing import Final

from cardserver.client import ServerError
from cardserver.domain.money import change_due
from cardserver.domain.operation import OperationKind
from cardserver.domain.sale import SaleState, TenderKind, TenderState
from cardserver.wire_requests import TopUpRequest
from cardserver.wire_sales import SaleRequest, TenderRequest
from kiosk.desk.business import Business, Ids, Phase
from kiosk.desk.counter import Counter, act
from kiosk.station.problems import problem_of

_PAID_IN: Final = frozenset({Phase.MONEY, Phase.CARD})
_ON_ITS_WAY: Final = "tender-open"


@act
def agree(counter: Counter) -> None:
    """The customer heard the price and agrees (FEE-01): the sale is opened."""
    if business := counter.at(Phase.PRICE):
        sale = counter.server.open_sale(
            SaleRequest(
                sale_id=business.ids.sale,
                request=business.request(),
                quoted_total_fen=business.due_fen,
            )
        )
        business.sale_id = sale.sale_id
        business.used_fen = sale.from_credit_fen
        business.phase = Phase.MONEY if sale.missing_fen else Phase.CARD


@act
def take_money(
    counter: Counter, received_fen: int, *, checked: bool, notes: dict[int, int] | None = None
) -> None:
    """Cash counted in front of the customer; change is given at once (FEE-03, FEE-04).

    `notes` tells it by its pieces, where the clerk typed it so.
    """
    business = counter.at(Phase.MONEY)
    if business is None or business.sale_id is None:
        return
    change_due(business.to_pay_fen, received_fen)
    server = counter.server
    sale = server.sale(business.sale_id)
    if sale.missing_fen:
        tender = TenderRequest(
            tender_id=business.ids.tender,
            kind=TenderKind.CASH_DESK,
            value_fen=received_fen,
            state=TenderState.CREDITED,
            checked=checked,
            notes=notes,
        )
        sale = server.tender(business.sale_id, tender)
    business.received_fen = sale.put_in_fen
    if sale.change_fen:
        sale = server.give_change(business.sale_id, business.ids.change, sale.change_fen)
    business.change_fen = sale.returned_fen
    business.phase = Phase.CARD


@act
def refuse_note(counter: Counter) -> None:
    """The checker did not take a note: it is not counted, and another is asked for (FEE-03)."""
    if counter.at(Phase.MONEY):
        counter.note("note-refused", "FEE-03")


@act
def use_waiting(counter: Counter, sale_id: str) -> None:
    """Go on with a top-up that was paid elsewhere and never written (PARK-12a)."""
    laid = counter.laid
    found = laid.sale(sale_id) if laid is not None else None
    card = laid.card if laid is not None else None
    if found is None or card is None or not counter.idle:
        return
    if not isinstance(found.request, TopUpRequest) or found.sale.missing_fen:
        counter.notice = "not-paid"
        return
    business = Business(
        kind=OperationKind.TOP_UP,
        holder=counter.server.holder(card.holder_id),
        old_card=card,
        months=found.request.months,
        gap=found.request.gap,
        sale_id=sale_id,
        collected=found.collected,
        received_fen=0 if found.collected else found.sale.put_in_fen,
        used_fen=found.sale.from_credit_fen,
        kept_fen=found.sale.keeps_fen,
        phase=Phase.CARD,
    )
    business.quote = counter.server.quote(business.request())
    counter.business = business


@act
def pay_out(counter: Counter, sale_id: str) -> None:
    """Hand back what a broken-off visit left with us (FEE-38b)."""
    if counter.laid is not None and counter.laid.sale(sale_id) is not None:
        _give_back(counter, Ids(), sale_id)
        counter.look_again()


@act
def cancel(counter: Counter) -> None:
    """Leave the business; money taken is handed back first (FEE-38b).

    A month that the bank collected stays on the list of what waits (PARK-12b), and so does
    money of a sale that still has a note on its way somewhere.
    """
    business = counter.business
    held = {Phase.PAPER, Phase.EXPLAIN}
    if business is None or business.running or business.phase in held:
        return
    if business.sale_id and not business.collected and business.phase in _PAID_IN:
        try:
            _give_back(counter, business.ids, business.sale_id)
        except ServerError as error:
            if problem_of(error) != _ON_ITS_WAY:
                raise
            counter.notice = _ON_ITS_WAY
    counter.business = None


def _give_back(counter: Counter, ids: Ids, sale_id: str) -> None:
    server = counter.server
    sale = server.sale(sale_id)
    if sale.state is SaleState.OPEN:
        sale = server.cancel_sale(sale_id, ids.cancel, "customer-left")
    elif sale.change_fen:
        server.give_change(sale_id, ids.change, sale.change_fen)
        counter.notice = "money-handed-back"
    if sale.refundable_fen:
        server.pay_refund(sale_id, ids.refund, sale.refundable_fen)
        counter.notice = "money-handed-back"
    if sale.refunding_fen:
        counter.notice = "money-goes-back"  # by the provider, beside any cash
