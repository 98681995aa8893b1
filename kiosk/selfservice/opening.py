"""May anybody be served? Reader, printer (PARK-12a), server and a way to pay must be there."""

import logging
from collections.abc import Callable
from typing import Final

from cardserver.client import ServerError
from drivers.api.cards import CardIdentity
from drivers.errors import AcceptorUnsuitable, DeviceError
from kiosk.selfservice.flow import Event, Screen
from kiosk.selfservice.journal import JournalBroken
from kiosk.selfservice.kiosk import SCREEN, Kiosk

_log = logging.getLogger(__name__)

IN_SERVICE: Final = "in-service"
NOTES_AWAY: Final = "acceptor-away"
_NO_NOTES: Final = frozenset({NOTES_AWAY, AcceptorUnsuitable.code})
"""The acceptor's troubles that others can do without, where codes can be paid."""
_LISTEN_S: Final = 2.0
"""Pause between two questions to an acceptor that has nothing to do."""
_AGAIN_S: Final = 10.0
"""Pause between two looks for what an open kiosk can do without."""
_CLOSED_AGAIN_S: Final = 1.5
"""Pause between two looks of a closed kiosk: nobody waits longer before a door that is mended."""


def check_again(kiosk: Kiosk) -> None:
    """Is what was away there again? An open kiosk does not ask for it all the time."""
    _listen_to_acceptor(kiosk)
    lacking = not (kiosk.till.notes_fen and kiosk.paper.can_print)
    waits = kiosk.screen is Screen.CLOSED or (kiosk.screen is Screen.ATTRACT and lacking)
    if waits and kiosk.monotonic() >= kiosk.devices_again_at:
        check_devices(kiosk)


def _listen_to_acceptor(kiosk: Kiosk) -> None:
    """Between two visits, too, it is heard when its cash box or its line is pulled out."""
    now = kiosk.monotonic()
    resting = kiosk.screen is Screen.ATTRACT and not kiosk.till.busy
    if resting and kiosk.till.notes_fen and now > kiosk.acceptor_again_at:
        kiosk.acceptor_again_at = now + _LISTEN_S
        try:
            kiosk.till.poll()
        except DeviceError as error:
            _log.warning("the banknote acceptor at rest: %s", error)
            kiosk.devices_again_at = 0.0


def check_devices(kiosk: Kiosk, ask: Callable[[Kiosk], str] | None = None) -> None:
    """Open or close between two visits; why it is closed, or takes no notes, stands on the screen.

    Each device is looked at whatever the others say; of several troubles the first is the reason:
    reader, journal, printer, server, no way to pay. `ask` is how the server is asked where there is
    more to ask than whether it is there.
    """
    if kiosk.screen not in {Screen.ATTRACT, Screen.CLOSED}:
        return
    kiosk.devices_again_at = kiosk.monotonic() + _CLOSED_AGAIN_S
    notes = kiosk.acceptor_trouble = _start_till(kiosk)
    kiosk.paper.look()
    kiosk.server_trouble = (ask or _ask_server)(kiosk)
    reason = _first_trouble(kiosk, notes)
    notes_out = "" if reason else notes
    if (reason, notes_out) != (kiosk.closed_reason, kiosk.notes_out):
        kiosk.closed_reason, kiosk.notes_out = reason, notes_out
        kiosk.bell.ring(SCREEN)
    if not reason:
        kiosk.devices_again_at = kiosk.monotonic() + _AGAIN_S
    kiosk.move(Event.DEVICE_LOST if reason else Event.DEVICE_BACK)


def _first_trouble(kiosk: Kiosk, notes: str) -> str:
    """Why nobody can be served; `notes` is the acceptor's trouble."""
    if kiosk.held:
        return IN_SERVICE
    printer = "" if kiosk.paper.can_print else f"printer-{kiosk.paper.state}"
    own = "" if notes in _NO_NOTES else notes
    no_way_to_pay = "" if kiosk.scan.ready else notes
    return kiosk.post.fault or own or printer or kiosk.server_trouble or no_way_to_pay


def check_for(kiosk: Kiosk, seen: CardIdentity | DeviceError) -> None:
    """The same when a card is laid down: one call says what its whole visit begins with."""
    check_devices(kiosk, lambda kiosk: _ask_about(kiosk, seen))


def _start_till(kiosk: Kiosk) -> str:
    """Meet the acceptor unless it is there; the word for what is wrong with it."""
    if kiosk.till.notes_fen:
        return ""
    try:
        kiosk.till.start()
    except JournalBroken as error:
        _log.error("no money can be taken: %s", error)
        return error.code
    except AcceptorUnsuitable as error:
        _log.error("no banknote can be taken: %s", error)
        return error.code
    except DeviceError as error:
        _log.info("the banknote acceptor is away: %s", error)
        return NOTES_AWAY
    return ""


def _ask_server(kiosk: Kiosk) -> str:
    """Is the server there, and by which providers can be paid? Without it nothing is sold."""
    try:
        kiosk.server.health()
        kiosk.scan.look_around()
    except ServerError as error:
        _log.info("the server is away: %s", error)
        return "server-away"
    return ""


def _ask_about(kiosk: Kiosk, seen: CardIdentity | DeviceError) -> str:
    kiosk.laid = None
    if isinstance(seen, DeviceError) or not seen.supported:
        return _ask_server(kiosk)
    try:
        kiosk.laid = kiosk.server.laid.card(seen.uid)
    except ServerError as error:
        kiosk.laid = error
        return _ask_server(kiosk)  # is it away, or only this card refused?
    kiosk.scan.heard(kiosk.laid.means)
    return ""
