"""Sessions, waiting, and stepping up: everybody under an own name (IC-14a)."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import pytest
from pydantic import SecretStr
from sqlalchemy import select

from cardserver.db.tables import AuditRow
from cardserver.db.tables_operators import OperatorRow, SignInAttemptRow
from cardserver.domain.errors import RuleViolation
from cardserver.domain.permits import Action, Role
from cardserver.domain.signin import DEMO_PASSWORD, LEAVE_LASTS, SessionLimits
from cardserver.domain.station import StationKind
from cardserver.services import operators, passwords, signingin, stations
from cardserver.services.errors import Conflict, NotPermitted, NotSignedIn
from cardserver.services.passwords import fits
from cardserver.services.setup import SETUP, register_station
from cardserver.services.turn import Caller, Estate, reading
from cardserver.wire_operators import (
    ActiveRequest,
    LeaveRequest,
    PasswordRequest,
    RolesRequest,
    SessionView,
    SignInRequest,
)
from tests.databases.frontdesk import FrontDesk, new_id
from tests.databases.people_at_work import on_file, signed_in

DESK = Caller(station="desk-1", kind=StationKind.DESK)
OTHER_DESK = Caller(station="desk-2", kind=StationKind.DESK)
STAFF = Action.OPERATE_STAFF_CARD


@pytest.fixture(autouse=True)
def light_hashing(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The same argon2id with less work in it: dozens of tries are made here."""
    monkeypatch.setattr(passwords, "_HASHER", passwords._DEMO_HASHER)
    passwords._nobodys.cache_clear()
    yield
    passwords._nobodys.cache_clear()


@pytest.fixture
def estate(desk: FrontDesk) -> Estate:
    """With the limits of a real house, an agent and both heads."""
    on_file(desk.estate, "张晓", (Role.AGENT,))
    on_file(desk.estate, "何静", (Role.FRONT_DESK_HEAD,))
    on_file(desk.estate, "罗敏", (Role.CUSTOMER_SERVICE_HEAD,))
    return replace(desk.estate, limits=SessionLimits())


@contextmanager
def refused(reason: str) -> Iterator[None]:
    with pytest.raises(RuleViolation) as caught:
        yield
    assert caught.value.reason == reason


def sign_in(
    estate: Estate, name: str = "张晓", password: str = DEMO_PASSWORD, at: Caller = DESK
) -> SessionView:
    return signingin.sign_in(estate, at, SignInRequest(name=name, password=SecretStr(password)))


def wrong(estate: Estate, name: str = "张晓", times: int = 1, at: Caller = DESK) -> None:
    for _ in range(times):
        with refused("sign-in-wrong"):
            sign_in(estate, name, "not this one", at)


def who(estate: Estate, station: str, session: str, leave: str = "") -> Caller:
    token = register_station(estate, station, StationKind.DESK)
    return stations.sign_on(estate, token, session, leave)


def step_up(
    estate: Estate, caller: Caller, name: str = "何静", action: Action = STAFF
) -> LeaveRequest:
    request = LeaveRequest(
        leave_id=new_id(), name=name, password=SecretStr(DEMO_PASSWORD), action=action
    )
    signingin.step_up(estate, caller, request)
    return request


# --- sessions


def test_who_signed_in_stands_behind_every_call(estate: Estate) -> None:
    session = sign_in(estate)
    caller = who(estate, "desk-1", session.token)
    assert (caller.operator, caller.roles) == ("张晓", frozenset({Role.AGENT}))


def test_a_session_is_of_one_station_alone(estate: Estate) -> None:
    session = sign_in(estate)
    with pytest.raises(NotSignedIn):
        who(estate, "desk-2", session.token)


def test_one_desk_has_one_operator(estate: Estate) -> None:
    first, second = sign_in(estate), sign_in(estate, "何静")
    with pytest.raises(NotSignedIn):
        who(estate, "desk-1", first.token)
    assert who(estate, "desk-1", second.token).operator == "何静"


