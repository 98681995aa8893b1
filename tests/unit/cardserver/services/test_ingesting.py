"""Lines of gates come to the centre once each, in their order, as they were written (GATE-07a)."""

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from threading import Thread

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from cardserver.db.tables_gateevents import GateEventRow
from cardserver.domain.gateevent import GENESIS, EventKind
from cardserver.services import ingesting, taps
from cardserver.services.errors import Conflict
from cardserver.services.ingesting import EventGap, GateBatch, ingest, last_of
from cardserver.services.turn import Estate, looking
from cardserver.wire_taps import TapReport, TapsRequest
from tests.databases.frontdesk import FrontDesk, refused
from tests.databases.gatework import WritingGate

ZERO = timedelta(0)


@pytest.fixture
def gate(desk: FrontDesk) -> WritingGate:
    return WritingGate(estate=desk.estate)


def stored(estate: Estate) -> Sequence[int]:
    with looking(estate) as connection:
        statement = select(GateEventRow.sequence).order_by(GateEventRow.sequence)
        return connection.execute(statement).scalars().all()


def test_a_batch_sent_again_is_recognised_and_stored_no_second_time(gate: WritingGate) -> None:
    gate.write_many(7)
    assert gate.send(1, 5) == ingesting.Taken(sequence=5, taken=5, repeated=0)
    assert gate.send(1, 5) == ingesting.Taken(sequence=5, taken=0, repeated=5)
    assert gate.send(4) == ingesting.Taken(sequence=7, taken=2, repeated=2)
    assert gate.send(2, 3) == ingesting.Taken(sequence=7, taken=0, repeated=2)
    assert stored(gate.estate) == [1, 2, 3, 4, 5, 6, 7]


def test_a_line_is_kept_as_the_gate_wrote_it(gate: WritingGate) -> None:
    event = gate.write(
        EventKind.OPENED_BY_HAND,
        uid=b"\x04abc",
        card_number=2**40,
        reason="granted",
        snapshot_version=9,
        by="保安 李",
        detail="搬家\t车辆",
        counter=3,
    )
    gate.send()
    with looking(gate.estate) as connection:
        row = connection.execute(select(GateEventRow)).one()
    assert {name: getattr(row, name) for name in event._fields} == event._asdict()
    assert (row.device, row.chain) == ("gate-1", gate.chains[1])


def test_lines_that_did_not_come_are_asked_for(gate: WritingGate) -> None:
    gate.write_many(6)
    with pytest.raises(EventGap) as first:
        gate.send(3)
    assert (first.value.expected, first.value.reason) == (1, "gap")
    gate.send(1, 2)
    with pytest.raises(EventGap) as later:
        gate.send(5)
    assert later.value.expected == 3
    assert last_of(gate.estate, gate.caller, gate.journal) == 2
    assert last_of(gate.estate, gate.caller, "0b3c3b5e-0000-4000-8000-00000000000f") == 0


def test_a_line_told_otherwise_is_refused_wherever_it_stands(gate: WritingGate) -> None:
    gate.write_many(6)
    gate.send(1, 4)
    for place in range(4):
        events = list(gate.events[:6])
        events[place] = events[place]._replace(granted=False)
        with refused("event-differs", "GATE-07a"):
            ingest(gate.estate, gate.caller, replace(gate.batch(), events=events))
    events = [gate.events[2]._replace(at=gate.events[2].at + timedelta(days=70)), gate.events[3]]
    for some in (events, events[:1]):
        with refused("event-differs"):
            ingest(gate.estate, gate.caller, replace(gate.batch(3), events=some))
    assert stored(gate.estate) == [1, 2, 3, 4]


def test_new_lines_that_do_not_fit_onto_the_last_are_refused(gate: WritingGate) -> None:
    """Forged, or of a journal that was changed after it had been handed over."""
    gate.write_many(6)
    with refused("chain-broken"):
        ingest(gate.estate, gate.caller, replace(gate.batch(1, 2), before=b"x" * 32))
    gate.send(1, 4)
    with refused("chain-broken", "GATE-07a"):
        ingest(gate.estate, gate.caller, replace(gate.batch(5), before=GENESIS))
    other = WritingGate(estate=gate.estate, journal=gate.journal, station="gate-2")
    other.write_many(2)
    other.send()  # another device's journal of the same name is another journal
    assert gate.send(5).taken == 2


def test_a_batch_with_holes_or_out_of_order_or_too_long_is_refused(gate: WritingGate) -> None:
    gate.write_many(ingesting.MAX_EVENTS + 1)
    one, two, three = gate.events[:3]
    for events in ((one, three), (two, one), (one, one)):
        with refused("not-consecutive"):
            ingest(gate.estate, gate.caller, replace(gate.batch(), events=events))
    with refused("too-many-events"):
        gate.send()
    assert stored(gate.estate) == []
    assert gate.send(1, ingesting.MAX_EVENTS).taken == ingesting.MAX_EVENTS


