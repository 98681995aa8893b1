"""What surrounds a kiosk breaks in the middle of a top-up: paper, disks, the server's clock.

Whatever it is, what lies in the acceptor's box is booked, the card carries what was paid or waits
for its next visit, and a paper that is not known to have come out is owed and printed again.
"""

import logging
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from itertools import count, pairwise
from pathlib import Path

import httpx
import pytest

from cardserver.db.engine import open_engine
from cardserver.domain.document import DocumentState
from cardserver.domain.rights import RightKind
from cardserver.wire_documents import DocumentView
from kiosk.selfservice.flow import Event, Screen
from kiosk.selfservice.journal import Entry, JournalBroken, TillJournal
from kiosk.selfservice.views import health_of
from kiosk.station.i18n import LANGUAGE_NAMES, worded
from kiosk.station.paper import PaperDesk
from simulators import estate as demo_estate
from simulators.acceptor_path import Timing
from simulators.cards.api import VirtualCard
from simulators.paper_line import PaperLine
from tests.scenario.ground import MORNING, Ground, pass_on, raw, settled_in
from tests.scenario.one_kiosk import NOTE, PRICE, OneKiosk, resident

SLOW = Timing(read_s=0.4, stack_s=0.8, return_s=0.4)
EVERY = 50
"""Bytes between two places of the slip at which the paper ends."""


@pytest.fixture(autouse=True)
def _quiet(caplog: pytest.LogCaptureFixture) -> None:
    for name in ("drivers", "kiosk", "cardserver"):
        caplog.set_level(logging.CRITICAL, logger=name)


@dataclass
class Visit:
    """A resident before a kiosk, and the ground they stand on."""

    kiosk: OneKiosk
    card: VirtualCard

    @property
    def ground(self) -> Ground:
        return self.kiosk.ground

    @property
    def problem(self) -> str:
        return self.kiosk.machine.visit.problem

    def last_day(self) -> str:
        return self.ground.card(self.card).rights[RightKind.PARKING].last.isoformat()

    def owed(self) -> list[DocumentView]:
        return list(self.ground.desk.documents_owed(demo_estate.KIOSK))

    def come_again(self) -> None:
        """The resident takes the card away and lays it down once more."""
        self.kiosk.lift()
        self.kiosk.until(Screen.ATTRACT)
        self.kiosk.lay(self.card)

    def check_written(self) -> None:
        """One month was paid and stands on the card."""
        assert self.last_day() == "2025-08-08"
        assert self.ground.trial().held_fen == self.ground.trial().payable_fen == 0
        self.kiosk.check_money()
        assert self.kiosk.booked() == PRICE


@pytest.fixture
def visit() -> Iterator[Visit]:
    ground, card = resident().settled()
    yield Visit(OneKiosk(ground), card)
    ground.engine.dispose()


# --- paper ----------------------------------------------------------------------------------------


def reprint_at_the_desk(visit: Visit) -> None:
    """FEE-32: the paper that is owed comes out after all, marked as one that may be the second."""
    [owed] = visit.owed()
    visit.kiosk.machine.paper.print_document(owed)
    assert visit.owed() == []
    assert "补打" in visit.kiosk.printer.sheets[-1].text.replace(" ", "")


def test_paper_that_ends_anywhere_in_the_slip_costs_nobody_a_yuan_and_the_slip_is_owed() -> None:
    outcomes: list[str] = []
    after_bytes = 0
    while outcomes[-1:] != ["printed"]:
        ground, card = resident().settled()
        visit = Visit(OneKiosk(ground), card)
        kiosk = visit.kiosk
        kiosk.begin_to_pay(card)
        kiosk.printer.run_out_of_paper(after_bytes=after_bytes)
        kiosk.pay(3)
        kiosk.until(Screen.DONE)
        outcomes.append(kiosk.machine.visit.printed)
        visit.check_written()
        if outcomes[-1] != "printed":
            [owed] = visit.owed()
            assert owed.state is DocumentState.UNKNOWN
            assert owed == kiosk.machine.visit.document, "its number is on the screen"
            kiosk.lift()
            kiosk.until(Screen.CLOSED)
            assert kiosk.machine.closed_reason == "printer-paper-out"
            kiosk.printer.load_paper()
            kiosk.until(Screen.ATTRACT)
            if len(outcomes) % 4 == 1:
                reprint_at_the_desk(visit)
        ground.engine.dispose()
        after_bytes += EVERY
    assert len(outcomes) > 8
    assert set(outcomes[:-1]) == {"unknown"}


