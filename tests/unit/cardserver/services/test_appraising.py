"""What became of a card that is replaced, and what is reported of cards."""

from datetime import date, timedelta

import pytest

from cardserver.db.tables_register import RegisterRow
from cardserver.domain.appraisal import Finding
from cardserver.domain.cardreport import Reporter, ReportKind
from cardserver.domain.permits import Action
from cardserver.domain.register import AbnormalReason, RegisterKind
from cardserver.domain.rights import CardStatus, HolderClass, RightKind
from cardserver.services import appraising, blocking, holders, planning, reporting, setup
from cardserver.services.errors import NotPermitted
from cardserver.services.turn import Caller, reading
from cardserver.wire_approvals import (
    AppraisalRequest,
    AppraisalView,
    ExplainedRequest,
    ReportRequest,
)
from cardserver.wire_cards import BlockRequest, CardView
from cardserver.wire_requests import ReplaceRequest
from tests.databases.frontdesk import DESK, MORNING, OTHER_DESK, FrontDesk, blank, new_id, refused
from tests.databases.paperwork import CLERK, HEAD


def appraise(desk: FrontDesk, caller: Caller, card: CardView, finding: Finding) -> AppraisalView:
    request = AppraisalRequest(
        appraisal_id=new_id(), finding=finding, inspected="芯片正常,卡面无折痕"
    )
    return appraising.appraise(desk.estate, caller, card.number, request)


def report(
    desk: FrontDesk,
    card: CardView,
    kind: ReportKind = ReportKind.LOST,
    reporter: Reporter = Reporter.HOLDER,
    **more: object,
) -> ReportRequest:
    request = ReportRequest.model_validate(
        {"report_id": new_id(), "kind": kind, "reporter": reporter, **more}
    )
    reporting.report(desk.estate, DESK, card.number, request)
    return request


def replacing(
    desk: FrontDesk, card: CardView, reason: str, appraisal: str | None
) -> ReplaceRequest:
    return ReplaceRequest.model_validate(
        {
            "old_card_number": card.number,
            "reason": reason,
            "verification_id": desk.verify(card.holder_id),
            "appraisal_id": appraisal,
        }
    )


def price(desk: FrontDesk, card: CardView, reason: str, appraisal: str | None) -> int:
    request = replacing(desk, card, reason, appraisal)
    return planning.quote(desk.estate, DESK, request).total_fen


def status(desk: FrontDesk, card: CardView) -> CardStatus:
    return holders.card_by_number(desk.estate, DESK, card.number).status


def rows(desk: FrontDesk, kind: RegisterKind) -> list[RegisterRow]:
    with reading(desk.estate, DESK) as turn:
        found = turn.session.query(RegisterRow).where(RegisterRow.kind == kind).all()
        turn.session.expunge_all()
        return found


# --- staff ---------------------------------------------------------------------------------------


def test_a_loss_report_blocks_a_staff_card_before_any_appraisal_ic_16a(desk: FrontDesk) -> None:
    card = desk.issue(desk.staff, blank())
    with refused("loss-report-first", "IC-16a"):
        appraise(desk, HEAD, card, Finding.LOST)
    report(desk, card)
    assert status(desk, card) is CardStatus.BLOCKED
    with refused("appraisal-missing", "IC-16"):
        price(desk, card, "lost", None)
    found = appraise(desk, HEAD, card, Finding.LOST)
    assert price(desk, card, "lost", found.appraisal_id) == 2000


