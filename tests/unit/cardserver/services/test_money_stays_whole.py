"""Whatever is done in whatever order, and however often it is repeated, every fen is somewhere.

A random mix of sales, payments, changes, cancellations, card work, tears and endings is played on
a real store, each call sometimes twice, as a station does whose answer was lost. After each step:
every entry of the ledger sums to zero, and money in = settled + returned + held + payable + 待核对
+ what is owed to cards for their next top-up (FEE-04a).
"""

import shutil
import tempfile
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from cardserver.domain.errors import IllegalTransition, RuleViolation
from cardserver.domain.sale import TenderKind, TenderState
from cardserver.services import accounts, beginning, cardcredits, ending, selling, tendering
from cardserver.services.errors import Conflict
from cardserver.wire_operations import AbandonRequest, Ticket, VoidRequest
from cardserver.wire_requests import OperationRequest, TopUpRequest
from cardserver.wire_sales import (
    CancelRequest,
    ChangeRequest,
    RefundRequest,
    SaleView,
    TenderRequest,
)
from tests.databases.frontdesk import DESK, FrontDesk, PlainCard, blank, new_id, open_desk
from tests.databases.stores import postgresql_store, sqlite_store

REFUSALS = (RuleViolation, Conflict, IllegalTransition)
times = st.integers(min_value=1, max_value=3)
notes = st.sampled_from([10_00, 20_00, 50_00, 100_00, 300_00])


class Work:
    """A sale, the card it is for, and how far it came."""

    def __init__(self, request: OperationRequest, card: PlainCard, sale_id: str) -> None:
        self.request = request
        self.card = card
        self.sale_id = sale_id
        self.ticket: Ticket | None = None
        self.tenders: list[TenderRequest] = []


