"""A unit changes hands: what is listed, what ends, and what the gates learn of it (IC-22)."""

from datetime import date

import pytest
from sqlalchemy import select

from cardserver.db.tables_register import RegisterRow
from cardserver.domain.admission import Lane, Presented, Reason, decide
from cardserver.domain.ids import CardNumber, LaneId
from cardserver.domain.record import CardRecord
from cardserver.domain.register import RegisterKind
from cardserver.domain.rights import CardStatus, RightKind
from cardserver.services import (
    blocking,
    people,
    registerproof,
    rightsending,
    snapshots,
    transferring,
    units,
)
from cardserver.services.turn import reading
from cardserver.wire_cards import BlockRequest, CardView
from cardserver.wire_units import Leaving, Transferred, TransferRequest
from tests.databases.frontdesk import DESK, GATE, FrontDesk, blank, new_id, refused
from tests.unit.cardserver.people.filing_cabinet import Cabinet

TODAY = date(2025, 6, 9)
DOOR = Lane(lane_id=LaneId("door"), right=RightKind.DOOR, zone=0)


def leaving(desk: FrontDesk, unit: int) -> Leaving:
    return transferring.leaving(desk.estate, DESK, unit)


def transfer(desk: FrontDesk, unit: int, seen: Leaving, **more: object) -> Transferred:
    request = TransferRequest.model_validate(
        {
            "transfer_id": new_id(),
            "transferred_on": TODAY,
            "household": tuple(each.holder_id for each in seen.household),
            "cards": tuple(each.number for each in seen.cards),
            "name": "新业主",
            **more,
        }
    )
    return transferring.transfer(desk.estate, DESK, unit, request)


@pytest.fixture
def sold(cabinet: Cabinet) -> int:
    unit = cabinet.unit("8-0801")
    owner = cabinet.owner("旧主", unit)
    cabinet.family("旧妻", unit)
    cabinet.tenant("租客", unit)
    cabinet.desk.issue(owner.holder_id, blank())
    return unit


def tapped(desk: FrontDesk, view: CardView) -> Reason:
    """What the door says to the card now, by the server's own list."""
    right = view.rights[RightKind.DOOR]
    record = CardRecord(
        kind=RightKind.DOOR,
        holder_class=view.holder_class,
        key_version=1,
        card_number=CardNumber(view.number),
        zones=1,
        period=right_period(right.first, right.last),
        sequence=right.sequence,
    )
    listed = snapshots.snapshot(desk.estate, GATE, None).to_domain()
    return decide(Presented(uid=view.uid, record=record), DOOR, listed, desk.clock.now).reason


def last_rows(desk: FrontDesk, count: int) -> list[tuple[RegisterKind, int | None, str]]:
    """The last rows of the register: kind, card and remark."""
    with reading(desk.estate, DESK) as turn:
        newest = select(RegisterRow).order_by(RegisterRow.number.desc()).limit(count)
        found = [(row.kind, row.card_number, row.remark) for row in turn.session.scalars(newest)]
    return found[::-1]


def right_period(first: date, last: date):
    from cardserver.domain.validity import ValidityPeriod

    return ValidityPeriod.inclusive(first, last)


def test_all_cards_and_parking_of_the_household_are_listed_ic_22(desk: FrontDesk) -> None:
    card = blank()
    door = desk.issue(desk.owner, card)
    desk.add_parking(door, card)
    unit = people.sheet(desk.estate, DESK, desk.owner).person.unit_id
    assert unit is not None
    seen = leaving(desk, unit)
    assert {each.holder_id for each in seen.household} == {desk.owner, desk.family}
    assert [(each.number, each.door_until, each.parking_until) for each in seen.cards] == [
        (door.number, date(2027, 6, 8), date(2025, 7, 8))
    ]
    assert [each.number for each in seen.agreements] == ["CW-1"]


def test_a_transfer_ends_the_household_and_begins_the_new_one_ic_22(
    desk: FrontDesk, sold: int
) -> None:
    seen = leaving(desk, sold)
    assert [each.name for each in seen.staying] == ["租客"]
    done = transfer(desk, sold, seen)
    household = units.household(desk.estate, DESK, sold)
    assert {each.name for each in household.current} == {"旧主", "旧妻", "租客", "新业主"}
    desk.clock.forward(days=1)
    household = units.household(desk.estate, DESK, sold)
    assert {each.name for each in household.current} == {"租客", "新业主"}
    assert {each.ends for each in household.former} == {TODAY}
    assert done.rights_end == TODAY
    assert (done.new_owner.name, done.new_owner.live_cards) == ("新业主", 0)
    assert household.history[0].act == "transferred"


def test_a_transfer_of_an_earlier_day_blocks_the_cards_at_once_ic_22(
    desk: FrontDesk, sold: int
) -> None:
    seen = leaving(desk, sold)
    done = transfer(desk, sold, seen, transferred_on=date(2025, 6, 1))
    assert done.blocked == tuple(each.number for each in seen.cards) != ()
    assert last_rows(desk, len(done.blocked)) == [
        (RegisterKind.BLOCK, number, "holder-ended") for number in done.blocked
    ]


