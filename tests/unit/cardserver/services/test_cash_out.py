"""Cash that leaves a drawer: to the cashier, as a loan, as a worthless note; and spot checks."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, select

from cardserver.db.paperbooks import sales_of_paper
from cardserver.db.tables_shifts import DrawerEntryRow
from cardserver.domain.permits import Action
from cardserver.domain.sale import TenderState
from cardserver.services import accounts, cashmoves, spotchecks
from cardserver.services.errors import NotPermitted
from cardserver.services.turn import reading
from cardserver.wire_cashmoves import (
    CashToCashier,
    MovementView,
    PayLoan,
    RepayClaim,
    ReportCounterfeit,
)
from cardserver.wire_shifts import ShiftView
from cardserver.wire_spotchecks import SpotCheckRequest, SpotCheckView
from tests.databases import tillwork
from tests.databases.frontdesk import DESK, OTHER_DESK, FrontDesk, blank, new_id, refused
from tests.databases.stores import sqlite_store
from tests.databases.tillwork import CASHIER, CENTRE_HEAD, allowed, pieces


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    """SQLite: the rows of a movement are those of `test_shifts`, which has both stores."""
    store = sqlite_store(tmp_path)
    yield store
    store.dispose()


WITH_CASHIER = allowed(DESK, Action.SPOT_CHECK)
WITH_HEAD = allowed(DESK, Action.APPROVE_PAYOUT, CENTRE_HEAD)


@pytest.fixture
def till(desk: FrontDesk) -> ShiftView:
    """The desk's own shift, with 20 yuan of takings in it."""
    paper = desk.do(desk.issue_request(desk.owner), blank()).document
    assert paper is not None
    tillwork.give_paper(desk.estate, DESK, paper)
    return tillwork.current(desk.estate, DESK)


def balances(desk: FrontDesk) -> dict[str, int]:
    return accounts.ledger_balances(desk.estate, DESK).accounts


def to_cashier(fen: int) -> CashToCashier:
    return CashToCashier(movement_id=new_id(), amount_fen=fen)


def loan(fen: int, recipient: str = "赵强") -> PayLoan:
    return PayLoan(
        movement_id=new_id(),
        amount_fen=fen,
        recipient=recipient,
        reason="急诊垫付",
        signed="页 3 行 2",
    )


def test_a_safe_drop_is_numbered_and_bears_both_names_fee_33(
    desk: FrontDesk, till: ShiftView
) -> None:
    made = cashmoves.drop(desk.estate, WITH_CASHIER, to_cashier(15_00))
    assert (made.number, made.operator, made.person) == (1, "张晓", CASHIER)
    assert (balances(desk)["cash:desk-1"], balances(desk)["safe"]) == (5_00, 15_00)
    assert tillwork.count(desk.estate, DESK, till, 5_00).difference_fen == 0
    with refused("drawer-short", "FEE-33"):
        cashmoves.drop(desk.estate, WITH_CASHIER, to_cashier(6_00))


def test_nobody_hands_cash_to_himself_or_to_somebody_without_the_office(
    desk: FrontDesk, till: ShiftView
) -> None:
    with pytest.raises(NotPermitted):
        cashmoves.drop(desk.estate, DESK, to_cashier(1_00))
    with refused("same-person", "FEE-33"):
        cashmoves.drop(
            desk.estate, allowed(DESK, Action.SPOT_CHECK, DESK.operator), to_cashier(1_00)
        )


def test_the_takings_of_a_closed_shift_are_handed_in_with_both_names_fee_33(
    desk: FrontDesk, till: ShiftView
) -> None:
    tillwork.finish(desk.estate, DESK, till, 20_00)
    made = cashmoves.hand_in(desk.estate, WITH_CASHIER, till.shift_id, to_cashier(20_00))
    assert (made.kind, made.operator, made.person) == ("hand-in", "张晓", CASHIER)
    assert balances(desk) == {"income:card-cost": -20_00, "safe": 20_00}
    with refused("bag-short", "FEE-33"):
        cashmoves.hand_in(desk.estate, WITH_CASHIER, till.shift_id, to_cashier(1))


