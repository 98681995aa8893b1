"""The paperwork behind a card: what a test's front desk shows when it verifies somebody."""

from datetime import date
from uuid import uuid4

from cardserver.db.tables import CardRow, HolderRow
from cardserver.domain.application import ApplicationKind, CardForm, Step
from cardserver.domain.appraisal import REASON_OF, Finding
from cardserver.domain.card import REPLACEABLE
from cardserver.domain.cardreport import Reporter, ReportKind
from cardserver.domain.permits import Role
from cardserver.domain.phonerecord import CallResult
from cardserver.domain.rights import HolderClass
from cardserver.domain.station import StationKind
from cardserver.domain.verification import Paper
from cardserver.services import applications, appraising, phoning, reporting
from cardserver.services.turn import Caller, Estate, reading
from cardserver.wire_approvals import (
    ApplicationRequest,
    AppraisalRequest,
    ExplainedRequest,
    PhoneRecordRequest,
    ReportRequest,
    StepRequest,
)
from cardserver.wire_cards import CardView
from cardserver.wire_verifications import LeaseShown


def _at_the_desk(name: str, role: Role) -> Caller:
    return Caller(station="desk-1", kind=StationKind.DESK, operator=name, roles=frozenset({role}))


CLERK = _at_the_desk("张晓", Role.AGENT)
SECTION = _at_the_desk("马军", Role.SECTION_HEAD)
SHOPS = _at_the_desk("郭涛", Role.SHOP_HEAD)
DEPARTMENT = _at_the_desk("林岚", Role.DEPARTMENT_HEAD)
HEAD = _at_the_desk("何静", Role.FRONT_DESK_HEAD)
DATED = date(2025, 6, 1)
CONTRACT_ENDS = date(2035, 12, 31)


def new_id() -> str:
    return str(uuid4())


def holder_row(estate: Estate, holder_id: int) -> HolderRow:
    with reading(estate, CLERK) as turn:
        row = turn.find(HolderRow, holder_id, "holder")
        turn.session.expunge(row)
        return row


def apply_for(estate: Estate, holder_id: int, *, form: CardForm = CardForm.PERSONAL) -> str:
    """A written application for a merchant or for staff; returns its id."""
    merchant = holder_row(estate, holder_id).holder_class is HolderClass.MERCHANT
    request = ApplicationRequest(
        application_id=new_id(),
        kind=ApplicationKind.MERCHANT if merchant else ApplicationKind.STAFF,
        holder_id=holder_id,
        dated=DATED,
        applicant="周敏" if merchant else None,
        form=form,
        section=None if merchant else "工程部",
        papers=(Paper.SEALED_APPLICATION,) if merchant else (),
    )
    caller = CLERK if merchant else SECTION
    return applications.apply(estate, caller, request).application_id


def check(estate: Estate, application_id: str, contract_ends: date | None = CONTRACT_ENDS) -> None:
    """The shop affairs head verifies and fills the form."""
    step = StepRequest(step_id=new_id(), step=Step.CHECKED, contract_ends=contract_ends)
    applications.decide(estate, SHOPS, application_id, step)


def approve(estate: Estate, application_id: str, **length: date | str) -> None:
    """The department head agrees, perhaps to another length."""
    step = StepRequest.model_validate({"step_id": new_id(), "step": Step.APPROVED.value, **length})
    applications.decide(estate, DEPARTMENT, application_id, step)


def approved(estate: Estate, holder_id: int) -> str:
    """An application that a card may be issued on."""
    application_id = apply_for(estate, holder_id)
    if holder_row(estate, holder_id).holder_class is HolderClass.MERCHANT:
        check(estate, application_id)
    approve(estate, application_id)
    return application_id


def lease_of(estate: Estate, holder_id: int) -> LeaseShown | None:
    """The lease on file, shown again."""
    row = holder_row(estate, holder_id)
    if row.holder_class is not HolderClass.TENANT or row.lease_end is None:
        return None
    return LeaseShown(
        number="ZL-0803",
        first=date(2024, 2, 1),
        last=row.lease_end,
        shown="copy",
        copy_filed="2025-A-17",
    )


def appraised(estate: Estate, card: CardView, reason: str) -> str | None:
    """What has to be found before a card is replaced for this reason; None for a customer's lost
    one. A loss is reported first.
    """
    finding = next(found for found, why in REASON_OF.items() if why.value == reason)
    staff = card.holder_class is HolderClass.STAFF
    if finding is Finding.LOST:
        report_lost(estate, card)
    if finding is Finding.LOST and not staff:
        return None
    request = AppraisalRequest(appraisal_id=new_id(), finding=finding, inspected="看过")
    caller = HEAD if staff else CLERK
    return appraising.appraise(estate, caller, card.number, request).appraisal_id


def report_lost(estate: Estate, card: CardView) -> None:
    """Its holder says that it is lost, where nobody said so before."""
    with reading(estate, CLERK) as turn:
        row = turn.find(CardRow, card.number, "card")
        known = row.status not in REPLACEABLE or reporting.reported_lost(turn, row)
    if not known:
        lost = ReportRequest(report_id=new_id(), kind=ReportKind.LOST, reporter=Reporter.HOLDER)
        reporting.report(estate, CLERK, card.number, lost)


def called(
    estate: Estate, applicant: int, owner: int, result: CallResult = CallResult.CONFIRMED
) -> str:
    """The owner was telephoned about this person."""
    request = PhoneRecordRequest(
        record_id=new_id(),
        applicant_id=applicant,
        owner_id=owner,
        result=result,
        answered_by="王秀兰",
        relation="母亲",
    )
    return phoning.record_call(estate, CLERK, request).record_id


def leave_rows(estate: Estate, card: CardView, operation_id: str, family: int, staff: int) -> None:
    """A row in every table of this topic: a call, an application, an appraisal, a report."""
    called(estate, family, card.holder_id)
    approved(estate, staff)
    found = AppraisalRequest(appraisal_id=new_id(), finding=Finding.IN_DOUBT, inspected="看过")
    appraising.appraise(estate, CLERK, card.number, found)
    lost = ReportRequest(report_id=new_id(), kind=ReportKind.LOST, reporter=Reporter.HOLDER)
    reporting.report(estate, CLERK, card.number, lost)
    told = ExplainedRequest(explained_id=new_id())
    reporting.explain(estate, CLERK, operation_id, told)
