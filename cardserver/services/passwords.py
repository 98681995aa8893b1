"""Passwords as argon2id keeps them (RFC 9106); nothing here is ever logged or told."""

from functools import cache
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from cardserver.domain.signin import DEMO_PASSWORD

_HASHER: Final = PasswordHasher()
"""The library's own choice: RFC 9106's second recommended set, 64 MiB and three passes."""

_DEMO_HASHER: Final = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
"""For the published password alone: there is nothing to protect, and demos start often."""


def hashed(password: str) -> str:
    """What is kept of a password, with its own salt and parameters in it."""
    return (_DEMO_HASHER if password == DEMO_PASSWORD else _HASHER).hash(password)


def fits(kept: str | None, password: str) -> bool:
    """True when this is the password. A name nobody bears takes as long as one that is known."""
    try:
        _HASHER.verify(_nobodys() if kept is None else kept, password)
    except (VerificationError, InvalidHashError):
        return False
    return kept is not None


def is_old(kept: str) -> bool:
    """True when the parameters have risen since this was kept."""
    return _HASHER.check_needs_rehash(kept)


@cache
def _nobodys() -> str:
    return _HASHER.hash("nobody's password")
