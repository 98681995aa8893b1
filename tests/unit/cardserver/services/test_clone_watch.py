"""A full Classic clone and its card count down from the same number: the centre notices.

GATE-01 and docs/security.md: what a clone can do until then, and what the estate's rule does.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from cardserver.db.tables import CardRow
from cardserver.db.tables_clones import GateCloneRow
from cardserver.db.tables_gaterules import GateRulesRow
from cardserver.db.tables_register import RegisterRow
from cardserver.domain.clonetrap import CLOCKS_APART, CloneSign
from cardserver.domain.gateevent import EventKind, GateEvent
from cardserver.domain.register import RegisterKind
from cardserver.domain.rights import CardStatus
from cardserver.services import blocking, gatealarms
from cardserver.services.clonewatch import REASON, watch
from cardserver.services.setup import SETUP
from cardserver.services.turn import looking, reading, writing
from cardserver.wire_cards import BlockRequest
from cardserver.wire_gatereports import SeeAlarm
from tests.databases.frontdesk import DESK, FrontDesk, blank, new_id
from tests.databases.gatework import WritingGate

SOON, LATER = timedelta(seconds=2), timedelta(minutes=10)


@pytest.fixture
def number(desk: FrontDesk) -> int:
    return desk.issue(desk.owner, blank()).number


def gate(desk: FrontDesk, name: str) -> WritingGate:
    return WritingGate(estate=desk.estate, station=name)


def seen(at: WritingGate, number: int, counter: int, after: timedelta) -> GateEvent:
    at.now += after
    return at.tap(number, counter=counter)


def told(at: WritingGate) -> int:
    """All its lines go to the centre, and are looked at."""
    at.send()
    return watch(at.estate, at.caller, at.journal, at.events)


def found(desk: FrontDesk) -> list[Any]:
    with looking(desk.estate) as connection:
        columns = GateCloneRow.__table__.c
        return list(connection.execute(select(*columns)).all())


def rule(desk: FrontDesk, document: str) -> None:
    with writing(desk.estate, SETUP) as turn:
        row = GateRulesRow(
            site=desk.estate.site,
            version=1,
            document=document,
            note="",
            set_by="吴倩",
            list_version=turn.version,
            **turn.made(),
        )
        turn.add(row)


def test_one_card_at_many_gates_in_any_order_of_telling_is_one_card(
    desk: FrontDesk, number: int
) -> None:
    door, lane = gate(desk, "gate-1"), gate(desk, "gate-2")
    for counter in (100, 97, 94):
        seen(door, number, counter, LATER)
    lane.now = door.now - LATER - LATER / 2
    seen(lane, number, 98, timedelta(0))
    seen(lane, number, 95, LATER)
    assert told(lane) == 0
    assert told(door) == 0
    assert found(desk) == []


def test_one_number_seen_at_two_gates_is_a_clone(desk: FrontDesk, number: int) -> None:
    door, lane = gate(desk, "gate-1"), gate(desk, "gate-2")
    seen(door, number, 100, LATER)
    seen(lane, number, 100, LATER)
    assert told(door) == 0
    assert told(lane) == 1
    (row,) = found(desk)
    assert (row.sign, row.card_number, row.counter) == (CloneSign.SEEN_TWICE, number, 100)
    assert {row.device, row.other_device} == {"gate-1", "gate-2"}


def test_a_number_that_went_up_is_a_clone_though_the_gates_tell_it_late(
    desk: FrontDesk, number: int
) -> None:
    door, lane = gate(desk, "gate-1"), gate(desk, "gate-2")
    seen(door, number, 90, LATER + LATER)
    assert told(door) == 0
    seen(lane, number, 80, LATER)  # offline until now, and earlier than the door's
    assert told(lane) == 1
    assert found(desk)[0].sign is CloneSign.WENT_UP


def test_clocks_that_are_a_little_apart_make_no_clone(desk: FrontDesk, number: int) -> None:
    door, lane = gate(desk, "gate-1"), gate(desk, "gate-2")
    seen(door, number, 99, CLOCKS_APART)
    seen(lane, number, 98, CLOCKS_APART - SOON)
    assert told(door) == told(lane) == 0


def test_a_gap_or_an_uncounted_tap_means_nothing(desk: FrontDesk, number: int) -> None:
    door = gate(desk, "gate-1")
    seen(door, number, 100, LATER)
    door.tap(number)
    seen(door, number, 3, LATER)
    seen(door, number + 1, 100, LATER)
    assert told(door) == 0


def test_lines_told_twice_are_one_find_a_day(desk: FrontDesk, number: int) -> None:
    door = gate(desk, "gate-1")
    for _ in range(3):
        seen(door, number, 100, LATER)
    assert told(door) == 1
    assert told(door) == 0
    assert len(found(desk)) == 1


@pytest.mark.parametrize(
    ("document", "status"),
    [('clone = "alarm"', CardStatus.LIVE), ('clone = "block"', CardStatus.BLOCKED)],
)
def test_the_estates_rule_says_whether_the_card_is_denied(
    desk: FrontDesk, number: int, document: str, status: CardStatus
) -> None:
    rule(desk, document)
    door = gate(desk, "gate-1")
    for _ in range(2):
        seen(door, number, 100, LATER)
    assert told(door) == 1
    with reading(desk.estate, SETUP) as turn:
        card = turn.find(CardRow, number, "card")
        stands, reason = card.status, card.status_reason
        blocks = turn.session.scalars(
            select(RegisterRow).where(RegisterRow.kind == RegisterKind.BLOCK)
        ).all()
        entered = [(row.card_number, row.remark) for row in blocks]
    assert entered == ([(number, REASON)] if status is CardStatus.BLOCKED else [])  # IC-19b
    assert (stands, found(desk)[0].blocked) == (status, status is CardStatus.BLOCKED)
    if status is CardStatus.BLOCKED:
        assert reason == REASON
        request = BlockRequest(request_id=new_id(), reason="looked at, it is one card")
        assert blocking.unblock(desk.estate, DESK, number, request).status is CardStatus.LIVE


def test_a_find_is_an_alarm_that_somebody_takes_note_of_by_name(
    desk: FrontDesk, number: int
) -> None:
    door, lane = gate(desk, "gate-1"), gate(desk, "gate-2")
    seen(door, number, 100, LATER)
    event = seen(lane, number, 100, LATER)
    told(door)
    told(lane)
    (alarm,) = gatealarms.alarms(desk.estate, DESK).alarms
    assert (alarm.line.kind, alarm.line.card_number) == (EventKind.CLONE, number)
    assert (alarm.line.detail, alarm.standing) == (CloneSign.SEEN_TWICE, False)
    request = SeeAlarm(
        request_id=new_id(),
        device="gate-2",
        journal=lane.journal,
        sequence=event.sequence,
        remark="卡已换",
    )
    (noted,) = gatealarms.see_alarm(desk.estate, DESK, request).alarms
    assert (noted.remark, bool(noted.seen_by)) == ("卡已换", True)


_Change = Callable[[GateEvent], GateEvent]


@pytest.mark.parametrize(
    "change",
    [
        lambda event: event._replace(counter=None),
        lambda event: event._replace(card_number=None),
    ],
)
def test_without_card_or_number_nothing_is_compared(desk: FrontDesk, change: _Change) -> None:
    door = gate(desk, "gate-1")
    events = [change(seen(door, 7, 100, LATER)) for _ in range(2)]
    assert watch(desk.estate, door.caller, door.journal, events) == 0
