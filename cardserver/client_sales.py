"""Calls about money: what it costs, and every step of a sale."""

from cardserver.clientbase import Calls
from cardserver.wire_prices import Quote, QuoteRequest
from cardserver.wire_requests import OperationRequest
from cardserver.wire_sales import (
    CancelRequest,
    ChangeRequest,
    RefundRequest,
    SaleRequest,
    SaleView,
    TenderRequest,
    WaitingSale,
    WaitingSales,
)


class SaleCalls(Calls):
    """Prices and sales."""

    def quote(self, request: OperationRequest) -> Quote:
        """Price and result of a request. Raises ServerRefused with the rule that forbids it."""
        return self._post("/api/quotes", QuoteRequest(request=request), Quote)

    def open_sale(self, request: SaleRequest) -> SaleView:
        """Open a sale at the quoted price; ``price-changed`` when it is no longer true."""
        return self._post("/api/sales", request, SaleView)

    def sale(self, sale_id: str) -> SaleView:
        """A sale as it stands."""
        return self._get(f"/api/sales/{sale_id}", SaleView)

    def waiting_sales(
        self, *, card_number: int | None = None, station: str | None = None
    ) -> list[WaitingSale]:
        """Sales with money in them that wait for somebody: of one card, one station, or all.

        A kiosk is shown its own, and by card number also top-ups begun elsewhere.
        """
        params = {} if card_number is None else {"card": str(card_number)}
        if station is not None:
            params["station"] = station
        return list(self._get("/api/sales/waiting", WaitingSales, params).sales)

    def waiting_for(self, card_number: int) -> WaitingSales:
        """The same for one card, with the credit that pays its next top-up."""
        return self._get("/api/sales/waiting", WaitingSales, {"card": str(card_number)})

    def tender(self, sale_id: str, request: TenderRequest) -> SaleView:
        """Report one step of one payment."""
        return self._post(f"/api/sales/{sale_id}/tenders", request, SaleView)

    def give_change(self, sale_id: str, change_id: str, amount_fen: int) -> SaleView:
        """Report change handed out; at most what is too much."""
        body = ChangeRequest(change_id=change_id, amount_fen=amount_fen)
        return self._post(f"/api/sales/{sale_id}/change", body, SaleView)

    def cancel_sale(self, sale_id: str, cancel_id: str, reason: str) -> SaleView:
        """Give a sale up; what was paid becomes payable to the customer (`refundable_fen`)."""
        body = CancelRequest(cancel_id=cancel_id, reason=reason)
        return self._post(f"/api/sales/{sale_id}/cancellation", body, SaleView)

    def pay_refund(self, sale_id: str, refund_id: str, amount_fen: int) -> SaleView:
        """Report cash handed back out of `refundable_fen`."""
        body = RefundRequest(refund_id=refund_id, amount_fen=amount_fen)
        return self._post(f"/api/sales/{sale_id}/refunds", body, SaleView)
