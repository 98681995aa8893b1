"""What lies on the desk's reader: recognised, and what the server knows of it."""

from dataclasses import dataclass

from cardserver.client import CardServerClient, ServerError
from cardserver.wire_cards import CardView
from cardserver.wire_operations import Ticket
from cardserver.wire_sales import WaitingSale, WaitingSales
from drivers.api.cards import CardIdentity, SecureChannel
from drivers.errors import CardUnsupported, DeviceError
from kiosk.station.problems import problem_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Laid:
    """A card as it lies there. `waiting` are its sales with money in them that wait for somebody,
    `credit_fen` is what we owe to it, `unfinished` its operation without an end.
    """

    identity: CardIdentity | None
    card: CardView | None = None
    unfinished: Ticket | None = None
    waiting: tuple[WaitingSale, ...] = ()
    credit_fen: int = 0
    problem: str = ""

    @property
    def known(self) -> bool:
        """False where the server said that it knows no such card."""
        return self.card is not None or bool(self.problem)

    @property
    def secure_channel(self) -> SecureChannel | None:
        """Secure messaging recorded for this card."""
        name = self.card.secure_channel if self.card else None
        return SecureChannel(name) if name else None

    def sale(self, sale_id: str) -> WaitingSale | None:
        """A waiting sale of this card; None where it has none of that name."""
        return next((each for each in self.waiting if each.sale.sale_id == sale_id), None)


def looked_up(seen: CardIdentity | DeviceError, server: CardServerClient) -> Laid:
    """What the server knows of a card that was laid down; what went wrong is its problem."""
    if isinstance(seen, DeviceError):
        return Laid(identity=None, problem=seen.code)
    if not seen.supported:
        return Laid(identity=seen, problem=CardUnsupported.code)
    try:
        card = server.card(uid=seen.uid)
        waiting = server.waiting_for(card.number) if card else WaitingSales(sales=())
        return Laid(
            identity=seen,
            card=card,
            unfinished=server.open_operation(seen.uid),
            waiting=waiting.sales,
            credit_fen=waiting.credit_fen,
        )
    except ServerError as error:
        return Laid(identity=seen, problem=problem_of(error))
