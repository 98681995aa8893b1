"""The desk when an answer of the server is lost: asked again it is done once, and it ends."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from cardserver.domain.rights import CardStatus
from simulators.clock import DemoClock
from simulators.faults import Fault, FaultKind, FaultPlan
from simulators.site import Site
from simulators.story import FIRST_DAY, Teller

pytestmark = pytest.mark.xdist_group("site")


class LossyLine(httpx.BaseTransport):
    """A line on which a request never arrives (`before`) or its answer is lost (`after`)."""

    def __init__(self, line: httpx.BaseTransport) -> None:
        self._line = line
        self.before: str | None = None
        self.after: str | None = None

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        said = f"{request.method} {request.url.path}"
        if self.before is not None and said.endswith(self.before):
            raise httpx.ConnectError("away")
        answer = self._line.handle_request(request)
        answer.read()
        if self.after is not None and said.endswith(self.after):
            raise httpx.ReadError("lost")
        return answer

    def heal(self) -> None:
        self.before = self.after = None


@pytest.fixture
def tell(tmp_path: Path) -> Iterator[Teller]:
    clock = DemoClock()
    clock.travel_to(FIRST_DAY)
    with Site(tmp_path, clock=clock) as site:
        teller = Teller(site)
        yield teller
        teller.money_agrees()
        teller.close()


@pytest.fixture
def line(tell: Teller) -> LossyLine:
    client = tell.site.counter.server
    lossy = LossyLine(client._http._transport)
    client._http._transport = lossy
    client._wait = lambda _seconds: None
    return lossy


def until_phase(tell: Teller, *phases: str) -> None:
    tell.until(f"phase {phases}", lambda: tell.business().get("phase") in phases)


def ready_to_pay(tell: Teller) -> None:
    tell.open_business(tell.site.people.owner, "issue")
    tell.post("/desk/verify")
    tell.post("/desk/agree")


def ready_to_write(tell: Teller, kind: str = "desfire-ev2") -> None:
    ready_to_pay(tell)
    tell.post("/desk/money", received="20")
    tell.blank("card", kind)
    tell.lay("card", "desk")


def cash(tell: Teller) -> int:
    return tell.site.balances().get("cash:desk-1", 0)


@pytest.mark.parametrize("trouble", ["before", "after"])
@pytest.mark.parametrize("step", ["/tenders", "/change"])
def test_money_is_taken_and_given_back_once_however_often_the_button_is_pressed(
    tell: Teller, line: LossyLine, step: str, trouble: str
) -> None:
    ready_to_pay(tell)
    setattr(line, trouble, step)
    tell.post("/desk/money", received="100", checked="yes")
    assert tell.business()["problem"] == "server-unavailable"
    line.heal()
    tell.post("/desk/money", received="100", checked="yes")
    business = tell.business()
    assert (business["phase"], business["received_fen"], business["change_fen"]) == (
        "card",
        10000,
        8000,
    )
    assert cash(tell) == 2000


@pytest.mark.parametrize("trouble", ["before", "after"])
def test_an_operation_whose_opening_was_lost_is_taken_up_again(
    tell: Teller, line: LossyLine, trouble: str
) -> None:
    ready_to_write(tell)
    setattr(line, trouble, "POST /api/operations")
    tell.post("/desk/act/write")
    until_phase(tell, "broken-off")
    line.heal()
    tell.post("/desk/act/retry")
    until_phase(tell, "card", "paper")
    if tell.business()["phase"] == "card":
        tell.post("/desk/act/write")
        until_phase(tell, "paper")
    tell.hand_over()
    assert tell.card("card").status is CardStatus.LIVE


@pytest.mark.parametrize("trouble", ["before", "after"])
def test_a_settlement_whose_answer_was_lost_is_found_again_with_its_receipt(
    tell: Teller, line: LossyLine, trouble: str
) -> None:
    ready_to_write(tell)
    setattr(line, trouble, "/settlement")
    tell.post("/desk/act/write")
    until_phase(tell, "broken-off")
    line.heal()
    tell.post("/desk/act/retry")
    until_phase(tell, "paper")
    tell.hand_over()
    assert cash(tell) == 2000


def test_a_refund_that_could_not_be_reported_is_paid_once_and_the_page_goes_on(
    tell: Teller, line: LossyLine
) -> None:
    ready_to_write(tell, "classic-1k")
    reader = tell.site.readers["desk"]
    reader.plan(FaultPlan(Fault(kind=FaultKind.TEAR_AFTER, at=25)))
    tell.post("/desk/act/write")
    until_phase(tell, "broken-off")
    reader.plan(None)
    tell.site.box.lift("desk")
    tell.post("/desk/undo", wanted="yes")
    line.before = "/refunds"
    tell.lay("card", "desk")
    tell.until("the undo ends", lambda: tell.business()["problem"] == "server-unavailable")
    until_phase(tell, "broken-off")
    line.heal()
    tell.post("/desk/act/retry")
    until_phase(tell, "closed")
    assert tell.business()["refund_fen"] == 2000
    assert cash(tell) == 0


def test_a_cancelled_sale_is_paid_back_once(tell: Teller, line: LossyLine) -> None:
    ready_to_pay(tell)
    tell.post("/desk/money", received="20")
    line.before = "/refunds"
    tell.post("/desk/act/cancel")
    assert tell.business()["phase"] == "card"
    line.heal()
    tell.post("/desk/act/cancel")
    assert tell.business() == {}
    assert cash(tell) == 0


def test_a_spoiled_blank_costs_no_second_fee(tell: Teller) -> None:
    """IC-09a"""
    ready_to_write(tell, "classic-1k")
    reader = tell.site.readers["desk"]
    reader.plan(FaultPlan(Fault(kind=FaultKind.TEAR_AFTER, at=25)))
    tell.post("/desk/act/write")
    until_phase(tell, "broken-off")
    reader.plan(None)
    tell.lift("desk")
    tell.post("/desk/act/abandon")
    assert tell.business()["phase"] == "card"
    tell.blank("second", "desfire-ev1")
    tell.lay("second", "desk")
    tell.write()
    assert tell.card("second").status is CardStatus.LIVE
    assert tell.card("card").status is CardStatus.SCRAPPED
    assert cash(tell) == 2000


def test_a_restarted_desk_takes_a_torn_first_issue_up_again(tell: Teller) -> None:
    ready_to_write(tell)
    reader = tell.site.readers["desk"]
    reader.plan(FaultPlan(Fault(kind=FaultKind.TEAR_AFTER, at=30)))
    tell.post("/desk/act/write")
    until_phase(tell, "broken-off")
    reader.plan(None)
    tell.lift("desk")
    tell.site.counter.business = None  # what a restart forgets
    tell.site.counter.holder = None
    tell.lay("card", "desk")
    until_phase(tell, "paper")
    tell.hand_over()
    assert tell.card("card").status is CardStatus.LIVE


def test_another_card_in_the_place_of_the_torn_one_is_left_alone(tell: Teller) -> None:
    ready_to_write(tell)
    reader = tell.site.readers["desk"]
    reader.plan(FaultPlan(Fault(kind=FaultKind.TEAR_AFTER, at=30)))
    tell.post("/desk/act/write")
    until_phase(tell, "broken-off")
    reader.plan(None)
    tell.lift("desk")
    tell.blank("other", "desfire-ev2")
    tell.lay("other", "desk")
    tell.post("/desk/act/retry")
    assert tell.business()["phase"] == "broken-off"
    tell.lift("desk")
    tell.lay("card", "desk")
    until_phase(tell, "paper")
    tell.hand_over()
    assert tell.site.office.card(uid=tell.site.box.cards[tell.card_ids["other"]].uid) is None


def test_a_printer_that_is_away_leaves_the_receipt_owed_and_the_counter_free(
    tell: Teller,
) -> None:
    """FEE-05, FEE-32"""
    tell.site.printers["desk"].change(paper_out=True)
    ready_to_write(tell)
    tell.post("/desk/act/write")
    tell.until("not printed", lambda: tell.business().get("document_state") == "not-printed")
    tell.post("/desk/paper/handed-over")
    assert tell.business()["phase"] == "paper", "what did not come out can't be handed over"
    tell.post("/desk/act/leave-owed")
    tell.post("/desk/act/cancel")
    assert tell.business() == {}
    desk = tell.site.client("desk-1", "张晓")
    owed = desk.documents_owed()
    assert len(owed) == 1
    tell.site.printers["desk"].load_paper()
    tell.post(f"/desk/papers/{owed[0].document_id}/print")
    tell.until("it is out", lambda: not desk.documents_owed())
    assert "补打" not in tell.paper("desk")


@pytest.mark.parametrize("kind", ["top-up", "extend", "replace", "format", "add-parking"])
def test_a_choice_without_its_card_is_answered_in_words(tell: Teller, kind: str) -> None:
    tell.post("/desk/holder", holder_id=tell.site.people.owner)
    tell.post("/desk/business", kind=kind)
    assert tell.business() == {}
    assert tell.state("desk")["notice"] == "nobody-chosen"
