"""Whether the centre still takes this gate's key, as far as it said so under its signature.

A gate whose key was revoked stays a gate (GATE-07): its lanes go on with the list they have, as on
any day without the line. But nothing new comes down and nothing goes up, until somebody enrols it
anew or takes it away, so the guard and the technician are told. A refusal that nobody signed is no
news: anybody on the way could have said it.
"""

import json
import logging
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import Final

from cardserver.client import ServerError, ServerRefused, ServerUnavailable
from cardserver.clientsigning import GateSigner
from kiosk.gate.journal import GateJournal
from kiosk.station.clock import Clock

_log = logging.getLogger(__name__)

WITHDRAWN: Final = "registration-withdrawn"
_REVOKED: Final = "revoked"
_MARK: Final = "withdrawn"


def is_about_the_gate(error: ServerError) -> bool:
    """True for a refusal of the gate itself, whoever it asked for."""
    return isinstance(error, ServerRefused) and error.code in {"gate-refused", "not-signed-on"}


def is_withdrawn(error: Exception) -> bool:
    """True where the centre says that this gate's key was revoked."""
    return isinstance(error, ServerRefused) and error.reason == _REVOKED


class Registration:
    """What the centre last said of this gate's key; it outlasts a restart."""

    def __init__(self, signer: GateSigner, journal: GateJournal, clock: Clock) -> None:
        self._signer = signer
        self._journal = journal
        self._clock = clock
        self.withdrawn_since = withdrawn_since(journal, signer.identity.key_id)
        """When this gate first heard so, None while its key is good as far as it knows."""
        self.turned_away = False
        """The centre said so when it was asked last."""

    @contextmanager
    def asking(self) -> Iterator[None]:
        """Learn from the answer to what is asked meanwhile."""
        before, withdrawn = self._signer.heard, False
        self.turned_away = False
        try:
            yield
        except ServerUnavailable:
            before = self._signer.heard  # nothing was heard of this question
            raise
        except ServerRefused as refused:
            withdrawn = is_withdrawn(refused)
            raise
        finally:
            if self._signer.heard is not before:
                self._learn(withdrawn=withdrawn)

    def _learn(self, *, withdrawn: bool) -> None:
        self.turned_away = withdrawn
        if withdrawn is (self.withdrawn_since is not None):
            return
        self.withdrawn_since = self._clock() if withdrawn else None
        _log.warning("the centre %s this gate", "no longer takes" if withdrawn else "takes")
        with suppress(sqlite3.Error):  # a full disk; it is heard again after a restart
            since = self.withdrawn_since
            key = self._signer.identity.key_id
            self._journal.set_mark(_MARK, json.dumps([key, since.isoformat()] if since else []))


def withdrawn_since(journal: GateJournal, key_id: str) -> datetime | None:
    """When a gate first heard that this key of its own was revoked, by its journal."""
    try:
        key, since = json.loads(journal.mark(_MARK) or "[]")
        return datetime.fromisoformat(since) if key == key_id else None
    except (ValueError, TypeError):
        return None
