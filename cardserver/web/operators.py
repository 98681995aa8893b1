"""Sessions, leave by a second person, and the people who may sign in."""

from apiflask import APIBlueprint

from cardserver.domain.permits import Action
from cardserver.services import operators, signingin, staffcards
from cardserver.web.auth import caller, estate, permit
from cardserver.web.params import ActionQuery, row
from cardserver.wire_operators import (
    ActiveRequest,
    EndRequest,
    HeadNotices,
    LeaveRequest,
    LeaveView,
    NewOperator,
    OperatorList,
    OperatorNames,
    OperatorView,
    PasswordRequest,
    RolesRequest,
    SeenRequest,
    SessionView,
    SignInRequest,
    UnlockRequest,
)

api = APIBlueprint("operators", __name__, tag="Operators")
_OPERATOR = f"/operators/{row('operator_id')}"


@api.post("/sessions")
@permit(Action.SIGN_IN)
@api.input(SignInRequest)
@api.output(SessionView)
def sign_in(json_data: SignInRequest) -> SessionView:
    """Sign in at this desk; whoever was signed in here is signed out."""
    return signingin.sign_in(estate(), caller(), json_data)


@api.post("/sessions/end")
@permit(Action.SIGN_IN)
@api.input(EndRequest)
@api.output(EndRequest)
def sign_out(json_data: EndRequest) -> EndRequest:
    """Sign out at this desk."""
    signingin.sign_out(estate(), caller())
    return json_data


@api.post("/leaves")
@permit(Action.SIGN_IN)
@api.input(LeaveRequest)
@api.output(LeaveView)
def step_up(json_data: LeaveRequest) -> LeaveView:
    """Give leave for one action, as a second person with an own credential."""
    return signingin.step_up(estate(), caller(), json_data)


@api.get("/operators")
@permit(Action.SIGN_IN)
@api.input(ActionQuery, location="query")
@api.output(OperatorNames)
def names(query_data: ActionQuery) -> OperatorNames:
    """Name those who may sign in, or give leave for an action."""
    return operators.names(estate(), caller(), query_data.action)


@api.get("/operators/all")
@permit(Action.MANAGE_OPERATORS)
@api.output(OperatorList)
def everybody() -> OperatorList:
    """Show everybody with a log-in."""
    return operators.everybody(estate(), caller())


@api.post("/operators")
@permit(Action.MANAGE_OPERATORS)
@api.input(NewOperator)
@api.output(OperatorView)
def add(json_data: NewOperator) -> OperatorView:
    """Put a person on file."""
    return operators.add(estate(), caller(), json_data)


@api.post(f"{_OPERATOR}/roles")
@permit(Action.MANAGE_OPERATORS)
@api.input(RolesRequest)
@api.output(OperatorView)
def roles(operator_id: int, json_data: RolesRequest) -> OperatorView:
    """Give a person other offices."""
    return operators.set_roles(estate(), caller(), operator_id, json_data)


@api.post(f"{_OPERATOR}/password")
@permit(Action.MANAGE_OPERATORS)
@api.input(PasswordRequest)
@api.output(OperatorView)
def password(operator_id: int, json_data: PasswordRequest) -> OperatorView:
    """Give a person a new password."""
    return operators.set_password(estate(), caller(), operator_id, json_data)


@api.post(f"{_OPERATOR}/active")
@permit(Action.MANAGE_OPERATORS)
@api.input(ActiveRequest)
@api.output(OperatorView)
def active(operator_id: int, json_data: ActiveRequest) -> OperatorView:
    """Let a person sign in, or no longer."""
    return operators.set_active(estate(), caller(), operator_id, json_data)


@api.post(f"{_OPERATOR}/unlock")
@permit(Action.MANAGE_OPERATORS)
@api.input(UnlockRequest)
@api.output(OperatorView)
def unlock(operator_id: int, json_data: UnlockRequest) -> OperatorView:
    """Let a person wait no longer after wrong passwords."""
    return operators.unlock(estate(), caller(), operator_id, json_data)


@api.get("/notices")
@permit(Action.OPERATE_STAFF_CARD)
@api.output(HeadNotices)
def notices() -> HeadNotices:
    """Show a head which staff cards were blocked by others."""
    return staffcards.notices(estate(), caller())


@api.post(f"/notices/{row('notice_id')}/seen")
@permit(Action.OPERATE_STAFF_CARD)
@api.input(SeenRequest)
@api.output(HeadNotices)
def see_notice(notice_id: int, json_data: SeenRequest) -> HeadNotices:
    """Mark a notice as seen by the head who asks."""
    return staffcards.see_notice(estate(), caller(), notice_id, json_data)
