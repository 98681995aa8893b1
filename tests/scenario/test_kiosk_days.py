"""Random days at a kiosk: resident, cards, notes, devices, line, clock and power as they come.

Whatever happened, as soon as everything is whole again and every card has been laid down once more:
what lies in the box is booked, what was paid stands on the card or is owed back, nothing is
credited twice, and the journal has no hole.
"""

import logging
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from cardserver.domain.sale import SaleState
from drivers.errors import DeviceError
from kiosk.selfservice.flow import Event, Screen
from simulators.acceptor import YUAN
from simulators.acceptor_path import Stage, Timing
from simulators.cards.catalogue import make
from simulators.faults import Fault, FaultKind, FaultPlan
from tests.scenario.ground import MORNING, pass_on
from tests.scenario.one_kiosk import NOTE, OneKiosk, resident
from tests.scenario.test_kiosk_money import away, deaf

STRANGER = bytes.fromhex("04DEADBEEF0102")
SLOW = Timing(read_s=0.4, stack_s=0.8, return_s=0.4)
TORN = [FaultKind.TEAR_BEFORE, FaultKind.TEAR_AFTER]
BROKEN = ["paper_out", "cover_open", "mute", "powered"]


class Day(RuleBasedStateMachine):
    """One day at one kiosk."""

    def __init__(self) -> None:
        super().__init__()
        ground, self.card = resident().settled()
        self.kiosk, self.stranger = OneKiosk(ground, timing=SLOW), make("desfire-ev2", STRANGER)
        self.ground, self.settled = ground, ground.trial().settled_fen

    # --- the resident

    @rule(steps=st.integers(1, 8), keeps=st.booleans())
    def goes_on(self, steps: int, keeps: bool) -> None:
        """What a resident wants: the next step of a top-up, whatever is shown. Who lets the rest
        stay on the card (FEE-04a) begins with a note that makes the others too much.
        """
        kiosk = self.kiosk
        for _ in range(steps):
            match kiosk.screen:
                case Screen.ATTRACT | Screen.LAY_BACK:
                    kiosk.lay(self.card)
                case Screen.MONTHS:
                    kiosk.touch(Event.MONTHS_CHOSEN)
                case Screen.CONFIRM:
                    kiosk.touch(Event.CONFIRMED)
                case Screen.PAY if keeps and not kiosk.machine.visit.keep_rest:
                    kiosk.touch(Event.KEEP_REST)
                    self.pushes(50 * YUAN)
                    kiosk.turn(3)
                case Screen.PAY:
                    self.pushes(NOTE)
                    kiosk.turn(3)
                case _:
                    kiosk.lift()

    @rule(value=st.sampled_from([NOTE, 50 * YUAN]))
    def pushes(self, value: int) -> None:
        view = self.kiosk.acceptor.view()
        if view.powered and view.enabled and view.stage is Stage.EMPTY:
            self.kiosk.acceptor.insert_note(value)
        self.kiosk.turn()

    @rule()
    def pulls_a_note_back(self) -> None:
        self.kiosk.acceptor.pull_note_back()
        self.kiosk.turn()

    @rule(event=st.sampled_from(Event), months=st.integers(1, 3))
    def touches(self, event: Event, months: int) -> None:
        self.kiosk.touch(event, months)

    @rule(mine=st.booleans())
    def lays_a_card(self, mine: bool) -> None:
        if self.kiosk.reader.card is not None:
            self.kiosk.lift()
        self.kiosk.lay(self.card if mine else self.stranger)

    @rule()
    def takes_the_card(self) -> None:
        self.kiosk.lift()

    @rule(seconds=st.sampled_from([1, 20, 90, 300]))
    def waits(self, seconds: int) -> None:
        self.kiosk.pass_time(seconds if seconds < 90 else 30)
        self.kiosk.wait(max(0, seconds - 30))
        self.kiosk.turn()

    # --- devices, line, clock, power

    @rule(kind=st.sampled_from(TORN), at=st.integers(0, 25))
    def the_card_will_slip(self, kind: FaultKind, at: int) -> None:
        self.kiosk.reader.plan(FaultPlan(Fault(kind=kind, at=at)))

    @rule(stage=st.sampled_from([Stage.READING, Stage.ESCROW, Stage.STACKING, Stage.SAFE]))
    def the_acceptor_will_lose_its_power(self, stage: Stage) -> None:
        self.kiosk.acceptor.cut_power_at(stage)

    @rule(what=st.sampled_from(BROKEN))
    def the_printer_breaks(self, what: str) -> None:
        self.kiosk.printer.change(**{what: what != "powered"})

    @rule(answers_lost=st.booleans())
    def the_line_is_cut(self, answers_lost: bool) -> None:
        line = self.ground.line
        line.before, line.after = (pass_on, deaf) if answers_lost else (away, pass_on)

    @rule(hours=st.sampled_from([-1, 1, 24]))
    def the_clock_is_moved(self, hours: int) -> None:
        self.ground.clock.now += timedelta(hours=hours)

    @rule(turns=st.integers(1, 6))
    def all_is_mended(self, turns: int) -> None:
        """Staff was here."""
        kiosk = self.kiosk
        kiosk.reader.plan(None)
        kiosk.acceptor.restore_power()
        kiosk.printer.change(powered=True, paper_out=False, cover_open=False, mute=False)
        self.ground.line.before = self.ground.line.after = pass_on
        self.ground.clock.now = max(self.ground.clock.now, MORNING + timedelta(days=3))
        kiosk.turn(turns)

    @rule()
    def the_kiosk_starts_anew(self) -> None:
        self.kiosk.restart()
        if self.kiosk.reader.card is not None:
            self.kiosk.lift()

    # --- what is true

    @invariant()
    def no_yuan_is_booked_that_does_not_lie_in_the_box(self) -> None:
        safe = NOTE if self.kiosk.acceptor.view().stage is Stage.SAFE else 0
        assert self.kiosk.booked() <= self.kiosk.in_the_box() + safe
        assert sum(self.ground.balances().values()) == 0

    def teardown(self) -> None:
        self.all_is_mended(10)
        self.kiosk.restart()
        self._rest()
        self._card_comes_back()
        kiosk, trial = self.kiosk, self.ground.trial()
        assert not kiosk.machine.till.busy
        kiosk.check_money()
        sales = kiosk.sales()
        assert all(each.open_tenders == () for each in sales)
        earned = sum(each.due_fen for each in sales if each.state is SaleState.SETTLED)
        assert trial.settled_fen == self.settled + earned
        owed = trial.held_fen + trial.payable_fen + trial.credit_fen
        assert owed + earned == kiosk.in_the_box()
        self.ground.engine.dispose()

    def _rest(self) -> None:
        self.kiosk.lift()
        self.kiosk.pass_time(30)

    def _card_comes_back(self) -> None:
        """What was paid in full is written now; the rest is given up and owed back."""
        kiosk = self.kiosk
        try:
            kiosk.lay(self.card)
        except DeviceError:
            return
        kiosk.turn(3)
        if kiosk.screen is Screen.PAY:
            kiosk.touch(Event.STOPPED)
            kiosk.turn(3)
        kiosk.lift()
        kiosk.pass_time(10)


def test_random_days_lose_no_yuan_and_give_none(caplog: pytest.LogCaptureFixture) -> None:
    for name in ("drivers", "kiosk", "cardserver"):
        caplog.set_level(logging.CRITICAL, logger=name)
    slow = list(HealthCheck)
    run_state_machine_as_test(
        Day,
        settings=settings(
            max_examples=12,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=slow,
            phases=[Phase.reuse, Phase.generate],
        ),
    )