def test_a_session_left_alone_runs_out(desk: FrontDesk, estate: Estate) -> None:
    session = sign_in(estate)
    for _ in range(3):
        desk.clock.forward(minutes=59)
        assert who(estate, "desk-1", session.token).operator == "张晓"
    desk.clock.forward(minutes=60)
    with pytest.raises(NotSignedIn):
        who(estate, "desk-1", session.token)


def test_a_session_ends_after_half_a_day_however_busy(desk: FrontDesk, estate: Estate) -> None:
    session = sign_in(estate)
    for _ in range(23):
        desk.clock.forward(minutes=30)
        who(estate, "desk-1", session.token)
    desk.clock.forward(minutes=30)
    with pytest.raises(NotSignedIn):
        who(estate, "desk-1", session.token)


def test_signing_out_ends_it(estate: Estate) -> None:
    session = sign_in(estate)
    signingin.sign_out(estate, who(estate, "desk-1", session.token))
    with pytest.raises(NotSignedIn):
        who(estate, "desk-1", session.token)


def test_who_is_let_go_is_signed_out_and_stays_out(estate: Estate) -> None:
    number = on_file(estate, "张晓", (Role.AGENT,))
    on_file(estate, "系统管理员", (Role.ADMINISTRATOR,))
    session = sign_in(estate)
    gone = ActiveRequest(request_id=new_id(), active=False)
    assert not operators.set_active(estate, SETUP, number, gone).active
    with pytest.raises(NotSignedIn):
        who(estate, "desk-1", session.token)
    with refused("sign-in-wrong"):
        sign_in(estate)


def test_a_new_password_ends_the_sessions_of_the_old_one(estate: Estate) -> None:
    number = on_file(estate, "张晓", (Role.AGENT,))
    session = sign_in(estate)
    change = PasswordRequest(password=SecretStr("three white herons"))
    operators.set_password(estate, SETUP, number, change)
    with pytest.raises(NotSignedIn):
        who(estate, "desk-1", session.token)
    assert sign_in(estate, password="three white herons").name == "张晓"


def test_other_roles_count_from_the_next_call_on(estate: Estate) -> None:
    number = on_file(estate, "张晓", (Role.AGENT,))
    on_file(estate, "系统管理员", (Role.ADMINISTRATOR,))
    session = sign_in(estate)
    given = RolesRequest(request_id=new_id(), roles=(Role.GUARD,))
    operators.set_roles(estate, SETUP, number, given)
    assert who(estate, "desk-1", session.token).roles == {Role.GUARD}


# --- wrong passwords


def test_three_wrong_passwords_make_the_name_wait(desk: FrontDesk, estate: Estate) -> None:
    wrong(estate, times=3)
    with refused("sign-in-waits"):
        sign_in(estate)
    with refused("sign-in-waits"):
        sign_in(estate, at=OTHER_DESK)  # the name waits wherever it is tried
    assert sign_in(estate, "何静").name == "何静"  # nobody else does
    desk.clock.forward(seconds=30)
    wrong(estate)
    desk.clock.forward(seconds=59)
    with refused("sign-in-waits"):
        sign_in(estate)
    desk.clock.forward(seconds=1)
    assert sign_in(estate).name == "张晓"
    wrong(estate, times=2)  # the count began anew
    assert sign_in(estate).name == "张晓"


def test_waiting_in_vain_makes_nobody_wait_longer(desk: FrontDesk, estate: Estate) -> None:
    wrong(estate, times=3)
    for _ in range(5):
        with refused("sign-in-waits"):
            sign_in(estate)
    desk.clock.forward(seconds=30)
    assert sign_in(estate).name == "张晓"


def test_a_station_where_many_names_are_tried_waits_whatever_the_name(estate: Estate) -> None:
    for number in range(10):
        wrong(estate, f"nobody {number}")
    with refused("sign-in-waits"):
        sign_in(estate)
    assert sign_in(estate, at=OTHER_DESK).name == "张晓"


def test_a_clock_set_back_does_not_lengthen_or_end_the_wait(
    desk: FrontDesk, estate: Estate
) -> None:
    wrong(estate, times=3)
    desk.clock.forward(days=-1)
    with refused("sign-in-waits"):
        sign_in(estate)


