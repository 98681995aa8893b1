"""Whatever is laid down, pushed in, touched or posted at the wrong moment has its own screen.

In each of the three languages it says what it is and a way on; no money moves that nobody paid, and
the kiosk serves the next resident.
"""

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from markupsafe import escape

from cardserver.domain.money import MAX_FEN
from cardserver.domain.validity import MAX_MONTHS_AT_ONCE
from drivers.errors import DeviceTimeout
from kiosk.selfservice import kiosk as kiosk_module
from kiosk.selfservice import writing
from kiosk.selfservice.flow import TABLE, Event, Screen
from kiosk.selfservice.views import create_app
from kiosk.station.i18n import LANGUAGE_NAMES, text, worded
from simulators.acceptor import YUAN
from simulators.acceptor_path import Timing
from simulators.cards.api import VirtualCard
from simulators.cards.catalogue import make
from simulators.faults import Fault, FaultKind, FaultPlan
from tests.scenario.ground import Ground, pass_on
from tests.scenario.one_kiosk import NOTE, OneKiosk, resident
from tests.scenario.test_kiosk_money import away

SLOW = Timing(read_s=2.0, stack_s=0.8, return_s=0.4)
STRANGER = bytes.fromhex("04DEADBEEF0102")


@pytest.fixture(autouse=True)
def _quiet(caplog: pytest.LogCaptureFixture) -> None:
    for name in ("drivers", "kiosk", "cardserver"):
        caplog.set_level(logging.CRITICAL, logger=name)


@dataclass
class Visit:
    """A resident before a kiosk and its pages."""

    kiosk: OneKiosk
    card: VirtualCard
    app: Flask = field(init=False)
    pages: FlaskClient = field(init=False)

    def __post_init__(self) -> None:
        self.app = create_app(self.kiosk.machine)
        self.pages = self.app.test_client()

    @property
    def ground(self) -> Ground:
        return self.kiosk.ground

    @property
    def problem(self) -> str:
        return self.kiosk.machine.visit.problem

    def post(self, event: str, **form: object) -> None:
        """A form as a browser, or anybody else, may send it at any time."""
        sent = self.pages.post(f"/touch/{event}", data={k: str(v) for k, v in form.items()})
        assert sent.status_code < 500
        self.kiosk.turn()

    def says(self, problem: str) -> None:
        """The screen says it in words of its own, in every language."""
        assert self.problem == problem
        for language in LANGUAGE_NAMES:
            words, _, _ = worded(language, "sorry", problem, last="#").partition("#")
            if problem != "card-unknown":  # the frequent case of ETIQ-23a is worded there
                assert words != worded(language, "sorry", "unexpected")
            page = self.app.test_client().get(f"/?lang={language}").text
            assert str(escape(words)) in page
            assert str(escape(problem)) in page or self.kiosk.screen is not Screen.SORRY

    def nothing_moved(self) -> None:
        assert self.kiosk.sales() == []
        assert self.kiosk.booked() == self.kiosk.in_the_box() == 0
        self.kiosk.check_money()

    def next_one_is_served(self) -> None:
        self.kiosk.lift()
        self.kiosk.until(Screen.ATTRACT)


@pytest.fixture
def visit() -> Iterator[Visit]:
    ground, card = resident().settled()
    yield Visit(OneKiosk(ground), card)
    ground.engine.dispose()


def change(ground: Ground, statement: str) -> None:
    with ground.engine.begin() as connection:
        connection.exec_driver_sql(statement)


# --- the card on the reader -----------------------------------------------------------------------


def _agreement_is_over(visit: Visit) -> None:
    change(visit.ground, "UPDATE agreement SET ends = '2025-06-08'")


def _agreement_ends_soon(visit: Visit) -> None:
    change(visit.ground, "UPDATE agreement SET ends = '2025-07-20'")


def _bank_collects(visit: Visit) -> None:
    change(visit.ground, "UPDATE agreement SET bank_collected = 1")


def _blocked(visit: Visit) -> None:
    visit.ground.desk.block(visit.ground.card(visit.card).number, "lost")


def _no_tariff(visit: Visit) -> None:
    change(visit.ground, "UPDATE agreement SET monthly_fee_fen = 0, space_kind = 'heliport'")


