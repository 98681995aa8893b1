"""Rights at the door: the operator's office, a second person's leave, and what is kept of a no."""

import pytest
from apiflask import APIFlask

from cardserver.client import CardServerClient, ServerRefused, in_process
from cardserver.domain.permits import Action, Role
from cardserver.domain.signin import DEMO_PASSWORD
from cardserver.domain.station import StationKind
from cardserver.wire_requests import IssueRequest
from tests.databases.frontdesk import FrontDesk
from tests.databases.people_at_work import on_file, signed_in
from tests.unit.cardserver.web.conftest import Sign

STAFF = Action.OPERATE_STAFF_CARD


@pytest.fixture
def at_desk(app: APIFlask, token: Sign) -> CardServerClient:
    """The desk's line, nobody signed in."""
    return in_process(app, token(StationKind.DESK))


def as_one(desk: FrontDesk, line: CardServerClient, name: str, *roles: Role) -> CardServerClient:
    return line.with_session(signed_in(desk.estate, "desk-1", name, roles))


@pytest.mark.parametrize(
    "role", [Role.AGENT, Role.DEPARTMENT_HEAD, Role.ADMINISTRATOR, Role.CASHIER]
)
def test_a_refused_staff_card_is_in_the_journal_although_nothing_was_done_ic_14(
    desk: FrontDesk, at_desk: CardServerClient, role: Role
) -> None:
    one = as_one(desk, at_desk, "某人", role)
    with pytest.raises(ServerRefused) as caught:
        one.quote(IssueRequest(holder_id=desk.staff))
    assert (caught.value.code, caught.value.status) == ("not-permitted", 403)
    books = as_one(desk, at_desk, "审计", Role.FRONT_DESK_HEAD)
    line = next(each for each in books.journal(9) if each.action == "refused")
    assert (line.operator, line.station) == ("某人", "desk-1")
    assert line.detail in {STAFF, Action.SELL}


def test_an_own_card_is_in_the_journal_too_ic_14a(
    desk: FrontDesk, at_desk: CardServerClient
) -> None:
    on_file(desk.estate, "何静", (Role.FRONT_DESK_HEAD,), holder_id=desk.staff)
    head = as_one(desk, at_desk, "何静", Role.FRONT_DESK_HEAD)
    with pytest.raises(ServerRefused) as caught:
        head.quote(IssueRequest(holder_id=desk.staff))
    assert caught.value.rule == "IC-14a"
    assert head.credentials.wanted == STAFF
    assert head.journal(1)[0].detail == "own-card"


def test_a_step_up_lets_the_same_call_pass_ic_14(
    desk: FrontDesk, at_desk: CardServerClient
) -> None:
    on_file(desk.estate, "何静", (Role.FRONT_DESK_HEAD,))
    agent = as_one(desk, at_desk, "张晓", Role.AGENT)
    request = IssueRequest(holder_id=desk.staff)
    with pytest.raises(ServerRefused):
        agent.quote(request)
    assert agent.credentials.wanted == STAFF
    assert agent.operators.names(STAFF) == ["何静"]
    agent.operators.step_up("何静", DEMO_PASSWORD, STAFF)
    assert agent.quote(request).total_fen == 0
    with pytest.raises(ServerRefused):
        agent.with_leave("").quote(request)


def test_signing_in_and_out_over_the_wire(desk: FrontDesk, at_desk: CardServerClient) -> None:
    on_file(desk.estate, "张晓", (Role.AGENT,))
    assert at_desk.operators.names() == ["张晓"]
    with pytest.raises(ServerRefused) as caught:
        at_desk.operators.sign_in("张晓", "not this one")
    assert caught.value.reason == "sign-in-wrong"
    assert at_desk.operators.sign_in("张晓", DEMO_PASSWORD).roles == (Role.AGENT,)
    assert at_desk.search("1201")
    at_desk.operators.sign_out()
    with pytest.raises(ServerRefused) as caught:
        at_desk.search("1201")
    assert caught.value.code == "not-signed-in"


def test_a_session_the_server_has_ended_is_let_go_by_the_line(
    desk: FrontDesk, at_desk: CardServerClient
) -> None:
    one = as_one(desk, at_desk, "张晓", Role.AGENT)
    as_one(desk, at_desk, "李明", Role.AGENT)  # somebody else signs in at this desk
    with pytest.raises(ServerRefused):
        one.search("1201")
    assert one.credentials.session == ""


def test_a_stolen_session_opens_nothing_at_another_station(
    desk: FrontDesk, app: APIFlask, token: Sign
) -> None:
    stolen = signed_in(desk.estate, "desk-1", "何静", (Role.FRONT_DESK_HEAD,))
    for kind in (StationKind.OFFICE, StationKind.KIOSK, StationKind.DESK):
        thief = in_process(app, token(kind), stolen)
        if kind is StationKind.DESK:
            assert thief.search("1201")  # its own station
            continue
        with pytest.raises(ServerRefused) as caught:
            thief.search("1201")
        assert caught.value.code == "not-signed-in"
    kiosk = in_process(app, token(StationKind.KIOSK))
    with pytest.raises(ServerRefused) as caught:
        kiosk.search("1201")
    assert caught.value.code == "not-permitted"


def test_log_ins_are_kept_over_the_wire_by_the_administrator_alone(
    desk: FrontDesk, at_desk: CardServerClient
) -> None:
    keeper = as_one(desk, at_desk, "系统管理员", Role.ADMINISTRATOR).operators
    new = keeper.add("新来的", (Role.AGENT,), "three white herons", desk.staff)
    assert (new.roles, new.active, new.holder_id) == ((Role.AGENT,), True, desk.staff)
    with pytest.raises(ServerRefused) as caught:
        keeper.add("新来的", (Role.AGENT,), "three white herons")
    assert caught.value.reason == "name-taken"
    assert keeper.set_roles(new.operator_id, (Role.GUARD,)).roles == (Role.GUARD,)
    assert not keeper.set_active(new.operator_id, active=False).active
    me = next(each for each in keeper.everybody() if each.name == "系统管理员")
    with pytest.raises(ServerRefused) as caught:
        keeper.set_active(me.operator_id, active=False)
    assert caught.value.reason == "last-keeper"
    with pytest.raises(ServerRefused) as caught:
        keeper.set_roles(me.operator_id, ())
    assert caught.value.reason == "last-keeper"
    assert keeper.names() == ["系统管理员"]
    with pytest.raises(ServerRefused) as caught:
        as_one(desk, at_desk, "张晓", Role.AGENT).operators.everybody()
    assert caught.value.reason == "manage-operators"


def test_what_is_remembered_of_a_new_log_in_is_no_quick_hash_of_its_password(
    desk: FrontDesk, at_desk: CardServerClient
) -> None:
    """A body is remembered by SHA-256, which can be tried through fast: not with a password in."""
    from pydantic import SecretStr

    from cardserver.services.operators import _without_password
    from cardserver.wire_operators import NewOperator

    request = NewOperator(
        request_id="0" * 8 + "-0000-0000-0000-" + "0" * 12,
        name="某人",
        roles=(),
        password=SecretStr("three white herons"),
    )
    assert "heron" in request.model_dump_json()
    assert "heron" not in _without_password(request).model_dump_json()
