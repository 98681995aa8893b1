"""A desk's calls about calls, applications, appraisals, reports and the words at the hand-over."""

from cardserver.clientbase import Calls
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


class ApprovalsCalls(Calls):
    """What stands behind a door card, and what is reported of one."""

    def record_call(self, request: PhoneRecordRequest) -> PhoneRecordView:
        """Keep a call to the owner (IC-04a)."""
        return self._post("/api/phone-records", request, PhoneRecordView)

    def phone_records(self, applicant_id: int) -> PhoneRecords:
        """Calls about one applicant, and the owners who can be asked."""
        return self._get(f"/api/holders/{applicant_id}/phone-records", PhoneRecords)

    def take_on_record(self, holder_id: int, request_id: str) -> PhoneRecords:
        """Put a person whom the owner confirmed today onto the unit's record (IC-04b)."""
        body = TakenOnRecord(request_id=request_id)
        return self._post(f"/api/holders/{holder_id}/on-record", body, PhoneRecords)

    def unit_cards(self, holder_id: int) -> UnitCards:
        """Live cards of the holder's unit against its residents (IC-23a)."""
        return self._get(f"/api/holders/{holder_id}/unit-cards", UnitCards)

    def apply(self, request: ApplicationRequest) -> ApplicationView:
        """Take down a written application (IC-06, IC-13)."""
        return self._post("/api/applications", request, ApplicationView)

    def applications(
        self,
        *,
        holder_id: int | None = None,
        waiting: bool = False,
        offset: int = 0,
        limit: int = 200,
    ) -> ApplicationList:
        """Applications of one holder or all, latest first; or those that wait, longest first."""
        params = {"offset": str(offset), "limit": str(limit)}
        if waiting:
            params["waiting"] = "true"
        if holder_id is not None:
            params["holder_id"] = str(holder_id)
        return self._get("/api/applications", ApplicationList, params)

    def application(self, application_id: str) -> ApplicationView:
        """One application with its steps."""
        return self._get(f"/api/applications/{application_id}", ApplicationView)

    def decide(self, application_id: str, request: StepRequest) -> ApplicationView:
        """Do one step, by whoever it waits for."""
        return self._post(f"/api/applications/{application_id}/steps", request, ApplicationView)

    def appraise(self, card_number: int, request: AppraisalRequest) -> AppraisalView:
        """Record what a card was found to be (IC-10a, IC-16)."""
        return self._post(f"/api/cards/{card_number}/appraisals", request, AppraisalView)

    def appraisals(self, card_number: int) -> Appraisals:
        """What a card was found to be, latest first."""
        return self._get(f"/api/cards/{card_number}/appraisals", Appraisals)

    def section_card(self, card_number: int) -> SectionCard:
        """Whose section a card is, and through whose hands it went (IC-15a)."""
        return self._get(f"/api/cards/{card_number}/handings", SectionCard)

    def hand_on(self, card_number: int, request: HandOnRequest) -> SectionCard:
        """The section head gives it on; ``no-section-card`` for a card of one person."""
        return self._post(f"/api/cards/{card_number}/handings", request, SectionCard)

    def report(self, card_number: int, request: ReportRequest) -> ReportView:
        """Take a report of a card (IC-23a)."""
        return self._post(f"/api/cards/{card_number}/reports", request, ReportView)

    def explain(self, operation_id: str, request: ExplainedRequest) -> Explained:
        """Record the words at the hand-over (IC-08)."""
        return self._post(f"/api/operations/{operation_id}/explanation", request, Explained)