def _month_for_nothing(visit: Visit) -> None:
    """Neither the page of tariffs nor the store takes such a tariff; an old store might have it."""
    change(visit.ground, "UPDATE agreement SET monthly_fee_fen = 0")
    change(visit.ground, "PRAGMA ignore_check_constraints = 1")
    change(
        visit.ground,
        "INSERT INTO tariff (kind, monthly_fee_fen, first, station, operator, at)"
        " SELECT kind, 0, '2025-06-09', station, operator, at FROM tariff",
    )


@pytest.mark.parametrize(
    ("prepare", "problem"),
    [
        (_agreement_is_over, "agreement-ended"),
        (_agreement_ends_soon, "beyond-agreement"),
        (_bank_collects, "bank-collected"),
        (_blocked, "card-not-live"),
        (_no_tariff, "tariff-missing"),
        (_month_for_nothing, "nothing-to-pay"),
    ],
)
def test_a_card_that_is_not_served_here_is_told_why_and_where(
    visit: Visit, prepare: Callable[[Visit], None], problem: str
) -> None:
    prepare(visit)
    visit.kiosk.lay(visit.card)
    assert visit.kiosk.screen is Screen.SORRY
    visit.says(problem)
    for event in Event:  # nothing that is touched or posted there changes it
        visit.post(event, months=1)
    assert visit.kiosk.screen is Screen.SORRY
    visit.nothing_moved()
    visit.next_one_is_served()


@pytest.mark.parametrize(
    ("kind", "problem"),
    [
        ("classic-1k", "card-unknown"),
        ("desfire-ev2", "card-unknown"),
        ("ntag215", "card-unsupported"),
    ],
)
def test_a_card_of_another_estate_or_of_another_kind_is_not_touched(
    visit: Visit, kind: str, problem: str
) -> None:
    stranger = make(kind, STRANGER)
    memory = stranger.dump()
    visit.kiosk.lay(stranger)
    assert visit.kiosk.screen is Screen.SORRY
    visit.says(problem)
    assert stranger.dump() == memory
    visit.nothing_moved()
    visit.next_one_is_served()


def test_two_cards_that_answer_at_once_are_asked_for_one_by_one(visit: Visit) -> None:
    """ISO/IEC 14443-3: answers collide, the reader gets no sensible one."""
    visit.kiosk.tell_of(DeviceTimeout("collision", device="reader"))
    assert visit.kiosk.screen is Screen.SORRY
    visit.says("device-timeout")
    visit.nothing_moved()
    visit.next_one_is_served()


def test_of_two_cards_stacked_only_the_one_that_was_read_first_is_written(visit: Visit) -> None:
    """Where anticollision finds now one card and now the other, the wrong one is never written."""
    kiosk, other = visit.kiosk, make("classic-1k", STRANGER)
    memory = other.dump()
    kiosk.begin_to_pay(visit.card)
    kiosk.pay(2)
    kiosk.lift()
    kiosk.lay(other)
    visit.says("another-card")
    kiosk.pay(1)
    kiosk.until(Screen.LAY_BACK)
    kiosk.lay(other)
    visit.says("another-card")
    assert other.dump() == memory
    kiosk.lift()
    kiosk.lay(visit.card)
    kiosk.until(Screen.DONE)
    kiosk.check_money()


# --- the banknote ---------------------------------------------------------------------------------


@pytest.fixture
def paying() -> Iterator[Visit]:
    """A resident whose first hundred is in."""
    ground, card = resident().settled()
    visit = Visit(OneKiosk(ground, timing=SLOW), card)
    visit.kiosk.begin_to_pay(card)
    visit.kiosk.pay(1)
    yield visit
    ground.engine.dispose()


def _foreign(visit: Visit) -> None:
    visit.kiosk.acceptor.insert_foreign_note()


def _pulled_back(visit: Visit) -> None:
    visit.kiosk.acceptor.insert_note(NOTE)
    visit.kiosk.turn(2)
    assert visit.kiosk.acceptor.pull_note_back()


def _too_large(visit: Visit) -> None:
    """More than is missing: there is no change (FEE-04a)."""
    visit.kiosk.pay(1)
    visit.kiosk.offer(50 * YUAN)
    visit.kiosk.turn(30)
    visit.kiosk.acceptor.insert_note(NOTE)


