"""Whose session a call belongs to and which leave it carries: looked at on every call of a desk."""

import hashlib
import logging
from datetime import timedelta
from typing import Final

from sqlalchemy import select

from cardserver.db.tables_operators import LeaveRow, OperatorRow, SessionRow
from cardserver.domain.permits import Action, Role
from cardserver.services.errors import NotSignedIn, StoreBusy
from cardserver.services.turn import Caller, Estate, Leave, Turn, writing

_SEEN_EVERY: Final = timedelta(minutes=1)
"""How exactly it is kept when somebody was last here; a write for every call would be too much."""

_log = logging.getLogger(__name__)


def token_hash(token: str) -> bytes:
    """What is stored of a token: it is random and long, so a plain hash is enough."""
    return hashlib.sha256(token.encode()).digest()


def roles_of(row: OperatorRow) -> frozenset[Role]:
    """The offices a person holds; a word of another version of the program is none of them."""
    known = {str(role): role for role in Role}
    return frozenset(known[word] for word in row.roles if word in known)


def with_operator(turn: Turn, station: Caller, token: str, leave_id: str) -> Caller:
    """The caller with the operator whose session this is, and what a second person allowed.

    Raises NotSignedIn for a session that is unknown, of another station, ended or run out.
    """
    row = turn.session.scalar(select(SessionRow).where(SessionRow.token_hash == token_hash(token)))
    if row is None or row.station != station.station or row.ended is not None:
        raise NotSignedIn
    operator = turn.find(OperatorRow, row.operator_id, "operator")
    if not operator.active or turn.estate.limits.is_over(row.made, row.last_seen, turn.now):
        raise NotSignedIn
    return Caller(
        station=station.station,
        kind=station.kind,
        operator=operator.name,
        roles=roles_of(operator),
        leave=_leave(turn, row, leave_id),
    )


def _leave(turn: Turn, session: SessionRow, leave_id: str) -> Leave | None:
    """The leave of this very session, while it lasts; anything else is none."""
    row = turn.session.get(LeaveRow, leave_id) if leave_id else None
    if row is None or row.session_id != session.id or turn.now >= row.ends:
        return None
    person = turn.find(OperatorRow, row.operator_id, "operator")
    if not person.active:
        return None
    return Leave(leave_id=row.id, action=Action(row.action), name=person.name)


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


def is_due(turn: Turn, token: str) -> bool:
    """True when it should be kept that this session is alive."""
    seen = turn.session.scalar(
        select(SessionRow.last_seen).where(SessionRow.token_hash == token_hash(token))
    )
    return seen is not None and turn.now - seen >= _SEEN_EVERY


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
