"""What a gate's own screen, log and health say of its list and its devices is true (GATE-07a)."""

import logging
import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from cardserver.client import ServerRefused
from cardserver.domain.admission import Decision, Reason
from cardserver.domain.schedules import Span
from kiosk.gate.displaying import notice_of
from kiosk.gate.views import health_of
from kiosk.station.ages import how_long
from simulators.stream import StreamFault, StreamFaultKind
from tests.scenario.ground import MORNING
from tests.unit.kiosk.gate.conftest import Gate
from tests.unit.kiosk.gate.test_uplink import issued, no_disk
from tests.unit.kiosk.gate.yard import Yard

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def spoil(gate: Gate, part: int) -> None:
    """Somebody changed a part of the list on the gate's disk."""
    with closing(sqlite3.connect(gate.path.with_name("gate-list.db"))) as db, db:
        db.execute("UPDATE part SET seal = '' WHERE number = ?", (part,))


def test_a_gate_that_never_met_its_centre_says_that_it_has_no_list(gate: Gate) -> None:
    known = [gate.uplink.has_list]
    gate.uplink.round()
    known.append(gate.uplink.has_list)
    gate.restart()
    assert [*known, gate.uplink.has_list] == [False, True, True]


def test_a_stored_list_that_is_spoilt_is_none(gate: Gate) -> None:
    gate.uplink.round()
    spoil(gate, 1)
    gate.restart()
    assert not gate.uplink.has_list


def test_a_stored_list_whose_end_is_spoilt_is_as_old_as_what_is_left(gate: Gate) -> None:
    card = issued(gate.ground)
    gate.uplink.round()
    gate.clock.now = gate.ground.clock.now = MORNING + 3 * DAY
    gate.ground.desk.block(gate.ground.card(card).number, "lost")
    gate.uplink.round()
    spoil(gate, 2)
    gate.restart()
    assert gate.uplink.has_list
    assert gate.uplink.age == 3 * DAY
    assert gate.uplink.too_old


def test_a_list_that_the_disk_did_not_take_is_no_younger_after_a_restart(
    gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    card = issued(gate.ground)
    gate.uplink.round()
    gate.clock.now = gate.ground.clock.now = MORNING + 3 * DAY
    gate.ground.desk.block(gate.ground.card(card).number, "lost")
    with monkeypatch.context() as full:
        full.setattr(gate.store, "add", no_disk)
        with pytest.raises(sqlite3.OperationalError):
            gate.uplink.round()
    assert gate.uplink.age == timedelta(0), "the lanes have it"
    gate.lose_the_server()
    gate.restart()
    assert gate.uplink.age == 3 * DAY


@pytest.mark.parametrize(
    ("age", "words"),
    [
        (timedelta(seconds=-5), ("count.minutes-ago", 0)),
        (timedelta(seconds=119), ("count.minutes-ago", 1)),
        (2 * HOUR - timedelta(seconds=1), ("count.minutes-ago", 119)),
        (2 * HOUR, ("count.hours-ago", 2)),
        (2 * DAY - timedelta(seconds=1), ("count.hours-ago", 47)),
        (2 * DAY, ("count.days-back", 2)),
        (30 * DAY, ("count.days-back", 30)),
    ],
)
def test_an_age_is_said_as_people_say_it(age: timedelta, words: tuple[str, int]) -> None:
    assert how_long("ago", age) == words


def test_what_goes_on_is_said_in_the_same_steps() -> None:
    said = [how_long("for", age) for age in (119 * HOUR / 60, 2 * HOUR, 93 * DAY)]
    assert said == [("count.for-minutes", 119), ("count.for-hours", 2), ("count.for-days", 93)]


def test_what_the_centre_refuses_stands_once_in_the_gates_log(
    gate: Gate, caplog: pytest.LogCaptureFixture
) -> None:
    def refused() -> None:
        raise ServerRefused("gate-refused", "no key of this gate is on file")

    for _ in range(3):
        gate.uplink._try("down", refused)
    said = [each for each in caplog.records if each.levelno >= logging.WARNING]
    assert [each.getMessage() for each in said] == [
        "the line down, and tries again: gate-refused: no key of this gate is on file"
    ]


def test_a_relay_board_that_is_away_is_no_good_health(gate: Gate, tmp_path: Path) -> None:
    (tmp_path / "yard").mkdir()
    with Yard(tmp_path / "yard") as yard:
        place = yard.place("car-in")

        def trouble() -> dict[str, str]:
            found = health_of([place.loop], gate.uplink)
            told = {each.name: each.trouble for each in found.devices if each.trouble}
            assert found.serving is (told.keys() <= {"server"})
            return told

        assert trouble() == {"server": "server-away"}, "a gate serves without its centre"
        place.line.fault = StreamFault(kind=StreamFaultKind.SILENCE, at_byte=0)
        place.look(3)
        assert trouble() == {"board car-in": "board-away", "server": "server-away"}
        place.line.fault = None
        place.look(3)
        assert trouble() == {"server": "server-away"}


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        (Reason.WORKER_HOURS, "小区的装修时间是08:00-12:00"),
        (Reason.OUTSIDE_HOURS, "这里今天的开放时间是08:00-12:00"),
    ],
)
def test_etiq_19_the_text_line_says_the_hours_too(reason: Reason, words: str) -> None:
    decision = Decision(reason=reason, hours=(Span(begins=480, ends=720),))
    lines = notice_of(decision, opened=None, right="door").lines
    assert words in lines[2]
