"""The note in the path, followed through events in every order that a line can bring them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.acceptors.ssp_path import NotePath
from drivers.acceptors.ssp_report import EventCode, RawEvent, Setup
from drivers.api.acceptors import BillEvent, BillEventKind

SETUP = Setup(firmware="0433", country="CNY", values_fen=(100, 500, 1000))


def told(path: NotePath, *codes: tuple[EventCode, int] | EventCode) -> list[BillEvent]:
    raw = [
        RawEvent(code=code)
        if isinstance(code, EventCode)
        else RawEvent(code=code[0], channel=code[1])
        for code in codes
    ]
    return path.follow(raw, SETUP)


def event(kind: BillEventKind, value_fen: int = 0) -> BillEvent:
    return BillEvent(kind=kind, value_fen=value_fen)


ESCROW_3 = (EventCode.READ, 3)


def test_a_note_that_is_reported_again_on_its_way_stays_decided() -> None:
    path = NotePath()
    assert told(path, ESCROW_3) == [event(BillEventKind.ESCROW, 1000)]
    path.decide()
    assert told(path, ESCROW_3, EventCode.STACKING) == [event(BillEventKind.STACKING)]
    assert not path.undecided
    assert path.occupied


def test_a_note_that_comes_and_goes_in_one_answer_is_not_held() -> None:
    path = NotePath()
    assert told(path, ESCROW_3, EventCode.REJECTING, EventCode.REJECTED) == [
        event(BillEventKind.ESCROW, 1000),
        event(BillEventKind.RETURNED, 1000),
    ]
    assert not path.undecided
    assert not path.occupied


def test_a_second_note_behind_a_returned_one_is_to_be_decided_on() -> None:
    path = NotePath()
    told(path, ESCROW_3)
    path.decide()
    told(path, EventCode.REJECTED, ESCROW_3)
    assert path.undecided


def test_a_note_that_was_never_in_escrow_is_rejected_and_not_returned() -> None:
    assert told(NotePath(), (EventCode.READ, 0), EventCode.REJECTING, EventCode.REJECTED) == [
        event(BillEventKind.READING),
        event(BillEventKind.REJECTED),
    ]


def test_a_note_found_by_a_new_driver_is_returned_with_unknown_value() -> None:
    path = NotePath()
    path.expect_return()
    assert told(path, EventCode.REJECTED) == [event(BillEventKind.RETURNED)]


@pytest.mark.parametrize(
    "code", [EventCode.TICKET_READ, EventCode.TICKET_STACKED, EventCode.INITIALISING]
)
def test_what_is_no_news_of_notes_is_passed_over(code: EventCode) -> None:
    assert told(NotePath(), code) == []


@given(st.lists(st.tuples(st.sampled_from(EventCode), st.integers(0, 5))))
def test_every_credit_is_told_once_and_nothing_else_is_money(
    story: list[tuple[EventCode, int]],
) -> None:
    path = NotePath()
    events = told(path, *story)
    expected = [SETUP.value_fen(channel) for code, channel in story if code is EventCode.CREDIT]
    assert [e.value_fen for e in events if e.kind is BillEventKind.CREDITED] == expected
    assert path.undecided <= path.occupied
