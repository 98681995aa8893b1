"""The rules of the gates over the line: what a rules page asks for, and who may ask."""

import pytest

from cardserver.client import CardServerClient, ServerRefused
from cardserver.domain.permits import Role
from cardserver.domain.ruledocument import MAX_DOCUMENT
from cardserver.domain.ruleflaws import FlawWord
from cardserver.wire_gates import SetRulesRequest
from tests.databases.frontdesk import FrontDesk, new_id
from tests.databases.people_at_work import signed_in

DOCUMENT = '[schedule.pool]\nworkday = ["08:00-20:00"]\nweekend = []\n'


def asked(document: str = DOCUMENT, after: int = 0) -> SetRulesRequest:
    return SetRulesRequest(request_id=new_id(), document=document, note="泳池开放", after=after)


def test_rules_are_looked_through_put_on_file_and_read_again(client: CardServerClient) -> None:
    rules = client.gate_rules
    assert rules.current() is None
    flawed = rules.check(DOCUMENT.replace("20:00", "8pm"))
    assert [each.word for each in flawed.flaws] == [FlawWord.SPAN_UNREADABLE]
    assert rules.check(DOCUMENT).flaws == ()
    put = rules.put(asked())
    assert put is not None
    assert rules.current() == put
    assert (put.document, put.set_by) == (DOCUMENT, "张晓")
    assert [each.version for each in rules.history()] == [1]


def test_what_is_refused_says_why_and_changes_nothing(client: CardServerClient) -> None:
    client.gate_rules.put(asked())
    for request, reason in [
        (asked("colour = 1", after=1), "gate-rules-flawed"),
        (asked(after=0), "gate-rules-changed"),
    ]:
        with pytest.raises(ServerRefused) as caught:
            client.gate_rules.put(request)
        assert caught.value.reason == reason
    assert len(client.gate_rules.history()) == 1


def test_a_document_that_no_request_holds_is_bad_input(client: CardServerClient) -> None:
    body = asked().model_dump(mode="json") | {"document": "#" * (MAX_DOCUMENT + 1)}
    with pytest.raises(ServerRefused) as caught:
        client.gate_rules.put(SetRulesRequest.model_construct(**body))
    assert caught.value.code == "invalid"


@pytest.mark.parametrize("role", [Role.AGENT, Role.CUSTOMER_SERVICE_HEAD, Role.CENTRE_HEAD])
def test_only_the_administrator_sets_rules_and_the_heads_may_read_them(
    desk: FrontDesk, client: CardServerClient, role: Role
) -> None:
    person = client.with_session(signed_in(desk.estate, "desk-1", "何静", [role]))
    with pytest.raises(ServerRefused):
        person.gate_rules.put(asked())
    if role is Role.AGENT:
        with pytest.raises(ServerRefused):
            person.gate_rules.current()
    else:
        assert person.gate_rules.current() is None
