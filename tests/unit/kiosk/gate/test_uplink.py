"""The gate's line to the server, on the real server: what the gate knows when it is gone.

Rules: GATE-07a, and that a gate gives the same answers without its server (GB/T 37078, 6.6.1).
"""

import logging
import sqlite3
import threading
import time
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import httpx
import pytest

from cardserver.client import ServerUnavailable
from cardserver.db.tables_parking import LaneRow
from cardserver.domain.admission import Decision, Direction, Reason, decide
from cardserver.domain.gateevent import EventKind, GateEvent
from cardserver.domain.rights import RightKind
from cardserver.services.turn import reading
from kiosk.gate.reading import read_presented
from kiosk.gate.uplink import LINK
from simulators.cards.api import VirtualCard
from simulators.cards.catalogue import make
from simulators.reader import VirtualReader
from tests.databases.frontdesk import GATE
from tests.scenario.ground import LANES, MORNING, Ground
from tests.unit.kiosk.gate.conftest import Gate

SECOND, DAY = timedelta(seconds=1), timedelta(days=1)
UID = bytes.fromhex("04A1B2C3D4E5F6")


def issued(ground: Ground, uid: bytes = UID) -> VirtualCard:
    card = make("desfire-ev2", uid)
    ground.do(ground.issue_request(ground.people.owner), card)
    return card


def at_door(gate: Gate, card: VirtualCard, right: RightKind = RightKind.DOOR) -> Decision:
    reader = VirtualReader()
    reader.insert(card)
    snapshot = gate.uplink.snapshot()
    presented = read_presented(reader, right, gate.ground.gate_keys, snapshot.cards)
    return decide(presented, LANES[right], snapshot, gate.clock())


def tap(gate: Gate) -> None:
    entry = GateEvent(
        sequence=0,
        at=gate.clock(),
        lane="door",
        kind=EventKind.TAP,
        uid=UID,
        card_number=7,
        granted=False,
        reason=Reason.UNKNOWN_CARD,
        snapshot_version=gate.uplink.snapshot().version,
    )
    gate.journal.append(entry)


def no_disk(*_arguments: object) -> None:
    raise sqlite3.OperationalError("database or disk is full")


# --- clocks


@pytest.mark.parametrize("seconds", [-3600, -60, -6, -5, 0, 5, 6, 3600])
def test_s4_a_clock_beside_the_servers_is_an_alarm_and_no_refusal(gate: Gate, seconds: int) -> None:
    card = issued(gate.ground)
    gate.clock.now += seconds * SECOND
    gate.uplink.round()
    assert gate.uplink.clock_drift == seconds * SECOND
    assert gate.uplink.clock_off is (abs(seconds) > 5)
    assert not gate.uplink.clock_set_back
    assert at_door(gate, card).reason is Reason.GRANTED


def test_a_slow_answer_is_not_taken_for_a_clock_that_differs(gate: Gate) -> None:
    def slow(_request: httpx.Request) -> None:
        gate.clock.now += 20 * SECOND

    gate.ground.line.after = slow
    gate.uplink.round()
    assert gate.uplink.clock_drift == timedelta(0)


def test_gate_07a_after_a_power_cut_a_clock_set_back_revives_no_expired_card(gate: Gate) -> None:
    """The gate restarts without a server and with an empty battery, weeks after its last list."""
    card = issued(gate.ground)
    gate.ground.do(gate.ground.parking_request(gate.ground.card(card), 1), card)
    gate.uplink.round()
    assert at_door(gate, card, RightKind.PARKING).reason is Reason.GRANTED
    gate.clock.now += 45 * DAY
    gate.lose_the_server()
    with pytest.raises(ServerUnavailable):
        gate.uplink.round()
    gate.restart(at=MORNING)
    assert gate.uplink.clock_set_back
    assert at_door(gate, card, RightKind.PARKING).reason is Reason.EXPIRED
    assert at_door(gate, card).reason is Reason.GRANTED


def test_the_last_tap_alone_tells_how_far_time_had_come(gate: Gate) -> None:
    gate.clock.now += 45 * DAY
    tap(gate)
    gate.restart(at=MORNING)
    assert gate.uplink.snapshot().time_floor == MORNING + 45 * DAY


def test_a_clock_that_ran_ahead_once_is_forgiven_when_it_agrees_with_the_server(gate: Gate) -> None:
    card = issued(gate.ground)
    gate.uplink.round()
    gate.clock.now = MORNING + 3650 * DAY
    gate.uplink.round()
    tap(gate)
    assert gate.uplink.clock_off
    gate.clock.now = MORNING
    assert at_door(gate, card).reason is Reason.EXPIRED
    gate.uplink.round()
    assert not gate.uplink.clock_set_back
    assert at_door(gate, card).reason is Reason.GRANTED
    gate.restart()
    assert at_door(gate, card).reason is Reason.GRANTED