@pytest.mark.parametrize(
    ("finding", "reason", "fen"),
    [(Finding.MAN_MADE, "damaged", 2000), (Finding.NOT_MAN_MADE, "faulty", 0)],
)
def test_the_appraisal_decides_what_staff_pay_ic_16(
    desk: FrontDesk, finding: Finding, reason: str, fen: int
) -> None:
    """At any age; and no new application is asked for (IC-16a)."""
    card = desk.issue(desk.staff, blank())
    desk.clock.now += timedelta(days=200)
    found = appraise(desk, HEAD, card, finding)
    assert (found.person, found.inspected, found.decided) == ("何静", "芯片正常,卡面无折痕", True)
    assert price(desk, card, reason, found.appraisal_id) == fen
    new = desk.do(replacing(desk, card, reason, found.appraisal_id), blank())
    assert (new.document is None) == (fen == 0)
    assert new.document is None or new.document.content.card_number == new.card.number
    assert new.card.rights[RightKind.DOOR].last == date(2026, 6, 8)


def test_the_reason_follows_the_appraisal_ic_16(desk: FrontDesk) -> None:
    """A damaged card is not called faulty to save 20 yuan."""
    card, other = (desk.issue(desk.staff, blank()) for _ in range(2))
    found = appraise(desk, HEAD, card, Finding.MAN_MADE)
    with refused("appraisal-differs", "IC-16"):
        price(desk, card, "faulty", found.appraisal_id)
    with refused("appraisal-other", "IC-16"):
        price(desk, other, "damaged", found.appraisal_id)
    appraise(desk, HEAD, card, Finding.NOT_MAN_MADE)
    with refused("appraisal-old", "IC-16"):
        price(desk, card, "damaged", found.appraisal_id)


def test_only_a_head_appraises_a_staff_card_ic_16a(desk: FrontDesk) -> None:
    card = desk.issue(desk.staff, blank())
    with pytest.raises(NotPermitted, match=Action.APPRAISE):
        appraise(desk, CLERK, card, Finding.NOT_MAN_MADE)
    assert not appraising.appraisals(desk.estate, DESK, card.number).appraisals


def test_an_appraisal_stands_in_the_register_with_its_head_ic_16(desk: FrontDesk) -> None:
    card = desk.issue(desk.staff, blank())
    found = appraise(desk, HEAD, card, Finding.MAN_MADE)
    (row,) = rows(desk, RegisterKind.APPRAISAL)
    assert (row.card_number, row.approver) == (card.number, "何静")
    assert row.proof["appraisal"] == found.appraisal_id
    assert AbnormalReason.DAMAGE in row.abnormal


# --- customers -----------------------------------------------------------------------------------


def test_an_inspection_is_recorded_before_a_free_replacement_ic_10a(desk: FrontDesk) -> None:
    card, _ = desk.owners_card()
    for reason in ("faulty", "damaged"):
        with refused("inspection-missing", "IC-10a"):
            price(desk, card, reason, None)
    found = appraise(desk, CLERK, card, Finding.NOT_MAN_MADE)
    assert found.person == "张晓"
    assert price(desk, card, "faulty", found.appraisal_id) == 0


def test_in_doubt_the_head_decides_ic_10a(desk: FrontDesk) -> None:
    card, _ = desk.owners_card()
    doubt = appraise(desk, CLERK, card, Finding.IN_DOUBT)
    assert not doubt.decided
    with refused("inspection-in-doubt", "IC-10a"):
        price(desk, card, "faulty", doubt.appraisal_id)
    with pytest.raises(NotPermitted, match=Action.APPRAISE):
        appraise(desk, CLERK, card, Finding.NOT_MAN_MADE)
    decided = appraise(desk, HEAD, card, Finding.NOT_MAN_MADE)
    assert price(desk, card, "faulty", decided.appraisal_id) == 0
    first, second = rows(desk, RegisterKind.APPRAISAL)
    assert (first.approver, second.approver) == ("", "何静")
    assert AbnormalReason.HEAD_OVERRIDE in second.abnormal


def test_free_through_the_ninth_of_july_and_bought_from_the_tenth_ic_10(desk: FrontDesk) -> None:
    """IC-10, IC-11, CAL-03a: issued 9 June."""
    card, _ = desk.owners_card()
    found = appraise(desk, CLERK, card, Finding.NOT_MAN_MADE)
    for days, fen in ((0, 0), (30, 0), (31, 2000)):
        desk.clock.now = MORNING + timedelta(days=days)
        assert price(desk, card, "faulty", found.appraisal_id) == fen