@pytest.mark.parametrize(
    ("push", "problem"),
    [
        (_foreign, "note-not-recognised"),
        (_pulled_back, "note-pulled-back"),
        (_too_large, "note-not-wanted"),
    ],
)
def test_a_note_that_comes_back_says_why_and_counts_nothing(
    paying: Visit, push: Callable[[Visit], None], problem: str
) -> None:
    kiosk = paying.kiosk
    kiosk.turn(10)
    push(paying)
    kiosk.turn(20)
    assert kiosk.screen is Screen.PAY
    paying.says(problem)
    kiosk.check_money()
    for _ in range(kiosk.machine.till.sale.missing_fen // (50 * YUAN)):  # type: ignore[union-attr]
        kiosk.offer(50 * YUAN)
        kiosk.turn(20)
    kiosk.until(Screen.DONE)
    kiosk.check_money()


# --- amounts --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "months", ["0", "-1", "13", "999", "10**9", "", "1e3", "１", "99999999999"]
)
def test_months_that_nobody_offered_are_never_more_than_the_limit_park_06a(
    visit: Visit, months: str
) -> None:
    visit.kiosk.lay(visit.card)
    visit.post("months-chosen", months=months)
    assert visit.kiosk.screen is Screen.CONFIRM
    assert 1 <= visit.kiosk.machine.visit.months <= MAX_MONTHS_AT_ONCE
    visit.nothing_moved()


def test_more_months_than_the_agreement_has_are_told_at_once(visit: Visit) -> None:
    change(visit.ground, "UPDATE agreement SET ends = '2025-12-31'")
    visit.kiosk.lay(visit.card)
    visit.post("months-chosen", months=12)
    assert visit.kiosk.screen is Screen.SORRY
    visit.says("beyond-agreement")
    visit.nothing_moved()


def test_an_amount_beyond_every_limit_is_refused_before_any_money(visit: Visit) -> None:
    change(visit.ground, f"UPDATE agreement SET monthly_fee_fen = {MAX_FEN}")  # noqa: S608
    visit.kiosk.lay(visit.card)
    visit.post("months-chosen", months=12)
    assert visit.kiosk.screen is Screen.SORRY
    visit.says("amount-invalid")
    visit.nothing_moved()
    visit.next_one_is_served()


def test_a_price_that_changed_since_it_was_shown_is_shown_anew(visit: Visit) -> None:
    visit.kiosk.lay(visit.card)
    visit.post("months-chosen", months=1)
    change(visit.ground, "UPDATE agreement SET monthly_fee_fen = 12300")
    visit.post("confirmed")
    visit.says("price-changed")
    visit.nothing_moved()


# --- fingers and forms ----------------------------------------------------------------------------


def test_a_finger_on_every_button_twenty_times_pays_once(visit: Visit) -> None:
    kiosk = visit.kiosk
    kiosk.lay(visit.card)
    for event in (Event.MONTHS_CHOSEN, Event.CONFIRMED):
        for _ in range(20):
            visit.post(event, months=1)
    kiosk.until(Screen.PAY, turns=1)
    assert len(kiosk.sales()) == 1
    kiosk.pay(1)
    for _ in range(20):
        visit.post(Event.STOPPED)
    kiosk.until(Screen.OWED, turns=1)
    assert sum("付款未完成" in sheet.text for sheet in kiosk.printer.sheets) == 1
    assert kiosk.ground.trial().payable_fen == NOTE
    kiosk.check_money()


FINGERS = {
    (Screen.MONTHS, Event.MONTHS_CHOSEN),
    (Screen.MONTHS, Event.CANCELLED),
    (Screen.CONFIRM, Event.CONFIRMED),
    (Screen.CONFIRM, Event.BACK),
    (Screen.CONFIRM, Event.CANCELLED),
    (Screen.PAY, Event.CANCELLED),
    (Screen.PAY, Event.STOPPED),
    (Screen.OWED, Event.CANCELLED),
}
"""Buttons that there are, each with what it does; codes have theirs in test_kiosk_by_phone."""


def _reading(visit: Visit) -> None:
    visit.kiosk.machine.screen = Screen.READING


def _months(visit: Visit) -> None:
    visit.kiosk.lay(visit.card)


