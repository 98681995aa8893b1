"""The server hears of money late: after the visit, when it was away, or a note had no end yet."""

import logging
from typing import Final

from cardserver.client import ServerError
from drivers.errors import DeviceError
from kiosk.selfservice.kiosk import Kiosk

_log = logging.getLogger(__name__)

_PAUSE_S: Final = 2.0
"""Pause between two tries to tell an absent server of money."""


def follow_late_money(kiosk: Kiosk) -> None:
    """After the visit: a note whose end was not known, or a server that has not heard of it."""
    if not kiosk.till.busy or kiosk.monotonic() <= kiosk.tell_again_at:
        return
    try:
        if kiosk.till.notes_fen:
            kiosk.till.poll()
    except (DeviceError, ServerError) as error:
        _log.info("the till is not at rest yet: %s", error)
    tell_server(kiosk)


def tell_server(kiosk: Kiosk) -> None:
    """Tell what it has not heard; an absent server hears it later."""
    try:
        kiosk.till.tell()
    except ServerError as error:
        _log.info("the server will hear of the money later: %s", error)
        kiosk.tell_again_at = kiosk.monotonic() + _PAUSE_S
