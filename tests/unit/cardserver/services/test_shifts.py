"""Shifts: the float apart, the blind count, what holds a shift open, and the chain of Z reports."""

from dataclasses import replace

import pytest
from sqlalchemy import select, text, update

from cardserver.db.engine import WRITER
from cardserver.db.schema import Base
from cardserver.domain.errors import AmountInvalid
from cardserver.domain.permits import Action
from cardserver.domain.sale import TenderKind, TenderState
from cardserver.domain.shift import HOLDING, HoldKind, ShiftState
from cardserver.services import accounts, closing, selling, shifts, spotchecks, tendering
from cardserver.services.errors import NotPermitted
from cardserver.wire_sales import RefundRequest, SaleRequest, TenderRequest
from cardserver.wire_shifts import CountDrawer, OpenShift, PrintZ, ShiftView
from tests.databases import tillwork
from tests.databases.frontdesk import DESK, HEAD_DESK, FrontDesk, blank, new_id, refused

MEI = replace(DESK, operator="李梅")
"""An agent who has not opened her shift."""


@pytest.fixture
def till(desk: FrontDesk) -> ShiftView:
    """Mei's shift with a float of 200 yuan; the desk takes money in her name."""
    desk.caller = MEI
    tillwork.draw_book(desk.estate, MEI)
    return tillwork.begin(desk.estate, MEI)


def balances(desk: FrontDesk) -> dict[str, int]:
    return accounts.ledger_balances(desk.estate, DESK).accounts


def sell(desk: FrontDesk, *, give: bool = True) -> None:
    """A card for 20 yuan, its receipt handed over."""
    paper = desk.do(desk.issue_request(desk.owner), blank()).document
    assert paper is not None
    if give:
        tillwork.give_paper(desk.estate, desk.caller, paper)


def test_a_shift_opens_with_a_float_told_by_notes_apart_from_takings_fee_33(
    desk: FrontDesk, till: ShiftView
) -> None:
    assert (till.state, till.float_fen, till.operator) == (ShiftState.OPEN, 200_00, "李梅")
    assert balances(desk) == {"float:desk-1": 200_00, "safe": -200_00}
    sell(desk)
    assert balances(desk)["cash:desk-1"] == 20_00, "takings stand apart from the float"
    assert balances(desk)["float:desk-1"] == 200_00


def test_an_operator_has_one_open_shift_at_a_desk(desk: FrontDesk, till: ShiftView) -> None:
    with refused("shift-open"):
        tillwork.begin(desk.estate, MEI)
    request = OpenShift(shift_id=till.shift_id, notes=tillwork.FLOAT)
    again = shifts.open_shift(desk.estate, MEI, request)
    assert again.number == till.number, "the same call twice opens one shift"


def test_a_float_of_notes_that_do_not_exist_is_refused(desk: FrontDesk) -> None:
    with pytest.raises(AmountInvalid):
        tillwork.begin(desk.estate, MEI, {30_00: 1})


def test_a_desk_takes_no_money_outside_the_operators_own_shift_fee_33(desk: FrontDesk) -> None:
    sale = desk.open_sale(desk.issue_request(desk.owner))
    desk.caller = MEI
    with refused("no-shift", "FEE-33"):
        desk.pay(sale.sale_id, 20_00)
    with refused("no-shift", "FEE-33"):
        desk.open_sale(desk.issue_request(desk.owner))


def test_cash_is_handed_back_only_out_of_an_open_shift_fee_33(desk: FrontDesk) -> None:
    sale = desk.open_sale(desk.issue_request(desk.owner))
    desk.pay(sale.sale_id, 20_00)
    tillwork.cancel(desk.estate, DESK, sale.sale_id)
    refund = RefundRequest(refund_id=new_id(), amount_fen=20_00)
    with refused("no-shift", "FEE-33"):
        selling.pay_refund(desk.estate, MEI, sale.sale_id, refund)
    selling.pay_refund(desk.estate, DESK, sale.sale_id, refund)


def test_the_count_is_blind_what_should_be_there_is_told_afterwards_fee_33(
    desk: FrontDesk, till: ShiftView
) -> None:
    sell(desk)
    before = closing.x_report(desk.estate, MEI, till.shift_id)
    assert before.expected_fen is None
    assert [(each.count, each.amount_fen) for each in before.movements] == [(1, None)]
    assert [each.amount_fen for each in before.earned] == [20_00], "turnover is no secret"
    assert tillwork.current(desk.estate, MEI).count is None
    counted = tillwork.count(desk.estate, MEI, till, 219_00)
    assert (counted.expected_fen, counted.difference_fen) == (220_00, -1_00)
    after = closing.x_report(desk.estate, MEI, till.shift_id)
    assert (after.expected_fen, after.takings_fen) == (220_00, 20_00)
    sell(desk)
    again = closing.x_report(desk.estate, MEI, till.shift_id)
    assert (again.expected_fen, again.takings_fen) == (None, 0), "what moved since is counted anew"


