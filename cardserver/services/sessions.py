"""Whose session a call belongs to and which leave it carries: looked at on every call of a desk."""

import hashlib
import logging
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Final

from sqlalchemy import RowMapping, select

from cardserver.db.tables_operators import OperatorRow, SessionRow
from cardserver.domain.permits import Action, Role
from cardserver.domain.signin import SessionLimits
from cardserver.services.errors import NotSignedIn, StoreBusy
from cardserver.services.turn import Caller, Estate, Leave, Turn, writing

_SEEN_EVERY: Final = timedelta(minutes=1)
"""How exactly it is kept when somebody was last here; a write for every call would be too much."""

_ROLES: Final = {str(role): role for role in Role}

_log = logging.getLogger(__name__)


def token_hash(token: str) -> bytes:
    """What is stored of a token: it is random and long, so a plain hash is enough."""
    return hashlib.sha256(token.encode()).digest()


def roles_of(row: OperatorRow) -> frozenset[Role]:
    """The offices a person holds; a word of another version of the program is none of them."""
    return _roles(tuple(row.roles))


@cache
def _roles(words: tuple[str, ...]) -> frozenset[Role]:
    return frozenset(_ROLES[word] for word in words if word in _ROLES)


def with_operator(
    station: str,
    found: Any,
    lent: Sequence[RowMapping],
    limits: SessionLimits,
    now: datetime,
) -> Caller:
    """The station with the operator whose session this is, and what second persons allowed.

    `found` and `lent` are what `cardserver.db.callers` says of the call. Raises NotSignedIn for a
    session that is unknown, of another station, ended or run out, and for an operator let go.
    """
    name = found.name
    if name is None or limits.is_over(found.made, found.last_seen, now):
        raise NotSignedIn
    leaves = tuple(_leaves(lent, now))
    return Caller(
        station=station,
        kind=found.kind,
        operator=name,
        roles=_roles(tuple(found.roles)),
        leave=leaves[0] if leaves else None,
        further=leaves[1:],
    )


def _leaves(lent: Sequence[RowMapping], now: datetime) -> Iterator[Leave]:
    """Those that have not run out; each lasts by itself."""
    for each in lent:
        if now < each["ends"]:
            yield Leave(leave_id=each["id"], action=Action(each["action"]), name=each["name"])


def session_of(turn: Turn, caller: Caller) -> SessionRow:
    """The running session of the caller. Raises NotSignedIn."""
    row = turn.session.scalar(
        select(SessionRow)
        .join(OperatorRow, OperatorRow.id == SessionRow.operator_id)
        .where(SessionRow.station == caller.station, SessionRow.ended.is_(None))
        .where(OperatorRow.name == caller.operator)
        .order_by(SessionRow.id.desc())
        .limit(1)
    )
    if row is None:
        raise NotSignedIn
    return row


def is_due(last_seen: datetime, now: datetime) -> bool:
    """True when it should be kept that this session is alive."""
    return now - last_seen >= _SEEN_EVERY


def keep_seen(estate: Estate, caller: Caller, token: str) -> None:
    """Keep that the session is alive. A busy store is no reason to refuse the call itself."""
    try:
        with writing(estate, caller) as turn:
            row = turn.session.scalar(
                select(SessionRow).where(SessionRow.token_hash == token_hash(token))
            )
            if row is not None and row.last_seen < turn.now:
                row.last_seen = turn.now
    except StoreBusy:
        _log.info("a session's last call was not kept: the database is busy")
