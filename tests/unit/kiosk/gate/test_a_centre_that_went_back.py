"""The centre is restored from a backup: its list goes back, and so do the lines it has of a gate.

The gate takes the centre's list as it is, says so, names what was lost, and hands over again.
"""

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest

from cardserver.domain.admission import Reason
from cardserver.domain.gateevent import GENESIS, link
from cardserver.services.gatealarms import alarms
from cardserver.services.gatememory import GateMemory
from cardserver.services.gateseen import gates, reach_of_version
from cardserver.services.setup import SETUP
from kiosk.gate.housekeeping import Housekeeping
from kiosk.gate.shared import Shared
from kiosk.gate.wentback import CENTRE_RESTORED, DENIAL_LOST, STANDS_S, WentBack
from kiosk.station.events import Bell
from simulators.cards.api import VirtualCard
from tests.unit.kiosk.gate.conftest import Gate
from tests.unit.kiosk.gate.test_uplink import at_door, issued, tap

UID_2 = bytes.fromhex("04A1B2C3D4E5F7")


@dataclass
class House:
    """A gate with what tells its alarms, and a centre of which there is a backup."""

    gate: Gate
    live: sqlite3.Connection
    backup: sqlite3.Connection = field(default_factory=lambda: sqlite3.connect(":memory:"))

    def __post_init__(self) -> None:
        gate = self.gate
        self.shared = Shared.of(gate.journal, bell=Bell(), clock=gate.clock, ticks=gate.ticks)
        self.told = WentBack(self.shared)
        gate.uplink.tell_went_back(self.told.tell)
        self.keeping = Housekeeping(self.shared, gate.uplink, beside=self.told.look)

    def back_up(self) -> None:
        self.live.backup(self.backup)

    def restore(self, *, restarted: bool = True) -> None:
        """The older copy takes the place of the store, as a rule under a server begun anew."""
        self.backup.backup(self.live)
        if restarted:
            self.restart_the_server()

    def restart_the_server(self) -> None:
        memory, estate = GateMemory(), self.gate.ground.estate
        for name in ("eras", "bodies", "reports", "presence", "swept"):
            setattr(estate.gates, name, getattr(memory, name))

    def block(self, card: VirtualCard) -> None:
        self.gate.ground.desk.block(self.gate.ground.card(card).number, "lost")

    def unblock(self, card: VirtualCard) -> None:
        self.gate.ground.desk.unblock(self.gate.ground.card(card).number, "found")

    def troubles(self) -> list[str]:
        return [each.word for each in self.shared.recorder.troubles.standing]

    def alarms(self) -> list[tuple[str, int | None]]:
        """Those that stand at the desk, or that nobody has seen; word and card."""
        found = alarms(self.gate.ground.estate, SETUP).alarms
        return sorted((each.line.detail, each.line.card_number) for each in found)


@pytest.fixture
def house(gate: Gate, tmp_path: Path) -> Iterator[House]:
    house = House(gate, sqlite3.connect(tmp_path / "server.db"))
    yield house
    house.live.close()
    house.backup.close()


def test_a_restored_list_that_has_caught_up_in_number_is_not_taken_for_the_same(
    house: House,
) -> None:
    """Since the backup a card was blocked; since the restoring, other things happened."""
    gate, card = house.gate, issued(house.gate.ground)
    gate.uplink.round()
    house.back_up()
    house.block(card)
    gate.uplink.round()
    assert at_door(gate, card).reason is Reason.BLOCKED
    known, number = gate.uplink.snapshot().version, gate.ground.card(card).number
    house.restore()
    other = issued(gate.ground, UID_2)
    house.block(other)
    house.unblock(other)
    gate.uplink.round()
    assert gate.uplink.snapshot().version > known
    # The list is the centre's word; that it lost a denial is said in so many words.
    assert [at_door(gate, each).reason for each in (card, other)] == [Reason.GRANTED] * 2
    assert house.troubles() == [CENTRE_RESTORED]
    assert house.alarms() == [(CENTRE_RESTORED, None), (DENIAL_LOST, number)]
    gate.restart()
    assert at_door(gate, other).reason is Reason.GRANTED
    gate.uplink.round()
    assert len(house.alarms()) == 2  # it is told once


def test_a_version_of_the_same_number_is_another_one_after_a_restoring(house: House) -> None:
    gate, card = house.gate, issued(house.gate.ground)
    gate.uplink.round()
    house.back_up()
    house.block(card)
    gate.uplink.round()
    known = gate.uplink.snapshot().version
    house.restore()
    other = issued(gate.ground, UID_2)
    assert not gate.uplink.feed.strayed
    gate.uplink.round()
    assert gate.uplink.snapshot().version == known
    assert at_door(gate, other).reason is Reason.GRANTED
    assert CENTRE_RESTORED in house.troubles()


