"""Signing in, signing out, and stepping up: each under a person's own name and password.

A try is looked at alone (`_ONE_AT_A_TIME`), so that many at once can't slip past the waiting time,
and it is on record whatever came of it.
"""

import secrets
import threading
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, and_, select

from cardserver.db.tables_operators import LeaveRow, OperatorRow, SessionRow, SignInAttemptRow
from cardserver.domain.errors import RuleViolation
from cardserver.domain.permits import Action, Role, role_permits
from cardserver.domain.signin import (
    DEMO_PASSWORD,
    LEAVE_LASTS,
    NO_STEP_UP,
    REMEMBERED,
    STATION_FREE_TRIES,
    TryOutcome,
    wait_until,
)
from cardserver.services import passwords
from cardserver.services.errors import Conflict, NotPermitted, NotSignedIn
from cardserver.services.sessions import roles_of, session_of, token_hash
from cardserver.services.turn import Caller, Estate, Turn, reading, writing
from cardserver.wire_operators import LeaveRequest, LeaveView, SessionView, SignInRequest

SIGN_IN: Final = "sign-in"
_REMEMBERED_TRIES: Final = 64
_BEGINS_ANEW: Final = frozenset({TryOutcome.ACCEPTED, TryOutcome.CLEARED})
_ONE_AT_A_TIME: Final = threading.Lock()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Try:
    name: str
    password: str
    purpose: str


def sign_in(estate: Estate, caller: Caller, request: SignInRequest) -> SessionView:
    """A session for the person whose name and password these are, at the station that asks.

    Another's session running there ends: one desk has one operator. One's own goes on until it
    runs out, so that what is being written while the screen is unlocked is not cut off.
    Raises RuleViolation ``sign-in-wrong`` or ``sign-in-waits``.
    """
    secret = request.password.get_secret_value()
    with _ONE_AT_A_TIME:
        outcome = _try(estate, caller, _Try(name=request.name, password=secret, purpose=SIGN_IN))
    _check(outcome)
    return open_session(estate, caller, request.name)


def open_session(estate: Estate, caller: Caller, name: str) -> SessionView:
    """A session without asking for the password: what a seed of a demo or of tests starts with."""
    token = secrets.token_urlsafe(32)
    with writing(estate, caller) as turn:
        row = _known(turn, name)
        end_sessions(turn, by=name, station=caller.station, but=row.id)
        turn.add(
            SessionRow(
                token_hash=token_hash(token),
                operator_id=row.id,
                station=caller.station,
                made=turn.now,
                last_seen=turn.now,
                ended=None,
                ended_by="",
            )
        )
        turn.note("sign-in", row.name)
        roles = roles_of(row)
        ends = turn.now + estate.limits.whole
    return SessionView(token=token, name=name, roles=_in_order(roles), ends=ends)


def sign_out(estate: Estate, caller: Caller) -> None:
    """End the caller's session. One that has ended already stays so."""
    with writing(estate, caller) as turn:
        end_sessions(turn, by=caller.operator, station=caller.station)


def step_up(estate: Estate, caller: Caller, request: LeaveRequest) -> LeaveView:
    """A second person gives leave for one action, with an own name and password (IC-14a).

    Raises RuleViolation ``sign-in-wrong``, ``sign-in-waits``, ``same-person``, ``not-theirs``;
    Conflict ``id-reused``; NotSignedIn; NotPermitted for what nobody lends.
    """
    if not caller.operator:
        raise NotSignedIn
    if request.action in NO_STEP_UP:
        raise NotPermitted(request.action)
    if request.name == caller.operator:
        raise RuleViolation("same-person", rule="IC-14a")
    secret = request.password.get_secret_value()
    tried = _Try(name=request.name, password=secret, purpose=request.action)
    with _ONE_AT_A_TIME:
        outcome = _try(estate, caller, tried)
    _check(outcome)
    with writing(estate, caller) as turn:
        row = _known(turn, request.name)
        if not role_permits(roles_of(row), request.action):
            raise RuleViolation("not-theirs", rule="IC-14")
        return _leave(turn, row, request)


def _leave(turn: Turn, row: OperatorRow, request: LeaveRequest) -> LeaveView:
    session = session_of(turn, turn.caller)
    leave = turn.session.get(LeaveRow, request.leave_id)
    if leave is None:
        leave = turn.add(
            LeaveRow(
                id=request.leave_id,
                action=request.action,
                operator_id=row.id,
                session_id=session.id,
                station=turn.caller.station,
                at=turn.now,
                ends=turn.now + LEAVE_LASTS,
            )
        )
        turn.note("step-up", row.name, request.action)
    asked = (row.id, request.action, session.id)
    if (leave.operator_id, leave.action, leave.session_id) != asked:
        raise Conflict("id-reused", f"{leave.id} is another leave")
    return LeaveView(leave_id=leave.id, name=row.name, action=Action(leave.action), ends=leave.ends)


