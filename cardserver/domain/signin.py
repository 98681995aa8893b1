"""Signing in: how long a session lasts, how long wrong passwords make wait, what a password is.

Pure rules; hashing and keeping are the services' part. The figures are ours: the requirements only
ask that log-ins can't be shared (IC-14a).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum, unique
from typing import Final

from cardserver.domain.errors import RuleViolation
from cardserver.domain.permits import Action

DEMO_PASSWORD: Final = "yika-demo"  # noqa: S105 - published, and refused outside the demo
"""Everybody's password in the demo; a server with real keys takes it from nobody."""

SHORTEST: Final = 10
LONGEST: Final = 200

FREE_TRIES: Final = 3
"""Wrong passwords for one name, one after another, before anybody has to wait."""

STATION_FREE_TRIES: Final = 10
"""The same for one station, whichever names were tried there."""

FIRST_WAIT: Final = timedelta(seconds=30)
LONGEST_WAIT: Final = timedelta(minutes=15)
REMEMBERED: Final = timedelta(hours=24)
"""A wrong password is forgotten after a day."""

LEAVE_LASTS: Final = timedelta(minutes=10)
"""How long a second person's word holds for the action it was given for."""

_COMMON: Final = frozenset(
    {
        "1234567890",
        "0123456789",
        "0987654321",
        "9876543210",
        "1q2w3e4r5t",
        "qwertyuiop",
        "asdfghjkl1",
        "password12",
        "password123",
        "password1234",
        "administrator",
        "5201314520",
        "woaini1314",
        "woaini520",
        "iloveyou12",
        "letmein123",
        "changeme123",
        "yikayikayika",
    }
)
_LEAST_DIFFERENT: Final = 3
_ROWS: Final = ("01234567890123456789", "98765432109876543210", "abcdefghijklmnopqrstuvwxyz")

NO_STEP_UP: Final = frozenset(
    {
        Action.SIGN_IN,
        Action.FIND_HOLDERS,
        Action.READ_CARD,
        Action.READ_KEYS,
        Action.LIST_OPERATIONS,
        Action.MANAGE_OPERATORS,
    }
)
"""What nobody lends: looking is the operator's own, and accounts are kept under one's own name."""


@unique
class TryOutcome(StrEnum):
    """What became of one try with a password."""

    ACCEPTED = "accepted"
    WRONG = "wrong"
    CLEARED = "cleared"  # no try: whoever keeps the log-ins ended the waiting
    WAITING = "waiting"  # asked for again too early; the password was not even looked at


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionLimits:
    """How long a session lasts: without a call, and altogether.

    The desk locks its screen long before; here it is long, so that no write is cut off.
    """

    idle: timedelta = timedelta(minutes=60)
    whole: timedelta = timedelta(hours=12)

    def is_over(self, made: datetime, last_seen: datetime, now: datetime) -> bool:
        """True when a session has run out."""
        return now - made >= self.whole or now - last_seen >= self.idle


ENDLESS: Final = SessionLimits(idle=timedelta(days=36500), whole=timedelta(days=36500))
"""For the demo, whose calendar is turned by years, and for tests that do so."""


def wait_until(wrong: Sequence[datetime], free_tries: int = FREE_TRIES) -> datetime | None:
    """When the next try is looked at; None for at once.

    `wrong` are the wrong tries since the last right one, oldest first. After the free ones every
    further one doubles the wait.
    """
    over = len(wrong) - free_tries
    if over < 0:
        return None
    doubled = FIRST_WAIT * (1 << min(over, 16))
    return wrong[-1] + min(doubled, LONGEST_WAIT)


def check_password(password: str, name: str) -> None:
    """Raise RuleViolation for a password that would be guessed or that everybody knows."""
    folded = password.casefold()
    if not SHORTEST <= len(password) <= LONGEST or not password.isprintable():
        raise RuleViolation("password-length", rule="IC-14a")
    if password == DEMO_PASSWORD or folded in _COMMON or _is_a_row(folded):
        raise RuleViolation("password-common", rule="IC-14a")
    if name and name.casefold() in folded and len(folded) - len(name) < SHORTEST:
        raise RuleViolation("password-has-name", rule="IC-14a")


def _is_a_row(text: str) -> bool:
    """One or two characters again and again, or a stretch of the alphabet or the number row."""
    return len(set(text)) < _LEAST_DIFFERENT or any(text in row for row in _ROWS)
