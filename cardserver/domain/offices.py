"""Which offices one person may hold together."""

from collections.abc import Collection
from typing import Final

from cardserver.domain.errors import RuleViolation
from cardserver.domain.permits import Action, Role, role_permits

KEPT_APART: Final = frozenset({Role.DEPARTMENT_HEAD, Role.ADMINISTRATOR})
"""IC-14 names them as those who are refused staff cards."""


def check_offices(roles: Collection[Role]) -> None:
    """Raise RuleViolation ``offices-apart`` where one office would undo what another is refused.

    Whoever keeps the log-ins, or heads the department, is no head who operates staff cards (IC-14).
    """
    if KEPT_APART & set(roles) and role_permits(roles, Action.OPERATE_STAFF_CARD):
        raise RuleViolation("offices-apart", rule="IC-14")