def test_a_clock_set_back_is_not_forgiven_while_the_server_disagrees(gate: Gate) -> None:
    gate.uplink.round()
    gate.clock.now = MORNING - DAY
    gate.uplink.round()
    assert gate.uplink.clock_set_back
    assert gate.uplink.clock_drift == -DAY
    assert gate.uplink.snapshot().time_floor == MORNING


# --- how old the copy is


def test_gate_07a_a_copy_older_than_a_day_is_an_alarm(gate: Gate) -> None:
    gate.uplink.round()
    gate.clock.now += DAY
    assert not gate.uplink.too_old
    gate.clock.now += SECOND
    assert gate.uplink.too_old


def test_a_clock_set_back_makes_an_old_copy_no_younger(gate: Gate) -> None:
    gate.uplink.round()
    gate.clock.now -= 2 * DAY
    assert gate.uplink.age == timedelta(0)
    gate.ticks.now += 25 * 3600
    assert gate.uplink.too_old


def test_a_restart_makes_a_copy_neither_older_nor_younger(gate: Gate) -> None:
    gate.uplink.round()
    gate.clock.now = gate.ground.clock.now = MORNING + 3 * DAY
    gate.uplink.round()  # the list has not changed, but it was confirmed
    gate.lose_the_server()
    gate.restart(at=MORNING + 3 * DAY + 2 * SECOND)
    assert gate.uplink.age == 2 * SECOND
    gate.clock.now += 2 * DAY
    assert gate.uplink.too_old


# --- the list


def test_what_changed_last_is_known_after_a_restart_without_server(gate: Gate) -> None:
    card = issued(gate.ground)
    gate.uplink.round()
    gate.ground.desk.block(gate.ground.card(card).number, "lost")
    gate.uplink.round()
    assert len(gate.store.parts()) == 2
    gate.lose_the_server()
    gate.restart()
    assert at_door(gate, card).reason is Reason.BLOCKED