def test_every_try_is_on_record_with_name_station_and_outcome(estate: Estate) -> None:
    wrong(estate, "诸葛", times=1)
    sign_in(estate)
    step_up(estate, who(estate, "desk-1", sign_in(estate).token))
    with reading(estate, SETUP) as turn:
        rows = turn.session.scalars(select(SignInAttemptRow).order_by(SignInAttemptRow.id))
        kept = [(row.name, row.station, row.purpose, row.outcome) for row in rows]
    assert kept == [
        ("诸葛", "desk-1", "sign-in", "wrong"),
        ("张晓", "desk-1", "sign-in", "accepted"),
        ("张晓", "desk-1", "sign-in", "accepted"),
        ("何静", "desk-1", "operate-staff-card", "accepted"),
    ]


class RealVault:
    """Stands for a vault of real keys, of which signing in asks one thing."""

    demo = False


def test_the_published_password_opens_no_real_house(estate: Estate) -> None:
    real = replace(estate, vault=RealVault())  # type: ignore[arg-type]
    with refused("sign-in-wrong"):
        sign_in(real)


# --- stepping up


def test_a_head_lends_the_right_for_ten_minutes_ic_14(desk: FrontDesk, estate: Estate) -> None:
    session = sign_in(estate)
    leave = step_up(estate, who(estate, "desk-1", session.token))
    caller = who(estate, "desk-1", session.token, leave.leave_id)
    assert caller.authorised_by(STAFF) == "何静"
    assert caller.operator == "张晓"
    with pytest.raises(NotPermitted):
        caller.authorised_by(Action.WAIVE)  # for this one action only
    desk.clock.now += LEAVE_LASTS
    with pytest.raises(NotPermitted):
        who(estate, "desk-1", session.token, leave.leave_id).authorised_by(STAFF)


def test_leaves_for_several_actions_hold_side_by_side_each_till_its_end_ic_14(
    desk: FrontDesk, estate: Estate
) -> None:
    session = sign_in(estate)
    first = step_up(estate, who(estate, "desk-1", session.token))
    desk.clock.forward(minutes=6)
    second = step_up(estate, who(estate, "desk-1", session.token), "罗敏", Action.WAIVE)
    both = f"{first.leave_id},{second.leave_id}"
    caller = who(estate, "desk-1", session.token, both)
    assert caller.authorised_by(STAFF) == "何静"
    assert caller.authorised_by(Action.WAIVE) == "罗敏"
    with pytest.raises(NotPermitted):
        caller.authorised_by(Action.APPRAISE)
    desk.clock.forward(minutes=5)
    later = who(estate, "desk-1", session.token, both)
    assert later.authorised_by(Action.WAIVE) == "罗敏"
    with pytest.raises(NotPermitted):
        later.authorised_by(STAFF)


def test_a_leave_asked_for_again_is_one_leave_and_its_id_makes_no_other_ic_14(
    estate: Estate,
) -> None:
    caller = who(estate, "desk-1", sign_in(estate).token)
    asked = step_up(estate, caller)
    assert signingin.step_up(estate, caller, asked).leave_id == asked.leave_id
    for other in ({"action": Action.WAIVE}, {"name": "罗敏"}):
        with pytest.raises(Conflict, match="another leave"):
            signingin.step_up(estate, caller, asked.model_copy(update=other))


@pytest.mark.parametrize("named", ["", ",", "nobody's", "☃,;", ",".join(["x"] * 500)])
def test_leaves_that_are_none_lend_nothing(estate: Estate, named: str) -> None:
    session = sign_in(estate)
    caller = who(estate, "desk-1", session.token, named)
    assert (caller.leave, caller.further) == (None, ())


def test_leave_is_of_one_session_alone(estate: Estate) -> None:
    mine, others = sign_in(estate), sign_in(estate, "罗敏", at=OTHER_DESK)
    leave = step_up(estate, who(estate, "desk-1", mine.token))
    assert who(estate, "desk-2", others.token, leave.leave_id).leave is None
    again = sign_in(estate)
    assert who(estate, "desk-1", again.token, leave.leave_id).leave is None