def test_a_free_replacement_keeps_the_days_and_starts_no_new_month_ic_10a(
    desk: FrontDesk,
) -> None:
    card, _ = desk.owners_card()
    desk.clock.now += timedelta(days=20)
    found = appraise(desk, CLERK, card, Finding.NOT_MAN_MADE)
    new = desk.do(replacing(desk, card, "faulty", found.appraisal_id), blank()).card
    assert new.rights[RightKind.DOOR].last == card.rights[RightKind.DOOR].last
    desk.clock.now += timedelta(days=11)
    again = appraise(desk, CLERK, new, Finding.NOT_MAN_MADE)
    assert price(desk, new, "faulty", again.appraisal_id) == 2000
    (row,) = rows(desk, RegisterKind.FREE_REPLACEMENT)
    assert found.inspected in row.proof["appraisal"]


def test_a_lost_card_costs_twenty_yuan_within_the_month_ic_10b(desk: FrontDesk) -> None:
    card, _ = desk.owners_card()
    report(desk, card)
    assert price(desk, card, "lost", None) == 2000


# --- reports -------------------------------------------------------------------------------------


@pytest.mark.parametrize("reporter", [Reporter.HOLDER, Reporter.OWNER])
def test_a_lost_card_is_blocked_at_once_on_report_by_holder_or_owner_ic_23a(
    desk: FrontDesk, reporter: Reporter
) -> None:
    card = desk.issue(desk.family, blank())
    report(desk, card, reporter=reporter, name="王秀兰")
    assert status(desk, card) is CardStatus.BLOCKED
    (row,) = rows(desk, RegisterKind.LOSS_REPORT)
    assert (row.card_number, row.abnormal) == (card.number, ["loss"])
    assert "王秀兰" in row.remark


def test_a_stranger_reports_no_loss_but_may_bring_a_card_ic_23a(desk: FrontDesk) -> None:
    card, _ = desk.owners_card()
    for kind in (ReportKind.LOST, ReportKind.RETURNED):
        with refused("not-the-finder", "IC-23a"):
            report(desk, card, kind, Reporter.FINDER)
    report(desk, card, ReportKind.FOUND, Reporter.FINDER)
    assert status(desk, card) is CardStatus.BLOCKED


def test_a_found_lost_card_is_formatted_and_not_allowed_again_ic_23a(desk: FrontDesk) -> None:
    card, chip = desk.owners_card()
    report(desk, card)
    report(desk, card, ReportKind.FOUND, Reporter.FINDER)
    with refused("lost-not-allowed-again", "IC-23a"):
        again = BlockRequest(request_id=new_id(), reason="found")
        blocking.unblock(desk.estate, DESK, card.number, again)
    desk.format(card, chip)
    assert status(desk, card) is CardStatus.RETURNED
    with refused("already-formatted", "IC-18"):
        report(desk, card, ReportKind.FOUND, Reporter.FINDER)
    assert desk.issue(desk.family, chip).number > card.number


def test_a_found_card_that_was_replaced_is_formatted_too_ic_23a(desk: FrontDesk) -> None:
    card, chip = desk.owners_card()
    report(desk, card)
    desk.do(desk.replace_request(card), blank())
    report(desk, card, ReportKind.FOUND, Reporter.FINDER)
    assert status(desk, card) is CardStatus.REPLACED
    desk.format(card, chip)
    assert status(desk, card) is CardStatus.RETURNED


