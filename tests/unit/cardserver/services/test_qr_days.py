"""Resident, network, provider and power in any order: the books meet the provider in the end.

A random day at a kiosk: codes asked for, paid, gone back from, paid all the same; notes; sales
given up or written or torn away; calls that are not heard, obeyed without an answer, or refused;
notices early, late and again; the clock set forward; the server killed. After each step every entry
sums to zero, and what the ledger and the provider disagree about is under way and seen as such.
When the lines are mended and time has gone by nothing is under way any more.
"""

import shutil
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from sqlalchemy import select

from cardserver.db.payments import going_refunds, living_payments
from cardserver.db.tables import RightRow, TenderRow
from cardserver.domain.errors import IllegalTransition, RuleViolation
from cardserver.domain.qrpayment import CODE_LIFE, EXPIRED_FOR_SURE
from cardserver.domain.rights import RightKind
from cardserver.domain.sale import SaleState, TenderState
from cardserver.payments.api import PaymentState
from cardserver.services import accounts, beginning, ending
from cardserver.services.errors import Conflict
from cardserver.services.turn import reading
from cardserver.wire_operations import AbandonRequest, VoidRequest
from cardserver.wire_payments import QrView
from tests.databases.frontdesk import DESK, KIOSK, new_id
from tests.databases.phonework import PRICE, Kiosk, notice, open_kiosk

REFUSALS = (RuleViolation, Conflict, IllegalTransition)
CALLS = ("create", "query", "close", "refund", "query_refund")


