"""A random day at one desk: the drawer in the hand and the drawer in the books are the same.

Sales, change, refunds, loans, bad notes, money to the cashier, suspense and shifts that end, in any
order. After each step every entry sums to zero and the money a hand would count in the drawer is
float + takings - handed out; at the end of a shift the Z report says what the ledger moved.
"""

import shutil
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlalchemy import text

from cardserver.domain.errors import RuleViolation
from cardserver.domain.permits import Action
from cardserver.domain.shift import SuspenseOutcome
from cardserver.services import accounts, cashmoves, ending, selling, suspense
from cardserver.wire_cashmoves import CashToCashier, PayLoan, ReportCounterfeit
from cardserver.wire_operations import AbandonRequest
from cardserver.wire_sales import ChangeRequest, RefundRequest, SaleView
from cardserver.wire_shifts import ShiftView, ZView
from cardserver.wire_suspense import SettleSuspense
from tests.databases import tillwork
from tests.databases.frontdesk import DESK, FrontDesk, blank, new_id, open_desk
from tests.databases.stores import sqlite_store
from tests.databases.tillwork import CENTRE_HEAD, allowed

WITH_CASHIER = allowed(DESK, Action.SPOT_CHECK)
MOVED = """
    SELECT coalesce(sum(amount_fen), 0) FROM (
        SELECT line.amount_fen FROM ledger_line AS line
        JOIN shift_booking ON shift_booking.entry_id = line.entry_id
        WHERE shift_booking.shift_id = :shift AND line.account = 'cash:desk-1'
        UNION ALL
        SELECT line.amount_fen FROM drawer_line AS line
        JOIN drawer_entry ON drawer_entry.id = line.entry_id
        WHERE drawer_entry.shift_id = :shift AND line.account = 'cash:desk-1'
        AND drawer_entry.kind NOT IN ('difference', 'closing')
    ) AS lines
"""


class Day(RuleBasedStateMachine):
    """`hand` is what lies in the drawer, counted by the hand that puts it there."""

    desk: FrontDesk
    folder: Path

    @initialize()
    def open(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="yika-shift-"))
        self.desk = open_desk(sqlite_store(self.folder))
        self.estate = self.desk.estate
        self.hand = 0
        self.paid: list[SaleView] = []
        self.ended: list[ZView] = []

    def teardown(self) -> None:
        if hasattr(self, "desk"):
            self.estate.engine.dispose()
            shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def shift(self) -> ShiftView:
        return tillwork.current(self.estate, DESK)

    @rule(more=st.sampled_from([0, 30_00]))
    def issue_a_card(self, more: int) -> None:
        """A card for 20 yuan; `more` is given back as change."""
        request = self.desk.issue_request(self.desk.owner)
        card = blank()
        sale = self.desk.open_sale(request)
        self.desk.pay(sale.sale_id, 20_00 + more)
        self.hand += 20_00 + more
        if more:
            change = ChangeRequest(change_id=new_id(), amount_fen=more)
            selling.give_change(self.estate, DESK, sale.sale_id, change)
            self.hand -= more
        body = self.desk.begin_request(request, card, sale.sale_id)
        ticket = tillwork.begin_card(self.estate, DESK, body)
        card.write(ticket)
        paper = self.desk.settle(ticket, card).document
        assert paper is not None
        tillwork.give_paper(self.estate, DESK, paper)

    @rule()
    def pay_and_leave(self) -> None:
        """Paid and given up: the money is owed back."""
        sale = self.desk.open_sale(self.desk.issue_request(self.desk.family))
        self.desk.pay(sale.sale_id, 20_00)
        self.hand += 20_00
        tillwork.cancel(self.estate, DESK, sale.sale_id)
        self.paid.append(sale)

    @precondition(lambda self: self.paid)
    @rule()
    def refund(self) -> None:
        sale = self.paid.pop()
        refund = RefundRequest(refund_id=new_id(), amount_fen=20_00)
        selling.pay_refund(self.estate, DESK, sale.sale_id, refund)
        self.hand -= 20_00

    @rule(outcome=st.sampled_from(["earned", "handed-back", "kept"]))
    def settle_what_stood_in_suspense(self, outcome: str) -> None:
        card = blank()
        view = self.desk.issue(self.desk.owner, card)
        self.hand += 20_00
        self.give_all_papers()
        ticket = self.desk.begin(self.desk.parking_request(view), card)
        self.hand += 300_00
        gone = AbandonRequest(reason="gone")
        ending.abandon(self.estate, DESK, ticket.operation_id, gone)
        [item] = suspense.suspense(self.estate, DESK).items
        request = SettleSuspense(
            settlement_id=new_id(),
            sale_id=item.sale_id,
            outcome=SuspenseOutcome(outcome),
            evidence="看过",
        )
        cashier = allowed(DESK, Action.SETTLE_SUSPENSE)
        suspense.settle_suspense(self.estate, cashier, request)
        self.hand -= 300_00 if outcome == "handed-back" else 0
        self.give_all_papers()

    def give_all_papers(self) -> None:
        tillwork.give_papers_of(self.estate, DESK)

    @rule(fen=st.sampled_from([5_00, 100_00]))
    def to_the_cashier(self, fen: int) -> None:
        try:
            cashmoves.drop(
                self.estate, WITH_CASHIER, CashToCashier(movement_id=new_id(), amount_fen=fen)
            )
        except RuleViolation:
            return
        self.hand -= fen

    @rule(fen=st.sampled_from([7_00, 900_00]))
    def lend(self, fen: int) -> None:
        request = PayLoan(
            movement_id=new_id(), amount_fen=fen, recipient="赵强", reason="垫付", signed="1/1"
        )
        try:
            cashmoves.pay_loan(
                self.estate, allowed(DESK, Action.APPROVE_PAYOUT, CENTRE_HEAD), request
            )
        except RuleViolation:
            return
        self.hand -= fen

    @rule()
    def find_a_bad_note(self) -> None:
        request = ReportCounterfeit(
            movement_id=new_id(), shift_id=self.shift.shift_id, face_fen=5_00, remark="x"
        )
        cashier = allowed(DESK, Action.REPORT_COUNTERFEIT)
        try:
            cashmoves.report_counterfeit(self.estate, cashier, request)
        except RuleViolation:
            return
        self.hand -= 5_00

    @rule(off=st.sampled_from([0, 0, 1_00]))
    def end_the_shift(self, off: int) -> None:
        while self.paid:
            self.refund()
        shift = self.shift
        if self.hand + off < 0:
            return
        z = tillwork.finish(self.estate, DESK, shift, self.hand + off, "多了" if off else "")
        assert z.report.difference_fen == off
        with self.estate.engine.connect() as connection:
            moved = connection.scalar(text(MOVED), {"shift": shift.shift_id})
        assert z.report.takings_fen == moved, "the Z says what the ledger moved"
        assert z.report.expected_fen == self.hand
        self.ended.append(z)
        tillwork.begin(self.estate, DESK)
        self.hand = 200_00

    @invariant()
    def hand_and_books_agree(self) -> None:
        balances = accounts.ledger_balances(self.estate, DESK).accounts
        assert sum(balances.values()) == 0
        assert accounts.trial(self.estate, DESK).balanced
        drawer = balances.get("float:desk-1", 0) + balances.get("cash:desk-1", 0)
        assert drawer == self.hand
        assert [z.number for z in self.ended] == list(range(1, len(self.ended) + 1))


TestDay = Day.TestCase
TestDay.settings = settings(
    max_examples=4,
    stateful_step_count=10,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