def test_what_a_gate_has_of_another_history_is_not_in_the_books_as_enforced(house: House) -> None:
    """Else a card would be told as refused everywhere that this gate lets in."""
    gate, card = house.gate, issued(house.gate.ground)
    gate.uplink.round()
    house.back_up()
    for change in (house.block, house.unblock, house.block):
        change(card)
    gate.uplink.round()
    gate.uplink.round()  # says what it has
    house.restore()
    house.block(card)
    version = gates(gate.ground.estate, SETUP).version
    gate.lose_the_server()
    gate.find_the_server()
    gate.uplink.feed.ask(0, gate.uplink._state())
    reach = reach_of_version(gate.ground.estate, SETUP, version)
    assert [(each.at, each.station in reach.missing) for each in reach.gates] == [(None, True)]
    gate.uplink.round()
    assert reach_of_version(gate.ground.estate, SETUP, version).everywhere_at


def test_a_store_put_back_under_a_running_server_is_noticed_too(house: House) -> None:
    gate, card = house.gate, issued(house.gate.ground)
    gate.uplink.round()
    house.back_up()
    house.block(card)
    gate.uplink.round()
    house.restore(restarted=False)
    gate.uplink.round()
    assert CENTRE_RESTORED in house.troubles()
    assert at_door(gate, card).reason is Reason.GRANTED
    noted = gate.ground.rows("SELECT 1 FROM audit WHERE action = 'list-went-back'")
    assert len(noted) == 1


def test_a_gate_that_was_off_meanwhile_notices_when_it_is_switched_on(house: House) -> None:
    gate, card = house.gate, issued(house.gate.ground)
    gate.uplink.round()
    house.back_up()
    house.block(card)
    gate.uplink.round()
    house.restore()
    other = issued(gate.ground, UID_2)
    gate.restart()
    told = []
    gate.uplink.tell_went_back(lambda *lists: told.append(lists))
    assert at_door(gate, card).reason is Reason.BLOCKED
    gate.uplink.round()
    assert len(told) == 1
    assert [at_door(gate, each).reason for each in (card, other)] == [Reason.GRANTED] * 2


def test_a_server_begun_anew_is_no_restoring(house: House) -> None:
    """It goes on with changes only, whatever the gate has asked of which server."""
    gate, card = house.gate, issued(house.gate.ground)
    gate.uplink.round()
    eras = [gate.uplink.feed.era]
    for change in (house.block, house.unblock):
        house.restart_the_server()
        change(card)
        gate.uplink.round()
        house.restart_the_server()
        gate.uplink.round()
        eras.append(gate.uplink.feed.era)
        gate.restart()
    assert len(set(eras)) == 3
    assert len(gate.store.parts()) == 3
    assert (house.troubles(), house.alarms()) == ([], [])


def test_lines_that_a_restored_centre_lacks_are_told_again_though_nobody_comes(
    house: House,
) -> None:
    gate, count = house.gate, 12
    for number in range(count):
        if number == 5:
            gate.uplink.round()
            house.back_up()
        tap(gate)
    gate.uplink.round()
    house.restore()
    assert gate.ground.count("gate_event") == 5
    gate.uplink.round()
    rows = gate.ground.rows("SELECT sequence, chain FROM gate_event ORDER BY sequence")
    assert [row.sequence for row in rows] == list(range(1, count + 1))
    chain = GENESIS
    for event, row in zip(gate.journal.after(0, count), rows, strict=True):
        chain = link(chain, gate.journal.id, event)
        assert bytes(row.chain) == chain


def test_lines_that_wait_again_are_kept_until_the_centre_has_them_again(house: House) -> None:
    gate = house.gate
    house.back_up()
    for _ in range(3):
        tap(gate)
    gate.uplink.round()
    house.restore()
    gate.journal.take_back(1)
    gate.restart()
    assert (gate.journal.uploaded, gate.uplink.upload.waiting) == (1, 2)
    gate.clock.now += timedelta(days=4000)
    assert gate.journal.forget_before(gate.clock()) == 1
    assert [each.sequence for each in gate.journal.waiting()] == [2, 3]


def test_a_gap_that_no_gate_can_fill_is_an_alarm_and_skips_nothing(house: House) -> None:
    """The backup is older than the gate keeps its lines."""
    gate = house.gate
    house.back_up()
    for _ in range(3):
        tap(gate)
    gate.uplink.round()
    gate.journal.forget_before(gate.clock() + timedelta(days=1))
    house.restore()
    tap(gate)
    with pytest.raises(LookupError):
        gate.uplink.round()
    house.keeping.look()
    assert "lines-held-up" in house.troubles()
    assert gate.ground.count("gate_event") == 0
    assert [each.sequence for each in gate.journal.after(0, 1)] == [4]


def test_after_a_while_it_is_no_news_at_the_gate_any_more(house: House) -> None:
    before = house.gate.uplink.snapshot()
    house.told.tell(before, before)
    house.keeping.look()
    assert house.troubles() == [CENTRE_RESTORED]
    house.gate.ticks.now += STANDS_S
    house.keeping.look()
    assert house.troubles() == []
    house.told.look()
    lines = [(each.kind.value, each.detail) for each in house.gate.journal.after(0, 9)]
    assert lines == [("alarm", CENTRE_RESTORED), ("alarm-over", CENTRE_RESTORED)]
