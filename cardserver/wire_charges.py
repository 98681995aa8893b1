"""Charges on no list, on the wire: entered by the cashier, settled by who takes the money."""

from cardserver.wire_documents import DocumentView
from cardserver.wire_sales import SaleView
from cardserver.wirebase import Amount, Fen, Instant, RowId, Text, Uuid, Wire, Word


class PutCharge(Wire):
    """What the cashier decided (FEE-36): for what, why, and how much.

    `charge_id` becomes the id of the sale.
    """

    charge_id: Uuid
    holder_id: RowId
    item: Word
    reason: Text
    amount_fen: Amount


class SettleCharge(Wire):
    """All of it is paid: the money is earned and its receipt owed."""

    settle_id: Uuid


class ChargeView(Wire):
    """A charge and its money. `documents` are its valid papers, none before it is settled.

    `number_owed` while its paper waits for a book to take a number from (FEE-32).
    """

    sale: SaleView
    holder_id: RowId
    holder_name: str
    unit: str
    item: str
    reason: str
    amount_fen: Fen
    entered_by: str
    station: str
    operator: str
    at: Instant
    documents: tuple[DocumentView, ...] = ()
    number_owed: bool = False


class ChargeList(Wire):
    """Charges, newest first."""

    charges: tuple[ChargeView, ...]
