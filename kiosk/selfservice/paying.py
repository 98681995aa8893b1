"""The payer pays: the sale is opened, notes go in, and whoever leaves is owed what went in."""

import logging
from typing import Final
from uuid import uuid4

from cardserver.client import ServerError
from cardserver.wire_sales import SaleRequest, SaleView
from drivers.errors import DeviceError
from kiosk.selfservice.flow import Event, Screen
from kiosk.selfservice.kiosk import Kiosk
from kiosk.selfservice.opening import NOTES_AWAY
from kiosk.selfservice.scanning import Wish
from kiosk.selfservice.telling import tell_server
from kiosk.selfservice.writing import write
from kiosk.station.problems import problem_of

_log = logging.getLogger(__name__)

ANOTHER_CARD: Final = "another-card"
_CODES_S: Final = 1.0
"""Pause between two looks at a sale one of whose codes was given up and can still be paid."""


def open_sale(kiosk: Kiosk) -> None:
    """The holder agreed to the price; notes may go in. Raises ServerError."""
    visit = kiosk.visit
    if visit.card is None or visit.quote is None:
        return
    kiosk.paper.look()  # its cover may have been opened since the card was laid down
    if not kiosk.paper.can_print:
        kiosk.refuse(f"printer-{kiosk.paper.state}")
        return
    visit.sale = kiosk.server.open_sale(
        SaleRequest(
            sale_id=str(uuid4()),
            request=visit.request(visit.card),
            quoted_total_fen=visit.quote.total_fen,
        )
    )
    kiosk.leaving, kiosk.wanted = False, None
    kiosk.move(Event.CONFIRMED)
    if visit.sale.missing_fen:
        open_slot(kiosk, visit.sale)
    else:
        kiosk.till.sale = visit.sale  # the card's credit has paid all of it
        _look_at_money(kiosk)


def choose_rest(kiosk: Kiosk, *, keep: bool) -> None:
    """What a note is beyond the price: none goes in, or the card keeps the rest (FEE-04a)."""
    sale = kiosk.till.sale
    if sale is None or kiosk.leaving or kiosk.wanted is not None:
        return
    kiosk.visit.keep_rest = keep and sale.may_keep_rest
    kiosk.set_deadline()
    if kiosk.till.notes_fen:
        open_slot(kiosk, sale)


def open_slot(kiosk: Kiosk, sale: SaleView) -> None:
    """Take notes for this sale, if the acceptor can."""
    try:
        kiosk.till.take_for(sale, keep_rest=kiosk.visit.keep_rest)
    except DeviceError as error:
        _acceptor_lost(kiosk, error)


def leave(kiosk: Kiosk) -> None:
    """The payer wants to leave, or has left: no further note, and one on its way is awaited."""
    kiosk.leaving = True
    kiosk.till.shut()
    if kiosk.screen is Screen.SCAN and kiosk.scan.wish is not Wish.LEAVE:
        kiosk.scan.end(Wish.LEAVE)
        return
    _look_at_money(kiosk)


def take_money(kiosk: Kiosk) -> bool:
    """Hear of notes, and of codes given up. False where the acceptor was lost over it."""
    till, visit = kiosk.till, kiosk.visit
    before, problem = visit.sale, _said_before(kiosk)
    try:
        if till.notes_fen or not kiosk.scan.ready:
            till.poll()
        else:
            till.tell()
        _hear_of_codes(kiosk)
    except DeviceError as error:
        _acceptor_lost(kiosk, error)
        return False
    except ServerError as error:
        problem = problem_of(error)
    if till.stirred or till.busy or till.sale != before:
        kiosk.set_deadline()  # a note moves: nobody is hurried
    visit.sale = till.sale
    problem = problem or till.hint
    if visit.sale != before or visit.problem != problem:
        kiosk.say(problem)
    _look_at_money(kiosk)
    return True


def _hear_of_codes(kiosk: Kiosk) -> None:
    """A code that the payer went back from may be paid all the same, until it is closed."""
    till, now = kiosk.till, kiosk.monotonic()
    open_codes = till.sale is not None and till.sale.open_codes
    if open_codes and not till.busy and now > kiosk.codes_again_at:
        kiosk.codes_again_at = now + _CODES_S
        till.look()


def _said_before(kiosk: Kiosk) -> str:
    """What stays said while the payer pays: another card lies on the reader; why no code or
    no note is taken.
    """
    said = kiosk.visit.problem
    if said == ANOTHER_CARD:
        return said if kiosk.present else ""
    return said if said == NOTES_AWAY or said.startswith("code-") else ""


def _look_at_money(kiosk: Kiosk) -> None:
    """Paid in full: write. The payer wants to leave: as soon as no note is on its way."""
    if kiosk.visit.sale is not None and not kiosk.visit.sale.missing_fen:
        kiosk.till.shut()
        kiosk.move(Event.PAID)
        write(kiosk)
    elif kiosk.leaving and not kiosk.till.on_its_way_fen:
        stop_paying(kiosk)


def _acceptor_lost(kiosk: Kiosk, error: DeviceError) -> None:
    if kiosk.scan.ready and not kiosk.till.busy and not kiosk.leaving:
        _log.warning("the banknote acceptor is lost; codes go on: %s", error)
        kiosk.till.notes_fen = ()
        kiosk.say(NOTES_AWAY)
        return
    kiosk.visit.problem = error.code
    stop_paying(kiosk, Event.DEVICE_LOST)


def stop_paying(kiosk: Kiosk, event: Event = Event.STOPPED) -> None:
    """No further note; what went in is owed back from now on, and the slip says so.

    `event` is why, where anything went in; else the visit is simply given up.
    """
    received = kiosk.till.received_fen
    kiosk.till.shut()
    kiosk.till.give_up("stopped-at-the-kiosk")
    kiosk.visit.given_up = True
    tell_server(kiosk)
    kiosk.visit.sale = kiosk.till.sale
    kiosk.move(event if received else Event.CANCELLED)
    if kiosk.screen is Screen.OWED:
        back = kiosk.till.sale.refunding_fen if kiosk.till.sale is not None else 0
        kiosk.print_owed("goes-back-by-phone" if back == received else "paid-in-part", received)
