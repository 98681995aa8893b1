"""Days on which something breaks, or two people act at once: nothing is lost and nobody is stuck.

Each story is told to a running site through its pages, as a person would live it.
"""

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

from cardserver.client import in_process
from cardserver.db.engine import open_engine
from cardserver.domain.permits import Role
from cardserver.domain.station import StationKind
from cardserver.services.setup import register_station
from cardserver.services.turn import Caller
from drivers.errors import DeviceError
from kiosk.desk.app import create_app as create_desk
from kiosk.desk.counter import Counter
from kiosk.station.events import Bell
from simulators import estate as demo_estate
from simulators import site as site_module
from simulators.clock import DemoClock
from simulators.faults import Fault, FaultKind, FaultPlan
from simulators.reader import VirtualReader
from simulators.site import BRISK_NOTES, Site
from simulators.teller import FIRST_DAY, Teller
from tests.databases import tillwork
from tests.databases.people_at_work import on_file
from tests.scenario.hands import (
    card_of,
    issue,
    memory_of,
    papers,
    ready_to_issue,
    says,
    settle_paper,
    trial,
    write,
)

PAID = (2000, 0, 0, 0)
HELD = (0, 2000, 0, 0)
NOTHING = (0, 0, 0, 0)


# --- devices --------------------------------------------------------------------------------------


class Unplugged(FaultPlan):
    """Somebody trips over the reader's cable at an exchange."""

    def __init__(self, reader: VirtualReader, at: int) -> None:
        super().__init__()
        self._reader, self._at = reader, at

    def exchange(self, send: Callable[[bytes], bytes], apdu: bytes) -> bytes:
        self.seen += 1
        answer = send(apdu)
        if self.seen > self._at:
            self._reader.unplug()
        return answer


@pytest.mark.parametrize("kind", ["classic-1k", "desfire-ev2"])
def test_a_reader_unplugged_in_mid_write_goes_on_by_itself_when_it_is_back(
    day: Teller, kind: str
) -> None:
    ready_to_issue(day)
    day.blank("owner", kind)
    day.lay("owner", "desk")
    reader = day.site.hardware.readers["desk"]
    reader.plan(Unplugged(reader, 25))
    seen = write(day)
    assert (seen["phase"], seen["problem"]) == ("broken-off", "device-not-found")
    day.until("the desk misses its reader", lambda: bool(day.state("desk")["reader"]["fault"]))
    assert says(day, "/desk/", "problem.device-not-found")
    assert trial(day) == HELD
    reader.plan(None)
    reader.replug()
    settle_paper(day)
    day.lift("desk")
    assert not day.state("desk")["reader"]["fault"]
    assert trial(day) == PAID
    day.gate_knows()
    assert day.tap("owner", "door")["granted"]


def issued_with_a_bad_printer(day: Teller) -> dict[str, Any]:
    """The card is written; only the paper makes trouble."""
    ready_to_issue(day)
    day.blank("owner", "classic-1k")
    day.lay("owner", "desk")
    seen = write(day)
    assert seen["phase"] == "paper"
    day.until("the printer was tried", lambda: bool(day.business()["problem"]))
    assert trial(day) == PAID, "paper never undoes money"
    return day.business()


def print_again(day: Teller) -> str:
    day.post("/desk/act/print")
    day.until("printed", lambda: day.business().get("document_state") == "printed")
    settle_paper(day)
    day.lift("desk")
    assert trial(day) == PAID
    return papers(day)[-1]


@pytest.mark.parametrize("trouble", ["cover_open", "paper_out", "powered"])
def test_a_printer_that_can_not_print_owes_the_receipt_and_prints_it_later_as_the_first(
    day: Teller, trouble: str
) -> None:
    printer = day.site.printers["desk"]
    printer.change(**{trouble: trouble != "powered"})
    seen = issued_with_a_bad_printer(day)
    assert (seen["problem"], seen["document_state"]) == ("paper-not-printed", "not-printed")
    assert says(day, "/desk/", "problem.paper-not-printed")
    assert papers(day) == []
    printer.change(**{trouble: trouble == "powered"})
    first = print_again(day)
    assert "补打" not in first
    assert "贰拾元整" in first


@pytest.mark.parametrize("after_bytes", [0, 300])
def test_paper_that_ends_in_the_middle_of_a_receipt_makes_the_next_one_a_reprint(
    day: Teller, after_bytes: int
) -> None:
    printer = day.site.printers["desk"]
    printer.run_out_of_paper(after_bytes=after_bytes)
    seen = issued_with_a_bad_printer(day)
    assert (seen["problem"], seen["document_state"]) == ("paper-unknown", "unknown")
    assert says(day, "/desk/", "problem.paper-unknown")
    printer.load_paper()
    again = print_again(day)
    assert "补打" in again
    assert "贰拾元整" in again


