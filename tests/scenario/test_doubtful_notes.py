"""Notes of which it is not plain what became of them: settled by evidence, or named UNKNOWN.

Each test is a way in which a till could lose or make money: a mend of its own.
"""

import pytest

from cardserver.client import ServerUnavailable
from cardserver.domain.sale import TenderState
from drivers.api.acceptors import BillEvent, BillEventKind, RejectReason
from drivers.errors import AcceptorUnsuitable
from kiosk.selfservice.hints import hint_after
from kiosk.selfservice.journal import Entry
from kiosk.station.i18n import LANGUAGE_NAMES, worded
from simulators.acceptor import YUAN, VirtualAcceptor
from simulators.acceptor_path import Timing
from simulators.id003 import VirtualId003
from tests.scenario.wire_bench import NOTE, PRICE, SHORT, Bench, Died

SLOW = Timing(read_s=0.4, stack_s=0.8, return_s=0.4)


def announced(bench: Bench) -> Bench:
    """A note is on its way into the box."""
    while not bench.till.on_its_way_fen:
        bench.once()
    bench.once()
    return bench


def die_over_the_credit(bench: Bench) -> None:
    """The kiosk hears that the note is money and dies before it has written that down."""

    def dies(kind: Entry, **_body: object) -> None:
        assert kind is Entry.ENDED
        raise Died

    write, bench.journal.write = bench.journal.write, dies  # type: ignore[method-assign]
    driver = bench.till
    while bench.till is driver:
        bench.once()
    bench.journal.write = write  # type: ignore[method-assign]


def test_a_credit_that_a_dying_kiosk_heard_and_never_wrote_down_is_heard_again() -> None:
    bench = announced(Bench("id003"))
    die_over_the_credit(bench)
    bench.pay()
    assert bench.check(doubt=False) == 0
    assert bench.box == PRICE


def test_without_a_count_a_note_given_back_later_is_not_taken_for_the_one_before() -> None:
    """SSP without counters: the credit was heard by a kiosk that died, then came another note."""
    quick_return = Timing(read_s=0.4, stack_s=0.8, return_s=0.0)
    bench = announced(Bench("ssp", timing=quick_return, counters=False))
    die_over_the_credit(bench)
    bench.clock.now += 5
    bench.acceptor.insert_note(NOTE)
    bench.offered += 1
    bench.clock.now += 2
    bench.pay()
    assert bench.check(doubt=True) == NOTE
    assert NOTE in bench.acceptor.view().returned_fen


def put_another_there(bench: Bench, acceptor: VirtualAcceptor | VirtualId003) -> None:
    bench.line.device = acceptor
    bench.begin()
    bench.till.start()
    for _ in range(5):
        bench.clock.now += 0.2
        bench.till.poll()


def test_the_count_of_another_acceptor_says_nothing_of_our_note() -> None:
    bench = announced(Bench("ssp"))
    put_another_there(bench, VirtualAcceptor(serial=77, timing=SHORT, clock=bench.clock))
    assert bench.book.total(TenderState.UNKNOWN) == NOTE
    assert bench.book.total(TenderState.RETURNED) == 0


def test_an_acceptor_whose_notes_have_changed_says_nothing_of_our_note() -> None:
    bench = announced(Bench("id003"))
    changed = VirtualId003(notes_fen=(500, 1000, 2000), timing=SHORT, clock=bench.clock)
    put_another_there(bench, changed)
    assert bench.book.total(TenderState.UNKNOWN) == NOTE


def test_an_acceptor_of_another_country_takes_nothing_and_says_so_in_words() -> None:
    bench = Bench("id003")
    bench.line.device = VirtualId003(country=0x01, clock=bench.clock)
    with pytest.raises(AcceptorUnsuitable) as caught:
        bench.till.start()
    assert bench.till.notes_fen == ()
    for language in LANGUAGE_NAMES:
        for table in ("closed", "problem"):
            assert worded(language, table, caught.value.code) != worded(language, table, "no-such")


@pytest.mark.parametrize("status", [401, 403])
def test_a_server_that_does_not_know_the_station_hears_of_the_credit_later(status: int) -> None:
    bench = announced(Bench("ssp"))
    bench.book.refuses_credits = status
    for _ in range(20):
        bench.clock.now += 0.2
        try:
            bench.till.poll()
        except ServerUnavailable:
            continue
    assert bench.till.busy
    assert bench.box == NOTE
    bench.book.refuses_credits = 0
    bench.pay()
    bench.check(doubt=False)
    assert bench.book.total(TenderState.CREDITED) == PRICE


def test_money_that_the_server_will_not_book_stays_in_the_journal_for_a_person() -> None:
    bench = announced(Bench("ssp"))
    bench.book.refuses_credits = 409
    for _ in range(20):
        bench.clock.now += 0.2
        bench.till.poll()
    assert not bench.till.busy, "it doesn't stand in the way of the next note"
    [line] = bench.journal.disputed()
    assert line.body["reason"] == "no: not now"
    told = {str(each.body["tender_id"]) for each in bench.journal.unfinished() if each.body}
    assert not told, "the journal is at rest"
    bench.begin()
    assert not bench.till.busy


def test_two_notes_quickly_are_counted_one_after_the_other() -> None:
    bench = announced(Bench("id003", timing=SLOW))
    bench.acceptor.insert_note(NOTE)
    bench.offered += 1
    bench.pay()
    bench.check(doubt=False)
    assert bench.box == PRICE


@pytest.mark.parametrize("reason", RejectReason)
@pytest.mark.parametrize("language", LANGUAGE_NAMES)
def test_every_reason_why_a_note_comes_back_has_words(reason: RejectReason, language: str) -> None:
    hint = hint_after("", [BillEvent(kind=BillEventKind.REJECTED, reason=reason)])
    assert worded(language, "sorry", hint) != worded(language, "sorry", "no-such")
    assert hint_after(hint, [BillEvent(kind=BillEventKind.READING)]) == ""


def test_a_note_above_what_is_missing_is_given_back_with_its_own_words() -> None:
    bench = Bench("id003")
    bench.till.start()
    bench.till.take_for(bench.book.sale())
    bench.till._acceptor.enable([50 * YUAN])  # as if it had not heard of the smaller price yet
    bench.acceptor.insert_note(50 * YUAN)
    for _ in range(12):
        bench.clock.now += 0.15
        bench.till.poll()
    assert bench.till.hint == "note-not-wanted"
    assert bench.acceptor.view().returned_fen == (50 * YUAN,)
    assert bench.book.words == {}
