"""Merchants' and staff cards: three hands, two hands, each a named person on a date."""

from datetime import date, timedelta

import pytest
from sqlalchemy import event

from cardserver.db.tables_register import RegisterRow
from cardserver.domain.application import ApplicationKind, CardForm, Stage, Step
from cardserver.domain.permits import Action, Role
from cardserver.domain.plan import QuoteNote
from cardserver.domain.register import AbnormalReason
from cardserver.domain.rights import RightKind
from cardserver.domain.signature import Signer
from cardserver.domain.station import StationKind
from cardserver.domain.verification import Paper, VerificationMethod
from cardserver.services import applications, applicationviews, planning, setup, verifying
from cardserver.services.errors import NotPermitted
from cardserver.services.turn import Caller, reading, writing
from cardserver.wire_approvals import ApplicationList, ApplicationRequest, StepRequest
from cardserver.wire_cards import CardView
from cardserver.wire_prices import Quote
from cardserver.wire_requests import ExtendRequest, IssueRequest
from cardserver.wire_verifications import VerificationRequest
from tests.databases.frontdesk import DESK, PAPERS, FrontDesk, blank, new_id, refused
from tests.databases.paperwork import (
    CLERK,
    DEPARTMENT,
    HEAD,
    SECTION,
    SHOPS,
    apply_for,
    approve,
    approved,
    check,
    holder_row,
)


def with_roles(name: str, *roles: Role) -> Caller:
    return Caller(station="desk-1", kind=StationKind.DESK, operator=name, roles=frozenset(roles))


def verify(desk: FrontDesk, holder: int, application_id: str | None) -> str:
    request = VerificationRequest(
        verification_id=new_id(),
        holder_id=holder,
        method=VerificationMethod.APPLICATION,
        papers_seen=PAPERS,
        application_id=application_id,
    )
    return verifying.verify(desk.estate, DESK, request).verification_id


def quote(desk: FrontDesk, holder: int, application_id: str | None) -> Quote:
    verified = verify(desk, holder, application_id)
    request = IssueRequest(holder_id=holder, verification_id=verified)
    return planning.quote(desk.estate, DESK, request)


def issue(desk: FrontDesk, holder: int, application_id: str) -> CardView:
    verified = verify(desk, holder, application_id)
    return desk.do(IssueRequest(holder_id=holder, verification_id=verified), blank()).card


def step(desk: FrontDesk, caller: Caller, application_id: str, what: Step, **more: object) -> None:
    request = StepRequest.model_validate({"step_id": new_id(), "step": what.value, **more})
    applications.decide(desk.estate, caller, application_id, request)


def show(desk: FrontDesk, application_id: str) -> Stage:
    return applicationviews.application(desk.estate, DESK, application_id).stage


def sealed(desk: FrontDesk, **changes: object) -> ApplicationRequest:
    return ApplicationRequest.model_validate(
        {
            "application_id": new_id(),
            "kind": ApplicationKind.MERCHANT,
            "holder_id": desk.merchant,
            "dated": date(2025, 6, 1),
            "applicant": "周敏",
            "papers": (Paper.SEALED_APPLICATION,),
            **changes,
        }
    )


def last_row(desk: FrontDesk) -> RegisterRow:
    with reading(desk.estate, DESK) as turn:
        row = turn.session.query(RegisterRow).order_by(RegisterRow.number.desc()).first()
        assert row is not None
        turn.session.expunge(row)
        return row


# --- merchants -----------------------------------------------------------------------------------


def test_a_merchants_card_is_refused_while_any_step_is_missing_ic_06(desk: FrontDesk) -> None:
    with refused("application-missing", "IC-06"):
        quote(desk, desk.merchant, None)
    application = apply_for(desk.estate, desk.merchant)
    with refused("application-not-approved", "IC-06"):
        quote(desk, desk.merchant, application)
    check(desk.estate, application)
    with refused("application-not-approved", "IC-06"):
        quote(desk, desk.merchant, application)
    approve(desk.estate, application)
    found = quote(desk, desk.merchant, application)
    assert found.after[RightKind.DOOR].last == date(2026, 6, 8)
    assert not found.notes


