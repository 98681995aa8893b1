"""Gates and centre over a real line that is bad in every way, for days, and two hundred at once.

Nothing is lost and nothing comes twice: the centre's lines are the journal's, in its order.
"""

import random
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from cardserver.client import connect
from cardserver.db.engine import open_engine
from cardserver.domain.admission import Snapshot
from cardserver.domain.gateevent import GENESIS, link
from cardserver.domain.rights import CardStatus
from cardserver.services import enrolling
from cardserver.services.gateseen import reach_of_card
from cardserver.services.opening import utc_now
from cardserver.services.setup import SETUP
from simulators import estate as demo_estate
from simulators.cards.catalogue import make
from tests.scenario.badline import BadLine, Plan, bad_line
from tests.scenario.distance import (
    DiskGate,
    FarGate,
    Listener,
    gate_keys,
    identity,
    let_in,
    served,
)
from tests.scenario.ground import Ground, settled_in, template

UID = bytes.fromhex("04A1B2C3D4E5F6")
HOURS = timedelta(hours=1)
LONG_S = 30.0


@pytest.fixture
def ground(tmp_path: Path) -> Iterator[Ground]:
    path = tmp_path / "server.db"
    path.write_bytes(template().store)
    engine = open_engine(f"sqlite:///{path}")
    ground = settled_in(engine)
    yield ground
    engine.dispose()


@pytest.fixture
def line(ground: Ground) -> Iterator[BadLine]:
    """The bad line in front of the centre."""
    with served(ground.estate) as port, bad_line(port) as line:
        yield line


@pytest.fixture
def gate(ground: Ground, line: BadLine, tmp_path: Path) -> Iterator[FarGate]:
    """One gate at its end, with a card in its list."""
    who = identity(1)
    let_in(ground.estate, who)
    ground.do(ground.issue_request(ground.people.owner), make("desfire-ev2", UID))
    gate = FarGate(
        who, gate_keys(ground.estate), line.port, tmp_path, clock=ground.clock, wait_s=0.3
    )
    with gate:
        yield gate


def until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + LONG_S
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def block(ground: Ground) -> int:
    card = ground.desk.card(uid=UID)
    assert card is not None
    ground.desk.block(card.number, "lost")
    return card.number


def knows_it_is_blocked(gate: FarGate) -> bool:
    return is_blocked(gate.uplink.snapshot())


def is_blocked(snapshot: Snapshot | None) -> bool:
    entry = snapshot.cards.get(UID) if snapshot else None
    return entry is not None and entry.status is CardStatus.BLOCKED


def assert_whole(ground: Ground, gate: FarGate) -> None:
    """The centre has what the journal has: every line once, in its order, on its chain."""
    rows = ground.rows(
        "SELECT sequence, chain FROM gate_event WHERE journal = :journal ORDER BY sequence",
        journal=gate.journal.id,
    )
    chain = GENESIS
    events = gate.journal.after(0, 1_000_000)
    assert [row.sequence for row in rows] == [event.sequence for event in events]
    for event, row in zip(events, rows, strict=True):
        chain = link(chain, gate.journal.id, event)
        assert bytes(row.chain) == chain


# --- the line


def test_over_a_slow_line_all_arrives(ground: Ground, gate: FarGate, line: BadLine) -> None:
    line.plan = lambda _number: Plan(delay_s=0.05)
    gate.tap(20, ground.clock(), timedelta(seconds=1))
    gate.uplink.start()
    until(lambda: UID in gate.uplink.snapshot().cards)
    block(ground)
    until(lambda: knows_it_is_blocked(gate) and not gate.journal.waiting())
    assert_whole(ground, gate)