def _confirm(visit: Visit) -> None:
    _months(visit)
    visit.kiosk.touch(Event.MONTHS_CHOSEN)


def _pay(visit: Visit) -> None:
    visit.kiosk.begin_to_pay(visit.card)
    visit.kiosk.pay(1)


def _scan(visit: Visit) -> None:
    _pay(visit)
    visit.kiosk.machine.till.shut()
    visit.kiosk.machine.screen = Screen.SCAN


def _writing(visit: Visit) -> None:
    _pay(visit)
    visit.kiosk.machine.screen = Screen.WRITING


def _lay_back(visit: Visit) -> None:
    _pay(visit)
    visit.kiosk.reader.plan(FaultPlan(Fault(kind=FaultKind.TEAR_AFTER, at=14)))
    visit.kiosk.pay(2)
    visit.kiosk.reader.plan(None)


def _done(visit: Visit) -> None:
    _pay(visit)
    visit.kiosk.pay(2)


def _owed(visit: Visit) -> None:
    _pay(visit)
    visit.kiosk.touch(Event.STOPPED)


def _sorry(visit: Visit) -> None:
    _blocked(visit)
    visit.kiosk.lay(visit.card)


def _closed(visit: Visit) -> None:
    visit.kiosk.printer.change(paper_out=True)
    visit.kiosk.lay(visit.card)


REACHED: dict[Screen, Callable[[Visit], None]] = {
    Screen.ATTRACT: lambda _visit: None,
    Screen.READING: _reading,
    Screen.MONTHS: _months,
    Screen.CONFIRM: _confirm,
    Screen.PAY: _pay,
    Screen.SCAN: _scan,
    Screen.WRITING: _writing,
    Screen.LAY_BACK: _lay_back,
    Screen.DONE: _done,
    Screen.OWED: _owed,
    Screen.SORRY: _sorry,
    Screen.CLOSED: _closed,
}
OUT_OF_ORDER = ["no-such-step", "more-time", "check-code", *Event]


def money(visit: Visit) -> object:
    sales = [(each.state, each.credited_fen) for each in visit.kiosk.sales()]
    return visit.ground.balances(), sales, visit.kiosk.in_the_box(), visit.ground.trial()


@pytest.mark.parametrize("screen", Screen)
def test_any_form_posted_at_any_step_moves_neither_the_screen_nor_money(
    visit: Visit, screen: Screen
) -> None:
    REACHED[screen](visit)
    assert visit.kiosk.screen is screen
    before = money(visit)
    for event in OUT_OF_ORDER:
        if event in {e for s, e in FINGERS if s is screen}:
            continue
        if screen is Screen.SCAN and event in {Event.CANCELLED, Event.STOPPED, Event.BACK}:
            continue
        visit.post(event, months=3, provider="wechat")
        assert visit.kiosk.screen is screen, event
    assert money(visit) == before


@pytest.mark.parametrize(("screen", "event"), sorted(FINGERS))
def test_a_button_leads_where_the_table_says_and_nowhere_else(
    visit: Visit, monkeypatch: pytest.MonkeyPatch, screen: Screen, event: Event
) -> None:
    REACHED[screen](visit)
    steps: list[tuple[Screen, Event]] = []

    def noted(before: Screen, happened: Event) -> Screen:
        if (before, happened) in TABLE:
            steps.append((before, happened))
        return TABLE.get((before, happened), before)

    monkeypatch.setattr(kiosk_module, "next_screen", noted)
    box = visit.kiosk.in_the_box()
    visit.post(event, months=1)
    assert steps[0][0] is screen
    after = TABLE[steps[0]]
    if after is Screen.ATTRACT:  # the card still lies there
        assert visit.kiosk.screen is Screen.SORRY
        assert visit.problem == "take-card"
    else:
        assert visit.kiosk.screen is after
    assert visit.kiosk.in_the_box() == visit.kiosk.booked() == box


# --- patience -------------------------------------------------------------------------------------

WAITING = (Screen.MONTHS, Screen.CONFIRM, Screen.PAY, Screen.LAY_BACK, Screen.OWED, Screen.SORRY)
"""Screens that wait for a person. A code's countdown is its order's (test_kiosk_by_phone)."""
PATIENT = (Screen.ATTRACT, Screen.READING, Screen.WRITING, Screen.DONE, Screen.CLOSED)
"""Screens that wait for no hand, or for the card to be taken, whatever time it takes."""


