"""What desks and server say to each other about the people who work there."""

from typing import Annotated

from pydantic import Field, SecretStr, StringConstraints, field_serializer

from cardserver.domain.permits import Action, Role
from cardserver.domain.signin import LONGEST
from cardserver.wirebase import Instant, Number, RowId, Uuid, Wire, Word

Roles = Annotated[tuple[Role, ...], Field(max_length=len(Role))]
Password = Annotated[SecretStr, Field(max_length=LONGEST)]
"""Never shown by `repr`, so that it can't get into a log."""

SessionToken = Annotated[str, StringConstraints(min_length=1, max_length=100)]


class _WithPassword(Wire):
    password: Password

    @field_serializer("password", when_used="json")
    def _open(self, password: SecretStr) -> str:
        return password.get_secret_value()


class SignInRequest(_WithPassword):
    """Somebody signs in at the station that asks."""

    name: Word


class LeaveRequest(_WithPassword):
    """A second person gives leave for one action, for the session that asks (step-up)."""

    leave_id: Uuid
    name: Word
    action: Action


class EndRequest(Wire):
    """The session that asks ends."""


class NewOperator(_WithPassword):
    """A person who gets an own log-in."""

    request_id: Uuid
    name: Word
    roles: Roles
    holder_id: RowId | None = None


class RolesRequest(Wire):
    """The offices a person holds from now on."""

    request_id: Uuid
    roles: Roles


class PasswordRequest(_WithPassword):
    """A new password; sessions under the old one end."""


class ActiveRequest(Wire):
    """Whether a person may sign in at all."""

    request_id: Uuid
    active: bool


class UnlockRequest(Wire):
    """A person made to wait after wrong passwords waits no longer."""

    request_id: Uuid


class SeenRequest(Wire):
    """A head has seen a notice."""

    request_id: Uuid


class SessionView(Wire):
    """Who is signed in. `token` goes with every further call; it is shown this once."""

    token: SessionToken
    name: str
    roles: Roles
    ends: Instant


class LeaveView(Wire):
    """Who gave leave for what, and until when."""

    leave_id: Uuid
    name: str
    action: Action
    ends: Instant


class OperatorNames(Wire):
    """Names to choose from at a desk."""

    names: tuple[str, ...]


class OperatorView(Wire):
    """A person with an own log-in. `waits` after wrong passwords, until that time is over."""

    operator_id: RowId
    name: str
    roles: Roles
    active: bool
    holder_id: RowId | None = None
    last_seen: Instant | None = None
    waits: bool = False


class OperatorList(Wire):
    """Everybody with a log-in, by name."""

    operators: tuple[OperatorView, ...]


class HeadNotice(Wire):
    """A staff card was blocked; `operator` did it at `station`."""

    notice_id: RowId
    at: Instant
    station: str
    operator: str
    card_number: Number
    holder_name: str
    reason: str


class HeadNotices(Wire):
    """What the head who asks has not seen yet, oldest first."""

    notices: tuple[HeadNotice, ...]
