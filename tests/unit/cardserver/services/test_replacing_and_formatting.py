"""A card for a card, and back to a blank one; and the deny list."""

from datetime import date, timedelta

from cardserver.domain.operation import Keying
from cardserver.domain.plan import QuoteNote
from cardserver.domain.rights import CardStatus, RightKind
from cardserver.services import blocking, ending, holders, planning
from cardserver.wire_cards import BlockRequest, CardView
from cardserver.wire_operations import AbandonRequest, VoidRequest
from cardserver.wire_requests import FormatRequest, TopUpRequest
from tests.databases.frontdesk import DESK, OTHER_DESK, FrontDesk, blank, new_id, refused


def order(reason: str = "遗失") -> BlockRequest:
    return BlockRequest(request_id=new_id(), reason=reason)


def test_a_lost_card_is_blocked_at_once_from_any_desk(desk: FrontDesk) -> None:
    """IC-23a: no card needed."""
    view, _ = desk.owners_card()
    blocked = blocking.block(desk.estate, OTHER_DESK, view.number, order())
    assert blocked.status is CardStatus.BLOCKED
    assert blocked.status_reason == "遗失"


def test_a_blocked_card_does_no_business(desk: FrontDesk) -> None:
    view, card = desk.owners_card()
    view = desk.add_parking(view, card)
    blocking.block(desk.estate, DESK, view.number, order())
    with refused("card-not-live"):
        desk.begin(TopUpRequest(card_number=view.number, months=1), card)


def test_a_found_card_is_unblocked_while_no_replacement_exists(desk: FrontDesk) -> None:
    view, _ = desk.owners_card()
    blocking.block(desk.estate, DESK, view.number, order())
    assert blocking.unblock(desk.estate, DESK, view.number, order("找到")).status is CardStatus.LIVE


def test_a_late_repetition_of_an_unblocking_does_not_open_the_card_again(desk: FrontDesk) -> None:
    view, _ = desk.owners_card()
    again = order("找到")
    blocking.block(desk.estate, DESK, view.number, order())
    blocking.unblock(desk.estate, DESK, view.number, again)
    blocking.block(desk.estate, DESK, view.number, order())
    repeated = blocking.unblock(desk.estate, DESK, view.number, again)
    assert repeated.status is CardStatus.BLOCKED


def test_a_replacement_carries_both_rights_on(desk: FrontDesk) -> None:
    """IC-10a, PARK-04a: new number, same last days and anchor; the old card is dead."""
    old_card, card = blank(), blank()
    old = desk.add_parking(desk.issue(desk.owner, old_card), old_card)
    desk.clock.forward(days=20)
    settled = desk.do(desk.replace_request(old), card)
    new = settled.card
    assert new.number > old.number
    for kind in RightKind:
        assert new.rights[kind].last == old.rights[kind].last
        assert new.rights[kind].anchor == old.rights[kind].anchor
        assert new.rights[kind].sequence == 1
    dead = holders.card_by_number(desk.estate, DESK, old.number)
    assert dead.status is CardStatus.REPLACED
    assert dead.replaced_by == new.number
    topped = desk.top_up(new, card).card
    assert topped.rights[RightKind.PARKING].last == date(2025, 8, 8)


def test_the_old_card_is_denied_from_the_beginning_of_its_replacement(desk: FrontDesk) -> None:
    """Blocked first: whatever becomes of the new card, the old one opens nothing."""
    old, _ = desk.owners_card()
    card = blank()
    ticket = desk.begin(desk.replace_request(old, "faulty"), card)
    assert holders.card_by_number(desk.estate, DESK, old.number).status is CardStatus.BLOCKED
    with refused("being-replaced"):
        blocking.unblock(desk.estate, DESK, old.number, order("找到"))
    undone = VoidRequest(evidence=card.evidence(), reason="不换了")
    ending.void(desk.estate, DESK, ticket.operation_id, undone)
    assert blocking.unblock(desk.estate, DESK, old.number, order()).status is CardStatus.LIVE