class Counter(RuleBasedStateMachine):
    """A clerk who does things in any order and repeats himself."""

    desk: FrontDesk
    folder: Path

    def store(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="yika-money-"))
        self.desk = open_desk(sqlite_store(self.folder))

    @initialize()
    def open(self) -> None:
        self.store()
        self.work: list[Work] = []
        self.credited = 0
        self.settled: set[str] = set()

    def teardown(self) -> None:
        if hasattr(self, "desk"):
            self.desk.estate.engine.dispose()
            shutil.rmtree(self.folder, ignore_errors=True)

    def each(self, index: int) -> Work:
        return self.work[index % len(self.work)]

    def sold(self, request: OperationRequest, card: PlainCard) -> None:
        sale = self.desk.open_sale(request)
        self.work.append(Work(request, card, sale.sale_id))

    @rule()
    def sell_a_card(self) -> None:
        self.sold(self.desk.issue_request(self.desk.owner), blank())

    @rule(months=st.integers(min_value=1, max_value=3))
    def sell_months(self, months: int) -> None:
        card = blank()
        self.desk.agreement = self.desk.sign(f"CW-{card.uid.hex()}", self.desk.owner)
        view = self.desk.add_parking(self.desk.issue(self.desk.owner, card), card)
        self.credited += 320_00
        self.sold(TopUpRequest(card_number=view.number, months=months), card)

    @precondition(lambda self: any(isinstance(each.request, TopUpRequest) for each in self.work))
    @rule(index=st.integers(0, 9))
    def sell_months_again(self, index: int) -> None:
        """To a card that may have a credit by now."""
        topped = [each for each in self.work if isinstance(each.request, TopUpRequest)]
        work = topped[index % len(topped)]
        with suppress(*REFUSALS):
            self.sold(work.request, work.card)

    @precondition(lambda self: self.work)
    @rule(
        index=st.integers(0, 9),
        fen=notes,
        state=st.sampled_from(TenderState),
        keep=st.booleans(),
        times=times,
    )
    def tender(self, index: int, fen: int, state: TenderState, keep: bool, times: int) -> None:
        work = self.each(index)
        tender = TenderRequest(
            tender_id=new_id(),
            kind=TenderKind.CASH_NOTE,
            value_fen=fen,
            state=state,
            keep_rest=keep,
        )
        work.tenders.append(tender)
        self.report(work, tender, times)

    @precondition(lambda self: any(work.tenders for work in self.work))
    @rule(pick=st.integers(0, 99), state=st.sampled_from(TenderState), times=times)
    def report_again(self, pick: int, state: TenderState, times: int) -> None:
        known = [(work, tender) for work in self.work for tender in work.tenders]
        work, tender = known[pick % len(known)]
        self.report(work, tender.model_copy(update={"state": state}), times)

    def report(self, work: Work, tender: TenderRequest, times: int) -> None:
        before = self.sale(work).credited_fen
        try:
            for _ in range(times):
                tendering.tender(self.desk.estate, DESK, work.sale_id, tender)
        except REFUSALS:
            pass
        grown = self.sale(work).credited_fen - before
        assert grown in {0, tender.value_fen}
        self.credited += grown

    def sale(self, work: Work) -> SaleView:
        return selling.sale(self.desk.estate, DESK, work.sale_id)

    @precondition(lambda self: self.work)
    @rule(index=st.integers(0, 9), fen=notes, times=times)
    def give_change(self, index: int, fen: int, times: int) -> None:
        request = ChangeRequest(change_id=new_id(), amount_fen=fen)
        try:
            for _ in range(times):
                selling.give_change(self.desk.estate, DESK, self.each(index).sale_id, request)
        except REFUSALS:
            pass

    @precondition(lambda self: self.work)
    @rule(index=st.integers(0, 9), times=times)
    def cancel(self, index: int, times: int) -> None:
        request = CancelRequest(cancel_id=new_id(), reason="反悔")
        try:
            for _ in range(times):
                selling.cancel_sale(self.desk.estate, DESK, self.each(index).sale_id, request)
        except REFUSALS:
            pass

    @precondition(lambda self: self.work)
    @rule(index=st.integers(0, 9), fen=notes, times=times)
    def refund(self, index: int, fen: int, times: int) -> None:
        request = RefundRequest(refund_id=new_id(), amount_fen=fen)
        try:
            for _ in range(times):
                selling.pay_refund(self.desk.estate, DESK, self.each(index).sale_id, request)
        except REFUSALS:
            pass

    @precondition(lambda self: self.work)
    @rule(index=st.integers(0, 9), times=times)
    def begin(self, index: int, times: int) -> None:
        work = self.each(index)
        request = self.desk.begin_request(work.request, work.card, work.sale_id)
        try:
            for _ in range(times):
                work.ticket = beginning.begin(self.desk.estate, DESK, request)
        except REFUSALS:
            pass

    @precondition(lambda self: self.work)
    @rule(index=st.integers(0, 9))
    def write(self, index: int) -> None:
        work = self.each(index)
        if work.ticket is not None:
            work.card.write(work.ticket)

    @precondition(lambda self: self.work)
    @rule(index=st.integers(0, 9), times=times)
    def settle(self, index: int, times: int) -> None:
        work = self.each(index)
        if work.ticket is None:
            return
        try:
            for _ in range(times):
                self.desk.settle(work.ticket, work.card)
        except REFUSALS:
            return
        self.settled.add(work.sale_id)

    @precondition(lambda self: self.work)
    @rule(index=st.integers(0, 9), keep=st.booleans(), times=times)
    def void(self, index: int, keep: bool, times: int) -> None:
        work = self.each(index)
        if work.ticket is None:
            return
        request = VoidRequest(evidence=work.card.evidence(), reason="反悔", keep_sale=keep)
        try:
            for _ in range(times):
                ending.void(self.desk.estate, DESK, work.ticket.operation_id, request)
        except REFUSALS:
            pass

    @precondition(lambda self: self.work)
    @rule(index=st.integers(0, 9), keep=st.booleans(), times=times)
    def abandon(self, index: int, keep: bool, times: int) -> None:
        work = self.each(index)
        if work.ticket is None:
            return
        request = AbandonRequest(reason="拿走", keep_sale=keep)
        try:
            for _ in range(times):
                ending.abandon(self.desk.estate, DESK, work.ticket.operation_id, request)
        except REFUSALS:
            pass

    @invariant()
    def every_fen_is_somewhere(self) -> None:
        trial = accounts.trial(self.desk.estate, DESK)
        assert trial.balanced
        assert sum(accounts.ledger_balances(self.desk.estate, DESK).accounts.values()) == 0
        owed = cardcredits.card_credits(self.desk.estate, DESK)
        assert all(each.credit_fen > 0 for each in owed.credits)
        assert owed.total_fen == trial.credit_fen
        for work in self.work:
            view = self.sale(work)
            assert view.returned_fen <= view.credited_fen
            if work.sale_id in self.settled:
                assert view.credited_fen - view.returned_fen >= view.due_fen

    @invariant()
    def nothing_was_credited_twice(self) -> None:
        balances = accounts.ledger_balances(self.desk.estate, DESK).accounts
        given = accounts.trial(self.desk.estate, DESK).returned_fen
        assert balances.get("cash:desk-1", 0) == self.credited - given


class CounterOnPostgres(Counter):
    """The same on PostgreSQL."""

    def store(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="yika-money-"))
        self.desk = open_desk(postgresql_store())


def quick(examples: int) -> settings:
    return settings(
        max_examples=examples,
        stateful_step_count=25,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )


TestMoneyOnSqlite = Counter.TestCase
TestMoneyOnSqlite.settings = quick(6)
TestMoneyOnPostgres = pytest.mark.postgres(CounterOnPostgres.TestCase)
TestMoneyOnPostgres.settings = quick(2)
