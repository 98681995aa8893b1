"""Two clerks at the same moment, on both engines: one is first, the other is told so."""

import threading
from collections.abc import Callable
from typing import Any

import pytest

from cardserver.domain.sale import TenderKind, TenderState
from cardserver.services import accounts, beginning, ending, setup, snapshots, tendering
from cardserver.services.errors import Conflict
from cardserver.wire_operations import Ticket
from cardserver.wire_requests import TopUpRequest
from cardserver.wire_sales import SaleView, TenderRequest
from tests.databases.frontdesk import DESK, GATE, OTHER_DESK, FrontDesk, blank, new_id

Outcome = Any


def at_once(*calls: Callable[[], Outcome]) -> list[Outcome]:
    """Run the calls in threads that start together; a refusal is an outcome too."""
    barrier = threading.Barrier(len(calls))
    outcomes: list[Outcome] = [None] * len(calls)

    def run(index: int, call: Callable[[], Outcome]) -> None:
        barrier.wait()
        try:
            outcomes[index] = call()
        except Exception as error:  # noqa: BLE001 - compared by the test
            outcomes[index] = error

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


def test_exactly_one_of_two_begins_on_a_card_wins(desk: FrontDesk) -> None:
    card = blank()
    view = desk.add_parking(desk.issue(desk.owner, card), card)
    request = TopUpRequest(card_number=view.number, months=1)
    bodies = [desk.begin_request(request, card, desk.paid_sale(request)) for _ in range(2)]
    outcomes = at_once(
        lambda: beginning.begin(desk.estate, DESK, bodies[0]),
        lambda: beginning.begin(desk.estate, OTHER_DESK, bodies[1]),
    )
    tickets = [each for each in outcomes if isinstance(each, Ticket)]
    conflicts = [each for each in outcomes if isinstance(each, Conflict)]
    assert len(tickets) == 1
    assert [each.reason for each in conflicts] == ["card-busy"]
    assert accounts.trial(desk.estate, DESK).held_fen == 600_00


def test_two_chips_for_one_paid_card_get_one_ticket(desk: FrontDesk) -> None:
    request = desk.issue_request(desk.owner)
    sale_id = desk.paid_sale(request)
    bodies = [desk.begin_request(request, blank(), sale_id) for _ in range(2)]
    outcomes = at_once(
        *[lambda body=body: beginning.begin(desk.estate, DESK, body) for body in bodies]
    )
    assert sum(isinstance(each, Ticket) for each in outcomes) == 1
    assert sum(isinstance(each, Conflict) for each in outcomes) == 1


def test_two_replacements_of_one_card_get_one_ticket(desk: FrontDesk) -> None:
    view = desk.issue(desk.staff, blank())
    requests = [desk.replace_request(view, "faulty") for _ in range(2)]
    bodies = [desk.begin_request(request, blank(), None) for request in requests]
    outcomes = at_once(
        *[lambda body=body: beginning.begin(desk.estate, DESK, body) for body in bodies]
    )
    assert sum(isinstance(each, Ticket) for each in outcomes) == 1


def test_the_same_note_reported_by_four_calls_counts_once(desk: FrontDesk) -> None:
    sale = desk.open_sale(desk.issue_request(desk.owner))
    note = TenderRequest(
        tender_id=new_id(),
        kind=TenderKind.CASH_DESK,
        value_fen=20_00,
        state=TenderState.CREDITED,
    )
    outcomes = at_once(*[lambda: tendering.tender(desk.estate, DESK, sale.sale_id, note)] * 4)
    assert [view.credited_fen for view in outcomes if isinstance(view, SaleView)] == [20_00] * 4


def test_settling_at_two_desks_gives_one_paper(desk: FrontDesk) -> None:
    card = blank()
    ticket = desk.begin(desk.issue_request(desk.owner), card)
    card.write(ticket)
    outcomes = at_once(
        *[
            lambda caller=caller: ending.settle(
                desk.estate, caller, ticket.operation_id, card.evidence()
            )
            for caller in (DESK, OTHER_DESK)
        ]
    )
    papers = [(each.document.document_id, each.document.number) for each in outcomes]
    assert papers[0] == papers[1]
    assert papers[0][1] in {1, 10_001}, "the first receipt of whoever was first"
    assert accounts.trial(desk.estate, DESK).settled_fen == 2000


@pytest.mark.parametrize("count", [6])
def test_numbers_given_at_once_have_neither_holes_nor_doubles(desk: FrontDesk, count: int) -> None:
    """FEE-23, and card numbers."""
    requests = [desk.issue_request(desk.owner) for _ in range(count)]
    outcomes = at_once(*[lambda request=request: desk.do(request, blank()) for request in requests])
    assert sorted(each.card.number for each in outcomes) == list(range(1, count + 1))
    assert sorted(each.document.number for each in outcomes) == list(range(1, count + 1))


def test_a_gate_that_follows_the_list_misses_no_change(desk: FrontDesk) -> None:
    """A version is seen only with all that came before it."""
    cards = [blank() for _ in range(5)]
    requests = [desk.issue_request(desk.staff) for _ in cards]
    known = snapshots.snapshot(desk.estate, GATE, None)
    listed = known.to_domain()
    done = threading.Event()
    seen: list[int] = []

    def follow() -> None:
        nonlocal listed
        version = known.version
        while True:
            last = done.is_set()
            view = snapshots.snapshot(desk.estate, GATE, version)
            listed, version = view.to_domain(listed), view.version
            seen.append(version)
            if last:
                return

    gate = threading.Thread(target=follow)
    gate.start()
    at_once(
        *[lambda pair=pair: desk.do(pair[0], pair[1]) for pair in zip(requests, cards, strict=True)]
    )
    done.set()
    gate.join()
    assert set(listed.cards) == {card.uid for card in cards}
    assert seen == sorted(seen)


def test_two_units_of_one_name_registered_at_once_are_one(desk: FrontDesk) -> None:
    outcomes = at_once(*[lambda: setup.register_unit(desk.estate, "9-0101", (0,))] * 2)
    assert sum(isinstance(each, int) for each in outcomes) == 1
    assert [each.reason for each in outcomes if isinstance(each, Conflict)] == ["changed-meanwhile"]
