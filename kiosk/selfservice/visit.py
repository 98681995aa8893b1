"""One resident's visit at the kiosk, a finger on its screen, and how long it waits for a person."""

from dataclasses import dataclass
from datetime import date

from cardserver.domain.parking import Gap
from cardserver.domain.rights import RightKind
from cardserver.wire_cards import CardView, ReadKeys
from cardserver.wire_documents import DocumentView
from cardserver.wire_operations import Ticket
from cardserver.wire_payments import Provider
from cardserver.wire_prices import Quote
from cardserver.wire_requests import TopUpRequest
from cardserver.wire_sales import SaleView
from drivers.api.cards import CardIdentity, SecureChannel
from drivers.errors import DeviceError
from kiosk.selfservice.flow import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long the machine waits for a person, in seconds. Never while a note moves."""

    idle_s: float = 75.0
    lay_back_s: float = 60.0
    owed_s: float = 40.0
    part_paid_s: float = 240.0  # from the last note in; whoever left gets it back at the desk
    code_over_s: float = 20.0  # after the end of a code that the server says nothing about


@dataclass(frozen=True, slots=True)
class Touch:
    """A finger on the screen: which event it means, and the months or the provider it chose."""

    event: Event
    months: int = 0
    provider: Provider | None = None


@dataclass(slots=True, kw_only=True)
class Visit:
    """One resident's visit, from the card laid down to the card taken away.

    `credit_fen` is what we owe to the card; with `keep_rest` its holder has agreed that what a note
    is beyond the price becomes such a credit, too (FEE-04a). `given_up`: nothing will be written
    for what was put in, and it is owed back.
    """

    identity: CardIdentity | None = None
    card: CardView | None = None
    read_keys: ReadKeys | None = None
    months: int = 1
    gap: Gap | None = None
    quote: Quote | None = None
    sale: SaleView | None = None
    ticket: Ticket | None = None
    document: DocumentView | None = None
    printed: str = ""
    problem: str = ""
    last_before: date | None = None
    last_after: date | None = None
    credit_fen: int = 0
    keep_rest: bool = False
    given_up: bool = False

    @property
    def put_in_fen(self) -> int:
        """What its payer gave, as far as the server has heard."""
        return self.sale.put_in_fen if self.sale else 0

    @property
    def secure_channel(self) -> SecureChannel | None:
        """Secure messaging recorded for its card."""
        name = self.card.secure_channel if self.card else None
        return SecureChannel(name) if name else None

    def is_of(self, seen: CardIdentity | DeviceError) -> bool:
        """True for the card that this visit began with."""
        known = self.identity
        return known is not None and isinstance(seen, CardIdentity) and seen.uid == known.uid

    def request(self, card: CardView) -> TopUpRequest:
        """What the server is asked for: so many months on this card."""
        return TopUpRequest(card_number=card.number, months=self.months, gap=self.gap)

    def offer(self, card: CardView, quote: Quote) -> None:
        """Show this price, and the days before and after."""
        self.quote = quote
        self.last_before = card.rights[RightKind.PARKING].last
        self.last_after = quote.after[RightKind.PARKING].last