def test_the_desk_pays_a_loan_only_with_the_approval_of_the_head_of_the_centre_fee_38(
    desk: FrontDesk, till: ShiftView
) -> None:
    with pytest.raises(NotPermitted):
        cashmoves.pay_loan(desk.estate, DESK, loan(10_00))
    with pytest.raises(NotPermitted):
        cashmoves.pay_loan(desk.estate, WITH_CASHIER, loan(10_00))
    made = cashmoves.pay_loan(desk.estate, WITH_HEAD, loan(10_00))
    assert (made.number, made.approved_by, made.person, made.signed) == (
        1,
        CENTRE_HEAD,
        "赵强",
        "页 3 行 2",
    )
    assert (balances(desk)["loan:1"], balances(desk)["cash:desk-1"]) == (10_00, 10_00)


def test_a_loan_is_no_more_than_the_drawer_holds_and_not_for_who_approves_it_fee_38a(
    desk: FrontDesk, till: ShiftView
) -> None:
    with refused("drawer-short", "FEE-38"):
        cashmoves.pay_loan(desk.estate, WITH_HEAD, loan(20_01))
    with refused("same-person", "FEE-38"):
        cashmoves.pay_loan(desk.estate, WITH_HEAD, loan(1_00, CENTRE_HEAD))


def test_a_doubled_pay_out_pays_once(desk: FrontDesk, till: ShiftView) -> None:
    request = loan(10_00)
    first = cashmoves.pay_loan(desk.estate, WITH_HEAD, request)
    assert cashmoves.pay_loan(desk.estate, WITH_HEAD, request) == first
    assert balances(desk)["cash:desk-1"] == 10_00


# --- FEE-34 --------------------------------------------------------------------------------------


def bad_note(
    desk: FrontDesk,
    till: ShiftView,
    face_fen: int = 10_00,
    sale_id: str | None = None,
    *,
    paper_number: int | None = None,
) -> MovementView:
    request = ReportCounterfeit(
        movement_id=new_id(),
        shift_id=till.shift_id,
        face_fen=face_fen,
        remark="出纳复点时发现",
        sale_id=sale_id,
        paper_number=paper_number,
    )
    caller = allowed(DESK, Action.REPORT_COUNTERFEIT)
    return cashmoves.report_counterfeit(desk.estate, caller, request)


def test_a_bad_note_is_owed_by_who_took_it_and_the_cash_agrees_fee_34(
    desk: FrontDesk, till: ShiftView
) -> None:
    made = bad_note(desk, till)
    assert (made.person, made.approved_by) == ("张晓", CASHIER)
    assert (balances(desk)["claim:张晓"], balances(desk)["cash:desk-1"]) == (10_00, 10_00)
    assert tillwork.count(desk.estate, DESK, till, 10_00).difference_fen == 0


def repayment(fen: int, person: str = "张晓") -> RepayClaim:
    return RepayClaim(movement_id=new_id(), person=person, amount_fen=fen)


def test_what_a_bad_note_took_is_made_good_to_the_cashier_in_parts_fee_34(
    desk: FrontDesk, till: ShiftView
) -> None:
    bad_note(desk, till)
    cashier = allowed(DESK, Action.REPORT_COUNTERFEIT)
    with pytest.raises(NotPermitted):
        cashmoves.repay_claim(desk.estate, DESK, repayment(4_00))
    first = repayment(4_00)
    made = [cashmoves.repay_claim(desk.estate, cashier, first) for _ in range(2)]
    assert made[0] == made[1], "a doubled click is one repayment"
    assert (made[0].kind, made[0].number, made[0].person) == ("repayment", 1, "张晓")
    assert made[0].approved_by == CASHIER
    found = cashmoves.movements(desk.estate, DESK, 10)
    assert [(each.person, each.owed_fen) for each in found.claims] == [("张晓", 6_00)]
    with refused("claim-exceeded", "FEE-34"):
        cashmoves.repay_claim(desk.estate, cashier, repayment(7_00))
    cashmoves.repay_claim(desk.estate, cashier, repayment(6_00))
    assert cashmoves.movements(desk.estate, DESK, 10).claims == ()
    assert "claim:张晓" not in balances(desk)
    with refused("claim-exceeded", "FEE-34"):
        cashmoves.repay_claim(desk.estate, cashier, repayment(1, "李明"))
    with refused("same-person", "FEE-34"):
        cashmoves.repay_claim(desk.estate, cashier, repayment(1, CASHIER))