@pytest.mark.parametrize(
    ("name", "action", "reason"),
    [
        ("张晓", STAFF, "same-person"),
        ("孙涛", STAFF, "not-theirs"),
        ("系统管理员", STAFF, "not-theirs"),
        ("诸葛", STAFF, "sign-in-wrong"),
    ],
)
def test_nobody_lends_what_is_not_theirs_ic_14(
    estate: Estate, name: str, action: Action, reason: str
) -> None:
    on_file(estate, "孙涛", (Role.DEPARTMENT_HEAD,))
    on_file(estate, "系统管理员", (Role.ADMINISTRATOR,))
    caller = who(estate, "desk-1", sign_in(estate).token)
    with refused(reason):
        step_up(estate, caller, name, action)


def test_nobody_steps_up_where_nobody_is_signed_in(estate: Estate) -> None:
    with pytest.raises(NotSignedIn):
        step_up(estate, DESK)


def test_accounts_are_kept_under_ones_own_name(estate: Estate) -> None:
    on_file(estate, "系统管理员", (Role.ADMINISTRATOR,))
    caller = who(estate, "desk-1", sign_in(estate).token)
    with pytest.raises(NotPermitted):
        step_up(estate, caller, "系统管理员", Action.MANAGE_OPERATORS)


def test_wrong_passwords_at_stepping_up_count_like_any(estate: Estate) -> None:
    caller = who(estate, "desk-1", sign_in(estate).token)
    for _ in range(3):
        with refused("sign-in-wrong"):
            signingin.step_up(
                estate,
                caller,
                LeaveRequest(
                    leave_id=new_id(), name="何静", password=SecretStr("guess"), action=STAFF
                ),
            )
    with refused("sign-in-waits"):
        step_up(estate, caller)
    with refused("sign-in-waits"):
        sign_in(estate, "何静", at=OTHER_DESK)


# --- secrets


def test_no_password_and_no_token_stands_in_any_log_or_row(
    estate: Estate, caplog: pytest.LogCaptureFixture
) -> None:
    """Everything that was typed, and the session's token, looked for in every text there is."""
    number = on_file(estate, "张晓", (Role.AGENT,))
    secrets = ["three white herons", "not this one", DEMO_PASSWORD]
    with caplog.at_level(logging.DEBUG):
        wrong(estate)
        change = PasswordRequest(password=SecretStr("three white herons"))
        operators.set_password(estate, SETUP, number, change)
        session = sign_in(estate, password="three white herons")
        step_up(estate, who(estate, "desk-1", session.token))
    secrets.append(session.token)
    with reading(estate, SETUP) as turn:
        tables = (OperatorRow, SignInAttemptRow, AuditRow)
        texts = [
            str(getattr(row, column.key))
            for table in tables
            for row in turn.session.scalars(select(table))
            for column in table.__table__.columns
        ]
        row = turn.session.scalars(select(OperatorRow).where(OperatorRow.name == "张晓")).one()
        assert row.password_hash.startswith("$argon2id$")
        assert fits(row.password_hash, "three white herons")
    texts += [record.getMessage() + str(record.args) for record in caplog.records]
    texts.append(repr(change) + str(change) + repr(LeaveRequest.model_fields))
    for secret in secrets:
        assert not [text for text in texts if secret in text]


def test_sessions_come_and_go_in_the_journal(estate: Estate) -> None:
    token = signed_in(estate, "desk-1")
    signingin.sign_out(estate, who(estate, "desk-1", token))
    with reading(estate, SETUP) as turn:
        rows = turn.session.scalars(select(AuditRow).order_by(AuditRow.id.desc()).limit(3))
        acts = [row.action for row in rows if row.action.startswith("sign-")]
    assert acts == ["sign-out", "sign-in"]


def test_a_day_later_a_wrong_password_is_forgotten(desk: FrontDesk, estate: Estate) -> None:
    wrong(estate, times=3)
    desk.clock.now += timedelta(days=1)
    wrong(estate, times=2)
    assert sign_in(estate).name == "张晓"
