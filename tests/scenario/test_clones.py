"""A Classic card is cloned, whole, UID included: what the copy can do, and what gives it away.

docs/security.md, "A Classic card is cloned", line by line: real desk, gate, readers and centre; the
copy is another chip with the same memory and UID.
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from cardserver.db.tables_gaterules import GateRulesRow
from cardserver.domain.clonetrap import CloneSign
from cardserver.domain.gateevent import EventKind, GateEvent
from cardserver.domain.rights import CardStatus
from cardserver.services.setup import SETUP
from cardserver.services.turn import writing
from drivers.cards.mifare_classic_counter import START
from simulators.cards.catalogue import make
from simulators.clock import DemoClock
from simulators.teller import FIRST_DAY, Teller
from tests.databases.sites import SettledSite
from tests.scenario.hands import card_of, issue


@pytest.fixture
def day(tmp_path: Path) -> Iterator[Teller]:
    clock = DemoClock()
    clock.travel_to(FIRST_DAY)
    with SettledSite(tmp_path, clock=clock) as site:
        teller = Teller(site)
        yield teller
        teller.close()


def rule(day: Teller, document: str) -> None:
    """The administrator's rules reach the gate."""
    estate = day.site.estate
    with writing(estate, SETUP) as turn:
        row = GateRulesRow(
            site=estate.site,
            version=1,
            document=document,
            note="",
            set_by="系统管理员",
            list_version=turn.version,
            **turn.made(),
        )
        turn.add(row)
    day.until("the gate has the rules", lambda: heard(day))


def heard(day: Teller) -> bool:
    day.site.uplink.wake()
    return day.site.uplink.snapshot().rules.version == 1


def issued(day: Teller, kind: str) -> None:
    """The owner has a card, and the gate knows it."""
    issue(day, "owner", kind)
    day.gate_knows()


def clone(day: Teller, name: str) -> str:
    """Another chip that says the same; returns its name."""
    original = card_of(day, name)
    copy = make("classic-1k", original.uid)
    copy.load(original.dump())
    day.blank("copy", "classic-1k")
    box = day.site.box
    kept = box._kept[day.card_ids["copy"]]
    box._kept[day.card_ids["copy"]] = replace(kept, card=copy)
    return "copy"


def lines(day: Teller, kind: EventKind) -> list[GateEvent]:
    return list(reversed(day.site.lanes[0]._shared.journal.last(20, kind)))


def test_without_rules_of_the_gates_nothing_is_counted(day: Teller) -> None:
    issued(day, "classic-1k")
    assert day.tap("owner", "door")["granted"]
    assert [each.counter for each in lines(day, EventKind.TAP)] == [None]


def test_a_card_counts_down_and_alone_is_never_suspected(day: Teller) -> None:
    rule(day, 'clone = "block"')
    issued(day, "classic-1k")
    for _ in range(3):
        assert day.tap("owner", "door")["granted"]
    counted = [each.counter for each in lines(day, EventKind.TAP)]
    assert counted == [START, START - 1, START - 2]
    assert lines(day, EventKind.CLONE) == []


def test_a_copy_opens_like_the_card_until_the_other_one_is_used(day: Teller) -> None:
    rule(day, 'clone = "block"')
    issued(day, "classic-1k")
    number = day.card("owner").number
    copy = clone(day, "owner")
    first = day.tap(copy, "door")
    assert first["granted"], first
    refused = day.tap("owner", "door")
    assert (refused["granted"], refused["reason"]) == (False, "clone-suspected")
    assert [each.detail for each in lines(day, EventKind.CLONE)] == [CloneSign.SEEN_TWICE]
    day.until("the centre blocks it", lambda: told(day))
    assert day.card("owner").status is CardStatus.BLOCKED
    assert not day.tap(copy, "door")["granted"]
    assert day.site.counter.server.gate_reports.refusals(number).lines


def told(day: Teller) -> bool:
    day.site.uplink.wake()
    return day.card("owner").status is CardStatus.BLOCKED


def test_where_the_rule_says_alarm_both_go_on_and_the_guard_knows(day: Teller) -> None:
    rule(day, 'clone = "alarm"')
    issued(day, "classic-1k")
    copy = clone(day, "owner")
    assert day.tap("owner", "door")["granted"]
    assert day.tap(copy, "door")["granted"]
    (found,) = lines(day, EventKind.CLONE)
    assert (found.card_number, found.detail) == (day.card("owner").number, CloneSign.SEEN_TWICE)
    assert found.about == lines(day, EventKind.TAP)[-1].sequence
    assert day.card("owner").status is CardStatus.LIVE


def test_a_desfire_card_needs_no_counter(day: Teller) -> None:
    rule(day, 'clone = "block"')
    issued(day, "desfire-ev2")
    for _ in range(2):
        assert day.tap("owner", "door")["granted"]
    assert [each.counter for each in lines(day, EventKind.TAP)] == [None, None]