def test_a_printer_that_prints_and_keeps_silent_about_it(day: Teller) -> None:
    printer = day.site.printers["desk"]
    printer.change(mute=True)
    seen = issued_with_a_bad_printer(day)
    assert seen["problem"] in {"paper-unknown", "paper-not-printed"}
    printer.change(mute=False)
    again = print_again(day)
    assert ("补打" in again) is (seen["problem"] == "paper-unknown")


# --- the server and its store ---------------------------------------------------------------------


@pytest.fixture
def impatient(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Teller]:
    """A site whose server waits for a locked store but a moment."""
    monkeypatch.setattr(site_module, "open_engine", partial(open_engine, busy_timeout_ms=20))
    clock = DemoClock()
    clock.travel_to(FIRST_DAY)
    with Site(tmp_path, clock=clock, note_timing=BRISK_NOTES) as site:
        teller = Teller(site)
        yield teller
        teller.close()


@contextmanager
def locked(day: Teller) -> Iterator[None]:
    """Somebody else holds the store's write lock."""
    other = sqlite3.connect(day.site.folder / "yika.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        other.execute("ROLLBACK")
        other.close()


def counts(day: Teller) -> dict[str, int]:
    tables = ("sale", "tender", "operation", "ledger_entry", "document", "audit")
    with sqlite3.connect(f"file:{day.site.folder / 'yika.db'}?mode=ro", uri=True) as store:
        return {
            table: store.execute(f"SELECT count(*) FROM {table}").fetchone()[0]  # noqa: S608
            for table in tables
        }


def test_a_locked_store_leaves_nothing_half_done_and_is_asked_again(impatient: Teller) -> None:
    day = impatient
    day.open_business(day.site.people.owner, "issue")
    day.post("/desk/verify")
    before = counts(day)
    with locked(day):
        day.post("/desk/agree")
        assert day.business()["problem"] == "server-unavailable"
        assert says(day, "/desk/", "problem.server-unavailable")
    assert counts(day) == before
    day.post("/desk/agree")
    with locked(day):
        day.post("/desk/money", received="100", checked="yes")
        assert day.business()["phase"] == "money"
    assert trial(day) == NOTHING
    day.post("/desk/money", received="100", checked="yes")
    assert day.business()["change_fen"] == 8000
    day.blank("owner", "desfire-ev1")
    day.lay("owner", "desk")
    with locked(day):
        seen = write(day)
        assert seen["problem"] == "server-unavailable"
        assert counts(day)["operation"] == before["operation"]
    finish_at_the_desk(day)
    assert trial(day) == PAID
    assert len(papers(day)) == 1


def finish_at_the_desk(day: Teller) -> None:
    """The clerk presses what the page offers until the business is done."""
    for _ in range(3):
        phase = day.business().get("phase")
        if phase == "card":
            write(day)
        if phase == "broken-off":
            day.post("/desk/act/retry")
        day.until("a step is done", lambda: day.business().get("phase") != "writing")
        if day.business().get("phase") in {"paper", "explain", "closed"}:
            break
    settle_paper(day)
    day.lift("desk")


@dataclass
class Cut:
    """The line to the server, cut at a call about an operation: before it arrives, or while the
    answer is on its way. From then on nothing passes until `mended`.
    """

    app: Any
    at: int
    answer_lost: bool
    calls: int = 0
    mended: threading.Event = field(default_factory=threading.Event)

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        if self.mended.is_set():
            return self.app(environ, start_response)
        self.calls += environ["PATH_INFO"].startswith("/api/operations")
        if self.calls < self.at or (self.calls == self.at and self.answer_lost):
            answer = self.app(environ, start_response)
            if self.calls < self.at:
                return answer
        raise httpx.ConnectError("the line is cut")


def cut_line(day: Teller, at: int, *, answer_lost: bool) -> Cut:
    app: Any = day.site.server_app
    app.wsgi_app = cut = Cut(app.wsgi_app, at, answer_lost)
    return cut


@pytest.mark.parametrize("answer_lost", [False, True])
@pytest.mark.parametrize("at", [1, 2])
def test_a_server_that_goes_away_while_a_card_is_written_finds_it_finished_later(
    day: Teller, at: int, answer_lost: bool
) -> None:
    day.site.uplink.stop()  # its calls would be counted too
    ready_to_issue(day)
    day.blank("owner", "desfire-ev2")
    day.lay("owner", "desk")
    cut = cut_line(day, at, answer_lost=answer_lost)
    seen = write(day)
    assert seen["phase"] in {"card", "broken-off"}
    assert seen["problem"] == "server-unavailable"
    cut.mended.set()
    finish_at_the_desk(day)
    assert trial(day) == PAID
    assert len(papers(day)) == 1
    assert day.card("owner").number == 1
    assert day.site.office.open_operations() == []


def test_a_card_laid_down_again_finishes_what_a_lost_answer_left_open(day: Teller) -> None:
    day.site.uplink.stop()
    ready_to_issue(day)
    day.blank("owner", "classic-1k")
    day.lay("owner", "desk")
    cut = cut_line(day, 1, answer_lost=True)
    assert write(day)["phase"] == "broken-off"
    cut.mended.set()
    day.lift("desk")
    day.lay("owner", "desk")
    settle_paper(day)
    day.lift("desk")
    assert trial(day) == PAID


# --- time -----------------------------------------------------------------------------------------


def test_a_clock_set_back_stops_money_and_revives_no_card(day: Teller) -> None:
    issue(day, "owner", "classic-1k")
    day.gate_knows()
    day.travel(date(2027, 5, 9))
    assert day.tap("owner", "door")["reason"] == "expired"
    before = trial(day)
    day.site.uplink.stop()
    day.site.uplink.round()  # the server hears of that tap; from here on the gate is by itself
    day.travel(date(2026, 5, 9))
    assert day.tap("owner", "door")["reason"] == "expired"
    day.open_business(day.site.people.family, "issue")
    day.post("/desk/verify")
    day.post("/desk/agree")
    assert day.business()["problem"] == "clock-set-back"
    assert says(day, "/desk/", "problem.clock-set-back")
    day.post("/desk/act/cancel")
    assert trial(day) == before
    day.travel(date(2027, 5, 9), hour=10)
    day.open_business(day.site.people.family, "issue")
    day.serve(received="20")


# --- people ---------------------------------------------------------------------------------------


@dataclass
class SecondDesk:
    """Another counter with a reader and a clerk of its own, at the same server."""

    day: Teller
    reader: VirtualReader = field(default_factory=lambda: VirtualReader("Yika Virtual Reader 2"))
    counter: Counter = field(init=False)
    http: httpx.Client = field(init=False)

    def __post_init__(self) -> None:
        site = self.day.site
        on_file(site.estate, "李明", (Role.AGENT,))
        clerk = Caller(station="desk-2", kind=StationKind.DESK, operator="李明")
        tillwork.begin(site.estate, clerk)
        tillwork.draw_book(site.estate, clerk)
        client = in_process(
            site.server_app, register_station(site.estate, "desk-2", StationKind.DESK)
        )
        self.counter = Counter(
            server=client,
            reader=self.reader,
            paper=site.counter.paper,
            bell=Bell(),
            station="前台2",
        )
        self.counter.presence.take(demo_estate.sign_in(site.estate, "desk-2", "李明"))
        transport = httpx.WSGITransport(app=create_desk(self.counter, clock=site.clock))
        self.http = httpx.Client(transport=transport, base_url="http://localhost")

    def post(self, path: str, **form: object) -> None:
        self.http.post(path, data={name: str(value) for name, value in form.items()})

    def business(self) -> dict[str, Any]:
        return self.http.get("/state.json").json()["business"] or {}

    def lay(self, name: str) -> None:
        self.reader.insert(card_of(self.day, name))
        self.day.until("the second desk sees the card", lambda: self.counter.laid is not None)

    def write(self) -> dict[str, Any]:
        self.post("/act/write")
        self.day.until("it ends", lambda: self.business().get("phase") != "writing")
        return self.business()


@pytest.fixture
def second_desk(day: Teller) -> Iterator[SecondDesk]:
    desk = SecondDesk(day)
    desk.counter.start()
    yield desk
    desk.http.close()
    desk.counter.stop()


def replacing(day: Teller, post: Callable[..., None], number: int) -> None:
    """Verify and pay for a replacement of the owner's lost card; two may report the loss."""
    post("/holder", holder_id=day.site.people.owner)
    post("/block", card_number=number)
    post("/business", kind="replace", card_number=number, reason="lost")
    post("/verify")
    post("/agree")
    post("/money", received="20")


def test_two_clerks_replacing_one_lost_card_make_one_card_and_take_money_once(
    day: Teller, second_desk: SecondDesk
) -> None:
    issue(day, "lost", "classic-1k")
    number = day.card("lost").number
    for post in (lambda path, **form: day.post(f"/desk{path}", **form), second_desk.post):
        replacing(day, post, number)
    day.blank("first", "classic-1k")
    day.blank("second", "classic-1k")
    day.lay("first", "desk")
    reader = day.site.readers["desk"]
    reader.plan(FaultPlan(Fault(kind=FaultKind.TEAR_AFTER, at=30)))
    assert write(day)["phase"] == "broken-off"
    reader.plan(None)
    blank = memory_of(day, "second")
    second_desk.lay("second")
    seen = second_desk.write()
    assert (seen["phase"], seen["problem"]) == ("card", "card-busy")
    assert memory_of(day, "second") == blank
    second_desk.post("/act/cancel")
    assert second_desk.business() == {}
    day.lift("desk")
    day.lay("first", "desk")
    settle_paper(day)
    day.lift("desk")
    assert trial(day) == (4000, 0, 0, 0)
    assert len(papers(day)) == 2
    seen = second_desk.http.get("/state.json").json()
    second_desk.post("/holder", holder_id=day.site.people.owner)
    second_desk.post("/business", kind="replace", card_number=number, reason="lost")
    assert second_desk.business() == {}, "there is nothing left to replace"


def test_a_torn_card_carried_to_the_next_desk_is_finished_there(
    day: Teller, second_desk: SecondDesk
) -> None:
    ready_to_issue(day)
    day.blank("owner", "desfire-ev2")
    day.lay("owner", "desk")
    reader = day.site.readers["desk"]
    reader.plan(FaultPlan(Fault(kind=FaultKind.TEAR_BEFORE, at=35)))
    assert write(day)["phase"] == "broken-off"
    reader.plan(None)
    second_desk.lay("owner")
    day.until("it is finished there", lambda: second_desk.business().get("phase") == "paper")
    assert trial(day) == PAID
    finish_at_the_desk(day)
    assert day.business() == {}
    assert trial(day) == PAID
    assert day.card("owner").status == "live"


def test_a_card_that_lies_there_again_before_its_loss_was_noticed_is_finished(
    day: Teller, monkeypatch: pytest.MonkeyPatch
) -> None:
    counter, reader = day.site.counter, day.site.readers["desk"]
    ready_to_issue(day)
    day.blank("owner", "desfire-ev2")
    day.lay("owner", "desk")
    work: Callable[..., object] = counter.post.work

    def notices_late(*words: Any, **more: Any) -> object:
        try:
            return work(*words, **more)
        except DeviceError:
            reader.plan(None)
            day.lay("owner", "desk")
            day.until("it is known", lambda: bool(counter.laid and counter.laid.unfinished))
            raise

    monkeypatch.setattr(counter.post, "work", notices_late)
    reader.plan(FaultPlan(Fault(kind=FaultKind.TEAR_BEFORE, at=35)))
    day.post("/desk/act/write")
    day.until("it is finished", lambda: day.business().get("phase") == "paper")
    assert trial(day) == PAID
    assert day.card("owner").status == "live"


def twice(act: Callable[[], None]) -> None:
    """Two fingers, or one that trembles: the same form at the same moment."""
    gate = threading.Barrier(2)

    def press() -> None:
        gate.wait()
        act()

    fingers = [threading.Thread(target=press) for _ in range(2)]
    for finger in fingers:
        finger.start()
    for finger in fingers:
        finger.join()


def test_every_button_pressed_twice_does_its_work_once(day: Teller) -> None:
    people = day.site.people
    day.post("/desk/holder", holder_id=people.owner)
    twice(lambda: day.post("/desk/business", kind="issue"))
    twice(lambda: day.post("/desk/verify"))
    twice(lambda: day.post("/desk/agree"))
    twice(lambda: day.post("/desk/money", received="100", checked="yes"))
    assert day.business()["change_fen"] == 8000
    day.blank("owner", "classic-1k")
    day.lay("owner", "desk")
    twice(lambda: day.post("/desk/act/write"))
    day.until("printed", lambda: day.business().get("document_state") == "printed")
    twice(lambda: day.post("/desk/paper/handed-over"))
    twice(lambda: day.post("/desk/act/cancel"))
    day.lift("desk")
    found = counts(day)
    assert (found["sale"], found["tender"], found["operation"]) == (1, 1, 1)
    assert found["document"] == 1
    assert len(papers(day)) == 1
    assert trial(day) == PAID
    assert day.site.balances()["cash:desk-1"] == 2000


def test_the_back_button_after_payment_pays_and_writes_nothing_again(day: Teller) -> None:
    ready_to_issue(day, received="100")
    sent_before = [
        ("/desk/business", {"kind": "issue"}),
        ("/desk/verify", {}),
        ("/desk/agree", {}),
        ("/desk/money", {"received": "100", "checked": "yes"}),
    ]
    for path, form in sent_before:
        day.post(path, **form)
        assert day.business()["phase"] == "card"
    assert day.site.balances()["cash:desk-1"] == 2000
    day.blank("owner", "classic-1k")
    day.lay("owner", "desk")
    assert write(day)["phase"] == "paper"
    for path, form in [*sent_before, ("/desk/act/write", {}), ("/desk/act/cancel", {})]:
        day.post(path, **form)
        assert day.business()["phase"] == "paper"
    settle_paper(day)
    day.lift("desk")
    assert trial(day) == PAID
    assert counts(day)["operation"] == 1
    assert len(papers(day)) == 1
