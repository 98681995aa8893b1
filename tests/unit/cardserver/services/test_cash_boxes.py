"""A kiosk's cash box: out by one person, counted by another; the ledger follows it all the way."""

from dataclasses import replace

import pytest

from cardserver.domain.permits import Action, Role
from cardserver.domain.reconciliation import DifferenceKind
from cardserver.domain.sale import TenderKind, TenderState
from cardserver.services import accounts, cashboxes, reconciling, selling, tendering
from cardserver.services.errors import NotPermitted
from cardserver.services.turn import Caller
from cardserver.wire_reconciliation import BoxView, CountBox, TakeBox
from cardserver.wire_requests import TopUpRequest
from cardserver.wire_sales import SaleRequest, TenderRequest
from tests.databases.frontdesk import DESK, KIOSK, FrontDesk, blank, new_id, refused

TECHNICIAN = replace(KIOSK, operator="技术员", roles=frozenset({Role.TECHNICIAN}))
CASHIER = replace(DESK, operator="宋梅", roles=frozenset({Role.CASHIER}), leave=None)
NOTE = 100_00


def put_in_notes(desk: FrontDesk, notes: int) -> None:
    """A resident pays that many notes of 100 yuan at the kiosk."""
    card = blank()
    view = desk.add_parking(desk.issue(desk.owner, card), card)
    sale = selling.open_sale(
        desk.estate,
        KIOSK,
        SaleRequest(
            sale_id=new_id(),
            request=TopUpRequest(card_number=view.number, months=1),
            quoted_total_fen=300_00,
        ),
    )
    for _ in range(notes):
        tender = new_id()
        for state in (TenderState.ACCEPTING, TenderState.CREDITED):
            note = TenderRequest(
                tender_id=tender,
                kind=TenderKind.CASH_NOTE,
                value_fen=NOTE,
                state=state,
                checked=True,
            )
            tendering.tender(desk.estate, KIOSK, sale.sale_id, note)


def take(desk: FrontDesk, caller: Caller = TECHNICIAN, machine_fen: int | None = None) -> BoxView:
    request = TakeBox(box_id=new_id(), machine_fen=machine_fen)
    return cashboxes.take_box(desk.estate, caller, request)


def balances(desk: FrontDesk) -> dict[str, int]:
    return accounts.ledger_balances(desk.estate, DESK).accounts


def test_a_box_is_taken_out_counted_and_put_into_the_safe(desk: FrontDesk) -> None:
    put_in_notes(desk, 2)
    safe = balances(desk).get("safe", 0)
    box = take(desk, machine_fen=2 * NOTE)
    assert (box.number, box.kiosk, box.taken_by) == (1, "kiosk-1", "技术员")
    assert (box.expected_fen, box.machine_fen, box.counted_fen) == (2 * NOTE, 2 * NOTE, None)
    assert balances(desk)["box:1"] == 2 * NOTE
    assert "cash:kiosk-1" not in balances(desk)

    counted = cashboxes.count_box(desk.estate, CASHIER, box.box_id, CountBox(notes={NOTE: 2}))
    assert (counted.counted_fen, counted.counted_by) == (2 * NOTE, "宋梅")
    after = balances(desk)
    assert after.get("safe", 0) == safe + 2 * NOTE
    assert "box:1" not in after
    assert "over-short" not in after
    assert reconciling.reconciliation(desk.estate, CASHIER).differences == ()


def test_what_a_box_lacks_is_commented_kept_apart_and_a_difference(desk: FrontDesk) -> None:
    put_in_notes(desk, 2)
    box = take(desk)
    with refused("drawer-difference"):
        cashboxes.count_box(desk.estate, CASHIER, box.box_id, CountBox(notes={NOTE: 1}))
    found = CountBox(notes={NOTE: 1}, comment="少一张，已报告")
    cashboxes.count_box(desk.estate, CASHIER, box.box_id, found)
    assert balances(desk)["over-short"] == NOTE
    [difference] = reconciling.reconciliation(desk.estate, CASHIER).differences
    assert (difference.kind, difference.ours_fen, difference.theirs_fen) == (
        DifferenceKind.COUNT,
        2 * NOTE,
        NOTE,
    )
    assert (difference.owner, difference.age_days) == ("", 0)


def test_a_machine_that_counted_otherwise_is_a_difference_at_once(desk: FrontDesk) -> None:
    put_in_notes(desk, 2)
    take(desk, machine_fen=3 * NOTE)
    [difference] = reconciling.reconciliation(desk.estate, CASHIER).differences
    assert (difference.kind, difference.reference) == (DifferenceKind.MACHINE, "1")


def test_a_count_is_given_once_and_the_same_one_again_changes_nothing(desk: FrontDesk) -> None:
    put_in_notes(desk, 1)
    box = take(desk)
    count = CountBox(notes={NOTE: 1})
    first = cashboxes.count_box(desk.estate, CASHIER, box.box_id, count)
    assert cashboxes.count_box(desk.estate, CASHIER, box.box_id, count) == first
    with refused("id-reused"):
        other = CountBox(notes={NOTE: 2}, comment="again")
        cashboxes.count_box(desk.estate, CASHIER, box.box_id, other)


def test_the_same_box_taken_twice_by_a_lost_answer_is_one_box(desk: FrontDesk) -> None:
    put_in_notes(desk, 1)
    request = TakeBox(box_id=new_id())
    first = cashboxes.take_box(desk.estate, TECHNICIAN, request)
    assert cashboxes.take_box(desk.estate, TECHNICIAN, request) == first
    assert balances(desk)["box:1"] == NOTE
    assert [box.number for box in cashboxes.boxes(desk.estate, KIOSK).boxes] == [1]


def test_who_took_the_box_out_does_not_count_it_fee_33(desk: FrontDesk) -> None:
    put_in_notes(desk, 1)
    box = take(desk, replace(KIOSK, operator="宋梅", roles=frozenset({Role.CASHIER})))
    with refused("same-person"):
        cashboxes.count_box(desk.estate, CASHIER, box.box_id, CountBox(notes={NOTE: 1}))


@pytest.mark.parametrize("caller", [KIOSK, replace(TECHNICIAN, roles=frozenset({Role.AGENT}))])
def test_a_box_is_not_taken_out_by_just_anybody(desk: FrontDesk, caller: Caller) -> None:
    with pytest.raises(NotPermitted) as no:
        take(desk, caller)
    assert no.value.reason == Action.SERVICE


def test_an_agent_does_not_count_boxes(desk: FrontDesk) -> None:
    put_in_notes(desk, 1)
    box = take(desk)
    with pytest.raises(NotPermitted):
        cashboxes.count_box(desk.estate, DESK, box.box_id, CountBox(notes={NOTE: 1}))