def test_each_step_keeps_its_person_and_date_ic_06(desk: FrontDesk) -> None:
    application = approved(desk.estate, desk.merchant)
    view = applicationviews.application(desk.estate, DESK, application)
    assert (view.applicant, view.dated, view.operator) == ("周敏", date(2025, 6, 1), "张晓")
    assert [(each.step, each.person, each.at) for each in view.steps] == [
        (Step.CHECKED, "郭涛", desk.clock.now),
        (Step.APPROVED, "林岚", desk.clock.now),
    ]
    assert view.stage is Stage.APPROVED
    card = issue(desk, desk.merchant, application)
    assert show(desk, application) is Stage.USED
    row = last_row(desk)
    assert (row.card_number, row.approver, row.operator) == (card.number, "林岚", "张晓")
    assert row.proof["approval_id"] == application


def test_the_application_bears_the_merchants_seal_ic_06(desk: FrontDesk) -> None:
    with refused("paper-missing", "IC-06"):
        applications.apply(desk.estate, CLERK, sealed(desk, papers=()))
    with refused("applicant-missing", "IC-06"):
        applications.apply(desk.estate, CLERK, sealed(desk, applicant=None))
    with refused("dated-ahead", "IC-06"):
        applications.apply(desk.estate, CLERK, sealed(desk, dated=date(2025, 6, 10)))
    with refused("other-class", "IC-06"):
        applications.apply(desk.estate, CLERK, sealed(desk, holder_id=desk.owner))


def test_the_steps_come_in_their_order_ic_06(desk: FrontDesk) -> None:
    application = apply_for(desk.estate, desk.merchant)
    with refused("step-not-next", "IC-06"):
        approve(desk.estate, application)
    check(desk.estate, application)
    with refused("step-not-next", "IC-06"):
        check(desk.estate, application)
    approve(desk.estate, application)
    for again in (approve, check):
        with refused("step-not-next", "IC-06"):
            again(desk.estate, application)


def test_each_step_belongs_to_its_office_ic_06(desk: FrontDesk) -> None:
    application = apply_for(desk.estate, desk.merchant)
    for nobody in (CLERK, HEAD, SECTION, DEPARTMENT):
        with pytest.raises(NotPermitted, match=Action.CHECK_MERCHANT):
            step(desk, nobody, application, Step.CHECKED, contract_ends=date(2027, 1, 1))
    check(desk.estate, application)
    for nobody in (CLERK, HEAD, SECTION, SHOPS):
        with pytest.raises(NotPermitted, match=Action.APPROVE_MERCHANT):
            step(desk, nobody, application, Step.APPROVED)
    assert show(desk, application) is Stage.TO_APPROVE


def test_the_three_hands_are_three_people_ic_06a(desk: FrontDesk) -> None:
    both = with_roles("郭涛", Role.SHOP_HEAD, Role.DEPARTMENT_HEAD)
    application = apply_for(desk.estate, desk.merchant)
    step(desk, both, application, Step.CHECKED, contract_ends=date(2027, 1, 1))
    with refused("same-hand", "IC-06a"):
        step(desk, both, application, Step.APPROVED)
    issuing = with_roles("张晓", Role.DEPARTMENT_HEAD)
    step(desk, issuing, application, Step.APPROVED)
    with refused("same-hand", "IC-06a"):
        quote(desk, desk.merchant, application)


def test_another_length_needs_the_department_head_and_a_reason_ic_06a(desk: FrontDesk) -> None:
    application = apply_for(desk.estate, desk.merchant)
    with refused("contract-missing", "IC-06a"):
        check(desk.estate, application, None)
    with refused("length-not-open", "IC-06a"):
        step(
            desk,
            SHOPS,
            application,
            Step.CHECKED,
            contract_ends=date(2027, 1, 1),
            last_day=date(2025, 12, 31),
            length_reason="临时展位",
        )
    check(desk.estate, application, date(2027, 1, 1))
    with refused("length-reason-missing", "IC-06a"):
        approve(desk.estate, application, last_day=date(2025, 12, 31))
    for beyond in (date(2027, 1, 2), date(2030, 1, 1)):
        with refused("beyond-contract", "IC-06a"):
            approve(desk.estate, application, last_day=beyond, length_reason="临时展位")
    with refused("length-over", "IC-06a"):
        approve(desk.estate, application, last_day=date(2025, 6, 8), length_reason="临时展位")
    approve(desk.estate, application, last_day=date(2026, 12, 31), length_reason="配合合同期")
    card = issue(desk, desk.merchant, application)
    assert card.rights[RightKind.DOOR].last == date(2026, 12, 31)
    assert AbnormalReason.MERCHANT_LENGTH in last_row(desk).abnormal