def test_a_difference_needs_a_comment_and_every_count_stays_on_the_report_fee_33(
    desk: FrontDesk, till: ShiftView
) -> None:
    tillwork.count(desk.estate, MEI, till, 150_00)
    counted = tillwork.count(desk.estate, MEI, till, 199_00)
    with refused("drawer-difference", "FEE-33"):
        closing.close_shift(desk.estate, MEI, till.shift_id, tillwork.close_request(counted, " "))
    request = tillwork.close_request(counted, "少一元")
    report = closing.close_shift(desk.estate, MEI, till.shift_id, request).report
    assert [each.counted_fen for each in report.counts] == [150_00, 199_00]
    assert (report.difference_fen, report.comment) == (-1_00, "少一元")
    assert balances(desk)["over-short"] == 1_00


def test_after_the_close_the_drawer_is_empty_and_the_takings_wait_in_a_bag(
    desk: FrontDesk, till: ShiftView
) -> None:
    sell(desk)
    z = tillwork.finish(desk.estate, MEI, till, 220_00)
    assert balances(desk) == {
        "income:card-cost": -20_00,
        f"bag:{till.number}": 20_00,
    }
    assert (z.report.expected_fen, z.report.counted_fen, z.report.takings_fen) == (
        220_00,
        220_00,
        20_00,
    )
    with refused("no-shift"):
        desk.open_sale(desk.issue_request(desk.family))
    with refused("shift-closed"):
        tillwork.count(desk.estate, MEI, till, 220_00)


def test_a_float_that_paid_for_a_refund_comes_back_smaller(
    desk: FrontDesk, till: ShiftView
) -> None:
    desk.caller = DESK
    sale = desk.open_sale(desk.issue_request(desk.owner))
    desk.pay(sale.sale_id, 20_00)
    tillwork.cancel(desk.estate, DESK, sale.sale_id)
    refund = RefundRequest(refund_id=new_id(), amount_fen=20_00)
    selling.pay_refund(desk.estate, MEI, sale.sale_id, refund)
    tillwork.finish(desk.estate, MEI, till, 180_00)
    assert balances(desk) == {"cash:desk-1": 20_00, "safe": -20_00}


def test_a_count_is_stale_once_money_moved(desk: FrontDesk, till: ShiftView) -> None:
    counted = tillwork.count(desk.estate, MEI, till, 200_00)
    sell(desk)
    with refused("count-stale"):
        closing.close_shift(desk.estate, MEI, till.shift_id, tillwork.close_request(counted))


def test_a_shift_stays_open_while_money_or_paper_of_it_is_open_fee_32(
    desk: FrontDesk, till: ShiftView
) -> None:
    def kinds() -> list[HoldKind]:
        view = closing.before_close(desk.estate, MEI, till.shift_id)
        assert not view.may_close
        return [each.kind for each in view.holds if each.kind in HOLDING]

    sale = desk.open_sale(desk.issue_request(desk.owner))
    desk.pay(sale.sale_id, 20_00)
    assert kinds() == [HoldKind.MONEY]
    with refused("shift-held", "FEE-32"):
        tillwork.finish(desk.estate, MEI, till, 220_00)
    tillwork.cancel(desk.estate, MEI, sale.sale_id)
    assert kinds() == [HoldKind.MONEY], "owed back is not done yet"
    refund = RefundRequest(refund_id=new_id(), amount_fen=20_00)
    selling.pay_refund(desk.estate, MEI, sale.sale_id, refund)

    card = blank()
    ticket = desk.begin(desk.issue_request(desk.owner), card)
    assert HoldKind.OPERATION in kinds()
    card.write(ticket)
    paper = desk.settle(ticket, card).document
    assert paper is not None
    assert HoldKind.PAPER in kinds()
    with refused("shift-held", "FEE-32"):
        tillwork.finish(desk.estate, MEI, till, 220_00)
    tillwork.give_paper(desk.estate, MEI, paper)
    assert closing.before_close(desk.estate, MEI, till.shift_id).may_close
    tillwork.finish(desk.estate, MEI, till, 220_00)


