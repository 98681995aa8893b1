"""The money of a sale: opened at a price, paid in steps, given back, or waiting for somebody."""

from typing import Annotated

from pydantic import Field

from cardserver.domain.sale import SaleState, TenderKind, TenderState
from cardserver.wire_requests import OperationRequest
from cardserver.wirebase import Amount, Fen, Instant, Number, RowId, Text, Uuid, Wire


class SaleRequest(Wire):
    """A sale at the price the customer was told (FEE-01)."""

    sale_id: Uuid
    request: OperationRequest
    quoted_total_fen: Fen


class TenderRequest(Wire):
    """One step of one payment: the same `tender_id` is sent again for each state it reaches.

    A kiosk reports ACCEPTING before the note is taken and then CREDITED, RETURNED or UNKNOWN; a
    desk may report CREDITED at once. `checked`: it passed the note checker (FEE-03). `notes` tells
    the money by its pieces, face value in fen to how many, where the clerk typed it so.
    `keep_rest`: before this note went in its payer agreed on the screen that what is beyond the
    price becomes the card's credit (FEE-04a); said with ACCEPTING.
    """

    tender_id: Uuid
    kind: TenderKind
    value_fen: Amount
    state: TenderState
    checked: bool = False
    notes: Annotated[dict[int, int], Field(max_length=20)] | None = None
    keep_rest: bool = False


class ChangeRequest(Wire):
    """Change handed out in cash (FEE-04)."""

    change_id: Uuid
    amount_fen: Amount


class CancelRequest(Wire):
    """The sale is given up before its card was touched; what was paid is owed back."""

    cancel_id: Uuid
    reason: Text


class RefundRequest(Wire):
    """Cash handed back out of what a cancelled or voided sale left payable."""

    refund_id: Uuid
    amount_fen: Amount


class SaleView(Wire):
    """The money of one sale. `change_fen` is to be given back; `refundable_fen` is owed back.

    `open_tenders` are notes on their way; `open_codes` payments by QR that can still be paid, and
    `refunding_fen` is on its way back through the provider that took it: no part of the others.
    `from_credit_fen` is what of the credited money the card's credit paid; `keeps_fen` what beyond
    the price is its credit, or will be when the sale ends, and `may_keep_rest` says whether a
    kiosk's payer may be asked for that (FEE-04a).
    """

    sale_id: Uuid
    state: SaleState
    due_fen: Fen
    credited_fen: Fen
    returned_fen: Fen
    missing_fen: Fen
    change_fen: Fen
    refundable_fen: Fen
    open_tenders: tuple[Uuid, ...]
    open_codes: tuple[Uuid, ...] = ()
    refunding_fen: Fen = 0
    from_credit_fen: Fen = 0
    keeps_fen: Fen = 0
    may_keep_rest: bool = False
    operation_id: Uuid | None

    @property
    def put_in_fen(self) -> int:
        """What its payer gave, beside the card's credit."""
        return self.credited_fen - self.from_credit_fen


class WaitingSale(Wire):
    """A sale with money in it that waits for somebody: to go on with it, or to give it back.

    Its card was not begun, or its money is owed back, its change was not given, or a note is on
    its way. `card_number` is the card asked about (the old one of a replacement), None for a
    first card; `station` is where it was opened. The name is masked everywhere but at the desk.
    `collected`: the bank collected it (PARK-10a); it can be written and not paid out.
    """

    sale: SaleView
    request: OperationRequest
    card_number: Number | None
    holder_id: RowId
    holder_name: str
    station: str
    opened_at: Instant
    collected: bool = False


class WaitingSales(Wire):
    """Sales that wait, oldest first. `credit_fen` is the credit of the card asked about, if any."""

    sales: tuple[WaitingSale, ...]
    credit_fen: Fen = 0
