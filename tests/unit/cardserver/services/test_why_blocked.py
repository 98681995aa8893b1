"""A blocked card says why, since when and by whom; a suspected copy is no lost card (IC-20a)."""

import pytest

from cardserver.db.tables import CardRow
from cardserver.domain.denial import BEING_REPLACED, Denial, denial_of
from cardserver.domain.review import Business, Quarter
from cardserver.domain.rights import CardStatus
from cardserver.services import blocking, ending, holders
from cardserver.services.clonewatch import REASON
from cardserver.services.quarterparts import compute
from cardserver.services.turn import reading, writing
from cardserver.wire_cards import BlockedView, BlockRequest, CardView
from cardserver.wire_operations import AbandonRequest
from tests.databases.frontdesk import DESK, GATE, KIOSK, FrontDesk, blank, new_id, refused


@pytest.fixture
def card(desk: FrontDesk) -> CardView:
    return desk.issue(desk.owner, blank())


def suspect(desk: FrontDesk, number: int) -> None:
    """As the clone trap does, on what a gate told."""
    with writing(desk.estate, GATE) as turn:
        blocking.deny(turn, turn.find(CardRow, number, "card"), REASON)


def block(desk: FrontDesk, number: int, reason: str) -> None:
    request = BlockRequest(request_id=new_id(), reason=reason)
    blocking.block(desk.estate, DESK, number, request)


def told(desk: FrontDesk, number: int) -> BlockedView:
    """The same beside one card and in the list of a holder's."""
    blocked = holders.card_by_number(desk.estate, DESK, number).blocked
    assert blocked is not None
    listed = holders.holder(desk.estate, DESK, desk.owner).cards
    assert {each.number: each.blocked for each in listed}[number] == blocked
    return blocked


def test_a_suspected_copy_tells_the_gate_and_the_moment(desk: FrontDesk, card: CardView) -> None:
    assert card.blocked is None
    desk.clock.forward(hours=2)
    suspect(desk, card.number)
    assert told(desk, card.number) == BlockedView(
        why=Denial.SUSPECTED, words="", at=desk.clock.now, operator="", station=GATE.station
    )
    assert holders.card_by_number(desk.estate, KIOSK, card.number).blocked is None  # IC-23b


def test_each_reason_shows_its_own_word_and_a_persons_words_stay(
    desk: FrontDesk, card: CardView
) -> None:
    for reason, why, words in (("请假", Denial.DECIDED, "请假"), ("lost", Denial.LOST, "")):
        block(desk, card.number, reason)
        found = told(desk, card.number)
        assert (found.why, found.words, found.operator) == (why, words, DESK.operator)
    assert [denial_of(each) for each in (*Denial, BEING_REPLACED)] == [*Denial, Denial.REPLACING]


def test_a_card_whose_writing_was_given_up_says_so(desk: FrontDesk) -> None:
    view, chip = desk.owners_card()
    ticket = desk.begin(desk.parking_request(view), chip)
    order = AbandonRequest(reason="卡拿走了")
    ending.abandon(desk.estate, DESK, ticket.operation_id, order)
    assert told(desk, view.number).why is Denial.NOT_KNOWN


def test_a_suspected_card_is_allowed_again_with_what_was_seen_of_it(
    desk: FrontDesk, card: CardView
) -> None:
    suspect(desk, card.number)
    without = BlockRequest(request_id=new_id(), reason="found")
    with refused("suspicion-not-looked-at", "IC-21a"):
        blocking.unblock(desk.estate, DESK, card.number, without)
    seen = BlockRequest(request_id=new_id(), reason="读了两次，是一张卡")
    view = blocking.unblock(desk.estate, DESK, card.number, seen)
    assert (view.status, view.blocked) == (CardStatus.LIVE, None)


def test_the_quarter_counts_a_suspected_card_as_a_block_and_not_as_a_loss_ic_20a(
    desk: FrontDesk, card: CardView
) -> None:
    suspect(desk, card.number)
    block(desk, desk.issue(desk.owner, blank()).number, "lost")
    with reading(desk.estate, DESK) as turn:
        figures = compute(turn, Quarter.of(turn.today), lambda line: None)
    counted = {each.business: each.number for each in figures.business}
    assert (counted[Business.BLOCK], counted[Business.LOSS]) == (1, 1)
