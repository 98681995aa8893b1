"""A lane with its relay board on a pty, from the card to the car that is through.

The board, the arm and the loop are the simulated ones; everything above the wire is the real thing.
Rules: GATE-01, 02a, 07; reads and openings that are too old move nothing.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from cardserver.domain.admission import Decision, Presented, Reason
from cardserver.domain.gateevent import EventKind, GateEvent
from cardserver.domain.gaterules import DuressMode
from cardserver.domain.lanes import Direction
from cardserver.domain.rights import RightKind
from kiosk.gate import journal
from kiosk.gate.deciding import tap_line
from kiosk.gate.fire import FireWatch
from kiosk.gate.guarding import BOARD_AWAY
from kiosk.gate.journalfile import Row
from kiosk.gate.overriding import OverrideRefused, forget_by_hand
from kiosk.gate.owners import Owners
from kiosk.station.config import DevicePart
from simulators.stream import StreamFault, StreamFaultKind
from tests.unit.kiosk.gate.yard import (
    IN,
    LI,
    NOON,
    OUT,
    RULES,
    STRANGER,
    WANG,
    Place,
    Yard,
    entry,
)

SILENCE = StreamFault(kind=StreamFaultKind.SILENCE)


@pytest.fixture
def yard(tmp_path: Path) -> Iterator[Yard]:
    with Yard(tmp_path) as opened:
        yield opened


@pytest.fixture
def car_in(yard: Yard) -> Place:
    return yard.place(IN)


# --- granted and passed


def test_granted_and_passed_are_two_lines(yard: Yard, car_in: Place) -> None:
    shown = car_in.hold(WANG)
    assert (shown.decision.reason, shown.opened) == (Reason.GRANTED, True)
    assert yard.lines == ["car-in tap card 7 granted"]
    car_in.drive_through()
    assert yard.lines == ["car-in tap card 7 granted", "car-in passed about 1 card 7"]
    assert yard.whole(EventKind.PASSED).uid == WANG


def test_a_car_that_turned_away_is_written_down(yard: Yard, car_in: Place) -> None:
    car_in.hold(WANG)
    car_in.rise().look(15)
    assert yard.lines[-1] == "car-in not-passed about 1 card 7"


def test_a_card_that_nobody_knows_is_a_line_and_moves_nothing(yard: Yard, car_in: Place) -> None:
    assert car_in.hold(STRANGER).decision.reason is Reason.UNKNOWN_CARD
    assert yard.lines == ["car-in tap unknown-card"]
    assert not car_in.barrier.openings


@pytest.mark.parametrize(("age_s", "openings"), [(1.9, 1), (2.1, 0), (3600, 0)])
def test_a_number_that_was_read_long_ago_is_logged_and_never_acted_on(
    yard: Yard, car_in: Place, age_s: float, openings: int
) -> None:
    """A reader that was offline hands over what it had kept (osdp-dev/libosdp 133)."""
    shown = car_in.hold(WANG, age_s=age_s)
    assert len(car_in.barrier.openings) == openings
    assert shown.try_again is (openings == 0)
    assert yard.lines == [f"car-in tap {'card 7 granted' if openings else 'read-too-old'}"]


def test_the_pulse_is_the_boards_own_and_goes_out_once(car_in: Place) -> None:
    car_in.hold(WANG)
    car_in.drive_through().look(60)
    (opening,) = car_in.barrier.openings
    assert opening.for_s == 0.5


def test_a_lamp_says_what_was_decided_and_goes_out_by_itself(yard: Yard, car_in: Place) -> None:
    car_in.hold(WANG)
    assert car_in.look().barrier.lamps["go"]
    yard.ticks += 3
    assert not any(car_in.barrier.lamps.values())
    car_in.hold(STRANGER)
    yard.ticks += 2.1
    assert not any(car_in.look(0).barrier.lamps.values())  # it would have come too late
    car_in.hold(STRANGER)
    assert car_in.look().barrier.lamps["stop"]


# --- a barrier that fails


def test_a_board_that_does_not_answer_is_told_and_asked_once(yard: Yard, car_in: Place) -> None:
    car_in.line.fault = SILENCE
    assert car_in.hold(WANG).opened is False
    assert yard.lines[1:] == [
        "car-in barrier-fault about 1 card 7 device-timeout",
        "car-in neutral barrier-fault",
    ]
    assert yard.shared.recorder.troubles.stands("barrier-fault", "car-in")
    car_in.line.fault = None
    car_in.look(10).look(20)
    assert len(car_in.barrier.openings) == 1  # it had heard us; nothing was repeated
    assert yard.lines[-2:] == [
        "car-in alarm-over barrier-fault",
        "car-in not-passed about 1 card 7",
    ]


def test_a_board_that_is_away_is_an_alarm_and_its_return_ends_it(yard: Yard, car_in: Place) -> None:
    car_in.line.fault = SILENCE
    car_in.look(1).look(1.5)
    assert yard.lines == ["car-in alarm board-away"]
    car_in.look(60)
    car_in.line.fault = None
    car_in.look()
    assert yard.lines == ["car-in alarm board-away", "car-in alarm-over board-away"]
    assert not yard.shared.recorder.troubles.stands(BOARD_AWAY, "car-in")


def test_a_drivers_mistake_is_a_barriers_fault(
    yard: Yard, car_in: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    def mistake() -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(car_in.loop._actuator._barrier, "open", mistake)
    assert car_in.hold(WANG).opened is False
    assert yard.lines[1] == "car-in barrier-fault about 1 card 7 ZeroDivisionError"


def test_an_arm_that_is_stuck_is_a_fault_on_the_screen_as_well(yard: Yard, car_in: Place) -> None:
    car_in.barrier.arm.stuck = True
    assert car_in.hold(WANG).opened
    car_in.look(7)
    assert "car-in barrier-fault about 1 card 7 arm-did-not-move" in yard.lines
    assert car_in.loop.shown is not None
    assert car_in.loop.shown.opened is False


def test_what_the_disk_would_not_take_beside_the_taps_is_written_later(
    yard: Yard, car_in: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_events: object) -> list[GateEvent]:
        raise sqlite3.OperationalError("database or disk is full")

    car_in.hold(WANG)
    with monkeypatch.context() as disk:
        disk.setattr(yard.journal, "append_all", full)
        car_in.drive_through()
    assert yard.lines == ["car-in tap card 7 granted"]
    car_in.hold(LI)
    car_in.drive_through()
    assert sorted(yard.lines[1:]) == [
        "car-in passed about 1 card 7",
        "car-in passed about 2 card 8",
        "car-in tap card 8 granted",
    ]


def test_s13_a_mistake_of_ours_is_a_line_and_opens_nothing(
    yard: Yard, car_in: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    def mistake(*_arguments: object, **_named: object) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as broken:
        broken.setattr(yard.shared.whereabouts, "decide", mistake)
        assert car_in.hold(WANG).try_again
    assert yard.lines == ["car-in tap torn ZeroDivisionError"]
    assert not car_in.barrier.openings
    assert car_in.hold(WANG).opened


def test_a_listeners_mistake_makes_no_line_unwritten(yard: Yard, car_in: Place) -> None:
    def mistake(_event: GateEvent) -> None:
        raise ZeroDivisionError

    yard.journal.listen(mistake)
    assert car_in.hold(WANG).opened
    assert yard.lines == ["car-in tap card 7 granted"]


# --- by hand


def test_a_guard_opens_with_name_and_reason(yard: Yard, car_in: Place) -> None:
    assert car_in.loop.open_by_hand(" 张建国 ", "救护车\n")
    car_in.drive_through()
    assert yard.lines == ["car-in opened-by-hand 张建国 救护车", "car-in passed about 1"]
    assert len(car_in.barrier.openings) == 1


@pytest.mark.parametrize(
    ("by", "reason", "code"), [("", "x", "name-missing"), ("张", " \n", "reason-missing")]
)
def test_nothing_opens_by_hand_without_name_and_reason(
    yard: Yard, car_in: Place, by: str, reason: str, code: str
) -> None:
    with pytest.raises(OverrideRefused) as refused:
        car_in.loop.open_by_hand(by, reason)
    assert refused.value.reason == code
    assert not yard.lines
    assert not car_in.barrier.openings


def test_s13_nothing_opens_by_hand_that_cannot_be_written_down(
    yard: Yard, car_in: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_event: GateEvent) -> GateEvent:
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(yard.journal, "append", full)
    with pytest.raises(OverrideRefused) as refused:
        car_in.loop.open_by_hand("张建国", "救护车")
    assert refused.value.reason == "no-journal"
    assert not car_in.barrier.openings


# --- who is inside


def test_gate_02a_a_card_that_is_inside_does_not_come_in_again(yard: Yard, car_in: Place) -> None:
    yard.rules = RULES
    out = yard.place(OUT, direction=Direction.EXIT)
    car_in.hold(WANG)
    car_in.drive_through()
    assert car_in.hold(WANG).decision.reason is Reason.PASSBACK
    assert yard.shared.whereabouts.occupancy() == {"park": 1}
    assert out.hold(WANG).opened
    out.drive_through()
    assert yard.shared.whereabouts.occupancy() == {"park": 0}
    assert car_in.hold(WANG).opened


def test_whoever_turned_away_is_not_inside(yard: Yard, car_in: Place) -> None:
    yard.rules = RULES
    car_in.hold(WANG)
    car_in.rise().look(15)
    assert car_in.hold(WANG).opened


def test_a_tap_that_could_not_be_written_down_has_not_counted(
    yard: Yard, car_in: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_db: sqlite3.Connection, _rows: Sequence[Row]) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    yard.rules = RULES
    with monkeypatch.context() as disk:
        disk.setattr(journal, "insert_all", full)
        assert car_in.hold(WANG).decision.reason is Reason.NO_JOURNAL
    assert yard.shared.whereabouts.occupancy() == {"park": 0}
    assert car_in.hold(WANG).opened


def test_a_barrier_fault_locks_nobody_out(yard: Yard) -> None:
    yard.rules = RULES
    bare = yard.place(IN, contacts=())
    bare.line.fault = SILENCE
    assert bare.hold(WANG).opened is False
    assert yard.lines[-1] == "car-in not-passed about 1 card 7 barrier-fault"
    bare.line.fault = None
    assert bare.hold(WANG).opened


def test_of_two_cars_with_one_space_the_first_comes_in_gate_02a(yard: Yard, car_in: Place) -> None:
    yard.rules = RULES
    yard.cards = {WANG: entry(7, space=12), LI: entry(8, space=12)}
    assert car_in.hold(WANG).opened
    assert car_in.hold(LI).decision.reason is Reason.SPACE_TAKEN


def test_a_guard_resets_a_card_with_name_and_reason(yard: Yard, car_in: Place) -> None:
    yard.rules = RULES
    car_in.hold(WANG)
    car_in.drive_through()
    forget_by_hand(yard.shared, by="张建国", reason="车已开走", card_number=7)
    assert car_in.hold(WANG).opened
    with pytest.raises(OverrideRefused):
        forget_by_hand(yard.shared, by="张建国", reason="")


def test_who_is_inside_is_known_after_a_restart(tmp_path: Path) -> None:
    with Yard(tmp_path, rules=RULES) as yard:
        place = yard.place(IN)
        place.hold(WANG)
        place.drive_through()
    with Yard(tmp_path, rules=RULES, now=NOON + timedelta(hours=1)) as again:
        assert again.place(IN).hold(WANG).decision.reason is Reason.PASSBACK


def test_rules_that_come_later_count_what_was_seen_before_them(yard: Yard, car_in: Place) -> None:
    car_in.hold(WANG)
    car_in.drive_through()
    yard.rules = RULES
    yard.shared.whereabouts.follow(yard.snapshot(), yard.journal)
    assert yard.shared.whereabouts.occupancy() == {"park": 1}
    assert car_in.hold(WANG).decision.reason is Reason.PASSBACK


def test_a_tap_that_is_decided_while_new_rules_are_learnt_is_counted_when_it_is_written(
    yard: Yard, car_in: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    yard.rules = RULES
    whereabouts, snapshot, lane = yard.shared.whereabouts, yard.snapshot(), car_in.loop.lane
    presented, walk = Presented(uid=WANG), yard.journal.walk
    decided: list[Decision] = []

    def meanwhile(sequence: int) -> Iterator[GateEvent]:
        if not decided:
            decided.append(whereabouts.decide(presented, lane, snapshot, NOON))
        return walk(sequence)

    monkeypatch.setattr(yard.journal, "walk", meanwhile)
    whereabouts.follow(snapshot, yard.journal)
    assert whereabouts.occupancy() == {"park": 0}
    yard.journal.append(tap_line(presented, lane, snapshot, NOON, decided[0]))
    assert whereabouts.occupancy() == {"park": 1}


# --- interlock


def test_of_two_interlocked_lanes_one_is_open_at_a_time(yard: Yard, car_in: Place) -> None:
    yard.rules = replace(RULES, interlocks=(frozenset({IN, OUT}),))
    out = yard.place(OUT, direction=Direction.EXIT)
    assert car_in.hold(WANG).opened
    assert out.hold(LI).decision.reason is Reason.INTERLOCK
    assert not out.barrier.openings
    car_in.rise()
    assert out.hold(LI).decision.reason is Reason.INTERLOCK
    car_in.drive_through()
    assert out.hold(LI).opened
    assert car_in.loop.open_by_hand("张建国", "消防车")  # a person looks at the lane


def test_an_interlock_forgets_a_lane_that_nobody_used(yard: Yard, car_in: Place) -> None:
    yard.rules = replace(RULES, interlocks=(frozenset({IN, OUT}),))
    out = yard.place(OUT, direction=Direction.EXIT, contacts=())
    assert out.hold(LI).opened
    assert car_in.hold(WANG).decision.reason is Reason.INTERLOCK
    yard.ticks += 16
    assert car_in.hold(WANG).opened


def test_an_interlock_waits_as_long_as_somebody_may_take(yard: Yard, car_in: Place) -> None:
    yard.rules = replace(RULES, interlocks=(frozenset({IN, OUT}),))
    out = yard.place(OUT, direction=Direction.EXIT, contacts=(), pass_s=60)
    assert out.hold(LI).opened
    yard.ticks += 59
    assert car_in.hold(WANG).decision.reason is Reason.INTERLOCK
    yard.ticks += 2
    assert car_in.hold(WANG).opened


# --- fire, tamper, force, duress


def test_s25_the_software_says_that_a_fire_frees_the_exits_and_calls_no_door_forced(
    yard: Yard,
) -> None:
    door = yard.place(
        "door", right=RightKind.DOOR, contacts=("door_input", "fire_input", "tamper_input")
    )
    other = yard.place("back-door", right=RightKind.DOOR, contacts=("door_input",))
    door.fire(burns=True)
    assert yard.shared.fire.burning
    other.door(opened=True)
    other.door(opened=False)
    door.fire(burns=False)
    assert yard.lines == [
        "door fire",
        "back-door passed fire",
        "door fire-over",
        "gate neutral fire",
    ]
    assert not door.barrier.openings
    assert not yard.shared.recorder.troubles.standing


def test_a_fire_that_ended_while_the_gate_was_off_is_told_and_forgets_who_is_inside(
    yard: Yard,
) -> None:
    contacts = ("door_input", "fire_input")
    door = yard.place("door", right=RightKind.DOOR, contacts=contacts)
    door.fire(burns=True)
    fire = FireWatch()
    fire.recall(yard.journal)  # a power cut, and the power comes back
    assert not fire.burning
    assert fire.note("door", fire=None) == []
    assert fire.note("back-door", fire=False) == [], "another lane's contact says nothing of it"
    told = fire.note("door", fire=False)
    assert [(lane, each.kind) for lane, each in told] == [
        ("door", EventKind.FIRE_OVER),
        ("", EventKind.NEUTRAL),
    ]
    assert fire.note("door", fire=False) == []
    door.fire(burns=False)
    fire.recall(yard.journal)
    assert fire.note("door", fire=False) == [], "this one was told"


def test_a_fire_sets_the_interlock_aside(yard: Yard) -> None:
    yard.rules = replace(RULES, interlocks=(frozenset({IN, OUT}),))
    car_in = yard.place(IN, contacts=("arm_input", "loop_input", "fire_input"))
    out = yard.place(OUT, direction=Direction.EXIT)
    assert car_in.hold(WANG).opened
    car_in.fire(burns=True)
    assert out.hold(LI).opened


def test_a_forced_door_and_an_open_cabinet_are_told_once_and_end(yard: Yard) -> None:
    door = yard.place("door", right=RightKind.DOOR, contacts=("door_input", "tamper_input"))
    door.look(60).tamper(opened=True)
    door.door(opened=True)
    door.look()
    standing = yard.shared.recorder.troubles.standing
    assert [each.word for each in standing] == ["tamper", "forced"]
    door.door(opened=False)
    door.tamper(opened=False)
    assert yard.lines == [
        "door alarm tamper",
        "door forced",
        "door alarm-over forced",
        "door alarm-over tamper",
    ]


def test_duress_opens_as_usual_and_the_alarm_is_silent(yard: Yard, car_in: Place) -> None:
    yard.rules = RULES
    shown = car_in.hold(WANG, duress=True)
    assert (shown.decision.reason, shown.opened) == (Reason.GRANTED, True)
    assert yard.lines == ["car-in tap card 7 granted", "car-in duress about 1 card 7 granted"]


def test_duress_keeps_shut_where_the_estate_wants_it(yard: Yard, car_in: Place) -> None:
    yard.rules = replace(RULES, duress=DuressMode.REFUSE)
    assert car_in.hold(WANG, duress=True).decision.reason is Reason.DURESS
    assert not car_in.barrier.openings


# --- the journal behind it


def test_every_line_of_a_busy_day_is_in_the_chain(yard: Yard, car_in: Place) -> None:
    for uid in (WANG, STRANGER, LI):
        car_in.hold(uid)
        car_in.drive_through()
    car_in.loop.open_by_hand("张建国", "救护车")
    assert yard.journal.first_break() is None
    assert [each.sequence for each in yard.journal.after(0, 99)] == list(
        range(1, len(yard.lines) + 1)
    )


def test_lanes_on_one_line_have_one_owner() -> None:
    owners = Owners()
    one, other = ({"driver": "modbus_relay", "port": "COM4", "relay": n} for n in (1, 2))
    first = owners.of(DevicePart.model_validate(one))
    assert first is owners.of(DevicePart.model_validate(other))
    assert first is not owners.of(DevicePart.model_validate(one | {"port": "COM5"}))
    assert owners.of(DevicePart(driver="elsewhere")) is None
    owners.stop()


def test_lanes_that_open_with_one_relay_are_one_way() -> None:
    owners, part = Owners(), {"driver": "modbus_relay", "port": "COM4", "relay": 1}
    way = owners.way_of(DevicePart.model_validate(part))
    assert owners.way_of(DevicePart.model_validate(part | {"door_input": 3})) is way
    assert owners.way_of(DevicePart.model_validate(part | {"relay": 2})) is not way
    assert owners.way_of(DevicePart.model_validate(part | {"unit": 2})) is not way
    alone = DevicePart(driver="elsewhere")
    assert owners.way_of(alone) is not owners.way_of(alone)