def end_sessions(
    turn: Turn,
    *,
    by: str,
    station: str | None = None,
    operator_id: int | None = None,
    but: int | None = None,
) -> None:
    """End the sessions of a station or of a person, `but` one's; `by` is who ends them."""
    running = select(SessionRow).where(SessionRow.ended.is_(None))
    if station is not None:
        running = running.where(SessionRow.station == station)
    if operator_id is not None:
        running = running.where(SessionRow.operator_id == operator_id)
    if but is not None:
        running = running.where(SessionRow.operator_id != but)
    for row in turn.session.scalars(running):
        row.ended, row.ended_by = turn.now, by
        turn.note("sign-out", turn.find(OperatorRow, row.operator_id, "operator").name)


# --- tries ---------------------------------------------------------------------------------------


def _try(estate: Estate, caller: Caller, tried: _Try) -> TryOutcome:
    """Look at one try and put it on record. The slow part holds no transaction open."""
    with reading(estate, caller) as turn:
        row = turn.session.scalar(select(OperatorRow).where(OperatorRow.name == tried.name))
        kept = row.password_hash if row is not None and row.active else None
        waiting = waits(turn, tried.name) or _station_waits(turn)
    if waiting:
        outcome = TryOutcome.WAITING
    elif not passwords.fits(kept, tried.password) or not _may_be_used(estate, tried.password):
        outcome = TryOutcome.WRONG
    else:
        outcome = TryOutcome.ACCEPTED
    with writing(estate, caller) as turn:
        turn.add(
            SignInAttemptRow(
                at=turn.now,
                station=caller.station,
                name=tried.name,
                purpose=tried.purpose,
                outcome=outcome,
            )
        )
        if outcome is TryOutcome.ACCEPTED and kept is not None and _should_rehash(estate, kept):
            _known(turn, tried.name).password_hash = passwords.hashed(tried.password)
        if outcome is not TryOutcome.ACCEPTED:
            turn.note(f"{tried.purpose}-refused", tried.name, outcome)
    return outcome


def _may_be_used(estate: Estate, password: str) -> bool:
    """The published password opens the demo and nothing else, as its keys do."""
    return estate.vault.demo or password != DEMO_PASSWORD


def _should_rehash(estate: Estate, kept: str) -> bool:
    return not estate.vault.demo and passwords.is_old(kept)


def waits(turn: Turn, name: str) -> bool:
    """True while this name is made to wait, at whatever station."""
    until = wait_until(_wrong(turn, SignInAttemptRow.name == name))
    return until is not None and turn.now < until


def clear_waiting(turn: Turn, name: str) -> None:
    """The wrong tries with this name count no longer; those of a station do."""
    turn.add(
        SignInAttemptRow(
            at=turn.now,
            station=turn.caller.station,
            name=name,
            purpose=SIGN_IN,
            outcome=TryOutcome.CLEARED,
        )
    )


def _station_waits(turn: Turn) -> bool:
    tries = SignInAttemptRow
    here = and_(tries.station == turn.caller.station, tries.outcome != TryOutcome.CLEARED)
    until = wait_until(_wrong(turn, here), STATION_FREE_TRIES)
    return until is not None and turn.now < until


def _wrong(turn: Turn, condition: ColumnElement[bool]) -> list[datetime]:
    """Instants of the wrong tries since the last right one, oldest first."""
    rows = turn.session.execute(
        select(SignInAttemptRow.at, SignInAttemptRow.outcome)
        .where(condition)
        .where(SignInAttemptRow.at > turn.now - REMEMBERED)
        .where(SignInAttemptRow.outcome != TryOutcome.WAITING)
        .order_by(SignInAttemptRow.id.desc())
        .limit(_REMEMBERED_TRIES)
    )
    found: list[datetime] = []
    for at, outcome in rows:
        if outcome in _BEGINS_ANEW:
            break
        found.insert(0, at)
    return found


def _check(outcome: TryOutcome) -> None:
    if outcome is TryOutcome.WAITING:
        raise RuleViolation("sign-in-waits", rule="IC-14a")
    if outcome is TryOutcome.WRONG:
        raise RuleViolation("sign-in-wrong", rule="IC-14a")


def _known(turn: Turn, name: str) -> OperatorRow:
    row = turn.session.scalar(select(OperatorRow).where(OperatorRow.name == name))
    if row is None or not row.active:
        raise RuleViolation("sign-in-wrong", rule="IC-14a")
    return row


def _in_order(roles: frozenset[Role]) -> tuple[Role, ...]:
    return tuple(role for role in Role if role in roles)