def test_a_year_is_the_rule_and_is_not_abnormal_ic_06a(desk: FrontDesk) -> None:
    issue(desk, desk.merchant, approved(desk.estate, desk.merchant))
    assert last_row(desk).abnormal == []


def test_no_card_outlives_the_shops_contract_ic_06a(desk: FrontDesk) -> None:
    application = apply_for(desk.estate, desk.merchant)
    with refused("contract-ended", "IC-06a"):
        check(desk.estate, application, date(2025, 6, 8))
    check(desk.estate, application, date(2025, 12, 31))
    approve(desk.estate, application)
    found = quote(desk, desk.merchant, application)
    assert found.after[RightKind.DOOR].last == date(2025, 12, 31)
    assert found.notes == (QuoteNote.ENDS_WITH_CONTRACT,)


def test_an_application_serves_one_card_ic_06(desk: FrontDesk) -> None:
    """Also while it is being written; a voided writing leaves it free again."""
    application = approved(desk.estate, desk.merchant)
    issue(desk, desk.merchant, application)
    with refused("application-used", "IC-06"):
        quote(desk, desk.merchant, application)
    with refused("application-missing", "IC-13"):
        quote(desk, desk.staff, application)


def test_a_merchants_extension_needs_a_new_application_ic_12a(desk: FrontDesk) -> None:
    first = approved(desk.estate, desk.merchant)
    card = issue(desk, desk.merchant, first)
    desk.clock.now += timedelta(days=350)
    with refused("application-used", "IC-06"):
        old = verify(desk, desk.merchant, first)
        request = ExtendRequest(card_number=card.number, verification_id=old)
        planning.quote(desk.estate, DESK, request)
    assert planning.quote(desk.estate, DESK, desk.extend_request(card)).added is not None


def test_a_refused_or_withdrawn_application_issues_nothing_ic_06(desk: FrontDesk) -> None:
    refusing, withdrawing = (apply_for(desk.estate, desk.merchant) for _ in range(2))
    step(desk, SHOPS, refusing, Step.REFUSED, remark="公章不清")
    step(desk, CLERK, withdrawing, Step.WITHDRAWN)
    assert [show(desk, each) for each in (refusing, withdrawing)] == [
        Stage.REFUSED,
        Stage.WITHDRAWN,
    ]
    for ended in (refusing, withdrawing):
        with refused("application-not-approved", "IC-06"):
            quote(desk, desk.merchant, ended)
        with refused("step-not-next", "IC-06"):
            check(desk.estate, ended)


# --- staff ---------------------------------------------------------------------------------------


def test_a_staff_card_needs_an_approved_application_and_is_free_ic_13(desk: FrontDesk) -> None:
    with refused("application-missing", "IC-13"):
        quote(desk, desk.staff, None)
    application = apply_for(desk.estate, desk.staff)
    with refused("application-not-approved", "IC-13"):
        quote(desk, desk.staff, application)
    approve(desk.estate, application)
    found = quote(desk, desk.staff, application)
    assert found.total_fen == 0
    assert found.after[RightKind.DOOR].last == date(2026, 6, 8)


def test_section_heads_apply_and_the_department_head_approves_ic_13(desk: FrontDesk) -> None:
    request = ApplicationRequest(
        application_id=new_id(),
        kind=ApplicationKind.STAFF,
        holder_id=desk.staff,
        dated=date(2025, 6, 9),
        section="工程部",
    )
    for nobody in (CLERK, HEAD, SHOPS, DEPARTMENT):
        with pytest.raises(NotPermitted, match=Action.APPLY_STAFF_CARD):
            applications.apply(desk.estate, nobody, request)
    view = applications.apply(desk.estate, SECTION, request)
    assert (view.applicant, view.section, view.waits_for) == (
        "马军",
        "工程部",
        Action.APPROVE_STAFF_CARD,
    )
    for nobody in (CLERK, HEAD, SECTION, SHOPS):
        with pytest.raises(NotPermitted, match=Action.APPROVE_STAFF_CARD):
            step(desk, nobody, view.application_id, Step.APPROVED)