def test_one_card_is_replaced_by_one_clerk_and_once(desk: FrontDesk) -> None:
    old, _ = desk.owners_card()
    card = blank()
    ticket = desk.begin(desk.replace_request(old), card)
    with refused("card-busy"):
        desk.begin(desk.replace_request(old), blank())
    card.write(ticket)
    desk.settle(ticket, card)
    with refused("not-replaceable"):
        desk.open_sale(desk.replace_request(old))


def price(desk: FrontDesk, card: CardView, reason: str) -> int:
    return planning.quote(desk.estate, DESK, desk.replace_request(card, reason)).total_fen


def test_the_price_of_a_replacement_follows_its_reason_and_age(desk: FrontDesk) -> None:
    """IC-10, IC-10b, IC-11, CAL-03: free for a fault through 9 July."""
    view, _ = desk.owners_card()
    gone = desk.issue(desk.owner, blank())
    desk.clock.forward(days=30)
    cards = {"faulty": view, "lost": gone, "damaged": view}
    assert [price(desk, card, reason) for reason, card in cards.items()] == [0, 2000, 2000]
    desk.clock.forward(days=1)
    assert price(desk, view, "faulty") == 2000


def test_a_free_replacement_starts_no_new_month(desk: FrontDesk) -> None:
    """IC-10a: it counts from the purchase of the first card."""
    view, _ = desk.owners_card()
    desk.clock.forward(days=30)
    request = desk.replace_request(view, "faulty")
    assert planning.quote(desk.estate, DESK, request).notes == (QuoteNote.FREE_REPLACEMENT,)
    again = desk.do(request, blank()).card
    desk.clock.forward(days=1)
    assert price(desk, again, "faulty") == 2000


def test_a_paid_replacement_is_a_purchase_of_its_own(desk: FrontDesk) -> None:
    view, _ = desk.owners_card()
    desk.clock.forward(days=100)
    bought = desk.do(desk.replace_request(view, "lost"), blank()).card
    desk.clock.forward(days=20)
    assert price(desk, bought, "faulty") == 0


def test_a_staff_card_is_replaced_after_an_appraisal(desk: FrontDesk) -> None:
    """IC-16: 20 yuan when lost or damaged, nothing when it failed by itself, at any age."""
    view, gone = (desk.issue(desk.staff, blank()) for _ in range(2))
    desk.clock.forward(days=90)
    assert price(desk, gone, "lost") == 2000
    assert price(desk, view, "faulty") == 0
    with refused("appraisal-missing", "IC-16"):
        desk.open_sale(desk.replace_request(gone, "lost", appraised=False))


def test_a_staff_card_is_formatted_before_it_is_authorised_anew(desk: FrontDesk) -> None:
    """IC-18: and after the format nothing of the former holder is left."""
    card = blank()
    old = desk.issue(desk.staff, card)
    with refused("format-first", "IC-18"):
        desk.begin(desk.issue_request(desk.other_staff), card)
    settled = desk.format(old, card)
    assert settled.card.status is CardStatus.RETURNED
    assert settled.card.rights == {}
    assert card.slots == {0: b"", 1: b""}
    new = desk.issue(desk.other_staff, card)
    assert new.number > old.number
    assert new.uid == old.uid
    assert holders.card_by_uid(desk.estate, DESK, card.uid).holder_id == desk.other_staff


def test_a_format_needs_the_card_to_be_empty_afterwards(desk: FrontDesk) -> None:
    """IC-18a: verified by reading."""
    card = blank()
    old = desk.issue(desk.staff, card)
    ticket = desk.begin(FormatRequest(card_number=old.number), card)
    assert ticket.keying is Keying.FORMAT
    with refused("evidence-old"):
        desk.settle(ticket, card)


def test_a_customers_live_card_is_not_formatted(desk: FrontDesk) -> None:
    """IC-18a."""
    view, card = desk.owners_card()
    with refused("customer-card-live", "IC-18a"):
        desk.format(view, card)


