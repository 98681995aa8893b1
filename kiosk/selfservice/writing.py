"""The card is written: what was paid for goes onto it, and the slip says so."""

from typing import Final

from cardserver.client import ServerError, ServerRefused
from cardserver.domain.rights import RightKind
from drivers.api.cards import Card
from drivers.errors import CardAbsent, CardRemoved, DeviceError
from kiosk.selfservice.flow import Event
from kiosk.selfservice.kiosk import SCREEN, Kiosk
from kiosk.selfservice.telling import tell_server
from kiosk.selfservice.visit import Visit
from kiosk.station.beginning import begin
from kiosk.station.operating import carry_out
from kiosk.station.problems import UNEXPECTED, problem_of

_PASSES: Final = frozenset({"clock-set-back", "card-busy"})
"""Refusals that are over by the card's next visit: what was paid waits for it."""


def write(kiosk: Kiosk) -> None:
    """Write the card that lies there; what breaks off waits for it, and nothing is lost."""
    visit = kiosk.visit
    kiosk.bell.ring(SCREEN)
    try:
        kiosk.post.work(
            lambda card: _carry_out(kiosk, visit, card),
            secure_channel=visit.secure_channel,
            full=True,
        )
    except (CardRemoved, CardAbsent) as error:
        visit.problem = error.code
        kiosk.move(Event.BROKEN_OFF)
    except (DeviceError, ServerError) as error:
        visit.problem = problem_of(error)
        final = isinstance(error, ServerRefused) and visit.problem not in _PASSES
        if visit.ticket is None and final:
            kiosk.till.give_up(visit.problem)  # nothing will come of it: owed back
            visit.given_up = True
            tell_server(kiosk)
        _owe(kiosk, visit.problem)
    except Exception:
        # A mistake of ours: nobody is left on a screen without an end (see `Machine`).
        _owe(kiosk, UNEXPECTED)
        raise
    else:
        _written(kiosk)


def _carry_out(kiosk: Kiosk, visit: Visit, card: Card) -> None:
    """On the reader's thread: open the operation, unless one is open, and end it."""
    if not visit.is_of(card.identity):
        raise CardRemoved("another card lies there", uid=card.identity.uid)
    if visit.ticket is None and visit.card is not None and visit.sale is not None:
        request, sale_id = visit.request(visit.card), visit.sale.sale_id
        visit.ticket = begin(request, card, kiosk.server, sale_id, keys=visit.read_keys)
    if visit.ticket is not None:
        settled = carry_out(visit.ticket, card, kiosk.server, lambda _step: None)
        visit.card, visit.document = settled.card, settled.document


def _owe(kiosk: Kiosk, problem: str) -> None:
    kiosk.refuse(problem)
    kiosk.print_owed(problem, kiosk.visit.put_in_fen)


def _written(kiosk: Kiosk) -> None:
    visit = kiosk.visit
    visit.problem = ""
    if visit.card is not None and RightKind.PARKING in visit.card.rights:
        visit.last_after = visit.card.rights[RightKind.PARKING].last
    if visit.document is not None:
        visit.document, result = kiosk.paper.print_document(visit.document)
        visit.printed = result.value
    kiosk.move(Event.WRITTEN)
    if not kiosk.present:
        kiosk.move(Event.CARD_LIFTED)
