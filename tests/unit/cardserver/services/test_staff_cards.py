"""IC-14: staff cards are operated by the two heads, by nobody else, and not on one's own."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

import pytest
from sqlalchemy import select

from cardserver.db.tables import OperationRow
from cardserver.domain.errors import RuleViolation
from cardserver.domain.operation import OperationKind
from cardserver.domain.permits import Action, Role
from cardserver.domain.rights import CardStatus
from cardserver.services import beginning, blocking, planning, selling, staffcards
from cardserver.services.errors import NotPermitted
from cardserver.services.setup import SETUP
from cardserver.services.turn import Caller, Leave, reading
from cardserver.wire_cards import BlockRequest, CardView
from cardserver.wire_operators import SeenRequest
from cardserver.wire_requests import (
    ExtendRequest,
    FormatRequest,
    IssueRequest,
    OperationRequest,
    ReplaceRequest,
)
from cardserver.wire_sales import SaleRequest
from tests.databases.frontdesk import DESK, FrontDesk, PlainCard, blank, new_id
from tests.databases.people_at_work import on_file

HEADS = {Role.FRONT_DESK_HEAD, Role.CUSTOMER_SERVICE_HEAD}
AGENT = replace(DESK, leave=None)
REQUESTS: dict[OperationKind, Callable[[FrontDesk, CardView], OperationRequest]] = {
    OperationKind.ISSUE: lambda desk, _card: IssueRequest(holder_id=desk.other_staff),
    OperationKind.EXTEND: lambda _desk, card: ExtendRequest(card_number=card.number),
    OperationKind.FORMAT: lambda _desk, card: FormatRequest(card_number=card.number),
    OperationKind.REPLACE: lambda _desk, card: ReplaceRequest.model_validate(
        {"old_card_number": card.number, "reason": "lost"}
    ),
}


def with_role(role: Role) -> Caller:
    return replace(AGENT, operator=f"one with {role}", roles=frozenset({role}))


def lent(name: str = "何静") -> Caller:
    leave = Leave(leave_id=new_id(), action=Action.OPERATE_STAFF_CARD, name=name)
    return replace(AGENT, leave=leave)


def may(act: Callable[[], object]) -> bool:
    """True unless the act is refused for want of the right; a later rule may still refuse it."""
    try:
        with suppress(RuleViolation):
            act()
    except NotPermitted as refused:
        return refused.reason != Action.OPERATE_STAFF_CARD
    return True


@pytest.fixture
def card(desk: FrontDesk) -> CardView:
    """A staff card that a head has issued."""
    return desk.issue(desk.staff, blank())


@pytest.mark.parametrize("kind", REQUESTS)
def test_each_office_but_the_heads_is_refused_a_quote_a_sale_and_the_card_ic_14(
    desk: FrontDesk, card: CardView, kind: OperationKind
) -> None:
    request = REQUESTS[kind](desk, card)
    sale = SaleRequest(sale_id=new_id(), request=request, quoted_total_fen=0)
    open_up = desk.begin_request(request, blank(), None)
    allowed = {
        role
        for role in Role
        if may(lambda: planning.quote(desk.estate, with_role(role), request))  # noqa: B023
    }
    assert allowed == HEADS
    assert not may(lambda: selling.open_sale(desk.estate, AGENT, sale))
    assert not may(lambda: beginning.begin(desk.estate, AGENT, open_up))
    with reading(desk.estate, SETUP) as turn:
        assert len(turn.session.scalars(select(OperationRow)).all()) == 1  # the first issue


def test_one_with_all_other_offices_together_is_refused_ic_14(desk: FrontDesk) -> None:
    everything_else = replace(AGENT, roles=frozenset(set(Role) - HEADS))
    request = IssueRequest(holder_id=desk.staff)
    assert not may(lambda: planning.quote(desk.estate, everything_else, request))


def test_a_customers_card_takes_no_head(desk: FrontDesk) -> None:
    assert may(lambda: planning.quote(desk.estate, AGENT, IssueRequest(holder_id=desk.owner)))


def test_the_heads_name_stands_with_the_operation_ic_14(desk: FrontDesk) -> None:
    desk.caller = lent("罗敏")
    issued = desk.issue(desk.staff, blank())
    desk.caller = AGENT
    desk.issue(desk.owner, blank())
    with reading(desk.estate, SETUP) as turn:
        rows = turn.session.scalars(select(OperationRow).order_by(OperationRow.card_number))
        found = [(row.card_number, row.operator, row.authorised_by) for row in rows]
    assert found == [(issued.number, "张晓", "罗敏"), (issued.number + 1, "张晓", "")]


def test_a_heads_own_card_is_the_other_heads_work_ic_14a(desk: FrontDesk) -> None:
    on_file(desk.estate, "何静", (Role.FRONT_DESK_HEAD,), holder_id=desk.staff)
    request = IssueRequest(holder_id=desk.staff)
    head = replace(AGENT, operator="何静", roles=frozenset({Role.FRONT_DESK_HEAD}))
    for caller in (head, lent("何静"), replace(head, leave=lent("何静").leave)):
        with pytest.raises(RuleViolation) as caught:
            planning.quote(desk.estate, caller, request)
        assert (caught.value.reason, caught.value.rule) == ("own-card", "IC-14a")
    for caller in (lent("罗敏"), replace(head, leave=lent("罗敏").leave)):
        assert may(lambda: planning.quote(desk.estate, caller, request))  # noqa: B023
    other = IssueRequest(holder_id=desk.other_staff)
    assert planning.quote(desk.estate, head, other).total_fen == 0


def block(desk: FrontDesk, caller: Caller, card: CardView, *, again: bool = False) -> CardView:
    act = blocking.unblock if again else blocking.block
    request = BlockRequest(request_id=new_id(), reason="遗失")
    return act(desk.estate, caller, card.number, request)


def test_any_agent_blocks_a_staff_card_and_both_heads_are_told_ic_14a(
    desk: FrontDesk, card: CardView
) -> None:
    assert block(desk, AGENT, card).status is CardStatus.BLOCKED
    first, second = (with_role(role) for role in sorted(HEADS))
    [told] = staffcards.notices(desk.estate, second).notices
    for head in (first, second):
        assert staffcards.notices(desk.estate, head).notices == (told,)
        assert (told.card_number, told.operator, told.reason) == (card.number, "张晓", "遗失")
    seen = SeenRequest(request_id=new_id())
    for _ in range(2):
        left = staffcards.see_notice(desk.estate, first, told.notice_id, seen)
        assert left.notices == ()
    assert len(staffcards.notices(desk.estate, second).notices) == 1


def test_a_customers_blocked_card_is_no_notice(desk: FrontDesk) -> None:
    block(desk, AGENT, desk.issue(desk.owner, blank()))
    assert staffcards.notices(desk.estate, with_role(Role.FRONT_DESK_HEAD)).notices == ()


@pytest.mark.parametrize("caller", [AGENT, lent()])
def test_notices_are_for_the_heads_in_person(desk: FrontDesk, caller: Caller) -> None:
    with pytest.raises(NotPermitted):
        staffcards.notices(desk.estate, caller)


def test_to_allow_a_staff_card_again_is_authorising_it_ic_14(
    desk: FrontDesk, card: CardView
) -> None:
    block(desk, AGENT, card)
    assert not may(lambda: block(desk, AGENT, card, again=True))


def test_a_card_is_not_touched_by_a_refused_attempt_ic_14(desk: FrontDesk) -> None:
    chip = PlainCard(uid=bytes(7))
    card = desk.issue(desk.staff, chip)
    before = dict(chip.slots)
    desk.caller = AGENT
    with pytest.raises(NotPermitted):
        desk.format(card, chip)
    assert chip.slots == before
