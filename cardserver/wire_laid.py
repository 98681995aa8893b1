"""What a kiosk is told when a card is laid down: all that its visit begins with, in one answer."""

from cardserver.wire_cards import CardView, ReadKeys
from cardserver.wire_payments import QrMeans
from cardserver.wire_prices import Quote
from cardserver.wire_sales import WaitingSales
from cardserver.wirebase import Refusal, Wire


class CardLaid(Wire):
    """A card as it lies there, as of one moment, and by which providers can be paid (PARK-12a).

    `card` is None for a chip the server does not know. `waiting` is money that waits for the card,
    `quote` the price of one month more; where there is none, `refusal` says why. `read_keys` are to
    look at the card before it is written.
    """

    means: QrMeans
    card: CardView | None = None
    read_keys: ReadKeys | None = None
    waiting: WaitingSales = WaitingSales(sales=())
    quote: Quote | None = None
    refusal: Refusal | None = None