def test_every_card_of_a_former_household_has_its_rows_in_the_register_ic_19_ic_22(
    cabinet: Cabinet,
) -> None:
    desk = cabinet.desk
    unit = cabinet.unit("8-0801")
    view = desk.issue(cabinet.owner("旧主", unit).holder_id, blank())
    transfer(desk, unit, leaving(desk, unit), rights_end=date(2025, 6, 11))
    assert last_rows(desk, 1) == [(RegisterKind.RIGHTS_ENDED, view.number, "2025-06-11")]
    desk.clock.forward(days=3)
    rightsending.carry_out_due(desk.estate, GATE)
    assert last_rows(desk, 1) == [(RegisterKind.BLOCK, view.number, "holder-ended")]
    with reading(desk.estate, DESK) as turn:
        assert not registerproof.prove(turn.session).broken


def test_the_gates_know_the_last_day_before_it_comes_ic_22(cabinet: Cabinet) -> None:
    desk = cabinet.desk
    unit = cabinet.unit("8-0801")
    view = desk.issue(cabinet.owner("旧主", unit).holder_id, blank())
    before = snapshots.snapshot(desk.estate, GATE, None).version
    transfer(desk, unit, leaving(desk, unit), rights_end=date(2025, 6, 11))
    news = snapshots.snapshot(desk.estate, GATE, before)
    assert [(card.number, card.until) for card in news.cards] == [(view.number, date(2025, 6, 11))]
    desk.clock.forward(days=2)
    assert tapped(desk, view) is Reason.GRANTED
    desk.clock.forward(days=1)
    assert tapped(desk, view) is Reason.EXPIRED


def test_what_came_due_is_blocked_once_a_day_ic_22(cabinet: Cabinet) -> None:
    desk = cabinet.desk
    unit = cabinet.unit("8-0801")
    view = desk.issue(cabinet.owner("旧主", unit).holder_id, blank())
    transfer(desk, unit, leaving(desk, unit))
    assert rightsending.carry_out_due(desk.estate, GATE) == 0
    desk.clock.forward(days=1)
    assert rightsending.carry_out_due(desk.estate, GATE) == 1
    assert rightsending.carry_out_due(desk.estate, GATE) == 0
    assert tapped(desk, view) is Reason.BLOCKED
    request = BlockRequest(request_id=new_id(), reason="找到了")
    with refused("holder-ended", "IC-22"):
        blocking.unblock(desk.estate, DESK, view.number, request)


def test_parking_of_the_former_household_is_not_topped_up_any_more_ic_22(desk: FrontDesk) -> None:
    card = blank()
    view = desk.add_parking(desk.issue(desk.owner, card), card)
    unit = people.sheet(desk.estate, DESK, desk.owner).person.unit_id
    assert unit is not None
    transfer(desk, unit, leaving(desk, unit))
    with refused("beyond-agreement"):
        desk.top_up(view, card)


def test_a_household_that_changed_since_it_was_listed_is_listed_again_ic_22(
    cabinet: Cabinet, sold: int
) -> None:
    desk = cabinet.desk
    seen = leaving(desk, sold)
    cabinet.family("旧子", sold)
    with refused("changed-meanwhile"):
        transfer(desk, sold, seen)
    seen = leaving(desk, sold)
    desk.issue(seen.household[0].holder_id, blank())
    with refused("changed-meanwhile"):
        transfer(desk, sold, seen)


def test_a_transfer_is_never_dated_ahead_nor_ends_rights_before_it_ic_22(
    desk: FrontDesk, sold: int
) -> None:
    seen = leaving(desk, sold)
    with refused("transfer-ahead", "IC-22"):
        transfer(desk, sold, seen, transferred_on=date(2025, 6, 10))
    with refused("ends-before-transfer", "IC-22a"):
        transfer(desk, sold, seen, rights_end=date(2025, 6, 8))
    assert leaving(desk, sold) == seen


def test_a_transfer_sent_twice_is_one_transfer_ic_22(desk: FrontDesk, sold: int) -> None:
    seen, once = leaving(desk, sold), new_id()
    first = transfer(desk, sold, seen, transfer_id=once)
    assert transfer(desk, sold, seen, transfer_id=once) == first


def test_staff_who_left_have_no_live_card_ic_13a(cabinet: Cabinet) -> None:
    desk = cabinet.desk
    person = people.sheet(desk.estate, DESK, desk.owner).person
    view = desk.issue(desk.owner, blank())
    family = people.sheet(desk.estate, DESK, desk.family).person
    cabinet.end(family, date(2025, 6, 1))
    cabinet.end(person, date(2025, 6, 1))
    seen = people.sheet(desk.estate, DESK, desk.owner)
    assert [(card.number, card.status) for card in seen.cards] == [
        (view.number, CardStatus.BLOCKED)
    ]
