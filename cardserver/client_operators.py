"""Calls about the people at the desk: sign in and out, step up, and keep their log-ins."""

from collections.abc import Collection
from uuid import uuid4

from pydantic import SecretStr

from cardserver.clientbase import Calls
from cardserver.domain.permits import Action, Role
from cardserver.wire_operators import (
    ActiveRequest,
    EndRequest,
    HeadNotice,
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


class OperatorsCalls(Calls):
    """Who works here."""

    def names(self, action: Action | None = None) -> list[str]:
        """Names to sign in under, or of those who may give leave for an action."""
        params = {} if action is None else {"action": str(action)}
        return list(self._get("/api/operators", OperatorNames, params).names)

    def sign_in(self, name: str, password: str) -> SessionView:
        """A session; refused with ``sign-in-wrong`` and ``sign-in-waits``.

        From here on every call on this line is made in its operator's name.
        """
        body = SignInRequest(name=name, password=SecretStr(password))
        session = self._post("/api/sessions", body, SessionView)
        self.credentials.session = session.token
        self.credentials.leaves.clear()
        return session

    def sign_out(self) -> None:
        """End the session."""
        self._post("/api/sessions/end", EndRequest(), EndRequest)
        self.credentials.session = ""
        self.credentials.leaves.clear()

    def step_up(self, name: str, password: str, action: Action) -> LeaveView:
        """A second person's leave, beside those given before for other actions.

        Also refused with ``not-theirs`` and ``same-person``.
        """
        body = LeaveRequest(
            leave_id=str(uuid4()), name=name, password=SecretStr(password), action=action
        )
        leave = self._post("/api/leaves", body, LeaveView)
        self.credentials.leaves.pop(action, None)  # the latest comes last
        self.credentials.leaves[action] = leave.leave_id
        return leave

    # --- keeping log-ins

    def everybody(self) -> list[OperatorView]:
        """All people with a log-in."""
        return list(self._get("/api/operators/all", OperatorList).operators)

    def add(
        self,
        name: str,
        roles: Collection[Role],
        password: str,
        holder_id: int | None = None,
        request_id: str | None = None,
    ) -> OperatorView:
        """A new person; refused e.g. with ``name-taken``, ``password-common``."""
        body = NewOperator(
            request_id=request_id or str(uuid4()),
            name=name,
            roles=tuple(roles),
            password=SecretStr(password),
            holder_id=holder_id,
        )
        return self._post("/api/operators", body, OperatorView)

    def set_roles(self, operator_id: int, roles: Collection[Role]) -> OperatorView:
        """Other offices; refused with ``last-keeper``."""
        body = RolesRequest(request_id=str(uuid4()), roles=tuple(roles))
        return self._post(f"/api/operators/{operator_id}/roles", body, OperatorView)

    def set_password(self, operator_id: int, password: str) -> OperatorView:
        """A new password."""
        body = PasswordRequest(password=SecretStr(password))
        return self._post(f"/api/operators/{operator_id}/password", body, OperatorView)

    def set_active(self, operator_id: int, *, active: bool) -> OperatorView:
        """Let a person go, or back in; refused with ``last-keeper``."""
        body = ActiveRequest(request_id=str(uuid4()), active=active)
        return self._post(f"/api/operators/{operator_id}/active", body, OperatorView)

    def unlock(self, operator_id: int, request_id: str | None = None) -> OperatorView:
        """A person made to wait after wrong passwords waits no longer."""
        body = UnlockRequest(request_id=request_id or str(uuid4()))
        return self._post(f"/api/operators/{operator_id}/unlock", body, OperatorView)

    # --- what heads are told

    def notices(self) -> list[HeadNotice]:
        """Staff cards blocked by others that this head has not seen (IC-14a)."""
        return list(self._get("/api/notices", HeadNotices).notices)

    def see_notice(self, notice_id: int) -> list[HeadNotice]:
        """This head has seen a notice; what is left."""
        body = SeenRequest(request_id=str(uuid4()))
        return list(self._post(f"/api/notices/{notice_id}/seen", body, HeadNotices).notices)
