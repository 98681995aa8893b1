"""Prices and money."""

from uuid import UUID

from apiflask import APIBlueprint

from cardserver.domain.permits import Action
from cardserver.services import planning, selling, tendering, waiting
from cardserver.web.auth import caller, estate, permit
from cardserver.web.params import WaitingQuery
from cardserver.wire_prices import Quote, QuoteRequest
from cardserver.wire_sales import (
    CancelRequest,
    ChangeRequest,
    RefundRequest,
    SaleRequest,
    SaleView,
    TenderRequest,
    WaitingSales,
)

api = APIBlueprint("sales", __name__, tag="Money")


@api.post("/quotes")
@permit(Action.SELL)
@api.input(QuoteRequest)
@api.output(Quote)
def quote(json_data: QuoteRequest) -> Quote:
    """Tell price and result of a request as of now."""
    return planning.quote(estate(), caller(), json_data.request)


@api.post("/sales")
@permit(Action.SELL)
@api.input(SaleRequest)
@api.output(SaleView)
def open_sale(json_data: SaleRequest) -> SaleView:
    """Open a sale at the quoted price."""
    return selling.open_sale(estate(), caller(), json_data)


@api.get("/sales/waiting")
@permit(Action.SELL)
@api.input(WaitingQuery, location="query")
@api.output(WaitingSales)
def waiting_sales(query_data: WaitingQuery) -> WaitingSales:
    """List sales with money in them that wait for somebody."""
    return waiting.waiting_sales(
        estate(), caller(), card_number=query_data.card, station=query_data.station
    )


@api.get("/sales/<uuid:sale_id>")
@permit(Action.SELL)
@api.output(SaleView)
def sale(sale_id: UUID) -> SaleView:
    """Show a sale."""
    return selling.sale(estate(), caller(), str(sale_id))


@api.post("/sales/<uuid:sale_id>/tenders")
@permit(Action.SELL)
@api.input(TenderRequest)
@api.output(SaleView)
def tender(sale_id: UUID, json_data: TenderRequest) -> SaleView:
    """Report one step of one payment."""
    return tendering.tender(estate(), caller(), str(sale_id), json_data)


@api.post("/sales/<uuid:sale_id>/change")
@permit(Action.SELL)
@api.input(ChangeRequest)
@api.output(SaleView)
def give_change(sale_id: UUID, json_data: ChangeRequest) -> SaleView:
    """Report change handed out."""
    return selling.give_change(estate(), caller(), str(sale_id), json_data)


@api.post("/sales/<uuid:sale_id>/cancellation")
@permit(Action.SELL)
@api.input(CancelRequest)
@api.output(SaleView)
def cancel_sale(sale_id: UUID, json_data: CancelRequest) -> SaleView:
    """Give a sale up before its card was touched."""
    return selling.cancel_sale(estate(), caller(), str(sale_id), json_data)


@api.post("/sales/<uuid:sale_id>/refunds")
@permit(Action.REFUND)
@api.input(RefundRequest)
@api.output(SaleView)
def pay_refund(sale_id: UUID, json_data: RefundRequest) -> SaleView:
    """Report cash handed back."""
    return selling.pay_refund(estate(), caller(), str(sale_id), json_data)