def test_nothing_sent_is_nothing_stored(gate: WritingGate) -> None:
    gate.write_many(3)
    gate.send()
    empty = GateBatch(journal=gate.journal, before=GENESIS, events=())
    assert ingest(gate.estate, gate.caller, empty).sequence == 3


def test_lines_from_years_ago_and_from_a_clock_ahead_still_land(gate: WritingGate) -> None:
    for days in (-4000, 0, 30, 40_000):
        gate.tap(at=gate.now + timedelta(days=days))
    assert gate.send().taken == 4
    assert gate.send().repeated == 4


def test_a_journal_that_began_without_a_chain_goes_on_with_one(gate: WritingGate) -> None:
    """Its first chain is believed, once; from then on it holds."""
    events = gate.write_many(5)
    reports = tuple(
        TapReport.model_validate(
            {
                "sequence": event.sequence,
                "at": event.at,
                "lane_id": event.lane,
                "uid": event.uid,
                "card_number": event.card_number,
                "reason": event.reason,
                "granted": event.granted,
            }
        )
        for event in events[:3]
    )
    request = TapsRequest(journal=gate.journal, taps=reports)
    assert taps.take_taps(gate.estate, gate.caller, request).taken == 3
    assert gate.send(2).taken == 2
    assert gate.send(4).repeated == 2
    with refused("event-differs"):
        ingest(gate.estate, gate.caller, replace(gate.batch(4), before=b"y" * 32))
    with refused("chain-broken"):
        late = reports[0].model_copy(update={"sequence": 6})
        taps.take_taps(gate.estate, gate.caller, request.model_copy(update={"taps": (late,)}))
    assert stored(gate.estate) == [1, 2, 3, 4, 5]


def test_batches_of_one_journal_at_once_are_put_in_order(gate: WritingGate) -> None:
    """Two connections of one gate, one of them thought dead: every line arrives once."""
    gate.write_many(120)
    trouble: list[Exception] = []

    def hand_over(seed: int) -> None:
        draw = random.Random(seed)
        try:
            while (here := last_of(gate.estate, gate.caller, gate.journal)) < len(gate.events):
                first = max(1, here - draw.randrange(5))
                gate.send(first, first + draw.randrange(5, 40))
        except Conflict as error:
            trouble.append(error)

    threads = [Thread(target=hand_over, args=(seed,)) for seed in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert trouble == []
    assert stored(gate.estate) == list(range(1, 121))


@pytest.mark.parametrize(
    ("ahead", "moved"),
    [
        (timedelta(0), None),
        (timedelta(minutes=-8), timedelta(minutes=8)),
        (timedelta(days=730_000), timedelta(days=-730_000)),
        (timedelta(milliseconds=2**53), timedelta(0)),
        (timedelta(milliseconds=-(2**53)), timedelta(0)),
        (timedelta(days=-1), timedelta(hours=1)),
    ],
)
def test_a_line_happened_by_our_clock_and_never_later_than_it_came(
    desk: FrontDesk, gate: WritingGate, ahead: timedelta, moved: timedelta | None
) -> None:
    """What a gate says of its clock may be nonsense; the line is taken all the same."""
    event = gate.tap()
    desk.clock.now = event.at + timedelta(hours=1)
    ingest(gate.estate, gate.caller, replace(gate.batch(), ahead=ahead))
    with looking(gate.estate) as connection:
        row = connection.execute(select(GateEventRow.at, GateEventRow.happened_at)).one()
    assert tuple(row) == (event.at, None if moved is None else event.at + moved)


@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(st.tuples(st.integers(1, 30), st.integers(0, 12)), max_size=20))
def test_however_batches_come_what_is_here_is_the_journal_s_beginning(
    desk: FrontDesk, sent: list[tuple[int, int]]
) -> None:
    gate = WritingGate(estate=desk.estate)
    gate.write_many(30)
    here = 0
    for first, more in sent:
        last = min(first + more, 30)
        if first > here + 1:
            with refused("gap"):
                gate.send(first, last)
            continue
        taken = gate.send(first, last)
        assert taken.taken == max(0, last - here)
        here = max(here, last)
        assert taken.sequence == here
    with looking(gate.estate) as connection:
        rows = connection.execute(
            select(GateEventRow.sequence, GateEventRow.chain)
            .where(GateEventRow.journal == gate.journal)
            .order_by(GateEventRow.sequence)
        ).all()
    assert [tuple(row) for row in rows] == list(enumerate(gate.chains))[1 : here + 1]