def test_a_returned_card_loses_its_rights_at_once_and_is_formatted_ic_23a(
    desk: FrontDesk,
) -> None:
    card, chip = desk.owners_card()
    report(desk, card, ReportKind.RETURNED)
    assert status(desk, card) is CardStatus.BLOCKED
    (row,) = rows(desk, RegisterKind.RETURNED)
    assert row.card_number == card.number
    desk.format(card, chip)
    assert status(desk, card) is CardStatus.RETURNED
    with refused("card-dead", "IC-23a"):
        report(desk, card, ReportKind.RETURNED)


def test_a_card_with_paid_parking_is_not_given_back_ic_18a(desk: FrontDesk) -> None:
    card, chip = desk.owners_card()
    card = desk.add_parking(card, chip)
    with refused("parking-paid", "IC-18a"):
        report(desk, card, ReportKind.RETURNED)
    with refused("parking-paid", "IC-18a"):
        report(desk, card, ReportKind.SWAPPED, for_holder_id=desk.family)
    assert status(desk, card) is CardStatus.LIVE


def test_a_card_is_swapped_within_the_household_only_ic_23a(desk: FrontDesk) -> None:
    card, chip = desk.owners_card()
    for nobody in (None, desk.owner):
        with refused("swap-for-whom", "IC-23a"):
            report(desk, card, ReportKind.SWAPPED, for_holder_id=nobody)
    with refused("other-household", "IC-23a"):
        report(desk, card, ReportKind.SWAPPED, for_holder_id=desk.tenant)
    assert status(desk, card) is CardStatus.LIVE
    report(desk, card, ReportKind.SWAPPED, for_holder_id=desk.family)
    desk.format(card, chip)
    new = desk.issue(desk.family, chip)
    assert (new.holder_name, new.number > card.number) == ("李小明", True)
    (row,) = rows(desk, RegisterKind.SWAPPED)
    assert (row.card_number, row.recipient) == (card.number, "李小明")


def test_a_repeated_report_is_one_report_ic_23a(desk: FrontDesk) -> None:
    card, _ = desk.owners_card()
    request = report(desk, card)
    for _ in range(2):
        reporting.report(desk.estate, DESK, card.number, request)
    assert len(rows(desk, RegisterKind.LOSS_REPORT)) == 1


def test_any_agent_blocks_a_lost_staff_card_ic_14a(desk: FrontDesk) -> None:
    """Safety first: IC-14 keeps nobody from blocking."""
    card = desk.issue(desk.staff, blank())
    request = ReportRequest(report_id=new_id(), kind=ReportKind.LOST, reporter=Reporter.HEAD)
    reporting.report(desk.estate, OTHER_DESK, card.number, request)
    assert status(desk, card) is CardStatus.BLOCKED


# --- at the hand-over ----------------------------------------------------------------------------


def test_the_explanation_is_recorded_by_name_after_the_card_is_written_ic_08(
    desk: FrontDesk,
) -> None:
    card = blank()
    ticket = desk.begin(desk.issue_request(desk.owner), card)
    request = ExplainedRequest(explained_id=new_id())
    with refused("not-settled", "IC-08"):
        reporting.explain(desk.estate, DESK, ticket.operation_id, request)
    card.write(ticket)
    desk.settle(ticket, card)
    for caller in (DESK, OTHER_DESK):
        told = reporting.explain(
            desk.estate, caller, ticket.operation_id, ExplainedRequest(explained_id=new_id())
        )
        assert (told.operator, told.at) == ("张晓", desk.clock.now)


def test_more_cards_than_residents_are_a_warning_and_no_limit_ic_23a(desk: FrontDesk) -> None:
    alone = setup.register_unit(desk.estate, "9-0901", (9,))
    owner = setup.register_holder(desk.estate, "郑一", HolderClass.OWNER, unit_id=alone)
    desk.issue(owner, blank())
    assert not reporting.unit_cards(desk.estate, DESK, owner).warn
    desk.issue(owner, blank())
    found = reporting.unit_cards(desk.estate, DESK, owner)
    assert (found.unit, found.residents, found.cards, found.warn) == ("9-0901", 1, 2, True)
