"""A card is laid down or taken away: whose it is, what is offered to it, and what goes on."""

from typing import Final

from cardserver.client import ServerError, ServerRefused
from cardserver.domain.operation import OperationKind
from cardserver.domain.rights import CardStatus, RightKind
from cardserver.domain.sale import SaleState
from cardserver.wire_cards import CardView
from cardserver.wire_laid import CardLaid
from cardserver.wire_prices import Quote
from cardserver.wire_requests import TopUpRequest
from cardserver.wire_sales import WaitingSale, WaitingSales
from cardserver.wirebase import Refusal
from drivers.api.cards import CardIdentity
from drivers.errors import CardUnsupported, DeviceError
from kiosk.selfservice.flow import Event, Screen
from kiosk.selfservice.kiosk import Kiosk
from kiosk.selfservice.opening import check_for
from kiosk.selfservice.paying import ANOTHER_CARD, open_slot
from kiosk.selfservice.visit import Visit
from kiosk.selfservice.writing import write
from kiosk.station.problems import UNEXPECTED, problem_of

_BANK: Final = "bank-collected"
_FREE: Final = "nothing-to-pay"
_NOT_HERE: Final = {"not-permitted": "unfinished-at-the-desk"}
"""A card with an operation that a kiosk may not do: it goes on where it was begun."""


def card_laid(kiosk: Kiosk, seen: CardIdentity | DeviceError) -> None:
    """A card lies there: a visit begins, or one that waits for its card goes on."""
    kiosk.present = True
    if kiosk.screen is Screen.LAY_BACK:
        _laid_back(kiosk, seen)
        return
    if kiosk.screen in {Screen.PAY, Screen.SCAN}:
        kiosk.say("" if kiosk.visit.is_of(seen) else ANOTHER_CARD)
    if kiosk.screen is Screen.ATTRACT:
        check_for(kiosk, seen)
    if kiosk.screen is not Screen.ATTRACT:
        return
    kiosk.visit = Visit()
    kiosk.move(Event.CARD_LAID)
    if isinstance(seen, DeviceError):
        kiosk.refuse(seen.code)
    elif not seen.supported:
        kiosk.refuse(CardUnsupported.code)
    else:
        _look_up(kiosk, seen)


def card_lifted(kiosk: Kiosk) -> None:
    """The reader is empty."""
    kiosk.present = False
    kiosk.move(Event.CARD_LIFTED)


def _laid_back(kiosk: Kiosk, seen: CardIdentity | DeviceError) -> None:
    """The card that was torn away is there again, or it is another."""
    if not kiosk.visit.is_of(seen):
        kiosk.say(ANOTHER_CARD)
        return
    kiosk.visit.read_keys = None  # it was away: its keys are asked for anew
    kiosk.move(Event.CARD_LAID)
    write(kiosk)


def _look_up(kiosk: Kiosk, seen: CardIdentity) -> None:
    visit, heard, kiosk.laid = kiosk.visit, kiosk.laid, None
    visit.identity = seen
    try:
        if isinstance(heard, ServerError):
            raise heard
        _welcome(kiosk, seen, heard or kiosk.server.laid.card(seen.uid))
    except ServerError as error:
        kiosk.refuse(_NOT_HERE.get(problem_of(error), problem_of(error)))


def _welcome(kiosk: Kiosk, seen: CardIdentity, laid: CardLaid) -> None:
    """Finish what is unfinished with this card, or offer it a month. Raises ServerError."""
    visit, card = kiosk.visit, laid.card
    visit.card, visit.read_keys = card, laid.read_keys
    if card is None or card.open_operation is not None:
        visit.ticket = kiosk.server.open_operation(seen.uid)
    if visit.ticket is not None:
        kiosk.move(Event.CARD_UNFINISHED)
        write(kiosk)
        return
    problem = _why_not(card)
    if card is None or problem not in {"", _BANK}:
        kiosk.refuse(problem)
        return
    if _go_on_with_a_paid(kiosk, card, laid.waiting):
        return
    if problem:  # what the bank collected is not sold here, only written (PARK-10a)
        kiosk.refuse(problem)
        return
    visit.offer(card, _price(laid))
    if visit.quote is not None and not visit.quote.total_fen:
        kiosk.refuse(_FREE)
        return
    kiosk.move(Event.CARD_WELCOME)


def _why_not(card: CardView | None) -> str:
    """Why nothing is sold for this card; empty where a month is."""
    if card is None:
        return "card-unknown"
    if card.status is not CardStatus.LIVE:
        return "card-not-live"
    if card.parking is None or RightKind.PARKING not in card.rights:
        return "no-parking-right"
    return _BANK if card.parking.bank_collected else ""


def _price(laid: CardLaid) -> Quote:
    """The price of one month. Raises ServerRefused where there is none."""
    if laid.quote is None:
        no = laid.refusal or Refusal(code=UNEXPECTED, message="neither a price nor a reason")
        raise ServerRefused(no.code, no.message, reason=no.reason, rule=no.rule)
    return laid.quote


def choose_months(kiosk: Kiosk, months: int) -> None:
    """So many months, at the price the server says now. Raises ServerError.

    What is offered already need not be asked for again: the sale is opened at its price.
    """
    visit = kiosk.visit
    if visit.card is not None and (visit.quote is None or months != visit.months):
        visit.months = months
        visit.offer(visit.card, kiosk.server.quote(visit.request(visit.card)))


def _can_go_on(waiting: WaitingSale) -> bool:
    """Paid at least in part, or with a code that can still be paid; nothing begun, and no note of
    it on its way at another machine.
    """
    sale = waiting.sale
    return (
        waiting.request.kind is OperationKind.TOP_UP
        and sale.state is SaleState.OPEN
        and (sale.credited_fen > sale.returned_fen or bool(sale.open_codes))
        and not sale.open_tenders
    )


def _go_on_with_a_paid(kiosk: Kiosk, card: CardView, waiting: WaitingSales) -> bool:
    """A top-up that was paid, or begun to be paid, and never written goes on (PARK-12a)."""
    visit = kiosk.visit
    visit.credit_fen = waiting.credit_fen
    found = next((each for each in waiting.sales if _can_go_on(each)), None)
    if found is None or not isinstance(found.request, TopUpRequest):
        return False
    sale = found.sale
    visit.gap, visit.months = found.request.gap, found.request.months
    visit.offer(card, kiosk.server.quote(visit.request(card)))
    visit.sale = sale
    kiosk.till.sale = None if found.collected else sale
    kiosk.leaving, kiosk.wanted = False, None
    if sale.open_codes:
        kiosk.scan.resume(sale.open_codes[-1])
        kiosk.move(Event.CARD_CODE_OPEN)
    elif sale.missing_fen:
        kiosk.move(Event.CARD_PART_PAID)
        open_slot(kiosk, sale)
    else:
        kiosk.move(Event.CARD_UNFINISHED)
        write(kiosk)
    return True