def test_a_bad_note_found_after_the_shift_leaves_the_bag_or_the_safe_fee_34(
    desk: FrontDesk, till: ShiftView
) -> None:
    tillwork.finish(desk.estate, DESK, till, 20_00)
    bad_note(desk, till)
    assert balances(desk)[f"bag:{till.number}"] == 10_00
    cashmoves.hand_in(desk.estate, WITH_CASHIER, till.shift_id, to_cashier(10_00))
    bad_note(desk, till)
    assert balances(desk) == {"income:card-cost": -20_00, "claim:张晓": 20_00}


def test_a_bad_note_needs_the_cashier_a_real_face_and_the_person_who_took_it_fee_34(
    desk: FrontDesk, till: ShiftView
) -> None:
    request = ReportCounterfeit(
        movement_id=new_id(), shift_id=till.shift_id, face_fen=10_00, remark="x"
    )
    with pytest.raises(NotPermitted):
        cashmoves.report_counterfeit(desk.estate, DESK, request)
    with refused("note-unknown", "FEE-34"):
        bad_note(desk, till, 30_00)
    sale = desk.open_sale(desk.issue_request(desk.family))
    with refused("not-taken-there", "FEE-34"):
        bad_note(desk, till, 10_00, sale.sale_id)
    desk.pay(sale.sale_id, 20_00, TenderState.CREDITED)
    assert bad_note(desk, till, 10_00, sale.sale_id).person == "张晓"


def test_a_bad_note_may_name_the_paper_it_paid_for_and_that_is_checked_fee_34(
    desk: FrontDesk, till: ShiftView
) -> None:
    """The paper's own sale stands with the entry; a paper of another desk's money is refused."""
    mine = desk.do(desk.issue_request(desk.family), blank()).document
    assert mine is not None
    elsewhere = tillwork.current(desk.estate, OTHER_DESK)
    for shift, number in ((elsewhere, mine.number), (till, mine.number + 7)):
        with refused("not-taken-there", "FEE-34"):
            bad_note(desk, shift, paper_number=number)
    made = bad_note(desk, till, paper_number=mine.number)
    assert made.person == "张晓"
    with reading(desk.estate, DESK) as turn:
        entry = turn.session.scalars(
            select(DrawerEntryRow).order_by(DrawerEntryRow.id.desc())
        ).first()
        assert entry is not None
        assert entry.detail["sale"] in sales_of_paper(turn.session, mine.number)


# --- FEE-33 spot checks --------------------------------------------------------------------------


def look(desk: FrontDesk, till: ShiftView, fen: int, comment: str = "") -> SpotCheckView:
    request = SpotCheckRequest(
        check_id=new_id(), shift_id=till.shift_id, notes=pieces(fen), comment=comment
    )
    return spotchecks.spot_check(desk.estate, WITH_CASHIER, request)


def test_the_cashier_checks_cash_and_papers_at_any_moment_fee_33(
    desk: FrontDesk, till: ShiftView
) -> None:
    made = look(desk, till, 20_00)
    assert (made.cashier, made.operator, made.number) == (CASHIER, "张晓", 1)
    assert (made.expected_fen, made.counted_fen, made.difference_fen) == (20_00, 20_00, 0)
    receipts = next(book for book in made.books if book.kind == "formal-receipt")
    assert (receipts.used, receipts.void) == (1, 0)
    assert receipts.blank == receipts.last - receipts.first
    assert [paper.count for paper in made.papers] == [1]


def test_a_spot_check_stays_as_it_was_signed_fee_33(desk: FrontDesk, till: ShiftView) -> None:
    with refused("drawer-difference", "FEE-33"):
        look(desk, till, 19_00)
    first = look(desk, till, 19_00, "少一元,已说明")
    desk.do(desk.issue_request(desk.family), blank())
    assert spotchecks.spot_checks(desk.estate, DESK, 5).checks == (first,)


def test_a_spot_check_is_the_cashiers_and_of_an_open_shift_fee_33(
    desk: FrontDesk, till: ShiftView
) -> None:
    request = SpotCheckRequest(check_id=new_id(), shift_id=till.shift_id, notes={})
    with pytest.raises(NotPermitted):
        spotchecks.spot_check(desk.estate, DESK, request)
    with refused("same-person", "FEE-33"):
        caller = allowed(DESK, Action.SPOT_CHECK, DESK.operator)
        spotchecks.spot_check(desk.estate, caller, request)
    tillwork.finish(desk.estate, DESK, till, 20_00)
    with refused("shift-closed"):
        look(desk, till, 20_00)
