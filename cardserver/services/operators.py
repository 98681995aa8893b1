"""Keeping the people who may sign in: put on file, given offices and passwords, let go.

Nobody is ever deleted, and no name is used twice: it stands beside what that person did.
"""

from collections.abc import Collection

from pydantic import SecretStr
from sqlalchemy import func, select

from cardserver.db.tables import HolderRow
from cardserver.db.tables_operators import OperatorRow, SessionRow
from cardserver.domain.errors import RuleViolation
from cardserver.domain.offices import check_offices
from cardserver.domain.permits import Action, Role, role_permits
from cardserver.domain.signin import check_password
from cardserver.services.errors import Conflict
from cardserver.services.passwords import hashed
from cardserver.services.replay import repeated
from cardserver.services.sessions import roles_of
from cardserver.services.signingin import clear_waiting, end_sessions, waits
from cardserver.services.turn import Caller, Estate, Turn, reading, writing
from cardserver.wire_operators import (
    ActiveRequest,
    NewOperator,
    OperatorList,
    OperatorNames,
    OperatorView,
    PasswordRequest,
    RolesRequest,
    UnlockRequest,
)

_NO_PASSWORD = SecretStr("")


def names(estate: Estate, caller: Caller, action: Action | None = None) -> OperatorNames:
    """Names to choose from at a desk: everybody active, or those whose office carries an action."""
    with reading(estate, caller) as turn:
        rows = turn.session.scalars(
            select(OperatorRow).where(OperatorRow.active).order_by(OperatorRow.id)
        )
        return OperatorNames(
            names=tuple(
                row.name
                for row in rows
                if action is None
                or (role_permits(roles_of(row), action) and row.name != caller.operator)
            )
        )


def everybody(estate: Estate, caller: Caller) -> OperatorList:
    """All people with a log-in, those let go too."""
    with reading(estate, caller) as turn:
        rows = turn.session.scalars(select(OperatorRow).order_by(OperatorRow.id))
        return OperatorList(operators=tuple(_view(turn, row) for row in rows))


def add(estate: Estate, caller: Caller, request: NewOperator) -> OperatorView:
    """A new person.

    Raises RuleViolation for a poor password and ``offices-apart``, Conflict ``name-taken``,
    NotFound.
    """
    password = request.password.get_secret_value()
    check_password(password, request.name)
    check_offices(request.roles)
    kept = hashed(password)  # slow: not while the store is held
    with writing(estate, caller) as turn:
        if not repeated(turn, request.request_id, "add-operator", _without_password(request)):
            put(turn, request.name, request.roles, kept, holder_id=request.holder_id)
        return _view(turn, _by_name(turn, request.name))


def put(
    turn: Turn, name: str, roles: Collection[Role], kept: str, *, holder_id: int | None = None
) -> OperatorRow:
    """Put a person on file, the password already hashed."""
    if turn.session.scalar(select(OperatorRow.id).where(OperatorRow.name == name)) is not None:
        raise Conflict("name-taken", f"{name} has a log-in already")
    if holder_id is not None:
        turn.find(HolderRow, holder_id, "holder")
    row = turn.add(
        OperatorRow(
            name=name, holder_id=holder_id, password_hash=kept, active=True, roles=_words(roles)
        )
    )
    turn.note("add-operator", name, " ".join(row.roles))
    return row


def set_roles(
    estate: Estate, caller: Caller, operator_id: int, request: RolesRequest
) -> OperatorView:
    """Other offices; they count from the person's next call on. Nobody gives them to oneself.

    Raises RuleViolation ``own-offices``, ``offices-apart``; Conflict ``last-keeper``; NotFound.
    """
    check_offices(request.roles)
    with writing(estate, caller) as turn:
        row = turn.find(OperatorRow, operator_id, "operator")
        if not repeated(turn, request.request_id, "set-roles", request, about=operator_id):
            row.roles = _words(request.roles)
            turn.session.flush()
            _check_somebody_keeps(turn)
            _check_another(row, caller)
            turn.note("set-roles", row.name, " ".join(row.roles))
        return _view(turn, row)


def set_password(
    estate: Estate, caller: Caller, operator_id: int, request: PasswordRequest
) -> OperatorView:
    """A new password; whoever is signed in under the old one is signed out."""
    password = request.password.get_secret_value()
    with reading(estate, caller) as turn:
        name = turn.find(OperatorRow, operator_id, "operator").name
    check_password(password, name)
    kept = hashed(password)
    with writing(estate, caller) as turn:
        row = turn.find(OperatorRow, operator_id, "operator")
        row.password_hash = kept
        end_sessions(turn, by=caller.operator or caller.station, operator_id=row.id)
        clear_waiting(turn, row.name)
        turn.note("set-password", row.name)
        return _view(turn, row)


def set_active(
    estate: Estate, caller: Caller, operator_id: int, request: ActiveRequest
) -> OperatorView:
    """Let another person go, or back in.

    Raises RuleViolation ``own-offices``, Conflict ``last-keeper``, NotFound.
    """
    with writing(estate, caller) as turn:
        row = turn.find(OperatorRow, operator_id, "operator")
        if not repeated(turn, request.request_id, "set-active", request, about=operator_id):
            row.active = request.active
            turn.session.flush()
            _check_somebody_keeps(turn)
            _check_another(row, caller)
            if not row.active:
                end_sessions(turn, by=caller.operator or caller.station, operator_id=row.id)
            turn.note("enable-operator" if row.active else "disable-operator", row.name)
        return _view(turn, row)


def unlock(
    estate: Estate, caller: Caller, operator_id: int, request: UnlockRequest
) -> OperatorView:
    """A person made to wait after wrong passwords waits no longer. Raises NotFound."""
    with writing(estate, caller) as turn:
        row = turn.find(OperatorRow, operator_id, "operator")
        if not repeated(turn, request.request_id, "unlock", request, about=operator_id):
            clear_waiting(turn, row.name)
            turn.note("unlock", row.name)
        return _view(turn, row)


def _check_another(row: OperatorRow, caller: Caller) -> None:
    """What one may do, and whether one may come in at all, is somebody else's to say (IC-14)."""
    if row.name == caller.operator:
        raise RuleViolation("own-offices", rule="IC-14")


def _without_password(request: NewOperator) -> NewOperator:
    """What is remembered of a call is a quick hash of it: a password has no place there."""
    return request.model_copy(update={"password": _NO_PASSWORD})


def _check_somebody_keeps(turn: Turn) -> None:
    """The last person who may keep accounts can't lock the house from inside."""
    rows = turn.session.scalars(select(OperatorRow).where(OperatorRow.active))
    if not any(role_permits(roles_of(row), Action.MANAGE_OPERATORS) for row in rows):
        raise Conflict("last-keeper", "somebody must be left who keeps the log-ins")


def _by_name(turn: Turn, name: str) -> OperatorRow:
    return turn.session.scalars(select(OperatorRow).where(OperatorRow.name == name)).one()


def _words(roles: Collection[Role]) -> list[str]:
    return [str(role) for role in Role if role in roles]


def _view(turn: Turn, row: OperatorRow) -> OperatorView:
    roles = roles_of(row)
    last = select(func.max(SessionRow.last_seen)).where(SessionRow.operator_id == row.id)
    return OperatorView(
        operator_id=row.id,
        name=row.name,
        roles=tuple(role for role in Role if role in roles),
        active=row.active,
        holder_id=row.holder_id,
        last_seen=turn.session.scalar(last),
        waits=waits(turn, row.name),
    )
