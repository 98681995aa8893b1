"""The real client against the real server, in one process: the whole story, call by call."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import httpx
import pytest
from apiflask import APIFlask
from sqlalchemy import Engine

from cardserver.client import (
    CardServerClient,
    ServerRefused,
    ServerUnavailable,
    connect,
    in_process,
)
from cardserver.domain.admission import Reason
from cardserver.domain.document import DocumentState, PrintResult
from cardserver.domain.operation import OperationState
from cardserver.domain.rights import CardStatus, RightKind
from cardserver.domain.sale import SaleState, TenderKind, TenderState
from cardserver.domain.signature import SignedHow
from cardserver.domain.station import StationKind
from cardserver.domain.tariff import ReplaceReason
from cardserver.domain.verification import Paper, VerificationMethod
from cardserver.wire_operations import BeginRequest, KeyingState, Settled
from cardserver.wire_papers import SignPaperRequest
from cardserver.wire_requests import (
    AddParkingRequest,
    FormatRequest,
    IssueRequest,
    OperationRequest,
    ReplaceRequest,
    TopUpRequest,
)
from cardserver.wire_sales import SaleRequest, TenderRequest
from cardserver.wire_taps import TapReport
from cardserver.wire_verifications import VerificationRequest
from kiosk.station.problems import problem_of
from tests.databases.frontdesk import MORNING, FrontDesk, PlainCard, blank, new_id
from tests.databases.people_at_work import EVERY_ROLE, signed_in
from tests.databases.stores import STORES, close_store, open_store
from tests.unit.cardserver.web.conftest import Sign


@pytest.fixture(params=STORES)
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    store = open_store(request.param, tmp_path)
    yield store
    close_store(store)


def test_lost_answers_waiting_money_and_handed_papers_cross_the_wire(
    client: CardServerClient, desk: FrontDesk
) -> None:
    card = blank()
    request = IssueRequest(holder_id=desk.owner, verification_id=verified(client, desk.owner))
    sale_id = paid(client, request)
    assert sale_id is not None
    (wait,) = client.waiting_sales()
    assert (wait.sale, wait.request) == (client.sale(sale_id), request)
    assert client.waiting_sales(station="desk-1") == [wait]
    assert client.waiting_sales(station="kiosk-1") == []
    assert client.waiting_sales(card_number=1) == []
    begun = desk.begin_request(request, card, sale_id)
    ticket = client.begin(begun)
    assert client.outcome(ticket.operation_id).card is None
    assert client.waiting_sales() == []
    card.write(ticket)
    paper = client.settle(ticket.operation_id, card.evidence()).document
    assert paper is not None
    outcome = client.outcome(ticket.operation_id)
    assert outcome.document == paper
    assert outcome.operation.state is OperationState.SETTLED
    with refused("conflict", "not-printed", 409):
        client.hand_over(paper.document_id, new_id(), "handed-over")
    client.record_print(paper.document_id, new_id(), PrintResult.PRINTED)
    client.papers.seal(paper.document_id, new_id())
    client.papers.sign(paper.document_id, SignPaperRequest(sign_id=new_id(), how=SignedHow.PAPER))
    handed = client.hand_over(paper.document_id, new_id(), "in-the-box")
    assert client.document(paper.document_id) == handed
    assert handed.handed == "in-the-box"
    assert client.papers.box() == client.papers.find(number=handed.number) == [handed]
    assert client.papers.owed(station="desk-1").not_handed == ()
    assert client.trial().unknown_fen == 0


def verified(client: CardServerClient, holder_id: int) -> str:
    request = VerificationRequest(
        verification_id=new_id(),
        holder_id=holder_id,
        method=VerificationMethod.OWNER_RECORD,
        papers_seen=tuple(Paper),
    )
    return client.verify(request).verification_id


def paid(client: CardServerClient, request: OperationRequest) -> str | None:
    """Paid over the counter; a month is topped up at the kiosk here, with a note."""
    at_the_kiosk = isinstance(request, TopUpRequest)
    kind = TenderKind.CASH_NOTE if at_the_kiosk else TenderKind.CASH_DESK
    quote = client.quote(request)
    if not quote.total_fen:
        return None
    sale = client.open_sale(
        SaleRequest(sale_id=new_id(), request=request, quoted_total_fen=quote.total_fen)
    )
    note = TenderRequest(
        tender_id=new_id(),
        kind=kind,
        value_fen=quote.total_fen,
        state=TenderState.ACCEPTING,
        checked=True,
    )
    client.tender(sale.sale_id, note)
    credited = note.model_copy(update={"state": TenderState.CREDITED})
    assert client.tender(sale.sale_id, credited).missing_fen == 0
    return sale.sale_id


def begin_request(request: OperationRequest, card: PlainCard, sale_id: str | None) -> BeginRequest:
    return BeginRequest(
        operation_id=new_id(),
        request=request,
        uid=card.uid,
        card_kind=card.card_kind,
        medium=card.medium,
        sale_id=sale_id,
        found_slots=dict(card.slots),
    )


def do(client: CardServerClient, request: OperationRequest, card: PlainCard) -> Settled:
    ticket = client.begin(begin_request(request, card, paid(client, request)))
    card.write(ticket)
    return client.settle(ticket.operation_id, card.evidence())


@contextmanager
def refused(code: str, reason: str = "", status: int = 0) -> Iterator[None]:
    with pytest.raises(ServerRefused) as caught:
        yield
    assert (caught.value.code, caught.value.reason) == (code, reason)
    assert status in {0, caught.value.status}


def test_the_whole_story_over_the_wire(
    desk: FrontDesk, app: APIFlask, client: CardServerClient, token: Sign
) -> None:
    kiosk = in_process(app, token(StationKind.KIOSK))
    gate = in_process(app, token(StationKind.GATE))
    card = blank()

    # An owner on file is verified; a card is issued; its receipt is printed.
    assert client.card(uid=card.uid) is None
    assert client.read_keys(card.uid) is None
    [owner] = [h for h in client.search("3-1201") if h.holder_id == desk.owner]
    issue = IssueRequest(holder_id=desk.owner, verification_id=verified(client, owner.holder_id))
    issued = do(client, issue, card)
    assert issued.card.rights[RightKind.DOOR].last == date(2027, 6, 8)
    assert issued.document is not None
    assert client.documents_owed() == [issued.document]
    printed = client.record_print(issued.document.document_id, new_id(), PrintResult.PRINTED)
    assert printed.state is DocumentState.PRINTED
    assert client.reprint(printed.document_id, new_id()).reprints == 1
    assert client.document(printed.document_id).reprints == 1

    # Parking is added at the desk and topped up at the kiosk.
    number = issued.card.number
    parking = AddParkingRequest(
        card_number=number,
        agreement_id=desk.agreement,
        months=1,
        verification_id=verified(client, desk.owner),
    )
    do(client, parking, card)
    keys = kiosk.read_keys(card.uid)
    assert keys is not None
    assert set(keys.keys) == {"classic-read"}
    topped = do(kiosk, TopUpRequest(card_number=number, months=1), card)
    assert topped.card.rights[RightKind.PARKING].last == date(2025, 8, 8)
    assert topped.card.holder_name == "王**"

    # The gate decides with what it is given and hands over its taps.
    listed = gate.snapshot()
    entry = listed.to_domain().cards[card.uid]
    assert entry.status is CardStatus.LIVE
    assert entry.sequences[RightKind.PARKING] == 2
    tap = TapReport(
        sequence=1,
        at=MORNING,
        lane_id="car-park",
        uid=card.uid,
        card_number=number,
        reason=Reason.GRANTED,
        granted=True,
    )
    journal = new_id()
    assert gate.post_taps([tap], journal=journal).taken == 1
    assert gate.post_taps([tap], journal=journal).repeated == 1
    assert gate.post_taps([tap], journal=new_id()).taken == 1

    # The card is lost, blocked and replaced.
    assert client.block(number, "遗失").status is CardStatus.BLOCKED
    assert gate.snapshot(listed.version).cards[0].status is CardStatus.BLOCKED
    replace = ReplaceRequest(
        old_card_number=number,
        reason=ReplaceReason.LOST,
        verification_id=verified(client, desk.owner),
    )
    with refused("rule-violation", "not-reported-lost", 422):
        client.quote(replace)
    client.block(number, "lost")
    new_card = blank()
    new = do(client, replace, new_card).card
    assert new.rights[RightKind.PARKING].last == date(2025, 8, 8)
    with refused("conflict", "card-dead", 409):
        client.unblock(number, "找到")

    # The books agree.
    assert client.ledger_balances() == {
        "cash:desk-1": 340_00,
        "cash:kiosk-1": 300_00,
        "income:card-cost": -40_00,
        "income:parking": -600_00,
    }
    assert client.trial().balanced
    assert client.journal(1)[0].action == "owe-document"
    assert client.health().open_operations == 0


def test_a_torn_card_is_resumed_or_undone_over_the_wire(
    desk: FrontDesk, client: CardServerClient
) -> None:
    card = blank()
    issue = IssueRequest(holder_id=desk.owner, verification_id=verified(client, desk.owner))
    ticket = client.begin(begin_request(issue, card, paid(client, issue)))
    client.record_keying(ticket.operation_id, "sector-0", KeyingState.BEGUN)
    assert client.keying_steps(ticket.operation_id) == {"sector-0": KeyingState.BEGUN}
    resumed = ticket.model_copy(update={"keying_begun": ("sector-0",)})
    assert client.open_operation(card.uid) == resumed
    assert [o.operation_id for o in client.open_operations()] == [ticket.operation_id]
    with refused("conflict", "evidence-old", 409):
        client.settle(ticket.operation_id, card.evidence())
    card.slots[0] = None
    with refused("conflict", "evidence-between", 409):
        client.settle(ticket.operation_id, card.evidence())
    card.slots[0] = b""
    voided = client.void(ticket.operation_id, card.evidence(), "反悔")
    assert voided.operation.state is OperationState.VOIDED
    assert voided.refund_fen == 2000
    assert client.open_operation(card.uid) is None
    assert ticket.sale_id is not None
    assert client.pay_refund(ticket.sale_id, new_id(), 2000).refundable_fen == 0
    assert client.sale(ticket.sale_id).state is SaleState.CANCELLED
    assert client.ledger_balances() == {}


def test_a_card_given_up_is_denied_over_the_wire(desk: FrontDesk, client: CardServerClient) -> None:
    card = blank()
    issue = desk.issue_request(desk.staff)
    ticket = client.begin(begin_request(issue, card, None))
    given_up = client.abandon(ticket.operation_id, "坏了")
    assert given_up.card is not None
    assert given_up.card.status is CardStatus.SCRAPPED
    formatted = do(client, FormatRequest(card_number=ticket.card_number), card)
    assert formatted.card.status is CardStatus.RETURNED


def test_change_and_cancellation_over_the_wire(desk: FrontDesk, client: CardServerClient) -> None:
    issue = IssueRequest(holder_id=desk.owner, verification_id=verified(client, desk.owner))
    sale = client.open_sale(SaleRequest(sale_id=new_id(), request=issue, quoted_total_fen=2000))
    note = TenderRequest(
        tender_id=new_id(),
        kind=TenderKind.CASH_DESK,
        value_fen=5000,
        state=TenderState.CREDITED,
    )
    assert client.tender(sale.sale_id, note).change_fen == 3000
    assert client.give_change(sale.sale_id, new_id(), 3000).change_fen == 0
    assert client.cancel_sale(sale.sale_id, new_id(), "反悔").refundable_fen == 2000


def test_the_rule_that_forbids_comes_with_the_refusal(
    desk: FrontDesk, client: CardServerClient
) -> None:
    with pytest.raises(ServerRefused) as caught:
        client.begin(begin_request(IssueRequest(holder_id=desk.owner), blank(), None))
    assert caught.value.status == 422
    assert (caught.value.reason, caught.value.rule) == ("not-verified", "IC-02")
    with refused("not-found", "holder", 404):
        client.holder(999)


def test_the_operator_signed_in_stands_in_the_books(
    desk: FrontDesk, client: CardServerClient
) -> None:
    colleague = client.with_session(signed_in(desk.estate, "desk-1", "李 明/Ming%"))
    view = colleague.verify(
        VerificationRequest(
            verification_id=new_id(),
            holder_id=desk.owner,
            method=VerificationMethod.OWNER_RECORD,
        )
    )
    assert view.operator == "李 明/Ming%"
    back = client.with_session(signed_in(desk.estate, "desk-1", "张晓", EVERY_ROLE))
    line = next(each for each in back.journal(9) if each.action == "verify")
    assert line.operator == "李 明/Ming%"


def test_a_desk_without_an_operator_does_and_shows_nothing(
    desk: FrontDesk, client: CardServerClient
) -> None:
    nobody = client.with_session("")
    with refused("not-signed-in", "", 401):
        verified(nobody, desk.owner)
    with refused("not-signed-in", "", 401):
        nobody.search("1201")


def answers(*responses: httpx.Response | Exception) -> tuple[CardServerClient, list[float]]:
    """A client of a server that answers so, one after another, and the pauses it made."""
    waiting = iter(responses)
    pauses: list[float] = []

    def handle(_request: httpx.Request) -> httpx.Response:
        answer = next(waiting)
        if isinstance(answer, Exception):
            raise answer
        return answer

    http = httpx.Client(transport=httpx.MockTransport(handle), base_url="http://server")
    return CardServerClient(http, wait=pauses.append), pauses


BUSY = httpx.Response(503, headers={"Retry-After": "1"}, json={"code": "busy"})
BALANCES = httpx.Response(200, json={"accounts": {"cash:x": 1}})


@pytest.mark.parametrize(
    "first", [BUSY, httpx.ConnectError("no"), httpx.ReadTimeout("late"), httpx.Response(502)]
)
def test_a_lost_answer_is_asked_for_again(first: httpx.Response | Exception) -> None:
    client, pauses = answers(first, BALANCES)
    assert client.ledger_balances() == {"cash:x": 1}
    assert len(pauses) == 1


@pytest.mark.parametrize("answer", [BUSY, httpx.ConnectError("no"), httpx.Response(504)])
def test_a_server_that_stays_away_is_unavailable(answer: httpx.Response | Exception) -> None:
    client, pauses = answers(*[answer] * 3)
    with pytest.raises(ServerUnavailable):
        client.ledger_balances()
    assert len(pauses) == 2


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(200, content=b"\xff\xfe"),
        httpx.Response(200, json={"accounts": "none"}),
        httpx.Response(200, json=[]),
        httpx.Response(404, content=b"<html>not here</html>"),
        httpx.Response(500, json={"code": "internal", "message": "a fault"}),
        httpx.Response(302, headers={"Location": "http://elsewhere"}),
    ],
)
def test_an_answer_that_cannot_be_understood_says_nothing(answer: httpx.Response) -> None:
    """Not refused: whether it was done is unknown, so it must be asked again."""
    client, _ = answers(answer)
    with pytest.raises(ServerUnavailable):
        client.ledger_balances()


def test_a_store_that_fails_is_no_refusal_and_has_words_of_its_own() -> None:
    """What waits for the server goes on waiting; a person reads that it is the technician's."""
    client, pauses = answers(httpx.Response(503, json={"code": "store-failed", "message": "full"}))
    with pytest.raises(ServerUnavailable) as failed:
        client.ledger_balances()
    assert problem_of(failed.value) == "store-failed"
    assert pauses == []


def test_a_clock_set_back_is_a_refusal_and_not_a_missing_server() -> None:
    client, pauses = answers(
        httpx.Response(503, json={"code": "clock-set-back", "message": "set back"})
    )
    with refused("clock-set-back", "", 503):
        client.ledger_balances()
    assert pauses == []


@pytest.mark.parametrize("url", ["http://[::1", "ftp://server", "", "nonsense", "http://\x00"])
def test_a_wrong_address_is_an_unavailable_server(url: str) -> None:
    with pytest.raises(ServerUnavailable), connect(url, "token") as client:
        client.health()


def test_a_server_that_is_not_there_is_unavailable() -> None:
    with connect("http://127.0.0.1:9", "token") as client, pytest.raises(ServerUnavailable):
        client.health()
