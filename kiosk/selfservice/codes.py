"""The payer pays by phone: a code is shown, looked at, and ended. Only the server's word counts."""

from typing import Final

from cardserver.client import ServerError
from cardserver.wire_payments import Provider, QrView
from kiosk.selfservice.flow import Event, Screen
from kiosk.selfservice.kiosk import SCREEN, Kiosk
from kiosk.selfservice.paying import ANOTHER_CARD, open_slot, stop_paying
from kiosk.selfservice.scanning import Ended, Wish
from kiosk.selfservice.writing import write
from kiosk.station.problems import problem_of

_NO_CODE: Final = {
    "code-open": "code-unanswered",
    "tender-open": "code-unanswered",
    "provider-unknown": "code-refused",
}


def choose_code(kiosk: Kiosk, provider: Provider | None) -> None:
    """No note goes in while a code is open; one on its way is awaited first."""
    if provider in kiosk.scan.ready and not kiosk.leaving:
        kiosk.till.shut()
        kiosk.wanted = provider
        show_wanted(kiosk)


def show_wanted(kiosk: Kiosk) -> None:
    """Show the code that was chosen, once no note is on its way any more."""
    if kiosk.wanted is not None and kiosk.screen is Screen.PAY and not kiosk.till.busy:
        _show_code(kiosk, kiosk.wanted)


def _show_code(kiosk: Kiosk, provider: Provider) -> None:
    visit, kiosk.wanted = kiosk.visit, None
    if visit.sale is None:
        return
    try:
        kiosk.scan.open(visit.sale.sale_id, provider)
    except ServerError as error:
        kiosk.say(_NO_CODE.get(problem_of(error), problem_of(error)))
        open_slot(kiosk, visit.sale)
        return
    visit.problem = ""
    kiosk.move(Event.QR_CHOSEN)


def look_at_code(kiosk: Kiosk) -> None:
    """What has become of the code on the screen?"""
    before, shown, visit = kiosk.scan.view, kiosk.scan.code, kiosk.visit
    try:
        found = kiosk.scan.look()
    except ServerError as error:
        if visit.problem != problem_of(error):
            kiosk.say(problem_of(error))
        return
    if found is None:
        return
    if isinstance(found, Ended):
        _code_ended(kiosk, found)
        return
    visit.sale = kiosk.till.sale = found
    if not found.missing_fen:
        _paid(kiosk)
        return
    if visit.problem not in {"", ANOTHER_CARD}:
        visit.problem = ""
    another = shown != kiosk.scan.code
    if another:
        kiosk.set_deadline()
    if another or before is None or _state(before) is not _state(kiosk.scan.view):
        kiosk.bell.ring(SCREEN)


def _state(view: QrView | None) -> object:
    return None if view is None else view.state


def check_code(kiosk: Kiosk) -> None:
    """The payer says that it is paid."""
    if kiosk.screen is Screen.SCAN:
        try:
            kiosk.scan.check()
        except ServerError as error:
            kiosk.say(problem_of(error))


def _paid(kiosk: Kiosk) -> None:
    kiosk.scan.forget()
    kiosk.visit.problem = ""
    kiosk.move(Event.PAID)
    write(kiosk)


def _code_ended(kiosk: Kiosk, ended: Ended) -> None:
    sale = kiosk.visit.sale
    if ended.wish is Wish.LEAVE or kiosk.leaving or sale is None:
        stop_paying(kiosk)
        return
    kiosk.move(Event.BACK)
    kiosk.visit.problem = ended.problem
    if ended.wish is Wish.ANOTHER:
        _show_code(kiosk, ended.provider)
    else:
        open_slot(kiosk, sale)
