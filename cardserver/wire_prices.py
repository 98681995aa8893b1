"""What a request would cost and give, before anything is sold (FEE-01)."""

from cardserver.domain.document import DocumentKind
from cardserver.domain.plan import QuoteNote
from cardserver.domain.rights import RightKind
from cardserver.domain.tariff import ChargeItem
from cardserver.wire_cards import Period
from cardserver.wire_requests import OperationRequest
from cardserver.wirebase import Fen, Wire


class QuoteRequest(Wire):
    """What would this cost and give?"""

    request: OperationRequest


class QuoteLine(Wire):
    """One line of a price. `label` names an item that stands on no list (FEE-36)."""

    item: ChargeItem
    label: str = ""
    unit_price_fen: Fen
    quantity: int
    amount_fen: Fen


class Quote(Wire):
    """Price and result of a request as of now; promises nothing.

    `after` are the card's rights then; `added` the days that are being paid or given. `credit_fen`
    is what of the total the card's credit will pay, and `may_keep_rest` says that a kiosk's payer
    may keep a rest as such a credit (FEE-04a).
    """

    lines: tuple[QuoteLine, ...]
    total_fen: Fen
    after: dict[RightKind, Period]
    added: Period | None
    document_kinds: tuple[DocumentKind, ...]
    notes: tuple[QuoteNote, ...]
    credit_fen: Fen = 0
    may_keep_rest: bool = False
