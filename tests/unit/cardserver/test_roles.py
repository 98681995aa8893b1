"""IC-14 and section 0.1: who may do what, cell by cell against a table written by hand."""

import pytest
from click.testing import CliRunner

from cardserver.cli_operators import roles as roles_command
from cardserver.domain.permits import ROLE_PERMITS, Action, Role, role_permits

A, CR, FH, CH, SE, SH, DH, CE, CA, FI, GU, TE, AD = Role
AGENTS = {A, CR, FH, CH}
HEADS = {FH, CH}
NOBODY: set[Role] = set()

# By hand, from the requirements: an action, and the offices that carry it.
TABLE = {
    "find-holders": AGENTS | {SE, SH, DH, CA},
    "edit-holders": AGENTS,
    "unmask": AGENTS,
    "read-card": AGENTS | {DH},
    "read-keys": AGENTS,
    "verify": AGENTS,
    "store-image": AGENTS,
    "see-image": HEADS,
    "purge-image": HEADS,
    "operate": AGENTS,
    "operate-staff-card": HEADS,
    "abandon": AGENTS,
    "list-operations": AGENTS,
    "block": AGENTS,
    "appraise": HEADS,
    "check-merchant": {SH},
    "approve-merchant": {DH},
    "apply-staff-card": {SE},
    "approve-staff-card": {DH},
    "edit-tariff": HEADS | {AD},
    "edit-agreements": AGENTS,
    "waive": HEADS,
    "read-register": AGENTS | {DH, CE, CA},
    "sign-register": AGENTS,
    "review-quarter": {FH},
    "see-review": {DH},
    "reports": AGENTS | {DH, CE, CA, FI, AD},
    "sell": AGENTS,
    "refund": AGENTS,
    "print": AGENTS,
    "work-shift": AGENTS,
    "close-any-shift": HEADS,
    "spot-check": {CA},
    "draw-book": AGENTS,
    "hand-out-book": {CA},
    "void-paper": AGENTS,
    "void-given-paper": HEADS,
    "hand-out-invoice": AGENTS,
    "free-amount": {CA},
    "report-counterfeit": {CA},
    "approve-payout": {CE},
    "settle-suspense": {CA},
    "reconcile": {CA, FI},
    "sign-in": NOBODY,
    "manage-operators": {AD},
    "service": {TE, CA},
    "see-gates": AGENTS | {DH, CE, GU, TE},
    "trace-card": HEADS | {DH, CE},
    "gate-reports": HEADS | {DH, CE},
    "open-gates": {GU, TE},
    "read-gate-rules": HEADS | {CE, AD},
    "set-gate-rules": {AD},
    "snapshot": NOBODY,
    "taps": NOBODY,
}


def test_the_table_by_hand_names_every_action() -> None:
    assert set(TABLE) == {str(action) for action in Action}


@pytest.mark.parametrize("action", Action)
def test_each_role_has_exactly_its_rights_ic_14(action: Action) -> None:
    assert {role for role in Role if role_permits({role}, action)} == TABLE[action]


def test_no_other_office_operates_staff_cards_ic_14() -> None:
    others = set(Role) - HEADS
    assert not role_permits(others, Action.OPERATE_STAFF_CARD)
    assert {DH, AD} <= others


def test_an_administrator_touches_no_card() -> None:
    assert ROLE_PERMITS[AD] & {Action.OPERATE, Action.BLOCK, Action.READ_CARD} == set()


def test_yika_roles_prints_every_cell() -> None:
    lines = CliRunner().invoke(roles_command, []).output.splitlines()
    names = [line.split()[1] for line in lines[: len(Role)]]
    assert names == [str(role) for role in Role]
    printed = {line.split()[0]: line.split()[1:] for line in lines[len(Role) + 2 :]}
    assert printed == {
        action: ["x" if role in allowed else "." for role in Role]
        for action, allowed in TABLE.items()
    }
