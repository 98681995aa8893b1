"""What a turn remembers of a sale is what the store says: at the end of every turn of a whole life.

A remembered answer that nobody took back would be money counted wrong.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

import pytest

from cardserver.db import books, queries, spaces, tenders
from cardserver.db.recalling import Recalling
from cardserver.db.tables import OperationRow, SaleRow
from cardserver.domain.sale import SaleAccount, SaleState, TenderKind, TenderState
from cardserver.services import beginning, ending, planning, selling, tendering
from cardserver.services.turn import Caller, Turn
from cardserver.wire_operations import AbandonRequest, Ticket, VoidRequest
from cardserver.wire_requests import TopUpRequest
from cardserver.wire_sales import (
    CancelRequest,
    ChangeRequest,
    RefundRequest,
    SaleRequest,
    SaleView,
    TenderRequest,
)
from tests.databases.frontdesk import DESK, KIOSK, FrontDesk, PlainCard, blank, new_id


@pytest.fixture(autouse=True)
def looked_through(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """At the end of each turn every remembered answer is asked once more."""
    asked: list[str] = []
    finish = Turn.finish

    def checked(turn: Turn) -> None:
        finish(turn)
        session = turn._session
        if isinstance(session, Recalling):
            remembered = dict(session.answers)
            session.answers.clear()
            for (what, about), answer in remembered.items():
                asked.append(what)
                assert answer == _anew(session, what, about), what

    monkeypatch.setattr(Turn, "finish", checked)
    yield asked
    of_sales = {books._MONEY, books._ACCOUNT, books._PLACE, tenders.STEPS, spaces.COLLECTED}
    of_cards = {queries.RIGHTS, queries.PLANNED, queries.ENDED_ON, spaces.LINE}
    assert set(asked) - {spaces.TARIFFS} == of_sales | of_cards


def _anew(session: Recalling, what: str, about: Any) -> object:
    return _ANEW[what](session, about)


def _account(session: Recalling, sale_id: str) -> SaleAccount:
    return books._account(session, session.get_one(SaleRow, sale_id))


_ANEW: Final[Mapping[str, Callable[[Recalling, Any], object]]] = {
    books._MONEY: books._sums,
    books._ACCOUNT: _account,
    books._PLACE: books._standing,
    tenders.STEPS: tenders.steps_of,
    spaces.COLLECTED: spaces.is_collected,
    queries.RIGHTS: queries.rights_of,
    queries.PLANNED: lambda session, key: queries.rights_planned(
        session, session.get_one(OperationRow, key)
    ),
    queries.ENDED_ON: lambda session, uid: queries.open_on_chip(session, uid) is None,
    spaces.LINE: spaces.line_of,
    spaces.TARIFFS: lambda session, _: spaces.tariffs(session),
}


def parked(desk: FrontDesk) -> tuple[PlainCard, TopUpRequest]:
    card = blank()
    view = desk.add_parking(desk.issue(desk.owner, card), card)
    return card, TopUpRequest(card_number=view.number, months=1)


def opened(desk: FrontDesk, request: TopUpRequest) -> SaleView:
    total = planning.quote(desk.estate, KIOSK, request).total_fen
    sale = SaleRequest(sale_id=new_id(), request=request, quoted_total_fen=total)
    return selling.open_sale(desk.estate, KIOSK, sale)


def note(desk: FrontDesk, sale: SaleView, fen: int, *, keep_rest: bool = False) -> SaleView:
    tender_id = new_id()
    for state in (TenderState.ACCEPTING, TenderState.UNKNOWN, TenderState.CREDITED):
        told = TenderRequest(
            tender_id=tender_id,
            kind=TenderKind.CASH_NOTE,
            value_fen=fen,
            state=state,
            checked=True,
            keep_rest=keep_rest,
        )
        sale = tendering.tender(desk.estate, KIOSK, sale.sale_id, told)
    return sale


def begun(
    desk: FrontDesk, caller: Caller, request: TopUpRequest, card: PlainCard, sale_id: str | None
) -> Ticket:
    asked = desk.begin_request(request, card, sale_id)
    return beginning.begin(desk.estate, caller, asked)


def test_a_top_up_whose_rest_stays_on_the_card(desk: FrontDesk) -> None:
    card, request = parked(desk)
    sale = opened(desk, request)
    while sale.missing_fen:
        sale = note(desk, sale, 70_00, keep_rest=True)
    ticket = begun(desk, KIOSK, request, card, sale.sale_id)
    card.write(ticket)
    settled = ending.settle(desk.estate, KIOSK, ticket.operation_id, card.evidence())
    assert settled.document is not None
    assert settled.document.content.kept_fen == 50_00
    again = opened(desk, request)
    assert again.from_credit_fen == 50_00


def test_a_sale_given_up_and_paid_back(desk: FrontDesk) -> None:
    _, request = parked(desk)
    sale = note(desk, opened(desk, request), 100_00)
    cancel = CancelRequest(cancel_id=new_id(), reason="changed his mind")
    sale = selling.cancel_sale(desk.estate, KIOSK, sale.sale_id, cancel)
    assert (sale.state, sale.refundable_fen) == (SaleState.CANCELLED, 100_00)
    refund = RefundRequest(refund_id=new_id(), amount_fen=100_00)
    assert selling.pay_refund(desk.estate, DESK, sale.sale_id, refund).refundable_fen == 0


def test_an_operation_voided_and_one_abandoned(desk: FrontDesk) -> None:
    card, request = parked(desk)
    for keep in (True, False):
        sale = opened(desk, request)
        while sale.missing_fen:
            sale = note(desk, sale, 100_00)
        ticket = begun(desk, KIOSK, request, card, sale.sale_id)
        void = VoidRequest(evidence=card.evidence(), reason="torn", keep_sale=keep)
        voided = ending.void(desk.estate, KIOSK, ticket.operation_id, void)
        assert voided.sale is not None
        assert voided.sale.state is (SaleState.OPEN if keep else SaleState.CANCELLED)
    sale_id = desk.paid_sale(request)
    ticket = begun(desk, DESK, request, card, sale_id)
    gone = AbandonRequest(reason="the card did not come back")
    abandoned = ending.abandon(desk.estate, DESK, ticket.operation_id, gone)
    assert abandoned.sale is not None
    assert abandoned.sale.state is SaleState.SUSPENDED


def test_change_is_given_at_the_desk(desk: FrontDesk) -> None:
    _, request = parked(desk)
    sale = desk.open_sale(request)
    sale = desk.pay(sale.sale_id, sale.due_fen + 50_00)
    assert sale.change_fen == 50_00
    change = ChangeRequest(change_id=new_id(), amount_fen=50_00)
    assert selling.give_change(desk.estate, DESK, sale.sale_id, change).change_fen == 0