def test_unsigned_rows_are_listed_and_acknowledged_ic_07a(desk: FrontDesk, till: ShiftView) -> None:
    sell(desk)
    left = closing.before_close(desk.estate, MEI, till.shift_id)
    assert left.may_close
    assert HoldKind.REGISTER in [each.kind for each in left.holds]
    counted = tillwork.count(desk.estate, MEI, till, 220_00)
    with refused("left-open-unseen", "IC-07a"):
        closing.close_shift(
            desk.estate, MEI, till.shift_id, tillwork.close_request(counted, seen=False)
        )
    z = closing.close_shift(desk.estate, MEI, till.shift_id, tillwork.close_request(counted))
    assert HoldKind.REGISTER in [each.kind for each in z.report.left_open], "marked on the Z"


def test_books_and_seals_are_counted_and_locked_away_fee_35(
    desk: FrontDesk, till: ShiftView
) -> None:
    counted = tillwork.count(desk.estate, MEI, till, 200_00)
    open_drawer = tillwork.close_request(counted, locked=False)
    with refused("papers-not-locked", "FEE-35"):
        closing.close_shift(desk.estate, MEI, till.shift_id, open_drawer)
    z = closing.close_shift(desk.estate, MEI, till.shift_id, tillwork.close_request(counted))
    assert (z.report.books, z.report.seals, z.report.locked) == (1, 1, True)


def test_counted_books_and_seals_are_compared_with_those_on_file_fee_35(
    desk: FrontDesk, till: ShiftView
) -> None:
    counted = tillwork.count(desk.estate, MEI, till, 200_00)
    request = tillwork.close_request(counted)
    first = closing.close_shift(desk.estate, MEI, till.shift_id, request).report
    assert (first.books, first.books_on_file, first.seals_before) == (1, 1, None)
    again = tillwork.begin(desk.estate, MEI)
    tillwork.draw_book(desk.estate, MEI, first=910_001)
    later = tillwork.finish(desk.estate, MEI, again, 200_00).report
    assert (later.books, later.books_on_file) == (1, 2)
    assert (later.seals, later.seals_before) == (1, 1)


def test_a_head_closes_a_forgotten_shift_and_it_is_logged(desk: FrontDesk, till: ShiftView) -> None:
    with pytest.raises(NotPermitted):
        tillwork.count(desk.estate, DESK, till, 200_00)
    z = tillwork.finish(desk.estate, HEAD_DESK, till, 200_00)
    assert (z.report.operator, z.report.closed_by) == ("李梅", "何静")
    lines = accounts.journal(desk.estate, DESK, 20).lines
    assert any(each.action == "close-shift" and "by 何静" in each.detail for each in lines)


def test_a_head_may_give_leave_to_close_at_the_agents_desk(
    desk: FrontDesk, till: ShiftView
) -> None:
    agent = tillwork.allowed(DESK, Action.CLOSE_ANY_SHIFT, "何静")
    z = tillwork.finish(desk.estate, agent, till, 200_00)
    assert (z.report.closed_by, z.report.approved_by) == ("张晓", "何静")


def test_z_reports_are_numbered_without_holes_and_chained_fee_33(desk: FrontDesk) -> None:
    for _ in range(3):
        tillwork.finish(desk.estate, MEI, tillwork.begin(desk.estate, MEI), 200_00)
    found = closing.z_reports(desk.estate, DESK, 10)
    assert [each.number for each in found.reports] == [3, 2, 1]
    assert found.intact
    first, second = (closing.z_report(desk.estate, DESK, number) for number in (1, 2))
    assert second.previous == first.hash
    desk.clock.forward(days=30)
    assert closing.z_report(desk.estate, DESK, 1) == first, "printed again, it says the same"


def test_a_z_report_that_was_altered_past_the_program_is_found(desk: FrontDesk) -> None:
    for _ in range(2):
        tillwork.finish(desk.estate, MEI, tillwork.begin(desk.estate, MEI), 200_00)
    sqlite = desk.estate.engine.dialect.name == "sqlite"
    with (
        desk.estate.engine.connect().execution_options(**{WRITER: True}) as connection,
        connection.begin(),
    ):
        if sqlite:
            connection.execute(text("DROP TRIGGER keep_z_report_update"))
        else:
            connection.execute(text("SET LOCAL session_replication_role = replica"))
        table = Base.metadata.tables["z_report"]
        content = connection.scalar(select(table.c.content).where(table.c.number == 1))
        altered = {**(content or {}), "difference_fen": 5_00}
        connection.execute(update(table).where(table.c.number == 1).values(content=altered))
    found = closing.z_reports(desk.estate, DESK, 1)
    assert (found.intact, found.broken_at) == (False, 1)