@pytest.mark.parametrize("screen", WAITING)
def test_a_screen_that_waits_counts_down_and_gives_more_time(visit: Visit, screen: Screen) -> None:
    REACHED[screen](visit)
    left = visit.kiosk.machine.seconds_left
    assert left is not None
    visit.kiosk.wait(left - 5)
    visit.kiosk.turn()
    assert visit.kiosk.screen is screen
    for language in LANGUAGE_NAMES:
        page = visit.app.test_client().get(f"/?lang={language}").text
        assert "more-time" in page
        assert 'class="soon"' in page
    visit.post("more-time")
    assert visit.kiosk.machine.seconds_left in {left, left - 1}
    visit.kiosk.pass_time(left + 2)
    assert visit.kiosk.screen is not screen or visit.problem == "take-card"
    visit.kiosk.check_money()


@pytest.mark.parametrize("screen", PATIENT)
def test_a_screen_that_waits_for_nobody_never_gives_up(visit: Visit, screen: Screen) -> None:
    REACHED[screen](visit)
    visit.kiosk.machine.set_deadline()
    assert visit.kiosk.machine.seconds_left is None
    visit.kiosk.pass_time(200)
    assert visit.kiosk.screen is screen


@pytest.mark.parametrize("into_the_note_s", [0.2, 1.0, 2.2, 2.6])
def test_no_time_is_over_while_a_note_moves(paying: Visit, into_the_note_s: float) -> None:
    """From the mouth of the acceptor on: read, held, stacked, told."""
    kiosk = paying.kiosk
    kiosk.turn(10)
    kiosk.offer()
    end = kiosk.clock.now + into_the_note_s
    while kiosk.clock.now < end:
        kiosk.machine.deadline = kiosk.clock.now + 0.3
        kiosk.turn()
    kiosk.turn(20)
    assert kiosk.screen is Screen.PAY
    assert kiosk.credited() == 2 * NOTE
    kiosk.check_money()


def test_a_kiosk_that_can_not_tell_the_server_hurries_nobody(paying: Visit) -> None:
    kiosk = paying.kiosk
    kiosk.turn(10)
    kiosk.offer()
    while not kiosk.machine.till.on_its_way_fen:
        kiosk.turn()
    kiosk.ground.line.before = away
    kiosk.pass_time(2 * kiosk.patience.part_paid_s)
    assert kiosk.screen is Screen.PAY
    kiosk.ground.line.before = pass_on
    kiosk.turn(3)
    assert kiosk.credited() == 2 * NOTE


@pytest.mark.parametrize(
    ("end", "way", "other"),
    [("stopped", "way-back", "way"), ("torn", "way", "way-back")],
)
def test_who_is_owed_money_reads_whether_the_card_or_the_desk_has_it(
    visit: Visit, end: str, way: str, other: str
) -> None:
    """What was given up is paid back at the desk; a torn card is finished wherever it is laid."""
    if end == "stopped":
        _owed(visit)
    else:
        _lay_back(visit)
        visit.kiosk.lift()
        visit.kiosk.pass_time(visit.kiosk.patience.lay_back_s + 1)
    assert visit.kiosk.screen is Screen.OWED
    for language in LANGUAGE_NAMES:
        page = visit.app.test_client().get(f"/?lang={language}").text
        assert str(escape(text(language, f"kiosk.owed.{way}"))) in page
        assert str(escape(text(language, f"kiosk.owed.{other}"))) not in page


def test_a_mistake_of_ours_in_the_middle_of_a_write_ends_with_a_slip(
    visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody stands for ever before a screen that says: please wait."""

    def broken(*_: object) -> None:
        raise ZeroDivisionError

    _pay(visit)
    monkeypatch.setattr(writing, "carry_out", broken)
    visit.kiosk.pay(2)
    assert visit.kiosk.screen is Screen.OWED
    assert visit.kiosk.machine.visit.printed == "printed"
    monkeypatch.undo()
    visit.kiosk.lift()
    visit.ground.clock.now += timedelta(minutes=1)
    visit.kiosk.lay(visit.card)
    visit.kiosk.until(Screen.DONE)
    visit.kiosk.check_money()
