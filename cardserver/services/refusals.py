"""What was refused to a person is on record, although the act itself left nothing (IC-14)."""

import logging

from cardserver.services.errors import StoreBusy
from cardserver.services.turn import Caller, Estate, writing

_log = logging.getLogger(__name__)


def keep_refusal(estate: Estate, caller: Caller, action: str, path: str) -> None:
    """One line in the audit journal, in a transaction of its own."""
    try:
        with writing(estate, caller) as turn:
            turn.note("refused", path[:100], action)
    except StoreBusy:
        _log.exception("a refusal of %s to %s was not kept", action, caller.operator)