class Opening(PaperLine):
    """Somebody opens the printer's cover, or it falls silent, just before the slip is sent."""

    what = "cover_open"

    def write(self, data: bytes, timeout_s: float) -> None:
        if len(data) > EVERY:
            self.device.change(**{self.what: True})  # type: ignore[attr-defined]
        super().write(data, timeout_s)


@pytest.mark.parametrize("what", ["cover_open", "mute"])
def test_a_printer_opened_or_fallen_silent_during_the_slip(visit: Visit, what: str) -> None:
    kiosk = visit.kiosk
    kiosk.begin_to_pay(visit.card)
    kiosk.paper_line = Opening(kiosk.printer, wait=kiosk.wait)
    kiosk.paper_line.what = what
    kiosk.pay(3)
    kiosk.until(Screen.DONE)
    assert kiosk.machine.visit.printed == "unknown"
    visit.check_written()
    kiosk.lift()
    kiosk.until(Screen.CLOSED)
    for language in LANGUAGE_NAMES:
        said = worded(language, "closed", kiosk.machine.closed_reason)
        assert said != worded(language, "closed", "unexpected")
    kiosk.paper_line = PaperLine(kiosk.printer, wait=kiosk.wait)
    kiosk.printer.change(**{what: False})
    kiosk.until(Screen.ATTRACT)
    reprint_at_the_desk(visit)


@pytest.mark.parametrize("trouble", ["cover_open", "paper_out", "mute"])
def test_a_printer_in_trouble_since_the_card_was_laid_down_is_known_before_any_money(
    visit: Visit, trouble: str
) -> None:
    """PARK-12a: a hint and the desk, before the first note."""
    kiosk = visit.kiosk
    kiosk.lay(visit.card)
    kiosk.touch(Event.MONTHS_CHOSEN)
    kiosk.printer.change(**{trouble: True})
    kiosk.touch(Event.CONFIRMED)
    assert kiosk.screen is Screen.SORRY
    assert kiosk.sales() == []
    assert not kiosk.slot_is_open()
    for language in LANGUAGE_NAMES:
        said = worded(language, "sorry", kiosk.machine.visit.problem)
        assert said == worded(language, "sorry", "printer")
    kiosk.lift()
    kiosk.until(Screen.CLOSED)
    kiosk.printer.change(**{trouble: False})
    kiosk.until(Screen.ATTRACT)
    kiosk.top_up(visit.card)
    visit.check_written()


def test_a_cash_box_taken_out_or_a_cut_line_is_known_before_the_next_resident_comes(
    visit: Visit,
) -> None:
    kiosk = visit.kiosk
    for away, back in (
        (kiosk.acceptor.remove_cashbox, kiosk.acceptor.replace_cashbox),
        (kiosk.acceptor.cut_power, kiosk.acceptor.restore_power),
    ):
        away()
        kiosk.until(Screen.CLOSED)
        assert kiosk.machine.closed_reason == "acceptor-away"
        back()
        kiosk.until(Screen.ATTRACT)
    kiosk.top_up(visit.card)
    visit.check_written()


def cut(request: httpx.Request) -> None:
    raise httpx.ConnectError("the cable is out", request=request)


def lights(kiosk: OneKiosk) -> dict[str, str]:
    """What is wrong with each device, as the service page and ``/health`` show it."""
    return {each.name: each.trouble for each in health_of(kiosk.machine).devices}


def test_each_device_says_its_own_state_and_the_first_trouble_closes_the_kiosk(
    visit: Visit,
) -> None:
    kiosk, fine = visit.kiosk, dict.fromkeys(("reader", "printer", "acceptor", "server"), "")
    assert lights(kiosk) == fine
    kiosk.machine.post.fault = "device-gone"
    kiosk.machine.hold(0)
    kiosk.until(Screen.CLOSED)
    assert lights(kiosk) == {**fine, "reader": "device-gone"}
    kiosk.printer.change(paper_out=True)
    visit.ground.line.before = cut
    kiosk.pass_time(5)
    away = {"reader": "device-gone", "printer": "paper-out", "server": "server-away"}
    assert {name: lights(kiosk)[name] for name in away} == away
    assert kiosk.machine.closed_reason == "device-gone"
    kiosk.machine.post.fault = ""
    kiosk.pass_time(2)
    assert kiosk.machine.closed_reason == "printer-paper-out"
    kiosk.printer.change(paper_out=False)
    kiosk.pass_time(2)
    assert kiosk.machine.closed_reason == "server-away"


