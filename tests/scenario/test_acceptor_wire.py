"""The wire test of the banknote acceptors (issue 4): a session broken at every byte and every step.

Whatever happens, what the ledger is told of as credited lies in the box, no note is counted twice,
and where nobody can know what became of a note the doubt has a name: UNKNOWN (待核对).
"""

import logging

import pytest

from simulators.acceptor_path import Stage
from simulators.stream import Direction, StreamFaultKind
from tests.scenario.wire_bench import NOTE, PRICE, Bench, broken_sessions

pytestmark = pytest.mark.apart

PROTOCOLS = ["ssp", "id003"]


@pytest.fixture(autouse=True)
def _quiet(caplog: pytest.LogCaptureFixture) -> None:
    """Thousands of lost answers need not be written down one by one."""
    for name in ("drivers", "kiosk"):
        caplog.set_level(logging.CRITICAL, logger=name)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_session_on_a_sound_line_is_paid_with_two_notes(protocol: str) -> None:
    bench = Bench(protocol)
    bench.pay()
    bench.check(doubt=False)
    assert (bench.box, bench.offered, bench.book.sale().missing_fen) == (PRICE, 2, 0)


@pytest.mark.parametrize("direction", Direction)
@pytest.mark.parametrize("kind", StreamFaultKind)
@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_dialogue_broken_at_any_byte_costs_no_note_and_gives_none(
    protocol: str, kind: StreamFaultKind, direction: Direction
) -> None:
    sessions = 0
    for bench in broken_sessions(protocol, kind, direction):
        bench.check(doubt=False)
        assert bench.box == PRICE, "and the payer gets what he wants"
        sessions += 1
    assert sessions > 25, "each transmission at least"


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_kiosk_that_dies_before_or_after_any_step_finds_out_or_names_its_doubt(
    protocol: str,
) -> None:
    healthy = Bench(protocol)
    healthy.pay()
    doubts = []
    for step in range(healthy.steps.done):
        bench = Bench(protocol)
        bench.steps.dies_at = bench.steps.done + step
        bench.pay()
        doubts.append(bench.check(doubt=protocol == "id003"))
        assert bench.steps.dies_at is None, "it did die"
    assert sum(map(bool, doubts)) <= len(doubts) // 5


@pytest.mark.parametrize("kiosk_too", [False, True], ids=["acceptor", "both"])
@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_power_that_fails_after_any_command_leaves_money_or_a_named_doubt(
    protocol: str, kiosk_too: bool
) -> None:
    outcomes = set()
    for commands in range(1, 60):
        bench = Bench(protocol)
        bench.acceptor.cut_power_after(commands)
        while bench.acceptor.view().powered:
            bench.once()
        if kiosk_too:
            bench.begin()
        bench.mend()
        bench.pay()
        outcomes.add(bench.check(doubt=protocol == "id003"))
    assert 0 in outcomes


@pytest.mark.parametrize("stage", [Stage.READING, Stage.ESCROW, Stage.STACKING, Stage.SAFE])
@pytest.mark.parametrize("kiosk_too", [False, True], ids=["acceptor", "both"])
@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_note_that_loses_its_power_on_the_way_is_told_by_where_it_lies(
    protocol: str, kiosk_too: bool, stage: Stage
) -> None:
    bench = Bench(protocol)
    bench.acceptor.cut_power_at(stage)
    while bench.acceptor.view().powered:
        bench.once()
    if kiosk_too:
        bench.begin()
    bench.mend()
    bench.pay()
    bench.check(doubt=False)
    assert bench.box == PRICE


def test_an_acceptor_without_a_count_or_a_standing_credit_is_never_believed_by_guess() -> None:
    """SSP without counters: a program that died may have heard of the credit."""
    healthy = Bench("ssp", counters=False)
    healthy.pay()
    doubts = 0
    for step in range(healthy.steps.done):
        bench = Bench("ssp", counters=False)
        bench.steps.dies_at = bench.steps.done + step
        bench.pay()
        doubts += bench.check(doubt=True) == NOTE
    assert doubts