class Day(RuleBasedStateMachine):
    """One kiosk, one resident, one provider."""

    kiosk: Kiosk

    @initialize()
    def open(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="yika-qr-"))
        self.kiosk = open_kiosk(self.folder)
        self.codes: list[QrView] = []
        self.sales: list[str] = [self.kiosk.sale_id]

    def teardown(self) -> None:
        if hasattr(self, "kiosk"):
            try:
                self.settle_out()
            finally:
                self.kiosk.estate.engine.dispose()
                shutil.rmtree(self.folder, ignore_errors=True)

    def code(self, index: int) -> QrView | None:
        return self.codes[index % len(self.codes)] if self.codes else None

    # --- the resident

    @rule()
    def asks_for_a_code(self) -> None:
        try:
            self.codes.append(self.kiosk.ask())
        except REFUSALS:
            return

    @rule(index=st.integers(0, 5))
    def goes_back(self, index: int) -> None:
        if (view := self.code(index)) is not None:
            self.kiosk.close(view)

    @rule(index=st.integers(0, 5), odd=st.sampled_from([0, 0, 0, 0, -1]), late=st.booleans())
    def pays_by_phone(self, index: int, odd: int, late: bool) -> None:
        view = self.code(index)
        order = None if view is None else self.kiosk.provider.orders.get(view.number)
        if order is None or order.paid_fen:
            return
        fen = order.order.amount_fen + odd
        if late and order.state is PaymentState.CLOSED:
            self.kiosk.provider.pay_though_closed(order.order.number, fen)
        else:
            self.kiosk.provider.scan_and_pay(order.order.number, fen)

    @rule(fen=st.sampled_from([50_00, 100_00]))
    def puts_a_note_in(self, fen: int) -> None:
        try:
            self.kiosk.note(fen)
        except REFUSALS:
            return

    @rule()
    def walks_away(self) -> None:
        try:
            self.kiosk.cancel()
        except REFUSALS:
            return

    @rule(end=st.sampled_from(["settle", "void", "abandon"]))
    def lays_the_card_down(self, end: str) -> None:
        kiosk = self.kiosk
        body = kiosk.desk.begin_request(kiosk.request, kiosk.card, kiosk.sale_id)
        try:
            ticket = beginning.begin(kiosk.estate, KIOSK, body)
        except REFUSALS:
            return
        if end == "settle":
            kiosk.card.write(ticket)
            ending.settle(kiosk.estate, KIOSK, ticket.operation_id, kiosk.card.evidence())
        elif end == "void":
            undone = VoidRequest(evidence=kiosk.card.evidence(), reason="undone")
            ending.void(kiosk.estate, KIOSK, ticket.operation_id, undone)
        else:
            gone = AbandonRequest(reason="card-not-returned")
            ending.abandon(kiosk.estate, DESK, ticket.operation_id, gone)

    @rule()
    def comes_again(self) -> None:
        if self.kiosk.sale().state is not SaleState.OPEN:
            sale_id = new_id()
            try:
                self.kiosk.sell(sale_id)
            except REFUSALS:  # the card was lost on an earlier day
                return
            self.kiosk.sale_id = sale_id
            self.sales.append(sale_id)

    # --- network, provider, power

    @rule(turns=st.integers(1, 3))
    def the_server_asks(self, turns: int) -> None:
        self.kiosk.settle_all(turns)

    @rule(
        call=st.sampled_from(CALLS),
        fault=st.sampled_from(["silent", "deaf", "refuses"]),
        times=st.integers(1, 8),
    )
    def the_line_breaks(self, call: str, fault: str, times: int) -> None:
        getattr(self.kiosk.provider, fault)[call] = times

    @rule(index=st.integers(0, 5), number=st.integers(1, 2))
    def a_notice_arrives(self, index: int, number: int) -> None:
        view = self.code(index)
        if view is not None and view.number in self.kiosk.provider.orders:
            notice(self.kiosk, view, Notice=f"{view.number}-{number}")

    @rule(minutes=st.sampled_from([1, 5, 20, 60 * 30]))
    def time_goes_by(self, minutes: int) -> None:
        self.kiosk.desk.clock.forward(minutes=minutes)

    @rule()
    def the_server_is_killed(self) -> None:
        self.kiosk.settler = self.kiosk.new_settler()

    # --- what is always true

    @invariant()
    def every_fen_is_somewhere(self) -> None:
        if hasattr(self, "kiosk"):
            trial = accounts.trial(self.kiosk.estate, DESK)
            assert trial.balanced
            assert min(trial.held_fen, trial.payable_fen, trial.suspense_fen) >= 0

    @invariant()
    def what_differs_from_the_provider_is_under_way(self) -> None:
        if not hasattr(self, "kiosk"):
            return
        orders = self.kiosk.provider.orders
        with reading(self.kiosk.estate, DESK) as turn:
            unheard = sum(
                orders[row.number].paid_fen
                for row in living_payments(turn.session)
                if row.number in orders
            )
            arrived = sum(
                fen
                for refund in going_refunds(turn.session)
                for order in orders.values()
                for number, fen in order.refunds.items()
                if number == refund.number
            )
        booked = self.kiosk.balances().get("provider:wechat", 0)
        assert self.kiosk.provider.balance_fen - booked == unheard - arrived + self.untold()

    def untold(self) -> int:
        """Paid at the provider after it had said that it was closed; no notice came since."""
        found = 0
        for view in self.codes:
            order = self.kiosk.provider.orders.get(view.number)
            if order is None or not order.paid_fen:
                continue
            if self.kiosk.look(view).state == "closed":
                found += order.paid_fen
        return found

    @invariant()
    def nothing_is_credited_twice_and_the_card_says_what_is_earned(self) -> None:
        if not hasattr(self, "kiosk"):
            return
        with reading(self.kiosk.estate, DESK) as turn:
            rows = turn.session.scalars(
                select(TenderRow.tender_id).where(TenderRow.state == TenderState.CREDITED)
            ).all()
            right = turn.session.get_one(RightRow, (1, RightKind.PARKING))
            last = right.after_last
        assert len(rows) == len(set(rows))
        earned = -self.kiosk.balances()["income:parking"]
        months = (last.year - 2025) * 12 + last.month - 6
        assert earned == months * PRICE

    # --- in the end

    def settle_out(self) -> None:
        """The lines are mended, time goes by, and the provider tells again what it took."""
        kiosk = self.kiosk
        kiosk.provider.silent = {}
        kiosk.provider.deaf = {}
        kiosk.provider.refuses = {}
        for view in self.codes:
            if view.number in kiosk.provider.orders:
                notice(kiosk, view, Notice=f"{view.number}-last")
        for _ in range(2):
            kiosk.desk.clock.now += CODE_LIFE + EXPIRED_FOR_SURE
            kiosk.settle_all()
        with reading(kiosk.estate, DESK) as turn:
            assert list(living_payments(turn.session)) == []
            assert list(going_refunds(turn.session)) == []
        kiosk.check()


TestDay = Day.TestCase
TestDay.settings = settings(
    max_examples=6,
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
