"""The kiosk goes on with money that waits, gives up on who has left, and says who should be served.

PARK-12a: a paid top-up is kept until its card is laid down again. The screens' own time-outs are
short here; no time-out counts while a note moves.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from cardserver.client import CardServerClient
from cardserver.domain.rights import RightKind
from cardserver.domain.sale import SaleState, TenderKind, TenderState
from cardserver.wire_requests import TopUpRequest
from cardserver.wire_sales import SaleRequest, SaleView, TenderRequest
from kiosk.selfservice.visit import Patience
from simulators.faults import Fault, FaultKind, FaultPlan
from simulators.teller import FIRST_DAY, Teller
from tests.scenario.earlier import parking_card
from tests.scenario.ground import new_id
from tests.scenario.hands import issue, papers, says, trial
from tests.scenario.test_bad_kiosk_days import at, begin_to_pay, booked, cut, offer, pay, take_away

NOTE = 100_00
PRICE = 300_00
BEFORE = 320_00  # the card and its first month, paid at the desk


@pytest.fixture
def kiosk(tmp_path: Path) -> Iterator[Teller]:
    with parking_card(tmp_path) as teller:
        yield teller


@pytest.fixture
def hasty(tmp_path: Path) -> Iterator[Teller]:
    """A kiosk that waits for nobody longer than a moment."""
    with parking_card(tmp_path, patience=Patience(idle_s=1.5, part_paid_s=1.5)) as teller:
        yield teller


def paid_before_the_power_went(day: Teller, notes: int) -> SaleView:
    """So many notes were booked for one month, and then nothing more happened."""
    server: CardServerClient = day.site.client("kiosk-1")
    request = TopUpRequest(card_number=day.card("owner").number, months=1)
    sale_id = new_id()
    sale = server.open_sale(SaleRequest(sale_id=sale_id, request=request, quoted_total_fen=PRICE))
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
            sale = server.tender(sale_id, note)
    return sale


def last_day(day: Teller) -> str:
    return day.card("owner").rights[RightKind.PARKING].last.isoformat()


def test_a_paid_top_up_is_written_when_its_card_is_laid_down_again(kiosk: Teller) -> None:
    sale = paid_before_the_power_went(kiosk, 3)
    kiosk.lay("owner", "kiosk")
    kiosk.until("topped up", at(kiosk, "done"))
    kiosk.lift("kiosk")
    assert last_day(kiosk) == "2025-07-08"
    assert trial(kiosk) == (BEFORE + PRICE, 0, 0, 0)
    assert kiosk.site.client("kiosk-1").sale(sale.sale_id).state is SaleState.SETTLED
    assert len(papers(kiosk, "kiosk")) == 1


def test_a_top_up_paid_in_part_asks_only_for_the_rest(kiosk: Teller) -> None:
    paid_before_the_power_went(kiosk, 2)
    kiosk.lay("owner", "kiosk")
    kiosk.until("the rest is asked for", at(kiosk, "pay"))
    assert kiosk.state("kiosk")["missing_fen"] == NOTE
    offer(kiosk)
    kiosk.until("topped up", at(kiosk, "done"))
    kiosk.lift("kiosk")
    assert last_day(kiosk) == "2025-07-08"
    assert trial(kiosk) == (BEFORE + PRICE, 0, 0, 0)


def test_money_that_waits_stays_where_it_is_when_the_agreement_has_ended(kiosk: Teller) -> None:
    paid_before_the_power_went(kiosk, 3)
    kiosk.travel(kiosk.site.office.card(number=1).parking.ends.replace(year=2036))  # type: ignore[union-attr]
    kiosk.lay("owner", "kiosk")
    kiosk.until("the desk is named", at(kiosk, "sorry"))
    kiosk.lift("kiosk")
    assert trial(kiosk) == (BEFORE, PRICE, 0, 0)


def test_who_walks_away_before_the_first_note_leaves_the_kiosk_to_the_next(hasty: Teller) -> None:
    begin_to_pay(hasty)
    hasty.until("it gives up", at(hasty, "sorry"))  # "please take your card"
    hasty.lift("kiosk")
    hasty.until("it invites again", at(hasty, "attract"))
    assert papers(hasty, "kiosk") == []
    assert trial(hasty) == (BEFORE, 0, 0, 0)


def test_who_walks_away_half_paid_finds_a_slip_and_the_money_at_the_desk(hasty: Teller) -> None:
    begin_to_pay(hasty)
    pay(hasty, 1)
    hasty.until("it gives up", at(hasty, "owed"))
    hasty.until("the slip is out", lambda: hasty.state("kiosk")["printed"] == "printed")
    hasty.lift("kiosk")
    assert trial(hasty) == (BEFORE, 0, NOTE, 0)
    assert booked(hasty) == NOTE


def test_another_card_under_the_notes_is_named_at_once(kiosk: Teller) -> None:
    issue(kiosk, "second", "classic-1k")
    begin_to_pay(kiosk)
    take_away(kiosk)
    kiosk.lay("second", "kiosk")
    kiosk.until("it is said", lambda: kiosk.state("kiosk")["problem"] == "another-card")
    assert says(kiosk, "/kiosk/", "sorry.another-card")
    take_away(kiosk)
    kiosk.lay("owner", "kiosk")
    kiosk.until("all is well", lambda: kiosk.state("kiosk")["problem"] == "")
    kiosk.post("/kiosk/touch/stopped")
    kiosk.lift("kiosk")


def test_without_the_server_the_kiosk_sells_nothing_and_comes_back_by_itself(kiosk: Teller) -> None:
    mend = cut(kiosk)
    kiosk.site.box.lay(kiosk.card_ids["owner"], "kiosk")
    kiosk.until("the kiosk rests", at(kiosk, "closed"))
    assert says(kiosk, "/kiosk/", "closed.server-away")
    kiosk.site.box.lift("kiosk")
    mend()
    kiosk.until("it is open again", at(kiosk, "attract"))


def test_a_card_that_waits_for_the_desk_is_sent_there(kiosk: Teller) -> None:
    """An extension was begun at the desk and its card torn away."""
    kiosk.travel(FIRST_DAY.date().replace(year=2027))
    kiosk.lay("owner", "desk")
    kiosk.open_business(kiosk.site.people.owner, "extend", card_number=kiosk.card("owner").number)
    kiosk.serve()
    reader = kiosk.site.readers["desk"]
    reader.plan(FaultPlan(Fault(kind=FaultKind.TEAR_AFTER, at=12)))
    kiosk.post("/desk/act/write")
    kiosk.until("it is torn away", lambda: kiosk.business().get("phase") == "broken-off")
    reader.plan(None)
    kiosk.site.box.lift("desk")
    kiosk.lay("owner", "kiosk")
    kiosk.until("the desk is named", at(kiosk, "sorry"))
    assert kiosk.state("kiosk")["problem"] == "unfinished-at-the-desk"
    kiosk.lift("kiosk")
