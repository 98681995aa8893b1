"""What we owe to cards for their next top-up (FEE-04a), on the wire."""

from cardserver.domain.rights import CardStatus
from cardserver.wirebase import Fen, Instant, Number, RowId, Uuid, Wire, Word


class CardCredit(Wire):
    """One card's credit. `since` is when it last changed; the name is masked but at a desk."""

    card_number: Number
    holder_id: RowId
    holder_name: str
    status: CardStatus
    credit_fen: Fen
    since: Instant


class CreditList(Wire):
    """All cards with a credit, by number, and what that comes to."""

    credits: tuple[CardCredit, ...]
    total_fen: Fen


class PayCreditBack(Wire):
    """A card is back: all of its credit is paid out in cash to a named person.

    `signed` says where the recipient's signature is.
    """

    movement_id: Uuid
    card_number: Number
    recipient: Word
    signed: Word