def test_a_double_clicked_close_is_one_close(desk: FrontDesk, till: ShiftView) -> None:
    counted = tillwork.count(desk.estate, MEI, till, 200_00)
    request = tillwork.close_request(counted)
    first = closing.close_shift(desk.estate, MEI, till.shift_id, request)
    assert closing.close_shift(desk.estate, MEI, till.shift_id, request) == first
    assert len(closing.z_reports(desk.estate, DESK, 10).reports) == 1


def test_a_count_of_pieces_that_do_not_exist_is_refused(desk: FrontDesk, till: ShiftView) -> None:
    with pytest.raises(AmountInvalid):
        closing.count_drawer(
            desk.estate, MEI, till.shift_id, CountDrawer(count_id=new_id(), notes={7: 1})
        )


def test_two_operators_of_one_desk_have_a_drawer_each(desk: FrontDesk, till: ShiftView) -> None:
    sell(desk)
    desk.caller = DESK
    sell(desk)
    assert tillwork.count(desk.estate, MEI, till, 220_00).difference_fen == 0
    own = tillwork.current(desk.estate, DESK)
    assert tillwork.count(desk.estate, DESK, own, 20_00).difference_fen == 0
    assert {each.operator for each in spotchecks.recent_shifts(desk.estate, DESK, 9).shifts} >= {
        "李梅",
        "张晓",
    }


def test_a_payment_with_a_note_above_fifty_waits_for_the_checker_fee_03(desk: FrontDesk) -> None:
    sale = desk.open_sale(desk.issue_request(desk.owner))

    def pay(notes: dict[int, int] | None, fen: int, *, checked: bool) -> int:
        request = TenderRequest(
            tender_id=new_id(),
            kind=TenderKind.CASH_DESK,
            value_fen=fen,
            state=TenderState.CREDITED,
            checked=checked,
            notes=notes,
        )
        return tendering.tender(desk.estate, DESK, sale.sale_id, request).credited_fen

    with refused("note-not-checked", "FEE-03"):
        pay({100_00: 1}, 100_00, checked=False)
    with refused("note-not-checked", "FEE-03"):
        pay(None, 100_00, checked=False)
    with refused("notes-differ", "FEE-03"):
        pay({50_00: 1}, 100_00, checked=True)
    assert selling.sale(desk.estate, DESK, sale.sale_id).credited_fen == 0, "not counted"
    assert pay({50_00: 2}, 100_00, checked=False) == 100_00, "fifty is prompted only (FEE-03a)"


def test_the_threshold_of_the_checker_is_a_setting_fee_03a(desk: FrontDesk) -> None:
    strict = replace(desk.estate, check_above_fen=20_00)
    sale = desk.open_sale(desk.issue_request(desk.owner))
    request = TenderRequest(
        tender_id=new_id(),
        kind=TenderKind.CASH_DESK,
        value_fen=50_00,
        state=TenderState.CREDITED,
        notes={50_00: 1},
    )
    with refused("note-not-checked", "FEE-03"):
        tendering.tender(strict, DESK, sale.sale_id, request)


def test_an_agent_charges_listed_items_at_listed_prices_only_fee_36(desk: FrontDesk) -> None:
    request = desk.issue_request(desk.owner)
    for fen in (15_00, 25_00):
        body = SaleRequest(sale_id=new_id(), request=request, quoted_total_fen=fen)
        with refused("price-changed"):
            selling.open_sale(desk.estate, DESK, body)


def test_a_z_report_printed_again_counts_how_often(desk: FrontDesk, till: ShiftView) -> None:
    tillwork.finish(desk.estate, MEI, till, 200_00)
    first = PrintZ(print_id=new_id())
    assert closing.reprint_z(desk.estate, DESK, 1, first).count == 1
    assert closing.reprint_z(desk.estate, DESK, 1, first).count == 1, "a repeated call"
    again = PrintZ(print_id=new_id())
    assert closing.reprint_z(desk.estate, DESK, 1, again).count == 2


def test_the_original_of_a_z_report_is_given_out_once(desk: FrontDesk, till: ShiftView) -> None:
    """A doubled click, or the same act after a restart, prints a copy and says so."""
    tillwork.finish(desk.estate, MEI, till, 200_00)
    original = PrintZ(print_id=new_id(), original=True)
    assert closing.reprint_z(desk.estate, DESK, 1, original).count == 0
    assert closing.reprint_z(desk.estate, DESK, 1, original).count == 0, "a repeated call"
    another = PrintZ(print_id=new_id(), original=True)
    assert closing.reprint_z(desk.estate, DESK, 1, another).count == 1
