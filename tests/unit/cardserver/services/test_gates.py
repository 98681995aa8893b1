"""What gates get and give: the issue list as the domain decides with it, and the taps."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from cardserver.domain.admission import Direction, Lane, Presented, Reason, Snapshot, decide
from cardserver.domain.ids import LaneId
from cardserver.domain.rights import CardStatus, RightKind
from cardserver.services import blocking, snapshots, taps
from cardserver.wire_cards import BlockRequest
from cardserver.wire_gates import SnapshotView
from cardserver.wire_requests import TopUpRequest
from cardserver.wire_taps import TapReport, TapsRequest
from tests.databases.frontdesk import DESK, GATE, FrontDesk, PlainCard, blank, new_id, refused

DOOR = Lane(lane_id=LaneId("door"), right=RightKind.DOOR, zone=3)
CAR_PARK = Lane(lane_id=LaneId("car-park"), right=RightKind.PARKING, zone=7)
EXIT = Lane(lane_id=LaneId("out"), right=RightKind.PARKING, zone=7, direction=Direction.EXIT)


def whole(desk: FrontDesk) -> SnapshotView:
    return snapshots.snapshot(desk.estate, GATE, None)


def tap(desk: FrontDesk, card: PlainCard, lane: Lane, listed: Snapshot | None = None) -> Reason:
    """Hold a card to a lane: read, verify, decide."""
    slot = 0 if lane.right is RightKind.DOOR else 1
    data = card.slots[slot]
    assert data
    record = desk.estate.vault.open_record(data, card.uid, card.medium)
    presented = Presented(uid=card.uid, record=record)
    known = listed or whole(desk).to_domain()
    return decide(presented, lane, known, desk.clock.now).reason


def block(desk: FrontDesk, number: int) -> None:
    order = BlockRequest(request_id=new_id(), reason="遗失")
    blocking.block(desk.estate, DESK, number, order)


def test_the_house_door_opens_on_the_last_day_and_not_on_the_next(desk: FrontDesk) -> None:
    """GATE-01, CAL-01c: to 23:59:59 local time."""
    _, card = desk.owners_card()
    desk.clock.now = datetime(2027, 6, 8, 15, 59, 59, tzinfo=UTC)
    assert tap(desk, card, DOOR) is Reason.GRANTED
    desk.clock.now += timedelta(seconds=1)
    assert tap(desk, card, DOOR) is Reason.EXPIRED


def test_a_blocked_card_is_refused_at_both_and_its_replacement_opens_both(
    desk: FrontDesk,
) -> None:
    """PARK-04a, story of the lost card."""
    old, new = blank(), blank()
    view = desk.add_parking(desk.issue(desk.owner, old), old)
    assert [tap(desk, old, lane) for lane in (DOOR, CAR_PARK)] == [Reason.GRANTED] * 2
    block(desk, view.number)
    assert [tap(desk, old, lane) for lane in (DOOR, CAR_PARK)] == [Reason.BLOCKED] * 2
    desk.do(desk.replace_request(view), new)
    assert [tap(desk, new, lane) for lane in (DOOR, CAR_PARK)] == [Reason.GRANTED] * 2
    assert tap(desk, old, DOOR) is Reason.BLOCKED


def test_a_paid_month_counts_before_it_is_on_the_card(desk: FrontDesk) -> None:
    """PARK-12a: taken away before the write; an exit was never refused (GATE-02a)."""
    view, card = desk.owners_card()
    view = desk.add_parking(view, card)
    desk.clock.forward(days=40)
    assert tap(desk, card, CAR_PARK) is Reason.EXPIRED
    assert tap(desk, card, EXIT) is Reason.EXIT_OUTSIDE_PERIOD
    ticket = desk.begin(TopUpRequest(card_number=view.number, months=1), card)
    assert tap(desk, card, CAR_PARK) is Reason.GRANTED_PENDING
    card.write(ticket)
    assert tap(desk, card, CAR_PARK) is Reason.GRANTED
    desk.settle(ticket, card)
    assert tap(desk, card, CAR_PARK) is Reason.GRANTED


def test_an_old_copy_of_a_record_is_superseded_once_the_new_one_is_settled(
    desk: FrontDesk,
) -> None:
    view, card = desk.owners_card()
    view = desk.add_parking(view, card)
    old = dict(card.slots)
    desk.top_up(view, card)
    card.slots = old
    assert tap(desk, card, CAR_PARK) is Reason.SUPERSEDED
    assert tap(desk, card, DOOR) is Reason.GRANTED


def test_the_list_is_written_as_its_shape_would_write_it(desk: FrontDesk) -> None:
    """Card by card as text: both rights and a paid month, a blocked card, and its replacement.

    Around the cards stands only what says something.
    """
    cards = [blank() for _ in range(3)]
    paid = desk.add_parking(desk.issue(desk.owner, cards[0]), cards[0])
    desk.begin(TopUpRequest(card_number=paid.number, months=1), cards[0])
    lost = desk.issue(desk.staff, cards[1])
    block(desk, lost.number)
    desk.do(desk.replace_request(lost), cards[2])
    for after in (None, 1):
        version, text = snapshots.snapshot_text(desk.estate, GATE, after)
        view = SnapshotView.model_validate_json(text)
        cards_told = view.model_dump_json(include={"cards"})[1:-1]
        head = view.model_copy(update={"cards": ()}).model_dump_json(exclude_defaults=True)
        assert head.replace('"cards":[]', cards_told, 1) == text
        assert view.version == version
    listed = {each.uid: each for each in whole(desk).cards}
    assert set(listed) == {each.uid for each in cards}
    assert listed[cards[0].uid].rights.keys() == set(RightKind)
    assert RightKind.PARKING in listed[cards[0].uid].pending
    assert listed[cards[1].uid].rights == {}
    assert listed[cards[2].uid].before == (lost.number,)


def test_a_card_not_settled_is_on_no_list(desk: FrontDesk) -> None:
    """IC-21."""
    card = blank()
    ticket = desk.begin(desk.issue_request(desk.owner), card)
    card.write(ticket)
    assert whole(desk).cards == ()
    assert tap(desk, card, DOOR) is Reason.UNKNOWN_CARD


def test_changes_laid_over_a_list_give_the_whole_list(desk: FrontDesk) -> None:
    cards = [blank() for _ in range(3)]
    views = [desk.issue(desk.staff, card) for card in cards]
    first = whole(desk)
    block(desk, views[1].number)
    desk.format(views[2], cards[2])
    desk.issue(desk.other_staff, cards[2])
    changed = snapshots.snapshot(desk.estate, GATE, first.version)
    assert not changed.complete
    assert {card.number for card in changed.cards} == {views[1].number, views[2].number + 1}
    laid = changed.to_domain(first.to_domain())
    assert laid == whole(desk).to_domain()
    assert laid.cards[cards[1].uid].status is CardStatus.BLOCKED


def test_an_unchanged_list_is_empty_and_a_strange_version_gets_all(desk: FrontDesk) -> None:
    desk.owners_card()
    version = whole(desk).version
    unchanged = snapshots.snapshot(desk.estate, GATE, version)
    assert (unchanged.version, unchanged.complete, unchanged.cards) == (version, False, ())
    ahead = snapshots.snapshot(desk.estate, GATE, version + 5)
    assert ahead.complete
    assert len(ahead.cards) == 1


def test_the_list_names_a_floor_below_which_a_clock_is_not_believed(desk: FrontDesk) -> None:
    """GATE-07a."""
    _, card = desk.owners_card()
    desk.clock.forward(days=3 * 365)
    listed = whole(desk).to_domain()
    desk.clock.forward(days=-2 * 365)
    assert tap(desk, card, DOOR, listed) is Reason.EXPIRED


JOURNAL = "0b3c3b5e-0000-4000-8000-000000000001"


def report(sequence: int, lane: str = "door") -> TapReport:
    return TapReport(
        sequence=sequence,
        at=datetime(2025, 6, 9, 2, 0, tzinfo=UTC),
        lane_id=lane,
        uid=bytes(7),
        reason=Reason.UNKNOWN_CARD,
        granted=False,
    )


def take(desk: FrontDesk, *reports: TapReport) -> tuple[int, int]:
    taken = taps.take_taps(desk.estate, GATE, TapsRequest(journal=JOURNAL, taps=reports))
    return taken.taken, taken.repeated


def test_each_tap_is_taken_once(desk: FrontDesk) -> None:
    assert take(desk, report(1), report(2)) == (2, 0)
    assert take(desk, report(2), report(3), report(3)) == (1, 2)
    assert take(desk) == (0, 0)


def test_a_tap_told_otherwise_is_refused_with_all_that_came_with_it(desk: FrontDesk) -> None:
    take(desk, report(1))
    with refused("tap-differs"):
        take(desk, report(2), report(1, lane="other"))
    assert take(desk, report(2)) == (1, 0)


def test_stations_number_their_taps_by_themselves(desk: FrontDesk) -> None:
    take(desk, report(1, lane="north"))
    other = replace(GATE, station="gate-2")
    request = TapsRequest(journal=JOURNAL, taps=(report(1, lane="south"),))
    assert taps.take_taps(desk.estate, other, request).taken == 1


def test_a_new_journal_starts_from_one_again(desk: FrontDesk) -> None:
    """A gate whose disk was changed numbers anew; nothing is refused, nothing is lost."""
    take(desk, report(1, lane="north"))
    fresh = TapsRequest(journal=new_id(), taps=(report(1, lane="south"),))
    assert taps.take_taps(desk.estate, GATE, fresh).taken == 1
    assert taps.take_taps(desk.estate, GATE, fresh).repeated == 1
    assert take(desk, report(1, lane="north")) == (0, 1)


@pytest.mark.parametrize("hours", [8, -5])
def test_an_instant_is_the_same_in_every_offset(desk: FrontDesk, hours: int) -> None:
    take(desk, report(1))
    moved = report(1).at.astimezone(timezone(timedelta(hours=hours)))
    assert take(desk, report(1).model_copy(update={"at": moved})) == (0, 1)
