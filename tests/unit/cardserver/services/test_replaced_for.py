"""A card is replaced for what is on file of it, whoever calls (IC-10a, IC-20a, IC-23a).

A loss is counted by its report: nobody replaces a card as lost without one, nor another way after
one; and what blocked a card is not said over by a second call.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from cardserver.db.tables import CardRow, HolderRow
from cardserver.db.tables_register import RegisterRow
from cardserver.domain.appraisal import Finding
from cardserver.domain.cardreport import Reporter, ReportKind
from cardserver.domain.denial import Denial, replaced_for
from cardserver.domain.errors import RuleViolation
from cardserver.domain.permits import Role
from cardserver.domain.register import RegisterKind
from cardserver.domain.review import Business, Quarter
from cardserver.domain.rights import CardStatus
from cardserver.domain.tariff import ReplaceReason
from cardserver.services import (
    appraising,
    beginning,
    blocking,
    ending,
    holders,
    planning,
    reporting,
    selling,
    staffcards,
)
from cardserver.services.clonewatch import REASON
from cardserver.services.quarterparts import compute
from cardserver.services.rightsending import end_rights
from cardserver.services.turn import reading, writing
from cardserver.wire_approvals import AppraisalRequest, ReportRequest
from cardserver.wire_cards import BlockRequest, CardView
from cardserver.wire_operations import AbandonRequest, VoidRequest
from cardserver.wire_requests import ReplaceRequest
from cardserver.wire_sales import SaleRequest
from tests.databases.frontdesk import (
    DESK,
    GATE,
    OTHER_DESK,
    FrontDesk,
    PlainCard,
    blank,
    new_id,
    refused,
)
from tests.databases.paperwork import HEAD

INSPECTED = frozenset({ReplaceReason.FAULTY, ReplaceReason.DAMAGED})
LOST = frozenset({ReplaceReason.LOST})


@pytest.fixture
def card(desk: FrontDesk) -> CardView:
    view, _ = desk.owners_card()
    return view


def report(desk: FrontDesk, card: CardView, kind: ReportKind = ReportKind.LOST) -> None:
    other = desk.family if kind is ReportKind.SWAPPED else None
    said = ReportRequest(
        report_id=new_id(), kind=kind, reporter=Reporter.HOLDER, for_holder_id=other
    )
    reporting.report(desk.estate, DESK, card.number, said)


def block(desk: FrontDesk, card: CardView, reason: str) -> CardView:
    request = BlockRequest(request_id=new_id(), reason=reason)
    return blocking.block(desk.estate, DESK, card.number, request)


def suspect(desk: FrontDesk, card: CardView) -> None:
    with writing(desk.estate, GATE) as turn:
        blocking.deny(turn, turn.find(CardRow, card.number, "card"), REASON)


def give_up_writing(desk: FrontDesk, card: CardView, chip: PlainCard) -> None:
    ticket = desk.begin(desk.parking_request(card), chip)
    ending.abandon(desk.estate, DESK, ticket.operation_id, AbandonRequest(reason="拿走了"))


def begin_and_undo(desk: FrontDesk, card: CardView) -> None:
    chip = blank()
    ticket = desk.begin(desk.replace_request(card, "faulty"), chip)
    undone = VoidRequest(evidence=chip.evidence(), reason="不换了")
    ending.void(desk.estate, DESK, ticket.operation_id, undone)


def end_holder(desk: FrontDesk, card: CardView) -> None:
    with writing(desk.estate, DESK) as turn:
        row = turn.find(HolderRow, card.holder_id, "holder")
        end_rights(turn, row, turn.today - timedelta(days=1))


def inspect(desk: FrontDesk, card: CardView, finding: Finding) -> str:
    request = AppraisalRequest(appraisal_id=new_id(), finding=finding, inspected="看过")
    return appraising.appraise(desk.estate, DESK, card.number, request).appraisal_id


def asked(
    desk: FrontDesk, card: CardView, reason: str, appraisal: str | None = None
) -> ReplaceRequest:
    return ReplaceRequest(
        old_card_number=card.number,
        reason=ReplaceReason(reason),
        verification_id=desk.verify(card.holder_id),
        appraisal_id=appraisal,
    )


def refusal(desk: FrontDesk, request: ReplaceRequest) -> str:
    """The one word of the price, the sale and the beginning; empty where all say yes."""
    words = set()
    sale = SaleRequest(sale_id=new_id(), request=request, quoted_total_fen=2000)
    begin = desk.begin_request(request, blank(), None)
    for ask in (
        lambda: planning.quote(desk.estate, DESK, request),
        lambda: selling.open_sale(desk.estate, DESK, sale),
        lambda: beginning.begin(desk.estate, DESK, begin),
    ):
        try:
            ask()
        except RuleViolation as error:
            words.add(error.reason)
        else:
            words.add("")
    words -= {"not-paid"}
    assert len(words) == 1
    return words.pop()


def losses(desk: FrontDesk) -> tuple[int, int]:
    """What F2 counts, and the rows of F1 it stands on."""
    with reading(desk.estate, DESK) as turn:
        figures = compute(turn, Quarter.of(turn.today), lambda line: None)
        rows = turn.session.query(RegisterRow).where(RegisterRow.kind == RegisterKind.LOSS_REPORT)
        counted = sum(each.number for each in figures.business if each.business is Business.LOSS)
        return counted, rows.count()


# --- as what a card is replaced ------------------------------------------------------------------

HERE: dict[str, Callable[[FrontDesk, CardView, PlainCard], object]] = {
    "live": lambda _desk, _card, _chip: None,
    "suspected": lambda desk, card, _chip: suspect(desk, card),
    "decided": lambda desk, card, _chip: block(desk, card, "欠费"),
    "not-known": give_up_writing,
    "being-replaced": lambda desk, card, _chip: begin_and_undo(desk, card),
}


@pytest.mark.parametrize("how", HERE)
def test_a_card_that_nobody_reported_lost_is_inspected_and_not_replaced_as_lost_ic_23a(
    desk: FrontDesk, how: str
) -> None:
    card, chip = desk.owners_card()
    HERE[how](desk, card, chip)
    assert refusal(desk, asked(desk, card, "lost")) == "not-reported-lost"
    assert losses(desk) == (0, 0)
    found = inspect(desk, card, Finding.MAN_MADE)
    assert refusal(desk, asked(desk, card, "damaged", found)) == ""


@pytest.mark.parametrize("how", HERE)
def test_reported_lost_it_is_replaced_as_lost_and_no_other_way_ic_10b(
    desk: FrontDesk, how: str
) -> None:
    """Not as faulty either, by a finding from before: that would save the 20 yuan."""
    card, chip = desk.owners_card()
    HERE[how](desk, card, chip)
    found = inspect(desk, card, Finding.NOT_MAN_MADE)
    report(desk, card)
    assert refusal(desk, asked(desk, card, "faulty", found)) == "reported-lost"
    with refused("reported-lost", "IC-10b"):
        inspect(desk, card, Finding.NOT_MAN_MADE)
    new = desk.do(asked(desk, card, "lost"), blank()).card
    assert holders.card_by_number(desk.estate, DESK, card.number).replaced_by == new.number
    assert losses(desk) == (1, 1)


@pytest.mark.parametrize("kind", [ReportKind.RETURNED, ReportKind.SWAPPED])
def test_a_card_given_back_is_neither_replaced_nor_lost_ic_23a(
    desk: FrontDesk, card: CardView, kind: ReportKind
) -> None:
    report(desk, card, kind)
    found = inspect(desk, card, Finding.NOT_MAN_MADE)
    assert refusal(desk, asked(desk, card, "lost")) == "not-replaceable"
    assert refusal(desk, asked(desk, card, "faulty", found)) == "not-replaceable"
    with refused("card-dead", "IC-23a"):
        report(desk, card)


def test_a_card_that_was_brought_is_replaced_once_its_loss_is_told_and_stays_here_ic_23a(
    desk: FrontDesk, card: CardView
) -> None:
    report(desk, card, ReportKind.FOUND)
    found = inspect(desk, card, Finding.NOT_MAN_MADE)
    for reason, finding in (("lost", None), ("faulty", found)):
        assert refusal(desk, asked(desk, card, reason, finding)) == "not-reported-lost"
    report(desk, card)
    blocked = holders.card_by_number(desk.estate, DESK, card.number).blocked
    assert blocked is not None
    assert (blocked.why, blocked.reported_lost) == (Denial.FOUND, True)
    assert refusal(desk, asked(desk, card, "lost")) == ""


def test_no_card_is_replaced_for_somebody_whose_last_day_has_passed_ic_22(
    desk: FrontDesk, card: CardView
) -> None:
    """Reported lost or not; and as before once the file is open again."""
    end_holder(desk, card)
    found = inspect(desk, card, Finding.MAN_MADE)
    assert refusal(desk, asked(desk, card, "damaged", found)) == "no-longer-here"
    assert refusal(desk, asked(desk, card, "lost")) == "no-longer-here"
    with writing(desk.estate, DESK) as turn:
        end_rights(turn, turn.find(HolderRow, card.holder_id, "holder"), None)
    assert refusal(desk, asked(desk, card, "lost")) == "not-reported-lost"
    assert refusal(desk, asked(desk, card, "damaged", found)) == ""
    report(desk, card)
    end_holder(desk, card)
    assert refusal(desk, asked(desk, card, "lost")) == "no-longer-here"


def test_what_is_open_by_the_rule_is_told_for_every_reason_of_a_block_ic_23a() -> None:
    for why in (None, *Denial):
        back = why in {Denial.RETURNED, Denial.SWAPPED}
        brought = why is Denial.FOUND
        expected = frozenset() if back or brought else INSPECTED
        assert replaced_for(why, lost=False, current=True) == expected
        assert replaced_for(why, lost=True, current=True) == (frozenset() if back else LOST)
        assert not replaced_for(why, lost=True, current=False)


def test_a_loss_told_after_the_money_was_taken_ends_the_sale_without_a_card_ic_10b(
    desk: FrontDesk, card: CardView
) -> None:
    """Paid as damaged, lost on the way out: nothing was written, the money is there to go back."""
    request = desk.replace_request(card, "damaged")
    sale = desk.paid_sale(request)
    report(desk, card)
    chip = blank()
    with refused("reported-lost", "IC-10b"):
        beginning.begin(desk.estate, DESK, desk.begin_request(request, chip, sale))
    assert desk.do(asked(desk, card, "lost"), chip).card.status is CardStatus.LIVE


def test_a_beginning_asked_for_twice_is_one_though_the_loss_was_told_since_ic_23a(
    desk: FrontDesk, card: CardView
) -> None:
    """Its answer was lost. While the new card is written the old one is not reported lost."""
    request, chip = desk.replace_request(card, "damaged"), blank()
    body = desk.begin_request(request, chip, desk.paid_sale(request))
    first = beginning.begin(desk.estate, DESK, body)
    with refused("being-replaced"):
        report(desk, card)
    assert beginning.begin(desk.estate, DESK, body) == first
    chip.write(first)
    desk.settle(first, chip)
    assert losses(desk) == (0, 0)


# --- reports and blocks --------------------------------------------------------------------------


def test_a_loss_is_reported_once_and_counted_once_ic_20a(desk: FrontDesk, card: CardView) -> None:
    report(desk, card)
    with refused("already-reported-lost", "IC-23a"):
        report(desk, card)
    assert block(desk, card, "lost").status is CardStatus.BLOCKED
    assert losses(desk) == (1, 1)


@pytest.mark.parametrize("kind", [ReportKind.LOST, ReportKind.FOUND, ReportKind.RETURNED])
def test_other_words_do_not_say_over_what_was_reported_ic_23a(
    desk: FrontDesk, card: CardView, kind: ReportKind
) -> None:
    report(desk, card, kind)
    before = holders.card_by_number(desk.estate, DESK, card.number)
    for reason in ("欠费", "lost"):
        assert block(desk, card, reason) == before


def test_a_suspicion_is_not_said_over_either_and_may_become_a_loss_ic_21a(
    desk: FrontDesk, card: CardView
) -> None:
    suspect(desk, card)
    assert block(desk, card, "欠费").status_reason == REASON
    again = BlockRequest(request_id=new_id(), reason="found")
    with refused("suspicion-not-looked-at", "IC-21a"):
        blocking.unblock(desk.estate, DESK, card.number, again)
    assert block(desk, card, "lost").status_reason == "lost"
    assert losses(desk) == (1, 1)
    assert refusal(desk, asked(desk, card, "lost")) == ""


def test_nothing_is_found_lost_that_was_not_reported_lost_ic_16a(
    desk: FrontDesk, card: CardView
) -> None:
    suspect(desk, card)
    with refused("loss-report-first", "IC-16a"):
        inspect(desk, card, Finding.LOST)


def test_both_heads_hear_of_a_staff_card_reported_lost_at_any_desk_ic_14a(desk: FrontDesk) -> None:
    staff = desk.issue(desk.staff, blank())
    said = ReportRequest(report_id=new_id(), kind=ReportKind.LOST, reporter=Reporter.HEAD)
    reporting.report(desk.estate, OTHER_DESK, staff.number, said)
    for role in (Role.FRONT_DESK_HEAD, Role.CUSTOMER_SERVICE_HEAD):
        head = replace(HEAD, operator=str(role), roles=frozenset({role}))
        (told,) = staffcards.notices(desk.estate, head).notices
        assert (told.card_number, told.reason) == (staff.number, "lost")
