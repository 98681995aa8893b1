"""Bad days of the self-service kiosk: banknotes, line, card and paper, each at its worst moment.

What lies in the acceptor's box is what the ledger has in the end, and the resident holds a slip
for everything that did not become a top-up.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from cardserver.domain.rights import RightKind
from simulators.acceptor_path import Stage
from simulators.faults import Fault, FaultKind, FaultPlan
from simulators.teller import Teller
from tests.scenario.earlier import parking_card
from tests.scenario.hands import issue, papers, says, trial

YUAN = 100
NOTE = 100 * YUAN
BEFORE = 32000  # the card and its first month, paid at the desk


@pytest.fixture
def kiosk(tmp_path: Path) -> Iterator[Teller]:
    """A resident with a parking card stands before the kiosk."""
    with parking_card(tmp_path) as teller:
        yield teller


def at(day: Teller, screen: str) -> Callable[[], bool]:
    return lambda: day.state("kiosk")["screen"] == screen


def begin_to_pay(day: Teller) -> None:
    day.lay("owner", "kiosk")
    day.until("the months are offered", at(day, "months"))
    day.post("/kiosk/touch/months-chosen", months=1)
    day.until("the price is shown", at(day, "confirm"))
    day.post("/kiosk/touch/confirmed")
    day.until("notes are taken", at(day, "pay"))


def offer(day: Teller, value: int = NOTE) -> None:
    acceptor = day.site.acceptor
    day.until("the slot is open", lambda: slot_is_open(day, value))
    acceptor.insert_note(value)


def slot_is_open(day: Teller, value: int) -> bool:
    view = day.site.acceptor.view()
    return view.enabled and view.stage is Stage.EMPTY and value in view.accepts_fen


def pay(day: Teller, notes: int) -> None:
    for number in range(1, notes + 1):
        offer(day)
        day.until(
            f"note {number} is in",
            lambda number=number: day.state("kiosk")["credited_fen"] == number * NOTE,  # type: ignore[misc]
        )


def take_away(day: Teller) -> None:
    """Take the card off the kiosk and wait until its reader has noticed."""
    day.site.box.lift("kiosk")
    day.until("the kiosk's reader is free", lambda: not day.site.machine.post.occupied)


def booked(day: Teller) -> int:
    return day.site.balances().get("cash:kiosk-1", 0)


def in_the_box(day: Teller) -> int:
    return sum(day.site.acceptor.view().cashbox_fen)


def parking_until(day: Teller) -> str:
    return day.card("owner").rights[RightKind.PARKING].last.isoformat()


# --- the payer ------------------------------------------------------------------------------------


def test_who_leaves_before_the_first_note_owes_nothing_and_gets_no_slip(kiosk: Teller) -> None:
    begin_to_pay(kiosk)
    kiosk.post("/kiosk/touch/stopped")
    kiosk.lift("kiosk")
    assert papers(kiosk, "kiosk") == []
    assert trial(kiosk) == (BEFORE, 0, 0, 0)


def test_who_leaves_half_paid_takes_a_slip_and_gets_the_money_at_the_desk(kiosk: Teller) -> None:
    begin_to_pay(kiosk)
    pay(kiosk, 1)
    kiosk.post("/kiosk/touch/stopped")
    kiosk.until("the slip is out", lambda: kiosk.state("kiosk")["printed"] == "printed")
    assert kiosk.state("kiosk")["screen"] == "owed"
    assert "壹佰元整" in papers(kiosk, "kiosk")[-1]
    assert "付款未完成" in papers(kiosk, "kiosk")[-1]
    kiosk.lift("kiosk")
    assert trial(kiosk) == (BEFORE, 0, NOTE, 0)
    assert booked(kiosk) == in_the_box(kiosk) == NOTE
    assert parking_until(kiosk) == "2025-06-08"


def test_a_note_on_its_way_when_the_payer_leaves_still_counts(kiosk: Teller) -> None:
    begin_to_pay(kiosk)
    offer(kiosk)
    kiosk.until("it is announced", lambda: bool(kiosk.site.machine.till.on_its_way_fen))
    kiosk.post("/kiosk/touch/stopped")
    kiosk.until("the screen says what is owed", at(kiosk, "owed"))
    kiosk.until("the slip is out", lambda: kiosk.state("kiosk")["printed"] == "printed")
    kiosk.lift("kiosk")
    kiosk.until("all is told", lambda: not kiosk.site.machine.till.busy)
    assert booked(kiosk) == in_the_box(kiosk) == NOTE
    assert trial(kiosk) == (BEFORE, 0, NOTE, 0)


@pytest.mark.parametrize("foreign", [False, True])
def test_a_note_that_is_not_wanted_comes_back(kiosk: Teller, foreign: bool) -> None:
    begin_to_pay(kiosk)
    pay(kiosk, 2)
    offer(kiosk, 50 * YUAN)
    kiosk.until("250 yuan are in", lambda: kiosk.state("kiosk")["credited_fen"] == 25000)
    kiosk.until("the slot is open", lambda: slot_is_open(kiosk, 50 * YUAN))
    acceptor = kiosk.site.acceptor
    if foreign:
        acceptor.insert_foreign_note()
    else:
        acceptor.insert_note(NOTE)
    kiosk.until("it comes back", lambda: len(acceptor.view().returned_fen) == 1)
    why = "note-not-recognised" if foreign else "note-not-wanted"
    kiosk.until("the screen says why", lambda: kiosk.state("kiosk")["problem"] == why)
    assert says(kiosk, "/kiosk/", f"sorry.{why}")
    offer(kiosk, 50 * YUAN)
    kiosk.until("topped up", at(kiosk, "done"))
    kiosk.lift("kiosk")
    assert booked(kiosk) == in_the_box(kiosk) == 3 * NOTE


# --- devices --------------------------------------------------------------------------------------


@pytest.mark.parametrize("stage", [Stage.ESCROW, Stage.SAFE])
def test_an_acceptor_that_loses_its_power_over_a_note_says_later_what_became_of_it(
    kiosk: Teller, stage: Stage
) -> None:
    begin_to_pay(kiosk)
    pay(kiosk, 1)
    kiosk.site.acceptor.cut_power_at(stage)
    offer(kiosk)
    kiosk.until("the screen says what is owed", at(kiosk, "owed"))
    kiosk.until("the slip is out", lambda: kiosk.state("kiosk")["printed"] == "printed")
    kiosk.site.box.lift("kiosk")
    kiosk.until("the kiosk rests", at(kiosk, "closed"))
    assert says(kiosk, "/kiosk/", "closed.acceptor-away")
    kiosk.site.acceptor.restore_power()
    kiosk.until("it is open again", at(kiosk, "attract"))
    kiosk.until("all is told", lambda: not kiosk.site.machine.till.busy)
    settled, held, payable, suspense = trial(kiosk)
    assert (settled, held, suspense) == (BEFORE, 0, 0)
    assert payable == booked(kiosk) == in_the_box(kiosk)
    assert in_the_box(kiosk) == (2 * NOTE if stage is Stage.SAFE else NOTE)


@pytest.mark.parametrize("trouble", ["jam", "full", "cashbox"])
def test_a_kiosk_whose_acceptor_can_take_nothing_rests_until_staff_has_seen_to_it(
    kiosk: Teller, trouble: str
) -> None:
    acceptor = kiosk.site.acceptor
    begin_to_pay(kiosk)
    pay(kiosk, 1)
    trouble_of: dict[str, tuple[Callable[[], Any], Callable[[], Any]]] = {
        "jam": (acceptor.jam, acceptor.clear_jam),
        "full": (acceptor.fill_stacker, acceptor.remove_cashbox),
        "cashbox": (acceptor.remove_cashbox, acceptor.replace_cashbox),
    }
    begin, end = trouble_of[trouble]
    begin()
    kiosk.until("the screen says what is owed", at(kiosk, "owed"))
    kiosk.until("the slip is out", lambda: kiosk.state("kiosk")["printed"] == "printed")
    kiosk.site.box.lift("kiosk")
    end()
    if trouble == "full":
        acceptor.replace_cashbox()
    kiosk.until("it is open again", at(kiosk, "attract"))
    assert trial(kiosk) == (BEFORE, 0, NOTE, 0)
    assert booked(kiosk) == NOTE


@pytest.mark.parametrize("at_exchange", [3, 14])
def test_a_card_lifted_too_early_is_asked_for_and_finished(kiosk: Teller, at_exchange: int) -> None:
    begin_to_pay(kiosk)
    pay(kiosk, 2)
    reader = kiosk.site.readers["kiosk"]
    reader.plan(FaultPlan(Fault(kind=FaultKind.TEAR_AFTER, at=at_exchange)))
    offer(kiosk)
    kiosk.until("the card is asked for", at(kiosk, "lay-back"))
    reader.plan(None)
    take_away(kiosk)
    kiosk.blank("other", "desfire-ev2")
    kiosk.lay("other", "kiosk")
    kiosk.until("not this one", lambda: kiosk.state("kiosk")["problem"] == "another-card")
    assert says(kiosk, "/kiosk/", "sorry.another-card")
    take_away(kiosk)
    kiosk.lay("owner", "kiosk")
    kiosk.until("topped up", at(kiosk, "done"))
    kiosk.lift("kiosk")
    assert parking_until(kiosk) == "2025-07-08"
    assert trial(kiosk) == (BEFORE + 3 * NOTE, 0, 0, 0)
    assert len(papers(kiosk, "kiosk")) == 1


def test_another_card_slipped_under_while_notes_go_in_is_not_written(kiosk: Teller) -> None:
    issue(kiosk, "second", "classic-1k")
    settled = trial(kiosk)[0]
    begin_to_pay(kiosk)
    pay(kiosk, 2)
    take_away(kiosk)
    kiosk.lay("second", "kiosk")
    offer(kiosk)
    kiosk.until("the right card is asked for", at(kiosk, "lay-back"))
    assert booked(kiosk) == 3 * NOTE
    take_away(kiosk)
    kiosk.lay("owner", "kiosk")
    kiosk.until("topped up", at(kiosk, "done"))
    kiosk.lift("kiosk")
    assert trial(kiosk) == (settled + 3 * NOTE, 0, 0, 0)


def test_a_kiosk_without_paper_sells_nothing(kiosk: Teller) -> None:
    """PARK-12a: no sale without a slip."""
    printer = kiosk.site.printers["kiosk"]
    printer.change(paper_out=True)
    kiosk.site.box.lay(kiosk.card_ids["owner"], "kiosk")
    kiosk.until("the kiosk rests", at(kiosk, "closed"))
    assert says(kiosk, "/kiosk/", "closed.printer-paper-out")
    kiosk.site.box.lift("kiosk")
    printer.load_paper()
    kiosk.until("it is open again", at(kiosk, "attract"))


# --- the server -----------------------------------------------------------------------------------


def cut(day: Teller) -> Callable[[], None]:
    """Cut the line to the server; returns what mends it."""
    app: Any = day.site.server_app
    whole = app.wsgi_app

    def dead(_environ: object, _start: object) -> object:
        raise httpx.ConnectError("the line is cut")

    def mend() -> None:
        app.wsgi_app = whole

    app.wsgi_app = dead
    return mend


def test_with_the_server_away_notes_come_back_and_the_sale_goes_on_when_it_is_there(
    kiosk: Teller,
) -> None:
    begin_to_pay(kiosk)
    pay(kiosk, 1)
    mend = cut(kiosk)
    offer(kiosk)
    acceptor = kiosk.site.acceptor
    kiosk.until("the note comes back", lambda: len(acceptor.view().returned_fen) == 1)
    kiosk.until(
        "the screen says why", lambda: kiosk.state("kiosk")["problem"] == "server-unavailable"
    )
    assert says(kiosk, "/kiosk/", "sorry.server-unavailable")
    mend()
    kiosk.until("all is well", lambda: kiosk.state("kiosk")["problem"] == "")
    pay_on(kiosk, 2)
    kiosk.until("topped up", at(kiosk, "done"))
    kiosk.lift("kiosk")
    assert booked(kiosk) == in_the_box(kiosk) == 3 * NOTE
    assert trial(kiosk) == (BEFORE + 3 * NOTE, 0, 0, 0)


def pay_on(day: Teller, notes: int) -> None:
    for _ in range(notes):
        before = day.state("kiosk")["credited_fen"]
        offer(day)
        day.until(
            "one more is in",
            lambda before=before: day.state("kiosk")["credited_fen"] > before,  # type: ignore[misc]
        )


def test_a_payer_who_can_not_wait_for_the_server_leaves_with_a_slip_for_all_of_it(
    kiosk: Teller,
) -> None:
    begin_to_pay(kiosk)
    pay(kiosk, 1)
    offer(kiosk)
    kiosk.until("it is announced", lambda: bool(kiosk.site.machine.till.on_its_way_fen))
    mend = cut(kiosk)
    kiosk.until("it is in the box", lambda: in_the_box(kiosk) == 2 * NOTE)
    kiosk.post("/kiosk/touch/stopped")
    kiosk.until("the slip is out", lambda: kiosk.state("kiosk")["printed"] == "printed")
    assert "贰佰元整" in papers(kiosk, "kiosk")[-1]
    mend()
    kiosk.site.box.lift("kiosk")
    kiosk.until("all is told", lambda: not kiosk.site.machine.till.busy)
    assert booked(kiosk) == in_the_box(kiosk) == 2 * NOTE
    assert trial(kiosk) == (BEFORE, 0, 2 * NOTE, 0)