def test_a_closed_kiosk_asks_its_devices_every_second_or_two_and_not_at_every_turn(
    visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    kiosk, looks = visit.kiosk, list[float]()
    look = PaperDesk.look

    def counted(paper: PaperDesk) -> str:
        looks.append(kiosk.clock())
        return look(paper)

    monkeypatch.setattr(PaperDesk, "look", counted)
    kiosk.machine.post.fault = "device-gone"
    kiosk.machine.hold(0)
    kiosk.pass_time(30)
    pauses = [after - before for before, after in pairwise(looks)]
    assert 1 <= min(pauses) <= max(pauses) <= 2
    kiosk.machine.post.fault = ""
    kiosk.until(Screen.ATTRACT, turns=10)


def test_a_printer_that_is_silent_from_the_start_sells_nothing_park_12a(visit: Visit) -> None:
    kiosk = visit.kiosk
    kiosk.printer.change(mute=True)
    kiosk.lay(visit.card)
    assert kiosk.screen is Screen.CLOSED
    assert kiosk.sales() == []
    kiosk.lift()
    kiosk.printer.change(mute=False)
    kiosk.until(Screen.ATTRACT)


# --- disks ----------------------------------------------------------------------------------------


class FullDisk(TillJournal):
    """A journal whose disk is full from one entry on, until somebody makes room."""

    def __init__(self, room: int) -> None:
        super().__init__()
        self.room = room

    def write(self, kind: Entry, **body: str | int | None) -> None:
        if self.room <= 0:
            raise JournalBroken("the journal can't be written: database or disk is full")
        self.room -= 1
        super().write(kind, **body)


def test_the_kiosk_s_disk_is_full_from_any_entry_on() -> None:
    """A note that can't be written down goes back; one in the box is told all the same."""
    room, written = 0, False
    while not written:
        ground, card = resident().settled()
        visit = Visit(OneKiosk(ground, timing=SLOW), card)
        kiosk, journal = visit.kiosk, FullDisk(room)
        kiosk.machine.journal = kiosk.machine.till._journal = journal
        kiosk.begin_to_pay(card)
        kiosk.offer()
        for _ in range(80):
            kiosk.turn()
            if kiosk.screen is Screen.PAY and kiosk.slot_is_open():
                kiosk.offer()
        kiosk.lift()
        kiosk.pass_time(kiosk.patience.owed_s + 10)
        assert kiosk.in_the_box() == kiosk.booked()
        assert ground.trial().suspense_fen == 0
        assert all(each.open_tenders == () for each in kiosk.sales())
        written = room > 0 and journal.room > 0
        if written:
            visit.check_written()
        elif kiosk.screen is not Screen.ATTRACT:
            assert kiosk.machine.closed_reason == "journal-broken"
            journal.room = 100
            kiosk.until(Screen.ATTRACT)
        room += 1
        ground.engine.dispose()
    assert room > 6


def test_a_journal_on_a_disk_that_is_really_full_is_broken_and_says_so() -> None:
    journal = TillJournal()
    with closing(journal):
        [(pages,)] = journal._db.execute("PRAGMA page_count")
        journal._db.execute(f"PRAGMA max_page_count={pages + 1}")
        with pytest.raises(JournalBroken, match="full"):
            fill(journal)
        assert journal.check() > 0, "what was written stays whole"


def fill(journal: TillJournal) -> None:
    for number in range(1000):
        journal.write(Entry.TOLD, tender_id=str(number) * 20)


def written_calls(ground: Ground, act: Callable[[int], None]) -> None:
    """Have `act` told the number of each call, from 1 on, that is going to change the store."""
    numbers = count(1)

    def before(request: httpx.Request) -> None:
        if request.method == "POST" and not request.url.path.endswith("/quotes"):
            act(next(numbers))

    ground.line.before = before


Break = Callable[[Ground, bool], None]
"""Lets something be broken, or whole again."""


def broken_from_each_call(
    opened: Callable[[], Visit], breaking: Break, calls: int, *, every: int = 1
) -> None:
    """Break something from each call of a top-up on for so many calls; how many each then took.

    The resident is patient, and has the month on the card in the end.
    """
    made: list[int] = []
    while not made or made[-1] >= (len(made) - 1) * every + 1:
        visit, at_call = opened(), len(made) * every + 1
        seen: list[int] = []

        def act(number: int, visit: Visit = visit, seen: list[int] = seen) -> None:
            seen.append(number)
            breaking(visit.ground, at_call <= number < at_call + calls)  # noqa: B023

        before = visit.ground.trial().settled_fen
        written_calls(visit.ground, act)
        go_through(visit)
        visit.ground.line.before = pass_on
        breaking(visit.ground, False)
        trial = visit.ground.trial()
        assert (trial.settled_fen, trial.held_fen) == (before + PRICE, 0)
        assert trial.payable_fen == 0
        assert visit.kiosk.booked() == PRICE
        visit.kiosk.check_money()
        visit.ground.engine.dispose()
        made.append(len(seen))
    assert len(made) * every > 8
    assert sum(each > made[-1] for each in made) > len(made) // 2, "it was met, and tried again"


def before_a_kiosk() -> Visit:
    ground, card = resident().settled()
    return Visit(OneKiosk(ground), card)


def test_the_server_s_disk_is_full_from_any_call_on() -> None:
    """For some calls; then somebody has made room."""

    def limit(ground: Ground, full: bool) -> None:
        connection = ground.engine.raw_connection()
        pages = 1 if full else 2**30
        raw(connection).execute(f"PRAGMA max_page_count={pages}")
        connection.close()

    broken_from_each_call(before_a_kiosk, limit, 4, every=2)


def test_the_server_s_database_is_locked_by_another_from_any_call_on(tmp_path: Path) -> None:
    places = count()
    others: dict[int, sqlite3.Connection] = {}

    def on_a_disk() -> Visit:
        path = tmp_path / f"{next(places)}.db"
        path.write_bytes(resident().store)
        engine = open_engine(f"sqlite:///{path}", busy_timeout_ms=1)
        ground, card = settled_in(engine), resident().settled()[1]
        others[id(ground)] = sqlite3.connect(path, isolation_level=None)
        return Visit(OneKiosk(ground), card)

    def lock(ground: Ground, locked: bool) -> None:
        other = others[id(ground)]
        if locked is not other.in_transaction:
            other.execute("BEGIN IMMEDIATE" if locked else "ROLLBACK")

    broken_from_each_call(on_a_disk, lock, 2, every=4)


# --- the server's clock ---------------------------------------------------------------------------


def test_the_clock_goes_back_an_hour_at_any_call_and_is_set_right_later() -> None:
    """FEE-28a: meanwhile no note is taken and nothing begun; what was paid waits for the card."""

    def go_back(ground: Ground, back: bool) -> None:
        ground.clock.now = MORNING - timedelta(hours=1) if back else MORNING

    broken_from_each_call(before_a_kiosk, go_back, 3, every=2)


def test_the_clock_jumps_forward_at_any_call_past_the_end_of_the_period_on_the_card() -> None:
    made: list[int] = []
    while not made or made[-1] > len(made):
        visit, at_call = before_a_kiosk(), len(made) + 1
        seen: list[int] = []

        def act(number: int, visit: Visit = visit, seen: list[int] = seen) -> None:
            seen.append(number)
            if number == at_call:  # noqa: B023
                visit.ground.clock.now = MORNING + timedelta(days=40)

        written_calls(visit.ground, act)
        go_through(visit)
        assert visit.kiosk.booked() == PRICE
        visit.kiosk.check_money()
        visit.ground.engine.dispose()
        made.append(len(seen))
    assert len(set(made)) == 1, "and nobody notices"


def go_through(visit: Visit) -> None:
    """Try until one month stands on the card, as a patient resident does."""
    kiosk, first = visit.kiosk, visit.last_day()
    for _ in range(200):
        match kiosk.screen:
            case Screen.ATTRACT | Screen.CLOSED if visit.last_day() != first:
                if not kiosk.machine.till.busy:
                    return
                kiosk.turn()
            case Screen.ATTRACT | Screen.LAY_BACK:
                kiosk.lay(visit.card)
            case Screen.MONTHS:
                kiosk.touch(Event.MONTHS_CHOSEN)
            case Screen.CONFIRM:
                kiosk.touch(Event.CONFIRMED)
            case Screen.PAY:
                if kiosk.slot_is_open():
                    kiosk.acceptor.insert_note(NOTE)
                kiosk.turn()
            case Screen.DONE | Screen.OWED | Screen.SORRY:
                kiosk.lift()
            case _:
                kiosk.turn()
    raise AssertionError(f"{kiosk.screen}: {visit.problem}")