def test_nobody_approves_his_own_application_ic_13(desk: FrontDesk) -> None:
    both = with_roles("马军", Role.SECTION_HEAD, Role.DEPARTMENT_HEAD)
    application = apply_for(desk.estate, desk.staff)
    with refused("same-hand", "IC-13"):
        step(desk, both, application, Step.APPROVED)


def test_a_staff_card_ends_with_the_employment_ic_13a(desk: FrontDesk) -> None:
    with writing(desk.estate, setup.SETUP) as turn:
        row = turn.session.merge(holder_row(desk.estate, desk.staff))
        row.ends = date(2025, 9, 30)
    found = quote(desk, desk.staff, approved(desk.estate, desk.staff))
    assert found.after[RightKind.DOOR].last == date(2025, 9, 30)
    assert found.notes == (QuoteNote.ENDS_WITH_HOLDER,)


@pytest.mark.parametrize(
    ("form", "signer", "recipient"),
    [(CardForm.PERSONAL, Signer.HOLDER, "赵强"), (CardForm.SECTION, Signer.SECTION_HEAD, "马军")],
)
def test_the_employee_signs_his_card_and_the_head_his_sections_ic_15a(
    desk: FrontDesk, form: CardForm, signer: Signer, recipient: str
) -> None:
    """IC-15, IC-15a."""
    application = apply_for(desk.estate, desk.staff, form=form)
    approve(desk.estate, application)
    issue(desk, desk.staff, application)
    row = last_row(desk)
    assert (row.signer, row.recipient) == (signer, recipient)


def test_the_desk_lists_what_waits_for_whom_ic_06(desk: FrontDesk) -> None:
    to_check = apply_for(desk.estate, desk.merchant)
    to_approve = apply_for(desk.estate, desk.staff)
    ready = approved(desk.estate, desk.merchant)
    issue(desk, desk.merchant, approved(desk.estate, desk.merchant))
    found = applicationviews.applications(desk.estate, DESK, waiting=True).applications
    assert {each.application_id: each.waits_for for each in found} == {
        to_check: Action.CHECK_MERCHANT,
        to_approve: Action.APPROVE_STAFF_CARD,
        ready: None,
    }
    of_staff = applicationviews.applications(desk.estate, DESK, holder_id=desk.staff).applications
    assert [each.application_id for each in of_staff] == [to_approve]
    assert len(applicationviews.applications(desk.estate, DESK).applications) == 4


def test_what_waits_longest_comes_first_and_of_all_the_latest_ic_06(desk: FrontDesk) -> None:
    made = [apply_for(desk.estate, desk.merchant) for _ in range(3)]
    issue(desk, desk.merchant, used := approved(desk.estate, desk.merchant))

    def listed(**wanted: bool) -> list[str]:
        found = applicationviews.applications(desk.estate, DESK, **wanted).applications
        return [each.application_id for each in found]

    assert listed(waiting=True) == made
    assert listed() == [used, *made[::-1]]


def test_many_that_wait_are_leafed_through_and_a_page_asks_no_more_for_fifty_than_for_one_ic_06(
    desk: FrontDesk,
) -> None:
    made = [apply_for(desk.estate, desk.merchant) for _ in range(7)]
    check(desk.estate, made[0])
    asked: list[str] = []

    def listed(offset: int, limit: int) -> ApplicationList:
        asked.clear()
        return applicationviews.applications(
            desk.estate, DESK, waiting=True, offset=offset, limit=limit
        )

    def noted(*executed: object) -> None:
        asked.append(str(executed[2]))

    event.listen(desk.estate.engine, "before_cursor_execute", noted)
    one = listed(0, 1)
    statements_of_one = len(asked)
    five, rest = listed(0, 5), listed(5, 5)
    assert len(asked) == statements_of_one
    assert one.total == five.total == rest.total == len(made)
    found = [each.application_id for page in (five, rest) for each in page.applications]
    assert found == made
    assert [step.person for step in five.applications[0].steps] == ["郭涛"]


def test_a_repeated_step_is_done_once_ic_06(desk: FrontDesk) -> None:
    application = apply_for(desk.estate, desk.merchant)
    request = StepRequest(
        step_id=new_id(), step=Step.CHECKED, contract_ends=date(2027, 1, 1), remark="属实"
    )
    views = [applications.decide(desk.estate, SHOPS, application, request) for _ in range(2)]
    assert views[0] == views[1]
    assert len(views[1].steps) == 1
