"""A door card issued in one go, for who works without a screen (`yika card issue`).

The card is looked at before any money: one that can't be issued costs nothing. What an earlier try
left behind is gone on with and not paid again: an operation that is open on this very card, or a
sale of the same holder that was paid and has no card yet.
"""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import uuid4

from cardserver.client import CardServerClient
from cardserver.domain.money import change_due
from cardserver.domain.operation import OperationKind
from cardserver.domain.rights import CardStatus
from cardserver.domain.sale import SaleState, TenderKind, TenderState
from cardserver.domain.verification import VerificationMethod
from cardserver.wire_operations import Settled, Ticket
from cardserver.wire_requests import IssueRequest
from cardserver.wire_sales import SaleRequest, TenderRequest
from cardserver.wire_verifications import VerificationRequest
from drivers.api.cards import Card
from drivers.errors import CardError
from kiosk.station.beginning import begin
from kiosk.station.operating import Step, carry_out


class CardInUse(CardError):
    """The card on the reader is somebody's; it was not touched, and nothing was paid."""

    code = "format-first"


class OtherWorkOpen(CardError):
    """Something else is open on the card; it was not touched, and nothing was paid."""

    code = "card-busy"


@dataclass(frozen=True, slots=True, kw_only=True)
class CashOrder:
    """Who gets a card, and the cash that was handed over, in fen; `checked` by the checker."""

    holder_id: int
    received_fen: int
    checked: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Issued:
    """The card as it was settled; `paid_fen` and `change_fen` are of this try, 0 where an earlier
    one was paid.
    """

    settled: Settled
    paid_fen: int = 0
    change_fen: int = 0


def issue(
    order: CashOrder, card: Card, server: CardServerClient, tell: Callable[[Step], None]
) -> Issued:
    """Issue the blank card on the reader, or finish what was begun on it.

    Raises:
        CardInUse, OtherWorkOpen: nothing was paid.
        AmountInvalid: less cash than the price; nothing was paid.
        ServerRefused: the rule that forbids it.
        CardError, DeviceError, ServerUnavailable: what is paid and begun stays, for the next try.
    """
    ticket = server.open_operation(card.identity.uid)
    if ticket is not None:
        return Issued(settled=carry_out(_ours(ticket, order), card, server, tell))
    known = server.card(uid=card.identity.uid)
    if known is not None and known.status is not CardStatus.RETURNED:
        raise CardInUse(f"card {known.number} has to be formatted first", uid=card.identity.uid)
    request, sale_id, paid, change = _waiting(order, server) or _pay(order, server)
    ticket = begin(request, card, server, sale_id, known=known is not None)
    settled = carry_out(ticket, card, server, tell)
    return Issued(settled=settled, paid_fen=paid, change_fen=change)


def _ours(ticket: Ticket, order: CashOrder) -> Ticket:
    if ticket.kind is not OperationKind.ISSUE or ticket.holder_id != order.holder_id:
        raise OtherWorkOpen("another operation is open on this card; finish it at the desk")
    return ticket


_Paid = tuple[IssueRequest, str, int, int]


def _waiting(order: CashOrder, server: CardServerClient) -> _Paid | None:
    """A card of this holder that was paid for and never begun."""
    for each in server.waiting_sales():
        sale, request = each.sale, each.request
        paid = sale.state is SaleState.OPEN and not sale.missing_fen
        if isinstance(request, IssueRequest) and request.holder_id == order.holder_id and paid:
            return request, sale.sale_id, 0, 0
    return None


def _pay(order: CashOrder, server: CardServerClient) -> _Paid:
    """Verify by the owner record (IC-02), open the sale at its price, take the cash (IC-09a)."""
    verification = server.verify(
        VerificationRequest(
            verification_id=str(uuid4()),
            holder_id=order.holder_id,
            method=VerificationMethod.OWNER_RECORD,
        )
    )
    request = IssueRequest(holder_id=order.holder_id, verification_id=verification.verification_id)
    quote = server.quote(request)
    change = change_due(quote.total_fen, order.received_fen)
    sale = server.open_sale(
        SaleRequest(sale_id=str(uuid4()), request=request, quoted_total_fen=quote.total_fen)
    )
    tender = TenderRequest(
        tender_id=str(uuid4()),
        kind=TenderKind.CASH_DESK,
        value_fen=order.received_fen,
        state=TenderState.CREDITED,
        checked=order.checked,
    )
    server.tender(sale.sale_id, tender)
    if change:
        server.give_change(sale.sale_id, str(uuid4()), change)
    return request, sale.sale_id, order.received_fen, change
