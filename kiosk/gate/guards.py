"""Who stands at the gate: a guard signs in with the own name, also while the centre is away.

The centre decides who is a guard. What it said is remembered as a salted hash (scrypt, RFC 7914),
so that somebody who has signed in here before can do so again without the line, for some weeks:
the lanes do not stop with the network, and neither does the person beside them.
"""

import hashlib
import hmac
import json
import logging
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar, Final

from cardserver.client import CardServerClient, ServerError, ServerRefused
from cardserver.domain.errors import DomainError
from cardserver.domain.permits import Action, role_permits
from kiosk.gate.journal import GateJournal
from kiosk.gate.registration import is_about_the_gate
from kiosk.station.clock import Clock

_log = logging.getLogger(__name__)

ON_DUTY_S: Final = 12 * 3600.0
"""After a shift's length somebody signs in anew."""
REMEMBERED: Final = timedelta(days=30)
_MARK: Final = "guards"
_SALT_SIZE: Final = 16
_MOST: Final = 200


class NoGuard(DomainError):
    """Nobody is signed in at the gate."""

    code: ClassVar[str] = "nobody-on-duty"


class NotAGuard(DomainError):
    """The person who signed in opens no lanes by hand."""

    code: ClassVar[str] = "not-a-guard"


class UnknownWithoutLine(DomainError):
    """The centre is away, and this name with this password has not been seen here lately."""

    code: ClassVar[str] = "unknown-without-line"


class UnknownAndWithdrawn(DomainError):
    """The centre no longer takes this gate, and this name has not been seen here lately."""

    code: ClassVar[str] = "unknown-and-withdrawn"


@dataclass(frozen=True, slots=True, kw_only=True)
class _OnDuty:
    name: str
    since: float


class GuardPost:
    """The person on duty at a gate; one at a time. Safe to use from any thread."""

    def __init__(
        self,
        server: CardServerClient,
        journal: GateJournal,
        *,
        clock: Clock,
        ticks: Callable[[], float],
    ) -> None:
        self._server = server.with_session("")
        self._journal = journal
        self._clock = clock
        self._ticks = ticks
        self._lock = threading.Lock()
        self._on_duty: _OnDuty | None = None

    @property
    def name(self) -> str:
        """Who is on duty; empty for nobody, or when the shift's length is over."""
        person = self._on_duty
        if person is None or self._ticks() - person.since > ON_DUTY_S:
            return ""
        return person.name

    def require(self) -> str:
        """The name of whoever is on duty. Raises NoGuard."""
        if not self.name:
            raise NoGuard
        return self.name

    def sign_in(self, name: str, password: str) -> None:
        """Come on duty. Raises ServerRefused, NotAGuard, UnknownWithoutLine.

        A refusal of the gate itself says nothing of the guard. Raises UnknownAndWithdrawn there.
        """
        try:
            session = self._server.operators.sign_in(name, password)
        except ServerError as error:
            gate = is_about_the_gate(error)
            if isinstance(error, ServerRefused) and not gate:
                self._forget(name)
                raise
            _log.info("a guard signs in without the line: %s", error)
            if not self._knows(name, password):
                raise (UnknownAndWithdrawn if gate else UnknownWithoutLine) from error
        else:
            self._end_session()
            if not role_permits(session.roles, Action.OPEN_GATES):
                self._forget(name)
                raise NotAGuard
            self._remember(name, password)
        self._on_duty = _OnDuty(name=name, since=self._ticks())

    def sign_out(self) -> None:
        """Go off duty."""
        self._on_duty = None

    def _end_session(self) -> None:
        """Its word was asked for; the gate does nothing there in somebody's name."""
        try:
            self._server.operators.sign_out()
        except ServerError:
            self._server.credentials.session = ""

    # --- what is remembered

    def _knows(self, name: str, password: str) -> bool:
        kept = self._kept().get(name)
        if kept is None:
            return False
        fresh = self._clock() - datetime.fromisoformat(kept["at"]) <= REMEMBERED
        found = _hash(password, bytes.fromhex(kept["salt"]))
        return hmac.compare_digest(found, bytes.fromhex(kept["hash"])) and fresh

    def _remember(self, name: str, password: str) -> None:
        salt = secrets.token_bytes(_SALT_SIZE)
        kept = {
            "at": self._clock().isoformat(),
            "salt": salt.hex(),
            "hash": _hash(password, salt).hex(),
        }
        self._keep(name, kept)

    def _forget(self, name: str) -> None:
        self._keep(name, None)

    def _keep(self, name: str, kept: dict[str, str] | None) -> None:
        with self._lock:
            known = self._kept()
            known.pop(name, None)
            if kept is not None:
                known[name] = kept
            latest = sorted(known.items(), key=lambda each: each[1]["at"])[-_MOST:]
            self._journal.set_mark(_MARK, json.dumps(dict(latest), ensure_ascii=False))

    def _kept(self) -> dict[str, dict[str, str]]:
        try:
            found: Any = json.loads(self._journal.mark(_MARK) or "{}")
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}


def _hash(password: str, salt: bytes) -> bytes:
    """Slow on purpose: some ten milliseconds and 16 MiB a try."""
    return hashlib.scrypt(password.encode("utf-8"), salt=salt, n=2**14, r=8, p=1)
