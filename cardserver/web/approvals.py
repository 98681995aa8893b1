"""The door-card business beside the sale: calls, applications, appraisals, reports, hand-over."""

from typing import Annotated
from uuid import UUID

from apiflask import APIBlueprint
from pydantic import Field

from cardserver.domain.permits import Action
from cardserver.services import (
    applications,
    applicationviews,
    appraising,
    phoning,
    reporting,
    sectioncards,
)
from cardserver.web.auth import caller, estate, permit
from cardserver.web.params import CARD, row
from cardserver.wire_approvals import (
    ApplicationList,
    ApplicationRequest,
    ApplicationView,
    AppraisalRequest,
    Appraisals,
    AppraisalView,
    Explained,
    ExplainedRequest,
    HandOnRequest,
    PhoneRecordRequest,
    PhoneRecords,
    PhoneRecordView,
    ReportRequest,
    ReportView,
    SectionCard,
    StepRequest,
    TakenOnRecord,
    UnitCards,
)
from cardserver.wirebase import RowId, Wire

api = APIBlueprint("approvals", __name__, tag="Approvals and verification")
_HOLDER = row("holder_id")


class ApplicationsQuery(Wire):
    """Of one holder, or only those that wait for somebody; and from which on."""

    holder_id: RowId | None = None
    waiting: bool = Field(default=False)
    offset: Annotated[int, Field(ge=0, le=1_000_000)] = 0
    limit: Annotated[int, Field(ge=1, le=200)] = 200


@api.post("/phone-records")
@permit(Action.VERIFY)
@api.input(PhoneRecordRequest)
@api.output(PhoneRecordView)
def record_call(json_data: PhoneRecordRequest) -> PhoneRecordView:
    """Keep a call to the owner about a person without data on file."""
    return phoning.record_call(estate(), caller(), json_data)


@api.get(f"/holders/{_HOLDER}/phone-records")
@permit(Action.FIND_HOLDERS)
@api.output(PhoneRecords)
def phone_records(holder_id: int) -> PhoneRecords:
    """List the calls about one applicant, and the owners who can be asked."""
    return phoning.phone_records(estate(), caller(), holder_id)


@api.post(f"/holders/{_HOLDER}/on-record")
@permit(Action.EDIT_HOLDERS)
@api.input(TakenOnRecord)
@api.output(PhoneRecords)
def take_on_record(holder_id: int, json_data: TakenOnRecord) -> PhoneRecords:
    """Put a person whom the owner confirmed today onto the unit's record."""
    return phoning.take_on_record(estate(), caller(), holder_id, json_data.request_id)


@api.get(f"/holders/{_HOLDER}/unit-cards")
@permit(Action.FIND_HOLDERS)
@api.output(UnitCards)
def unit_cards(holder_id: int) -> UnitCards:
    """Count the live cards of a holder's unit against its residents."""
    return reporting.unit_cards(estate(), caller(), holder_id)


@api.post("/applications")
@permit(Action.FIND_HOLDERS)
@api.input(ApplicationRequest)
@api.output(ApplicationView)
def apply(json_data: ApplicationRequest) -> ApplicationView:
    """Take down a written application; whose office it needs is the service's to say."""
    return applications.apply(estate(), caller(), json_data)


@api.get("/applications")
@permit(Action.FIND_HOLDERS)
@api.input(ApplicationsQuery, location="query")
@api.output(ApplicationList)
def list_applications(query_data: ApplicationsQuery) -> ApplicationList:
    """List applications, latest first; of those that wait the longest waiting first."""
    return applicationviews.applications(
        estate(),
        caller(),
        holder_id=query_data.holder_id,
        waiting=query_data.waiting,
        offset=query_data.offset,
        limit=query_data.limit,
    )


@api.get("/applications/<uuid:application_id>")
@permit(Action.FIND_HOLDERS)
@api.output(ApplicationView)
def show_application(application_id: UUID) -> ApplicationView:
    """Show one application with its steps."""
    return applicationviews.application(estate(), caller(), str(application_id))


@api.post("/applications/<uuid:application_id>/steps")
@permit(Action.FIND_HOLDERS)
@api.input(StepRequest)
@api.output(ApplicationView)
def decide(application_id: UUID, json_data: StepRequest) -> ApplicationView:
    """Do one step of an application, by whoever it waits for."""
    return applications.decide(estate(), caller(), str(application_id), json_data)


@api.get(f"/cards/{CARD}/appraisals")
@permit(Action.FIND_HOLDERS)
@api.output(Appraisals)
def appraisals(number: int) -> Appraisals:
    """List what a card was found to be."""
    return appraising.appraisals(estate(), caller(), number)


@api.get(f"/cards/{CARD}/handings")
@permit(Action.FIND_HOLDERS)
@api.output(SectionCard)
def section_card(number: int) -> SectionCard:
    """Tell whose section a card is and through whose hands it went."""
    return sectioncards.section_card(estate(), caller(), number)


@api.post(f"/cards/{CARD}/handings")
@permit(Action.APPLY_STAFF_CARD)
@api.input(HandOnRequest)
@api.output(SectionCard)
def hand_on(number: int, json_data: HandOnRequest) -> SectionCard:
    """Record that the section head gave the section's card on."""
    return sectioncards.hand_on(estate(), caller(), number, json_data)


@api.post(f"/cards/{CARD}/appraisals")
@permit(Action.VERIFY)
@api.input(AppraisalRequest)
@api.output(AppraisalView)
def appraise(number: int, json_data: AppraisalRequest) -> AppraisalView:
    """Record what was inspected and what the card was found to be; some need a head's word."""
    return appraising.appraise(estate(), caller(), number, json_data)


@api.post(f"/cards/{CARD}/reports")
@permit(Action.BLOCK)
@api.input(ReportRequest)
@api.output(ReportView)
def report(number: int, json_data: ReportRequest) -> ReportView:
    """Take a report of a card: lost, found, returned, swapped."""
    return reporting.report(estate(), caller(), number, json_data)


@api.post("/operations/<uuid:operation_id>/explanation")
@permit(Action.VERIFY)
@api.input(ExplainedRequest)
@api.output(Explained)
def explain(operation_id: UUID, json_data: ExplainedRequest) -> Explained:
    """Record that the holder was told all there is to tell at the hand-over."""
    return reporting.explain(estate(), caller(), str(operation_id), json_data)