def test_a_paid_parking_period_is_not_erased(desk: FrontDesk) -> None:
    """IC-18a, PARK-04a: blocked, but the month is paid; moved to another card it may go."""
    view, card = desk.owners_card()
    view = desk.add_parking(view, card)
    blocking.block(desk.estate, DESK, view.number, order())
    with refused("parking-paid", "IC-18a"):
        desk.format(view, card)
    desk.do(desk.replace_request(view), blank())
    assert desk.format(view, card).card.status is CardStatus.RETURNED


def test_a_card_is_formatted_once(desk: FrontDesk) -> None:
    card = blank()
    view = desk.issue(desk.staff, card)
    desk.format(view, card)
    with refused("already-formatted"):
        desk.format(view, card)


def test_a_card_whose_format_failed_is_scrapped(desk: FrontDesk) -> None:
    """IC-18a: on any failure the card is scrapped, not written; formatted at last, it may live."""
    card = blank()
    view = desk.issue(desk.staff, card)
    ticket = desk.begin(FormatRequest(card_number=view.number), card)
    card.slots = {0: None, 1: b""}
    voided = ending.abandon(desk.estate, DESK, ticket.operation_id, AbandonRequest(reason="打不开"))
    assert voided.card is not None
    assert voided.card.status is CardStatus.SCRAPPED
    with refused("format-first"):
        desk.begin(desk.issue_request(desk.other_staff), card)
    assert desk.format(view, card).card.status is CardStatus.RETURNED


def test_a_dead_card_is_neither_blocked_nor_unblocked(desk: FrontDesk) -> None:
    card = blank()
    view = desk.issue(desk.staff, card)
    desk.format(view, card)
    for service in (blocking.block, blocking.unblock):
        with refused("card-dead"):
            service(desk.estate, DESK, view.number, order())


def test_a_replaced_chip_may_become_a_card_again_only_when_formatted(desk: FrontDesk) -> None:
    """IC-23a: a found lost card is formatted."""
    old, old_card = desk.owners_card()
    desk.do(desk.replace_request(old), blank())
    with refused("format-first"):
        desk.begin(desk.issue_request(desk.family), old_card)
    desk.format(old, old_card)
    assert desk.issue(desk.family, old_card).status is CardStatus.LIVE


def test_a_card_is_not_its_own_replacement(desk: FrontDesk) -> None:
    view, card = desk.owners_card()
    desk.clock.now += timedelta(days=1)
    with refused("format-first"):
        desk.begin(desk.replace_request(view), card)


def test_a_bought_replacement_runs_a_new_full_period_by_the_papers_of_one_ic_11a(
    desk: FrontDesk,
) -> None:
    old, old_card = desk.owners_card()
    old = desk.add_parking(old, old_card)
    desk.clock.forward(days=20)
    request = desk.replace_request(old)
    plain = planning.quote(desk.estate, DESK, request)
    assert plain.after[RightKind.DOOR].last == date(2027, 6, 8), "else the days that remain"

    full = request.model_copy(update={"full_period": True})
    done = desk.do(full, blank()).card
    assert done.rights[RightKind.DOOR].last == date(2027, 6, 28)
    assert done.rights[RightKind.PARKING].last == old.rights[RightKind.PARKING].last


def test_without_the_papers_of_a_full_period_a_replacement_gets_none_ic_11a(
    desk: FrontDesk,
) -> None:
    old = desk.issue(desk.tenant, blank())
    desk.clock.forward(days=20)
    request = desk.replace_request(old)
    bare = desk.verify(desk.tenant, papers=())
    unproved = {"full_period": True, "verification_id": bare}
    with refused("paper-missing", "IC-05"):
        planning.quote(desk.estate, DESK, request.model_copy(update=unproved))
    proved = request.model_copy(update={"full_period": True})
    after = planning.quote(desk.estate, DESK, proved).after[RightKind.DOOR]
    assert after.last == date(2026, 1, 31), "never beyond the lease (IC-05a)"


def test_a_free_replacement_keeps_its_days_ic_11a(desk: FrontDesk) -> None:
    old, _ = desk.owners_card()
    free = desk.replace_request(old, "faulty").model_copy(update={"full_period": True})
    with refused("full-period-not-free", "IC-11a"):
        planning.quote(desk.estate, DESK, free)