def test_a_full_disk_keeps_no_list_from_the_lanes(
    gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the disk did not take is fetched anew when it takes something again."""
    card = issued(gate.ground)
    gate.uplink.round()
    gate.ground.desk.block(gate.ground.card(card).number, "lost")
    monkeypatch.setattr(gate.store, "add", no_disk)
    gate.clock.now += DAY
    with pytest.raises(sqlite3.OperationalError):
        gate.uplink.round()
    assert at_door(gate, card).reason is Reason.BLOCKED
    monkeypatch.undo()
    gate.uplink.round()
    gate.restart()
    assert at_door(gate, card).reason is Reason.BLOCKED


def test_an_unchanged_list_rings_no_bell_and_wears_no_disk(gate: Gate) -> None:
    gate.uplink.round()
    rung, changes = gate.bell.counts(), gate.journal._db.total_changes
    gate.uplink.round()
    assert gate.bell.counts() == rung
    assert gate.journal._db.total_changes == changes


SPOILT = {
    "a byte of the list": "UPDATE part SET body = replace(body, '\"live\"', '\"dead\"')",
    "its signature": "UPDATE part SET seal = replace(seal, '1.', '2.')",
    "what was asked": "UPDATE part SET target = target || '0' WHERE number = 1",
    "whose answer it is": "UPDATE part SET nonce = '00000000000000000000000000000000'",
    "its beginning": "DELETE FROM part WHERE number = 1",
    "nonsense in its place": "UPDATE part SET body = '{', nonce = ''",
}


@pytest.mark.parametrize("how", SPOILT)
def test_s6_a_stored_list_that_was_changed_is_not_believed_and_fetched_anew(
    gate: Gate, how: str
) -> None:
    card = issued(gate.ground)
    gate.uplink.round()
    gate.store._db.execute(SPOILT[how])
    gate.restart()
    assert not gate.uplink.snapshot().cards
    assert at_door(gate, card).reason is Reason.UNKNOWN_CARD
    gate.uplink.round()
    assert at_door(gate, card).reason is Reason.GRANTED


def test_s6_changes_whose_one_in_the_middle_is_missing_count_up_to_the_gap(gate: Gate) -> None:
    card = issued(gate.ground)
    gate.uplink.round()
    number = gate.ground.card(card).number
    for change in (gate.ground.desk.block, gate.ground.desk.unblock):
        change(number, "lost")
        gate.uplink.round()
    version = gate.uplink.snapshot().version
    gate.store._db.execute("DELETE FROM part WHERE number = 2")
    gate.restart()
    assert gate.uplink.snapshot().version == version - 2
    gate.uplink.round()
    assert gate.uplink.snapshot().version == version


def test_after_many_changes_the_list_is_fetched_whole(
    gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kiosk.gate.liststore.MOST_CHANGES", 3)
    card = issued(gate.ground)
    number = gate.ground.card(card).number
    kept = []
    for _ in range(3):
        gate.ground.desk.block(number, "lost")
        gate.uplink.round()
        gate.ground.desk.unblock(number, "found")
        gate.uplink.round()
        kept.append(len(gate.store.parts()))
    assert kept == [2, 4, 2]
    gate.restart()
    assert at_door(gate, card).reason is Reason.GRANTED


# --- the taps


def test_each_tap_is_handed_over_once(gate: Gate) -> None:
    tap(gate)
    tap(gate)
    gate.uplink.round()
    gate.uplink.round()
    assert not gate.journal.waiting()
    assert gate.ground.count("gate_event") == 2


def test_taps_whose_answer_was_lost_are_recognised(gate: Gate) -> None:
    def lost(request: httpx.Request) -> None:
        if request.url.path.endswith("/events"):
            raise httpx.ReadError("lost")

    tap(gate)
    gate.ground.line.after = lost
    with pytest.raises(ServerUnavailable):
        gate.uplink.round()
    gate.ground.line.after = lambda _request: None
    gate.uplink.round()
    assert not gate.journal.waiting()
    assert gate.ground.count("gate_event") == 1


def test_a_gate_that_lost_its_journal_goes_on_with_a_new_one(gate: Gate) -> None:
    tap(gate)
    gate.uplink.round()
    gate.path = gate.path.with_name("new.db")
    gate.clock.now += SECOND
    gate.restart()
    tap(gate)
    gate.uplink.round()
    assert not gate.journal.waiting()
    assert gate.ground.count("gate_event") == 2


# --- the thread


def running(gate: Gate, reached: threading.Event) -> None:
    """Start the uplink; `reached` is set at the next answer that arrives."""
    gate.ground.line.after = lambda _request: reached.set()
    gate.uplink.start()


def test_s13_one_error_of_the_disk_does_not_end_the_uplink(
    gate: Gate, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    issued(gate.ground)
    told, well = threading.Event(), threading.Event()
    connected: list[bool] = []
    note = gate.uplink._note

    def noted(*, connected: bool) -> None:
        note(connected=connected)
        (well if connected else told).set()

    monkeypatch.setattr(gate.uplink, "_note", noted)
    with monkeypatch.context() as disk:
        disk.setattr(gate.store, "begin", no_disk)
        gate.uplink.start()
        assert told.wait(5)
        connected.append(gate.uplink.connected)
        assert gate.uplink.faults
    assert well.wait(5)
    gate.uplink.stop()
    assert [*connected, gate.uplink.connected] == [False, True]
    assert not any(thread.is_alive() for thread in gate.uplink._threads)
    shouted = [each for each in caplog.records if each.levelno == logging.ERROR]
    assert len(shouted) == 1


def test_stopping_takes_no_round_to_wait_for(gate: Gate) -> None:
    gate.uplink._every_s = 3600
    reached = threading.Event()
    running(gate, reached)
    assert reached.wait(5)
    gate.uplink.stop()
    assert not any(thread.is_alive() for thread in gate.uplink._threads)


def test_an_alarm_rings_the_guards_bell_once(gate: Gate) -> None:
    gate.uplink.round()
    gate.uplink._note(connected=True)
    rung = gate.bell.counts()[LINK]
    gate.clock.now = datetime(2000, 1, 1, tzinfo=UTC)
    gate.uplink._note(connected=True)
    gate.uplink._note(connected=True)
    assert gate.bell.counts()[LINK] == rung + 1


def test_which_way_a_vehicle_lane_leads_goes_with_its_taps_park_05b(gate: Gate) -> None:
    gate.lanes["car-out"] = Direction.EXIT
    gate.restart()
    tap(gate)
    gate.uplink.round()
    with reading(gate.ground.estate, GATE) as turn:
        lane = turn.session.get(LaneRow, (turn.estate.site, "car-out"))
        assert lane is not None
        assert lane.direction is Direction.EXIT


def test_a_gate_for_which_the_centre_has_no_place_comes_again_and_not_at_once(gate: Gate) -> None:
    """One gate too many is answered at once: it must not ask as fast as it can."""
    gate.ground.estate.gates.news.max_waiting = 0
    gate.uplink._every_s, gate.uplink._wait_s = 0.2, 5.0
    asked: list[float] = []
    gate.ground.line.before = lambda request: (
        asked.append(time.monotonic()) if "feed" in request.url.path else None
    )
    gate.uplink.start()
    time_out = time.monotonic() + 5
    while len(asked) < 4 and time.monotonic() < time_out:
        time.sleep(0.01)
    gate.uplink.stop()
    assert min(later - before for before, later in pairwise(asked[1:])) >= 0.1
