"""Keeping log-ins: what an administrator may give to whom, and ending a wait (IC-14)."""

from collections.abc import Iterator
from itertools import product

import pytest
from pydantic import SecretStr

from cardserver.domain.errors import RuleViolation
from cardserver.domain.offices import check_offices
from cardserver.domain.permits import Action, Role, role_permits
from cardserver.domain.signin import DEMO_PASSWORD
from cardserver.domain.station import StationKind
from cardserver.services import operators, passwords, signingin
from cardserver.services.errors import Conflict
from cardserver.services.setup import SETUP
from cardserver.services.turn import Caller, Estate
from cardserver.wire_operators import (
    ActiveRequest,
    NewOperator,
    OperatorView,
    PasswordRequest,
    RolesRequest,
    SessionView,
    SignInRequest,
    UnlockRequest,
)
from tests.databases.frontdesk import FrontDesk, new_id
from tests.databases.people_at_work import on_file

ADMINISTRATOR = Caller(
    station="desk-1",
    kind=StationKind.DESK,
    operator="系统管理员",
    roles=frozenset({Role.ADMINISTRATOR}),
)
AT_DESK_2 = Caller(station="desk-2", kind=StationKind.DESK)


@pytest.fixture(autouse=True)
def light_hashing(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The same argon2id with less work in it."""
    monkeypatch.setattr(passwords, "_HASHER", passwords._DEMO_HASHER)
    passwords._nobodys.cache_clear()
    yield
    passwords._nobodys.cache_clear()


@pytest.fixture
def estate(desk: FrontDesk) -> Estate:
    on_file(desk.estate, "系统管理员", (Role.ADMINISTRATOR,))
    return desk.estate


def give(estate: Estate, number: int, *roles: Role) -> OperatorView:
    request = RolesRequest(request_id=new_id(), roles=roles)
    return operators.set_roles(estate, ADMINISTRATOR, number, request)


def sign_in(estate: Estate, name: str, password: str) -> SessionView:
    request = SignInRequest(name=name, password=SecretStr(password))
    return signingin.sign_in(estate, AT_DESK_2, request)


def seen(estate: Estate, name: str) -> OperatorView:
    everybody = operators.everybody(estate, SETUP).operators
    return next(each for each in everybody if each.name == name)


def lock_out(estate: Estate, name: str) -> None:
    for _ in range(3):
        with pytest.raises(RuleViolation):
            sign_in(estate, name, "not this one")
    assert seen(estate, name).waits


def test_no_administrator_and_no_department_head_operates_staff_cards_as_well_ic_14() -> None:
    for one, other in product(Role, Role):
        pair = {one, other}
        both = role_permits(pair, Action.OPERATE_STAFF_CARD) and bool(
            pair & {Role.ADMINISTRATOR, Role.DEPARTMENT_HEAD}
        )
        if both:
            with pytest.raises(RuleViolation) as refused:
                check_offices(pair)
            assert (refused.value.reason, refused.value.rule) == ("offices-apart", "IC-14")
        else:
            check_offices(pair)


def test_such_offices_are_given_to_nobody_new_or_known_ic_14(estate: Estate) -> None:
    pair = (Role.ADMINISTRATOR, Role.FRONT_DESK_HEAD)
    new = NewOperator(
        request_id=new_id(), name="两职", roles=pair, password=SecretStr("three white herons")
    )
    with pytest.raises(RuleViolation):
        operators.add(estate, ADMINISTRATOR, new)
    number = on_file(estate, "张晓", (Role.AGENT,))
    with pytest.raises(RuleViolation):
        give(estate, number, *pair)
    assert {each.name for each in operators.everybody(estate, SETUP).operators} == {
        "系统管理员",
        "张晓",
    }
    assert seen(estate, "张晓").roles == (Role.AGENT,)


def test_an_administrator_gives_no_office_to_himself_ic_14(estate: Estate) -> None:
    me = on_file(estate, "系统管理员", (Role.ADMINISTRATOR,))
    on_file(estate, "另一位管理员", (Role.ADMINISTRATOR,))
    with pytest.raises(RuleViolation) as refused:
        give(estate, me, Role.FRONT_DESK_HEAD)
    assert refused.value.reason == "own-offices"
    gone = ActiveRequest(request_id=new_id(), active=False)
    with pytest.raises(RuleViolation):
        operators.set_active(estate, ADMINISTRATOR, me, gone)
    assert seen(estate, "系统管理员").roles == (Role.ADMINISTRATOR,)
    assert seen(estate, "系统管理员").active


def test_the_last_administrator_is_neither_let_go_nor_given_other_offices(estate: Estate) -> None:
    me = on_file(estate, "系统管理员", (Role.ADMINISTRATOR,))
    with pytest.raises(Conflict) as refused:
        give(estate, me, Role.GUARD)
    assert refused.value.reason == "last-keeper"
    gone = ActiveRequest(request_id=new_id(), active=False)
    with pytest.raises(Conflict):
        operators.set_active(estate, SETUP, me, gone)


def test_a_person_who_waits_is_let_in_again_and_the_station_is_not(estate: Estate) -> None:
    number = on_file(estate, "张晓", (Role.AGENT,))
    lock_out(estate, "张晓")
    with pytest.raises(RuleViolation) as refused:
        sign_in(estate, "张晓", DEMO_PASSWORD)
    assert refused.value.reason == "sign-in-waits"
    request = UnlockRequest(request_id=new_id())
    for _ in range(2):
        assert not operators.unlock(estate, AT_DESK_2, number, request).waits
    assert sign_in(estate, "张晓", DEMO_PASSWORD).name == "张晓"


def test_ending_a_wait_does_not_forgive_the_station_its_wrong_tries(estate: Estate) -> None:
    numbers = {name: on_file(estate, name, (Role.AGENT,)) for name in ("甲", "乙", "丙", "丁")}
    for name in ("甲", "乙", "丙"):
        lock_out(estate, name)
        request = UnlockRequest(request_id=new_id())
        operators.unlock(estate, AT_DESK_2, numbers[name], request)
    with pytest.raises(RuleViolation):
        sign_in(estate, "丁", "not this one")
    with pytest.raises(RuleViolation) as refused:
        sign_in(estate, "丁", DEMO_PASSWORD)
    assert refused.value.reason == "sign-in-waits"


def test_a_new_password_ends_the_wait_too(estate: Estate) -> None:
    number = on_file(estate, "张晓", (Role.AGENT,))
    lock_out(estate, "张晓")
    change = PasswordRequest(password=SecretStr("three white herons"))
    assert not operators.set_password(estate, ADMINISTRATOR, number, change).waits
    assert sign_in(estate, "张晓", "three white herons").name == "张晓"