def test_a_line_that_is_half_open_is_given_up_and_made_anew(
    ground: Ground, gate: FarGate, line: BadLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing says that the centre is gone: the gate stops waiting by itself."""
    monkeypatch.setattr("cardserver.client_gates.SLACK_S", 0.3)
    gate.uplink.round()
    line.cut()
    line.plan = lambda number: Plan(freeze_after=0 if number in {2, 3} else None)
    block(ground)
    gate.uplink.start()
    until(lambda: knows_it_is_blocked(gate))
    assert line.connections >= 4


def test_a_list_cut_off_in_the_middle_is_no_list(
    ground: Ground, gate: FarGate, line: BadLine
) -> None:
    line.plan = lambda number: Plan(cut_after=700 if number == 1 else None)
    with pytest.raises(Exception, match=r"peer closed|incomplete|disconnected"):
        gate.uplink.round()
    assert not gate.uplink.snapshot().cards
    gate.uplink.round()
    assert UID in gate.uplink.snapshot().cards


def test_a_partition_in_the_middle_of_a_list_leaves_the_old_one_standing(
    ground: Ground, gate: FarGate, line: BadLine
) -> None:
    gate.uplink.round()
    version = gate.uplink.snapshot().version
    block(ground)
    line.cut()
    line.plan = lambda _number: Plan(freeze_after=400)
    ended = threading.Event()

    def ask() -> None:
        with pytest.raises(Exception, match=r"closed|reset|disconnected|peer"):
            gate.uplink.round()
        ended.set()

    thread = threading.Thread(target=ask)
    thread.start()
    until(lambda: line.connections == 2)
    assert gate.uplink.snapshot().version == version
    line.part()
    assert ended.wait(LONG_S)
    thread.join()
    assert (gate.uplink.snapshot().version, knows_it_is_blocked(gate)) == (version, False)
    line.mend()
    gate.uplink.round()
    assert knows_it_is_blocked(gate)


@pytest.mark.parametrize("place", [100, 250, 420, 700])
def test_s6_a_byte_changed_on_the_line_changes_nothing_at_the_gate(
    ground: Ground, gate: FarGate, line: BadLine, place: int
) -> None:
    """It is in the head, in the signature or in the list: the gate asks again, and no more."""
    gate.uplink.round()
    before = gate.uplink.snapshot()
    block(ground)
    line.cut()
    line.plan = lambda _number: Plan(flip_at=place)
    try:
        gate.uplink.round()
    except Exception:  # noqa: BLE001 - whatever a garbled head makes of it
        assert gate.uplink.snapshot().version == before.version
    else:
        assert knows_it_is_blocked(gate)  # the byte was one that means nothing
    line.cut()
    line.mend()
    gate.uplink.round()
    assert knows_it_is_blocked(gate)


def test_over_a_line_that_breaks_all_the_time_every_line_arrives_once(
    ground: Ground, gate: FarGate, line: BadLine
) -> None:
    """It is cut in questions and in answers, so that batches come twice."""
    dice = random.Random(37078)
    plans = [
        Plan(
            cut_after=dice.choice([None, 0, 30, 300]),
            cut_up_after=dice.choice([400, 5000, 60_000, 200_000]),
        )
        for _ in range(40)
    ]
    line.plan = lambda number: plans[number] if number < len(plans) else Plan()
    gate.tap(3000, ground.clock(), timedelta(milliseconds=10))
    gate.uplink.start()
    until(lambda: not gate.journal.waiting(1))
    assert line.connections > 3
    assert_whole(ground, gate)


def test_gates_that_wait_take_no_place_from_who_works(ground: Ground) -> None:
    """Two calls are worked on at a time here, and six gates wait."""
    estate = replace(ground.estate, clock=utc_now)
    who = [identity(number) for number in range(1, 8)]
    let_in(estate, *who)
    keys = gate_keys(estate)
    with served(estate, threads=2, waiting=6) as port:
        gates = [Listener(each, keys, port, wait_s=20.0) for each in who]
        for gate in gates[:6]:
            gate.start()
        until(lambda: estate.gates.news.waiting == 6)
        with connect(f"http://127.0.0.1:{port}", "nobody") as anybody:
            assert anybody.health().clock_ok
        gates[6].start()  # one too many: it is answered at once, again and again
        until(lambda: gates[6].snapshot is not None)
        assert estate.gates.news.waiting == 6
        for gate in gates:
            gate.stop()
    for gate in gates:
        gate.close()


# --- days


def test_seven_days_without_a_centre_then_all_of_it_at_once(
    ground: Ground, gate: FarGate, line: BadLine
) -> None:
    """A smaller sample of `sync.catchup`, with the gate restarted while the centre is away."""
    gate.uplink.round()
    line.part()
    begin, taps, days = ground.clock(), 4_000, 7
    gate.tap(taps, begin, days * 24 * HOURS / taps)
    ground.clock.now = begin + days * 24 * HOURS
    with pytest.raises(Exception, match=r"."):
        gate.uplink.round()
    assert (gate.uplink.too_old, gate.uplink.upload.waiting) == (True, taps)
    block(ground)
    line.mend()
    gate.uplink.round()
    assert (gate.uplink.clock_off, gate.uplink.upload.waiting) == (False, 0)
    assert gate.uplink.age < HOURS
    assert knows_it_is_blocked(gate)
    assert_whole(ground, gate)


def test_a_centre_restored_from_an_older_copy_is_given_the_lines_it_lost(
    ground: Ground, gate: FarGate, tmp_path: Path
) -> None:
    gate.tap(300, ground.clock(), timedelta(seconds=1))
    gate.uplink.round()
    live, copy = sqlite3.connect(tmp_path / "server.db"), sqlite3.connect(":memory:")
    live.backup(copy)
    gate.tap(900, ground.clock(), timedelta(seconds=1))
    gate.uplink.round()
    copy.backup(live)
    live.close()
    gate.tap(10, ground.clock(), timedelta(seconds=1))
    gate.uplink.round()
    assert gate.journal.uploaded == 1210
    assert_whole(ground, gate)


# --- two hundred


def test_a_revocation_reaches_two_hundred_gates_and_the_books_say_when(
    ground: Ground, tmp_path: Path
) -> None:
    """The figure is `sync.revocation`: under five seconds from the clerk to the last gate.

    Each gate has its own key and thread; every fifth also its own journal and list on the disk, and
    refuses the card when it is switched off and on again without a centre.
    """
    count = 200
    ground.do(ground.issue_request(ground.people.owner), make("desfire-ev2", UID))
    estate = replace(ground.estate, clock=utc_now)
    who = [identity(number) for number in range(1, count + 1)]
    let_in(estate, *who)
    enrolling.revoke(estate, SETUP, demo_estate.GATE)  # it is not here today
    keys = gate_keys(estate)
    with served(estate, waiting=count + 20) as port:
        on_disk = [DiskGate(each, keys, port, tmp_path) for each in who[::5]]
        others = [each for number, each in enumerate(who) if number % 5]
        gates: list[DiskGate | Listener] = [*on_disk]
        gates += [Listener(each, keys, port, wait_s=8.0) for each in others]
        for gate in gates:
            gate.start()
        until(lambda: estate.gates.news.waiting == count)
        began = time.monotonic()
        number = block(ground)  # the estate rings for all
        until(lambda: all(is_blocked(gate.snapshot) for gate in gates))
        took = time.monotonic() - began
        until(lambda: reach_of_card(estate, SETUP, number).everywhere_at is not None)
        for gate in gates:
            gate.stop()
    reach = reach_of_card(estate, SETUP, number)
    assert took < 5
    assert len(reach.gates) == count
    assert reach.everywhere_at == max(each.at for each in reach.gates if each.at)
    assert not any(gate.faults for gate in gates)
    for gate in on_disk:
        gate.restart()
    assert all(is_blocked(gate.snapshot) for gate in on_disk)
    for gate in gates:
        gate.close()
