"""A card is laid down at a kiosk: all that its visit begins with, seen in one moment."""

from collections.abc import Callable

from cardserver.db.queries import latest_on_chip
from cardserver.domain.errors import DomainError
from cardserver.domain.permits import OF_PEOPLE, Action
from cardserver.services.errors import ServiceError
from cardserver.services.holders import read_keys_of
from cardserver.services.planning import quoted
from cardserver.services.qrpayments import means
from cardserver.services.turn import Caller, Estate, Turn, reading
from cardserver.services.views import card_view
from cardserver.services.waiting import waiting_in
from cardserver.wire_laid import CardLaid
from cardserver.wire_prices import Quote
from cardserver.wire_requests import TopUpRequest
from cardserver.wirebase import Refusal

Told = Callable[[Exception], Refusal]
"""How a refusal reads on the wire."""


def card_laid(estate: Estate, caller: Caller, uid: bytes, told: Told) -> CardLaid:
    """The last card made of this chip, what waits for it, and the price of one month more.

    That no month can be had is part of the answer and not its end. Raises NotPermitted.
    """
    if caller.kind in OF_PEOPLE:  # the right to sell was asked for at the door
        caller.authorised_by(Action.READ_CARD)
        caller.authorised_by(Action.READ_KEYS)
    ways = means(estate, caller)
    with reading(estate, caller) as turn:
        row = latest_on_chip(turn.session, uid)
        if row is None:
            return CardLaid(means=ways)
        quote, refusal = _one_month(turn, row.number, told)
        return CardLaid(
            means=ways,
            card=card_view(turn, row),
            read_keys=read_keys_of(turn, row),
            waiting=waiting_in(turn, card_number=row.number),
            quote=quote,
            refusal=refusal,
        )


def _one_month(turn: Turn, card_number: int, told: Told) -> tuple[Quote | None, Refusal | None]:
    try:
        return quoted(turn, TopUpRequest(card_number=card_number, months=1)), None
    except (ServiceError, DomainError) as error:
        return None, told(error)
