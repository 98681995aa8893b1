"""Shapes of the door-card business: telephone records, applications, appraisals, reports.

Requests come first, answers after them.
"""

from datetime import date
from typing import Annotated

from pydantic import Field

from cardserver.domain.application import ApplicationKind, CardForm, Stage, Step
from cardserver.domain.appraisal import Finding
from cardserver.domain.cardreport import Reporter, ReportKind
from cardserver.domain.permits import Action
from cardserver.domain.phonerecord import CallResult
from cardserver.domain.rights import CardStatus, HolderClass
from cardserver.domain.verification import Paper
from cardserver.wirebase import Instant, Number, RowId, Text, Uuid, Wire, Word

# --- requests ------------------------------------------------------------------------------------


class PhoneRecordRequest(Wire):
    """A call to the owner about one named applicant (IC-04a).

    The number dialled is no part of it: the server takes it from the owner's record.
    """

    record_id: Uuid
    applicant_id: RowId
    owner_id: RowId
    result: CallResult
    answered_by: Word | None = None
    relation: Word | None = None
    remark: Text | None = None


class TakenOnRecord(Wire):
    """A person whom the owner confirmed goes onto the unit's record (IC-04b)."""

    request_id: Uuid


class ApplicationRequest(Wire):
    """A written application for one holder's card.

    A merchant's is taken down by an agent from the sealed paper (`applicant` signed it on
    `dated`); a staff card is applied for by the section head in his own name.
    """

    application_id: Uuid
    kind: ApplicationKind
    holder_id: RowId
    dated: date
    applicant: Word | None = None
    form: CardForm = CardForm.PERSONAL
    section: Word | None = None
    papers: Annotated[tuple[Paper, ...], Field(max_length=20)] = ()
    purpose: Text | None = None


class StepRequest(Wire):
    """One person's step. `contract_ends` belongs to CHECKED, the other length to APPROVED."""

    step_id: Uuid
    step: Step
    remark: Text | None = None
    contract_ends: date | None = None
    last_day: date | None = None
    length_reason: Text | None = None


class AppraisalRequest(Wire):
    """What was inspected, and what the card was found to be (IC-10a, IC-16)."""

    appraisal_id: Uuid
    finding: Finding
    inspected: Text


class ReportRequest(Wire):
    """A card is reported lost, found, returned or swapped, by whom.

    `for_holder_id` is the member of the household who gets the swapped card.
    """

    report_id: Uuid
    kind: ReportKind
    reporter: Reporter
    name: Word | None = None
    for_holder_id: RowId | None = None
    remark: Text | None = None


class ExplainedRequest(Wire):
    """The holder was told how to use the card, until when, and when to extend it (IC-08)."""

    explained_id: Uuid


# --- answers -------------------------------------------------------------------------------------


class OwnerOfUnit(Wire):
    """An owner who can be asked. `phone` is masked; `dialled` stands in the record only."""

    holder_id: RowId
    name: str
    phone: str


class PhoneRecordView(Wire):
    """A stored call. `dialled` is the number on the owner's record at the time, masked."""

    record_id: Uuid
    serial: int
    unit: str
    owner_id: RowId
    owner_name: str
    applicant_id: RowId
    applicant_name: str
    dialled: str
    answered_by: str
    relation: str
    result: CallResult
    remark: str
    operator: str
    station: str
    at: Instant
    serves_today: bool


class PhoneRecords(Wire):
    """Calls about one applicant, latest first, and the owners who can be asked."""

    owners: tuple[OwnerOfUnit, ...]
    records: tuple[PhoneRecordView, ...]
    listed: bool


class StepView(Wire):
    """A step that was done: by whom, when."""

    step: Step
    person: str
    at: Instant
    remark: str
    contract_ends: date | None
    last_day: date | None
    length_reason: str


class ApplicationView(Wire):
    """An application with its steps. `waits_for` is the right of who is asked next."""

    application_id: Uuid
    serial: int
    kind: ApplicationKind
    stage: Stage
    waits_for: Action | None
    holder_id: RowId
    holder_name: str
    holder_class: HolderClass
    unit: str
    applicant: str
    dated: date
    form: CardForm
    section: str
    papers: tuple[Paper, ...]
    purpose: str
    operator: str
    at: Instant
    steps: tuple[StepView, ...]


class ApplicationList(Wire):
    """Some applications, latest first, and how many there are of the kind asked for."""

    applications: tuple[ApplicationView, ...]
    total: int


class AppraisalView(Wire):
    """What a card was found to be. `decided` is False while a head is still to decide."""

    appraisal_id: Uuid
    serial: int
    card_number: Number
    finding: Finding
    inspected: str
    person: str
    operator: str
    at: Instant
    decided: bool


class Appraisals(Wire):
    """The findings on one card, latest first."""

    appraisals: tuple[AppraisalView, ...]


class HandOnRequest(Wire):
    """A section's card goes to a colleague (IC-15a)."""

    handing_id: Uuid
    given_to: Word
    remark: Text | None = None


class SectionHanding(Wire):
    """Who got a section's card, from whom, and when."""

    given_to: str
    given_by: str
    remark: str
    station: str
    at: Instant


class SectionCard(Wire):
    """A card's section, None for a card of one person, and its hands, the latest first."""

    card_number: Number
    section: str | None
    handings: tuple[SectionHanding, ...]


class ReportView(Wire):
    """A report that was taken, and what the card is now."""

    report_id: Uuid
    serial: int
    card_number: Number
    kind: ReportKind
    reporter: Reporter
    name: str
    for_holder_id: RowId | None
    operator: str
    at: Instant
    status: CardStatus
    holder_id: RowId
    holder_name: str
    unit: str


class Explained(Wire):
    """The explanation is on record."""

    operation_id: Uuid
    operator: str
    at: Instant


class UnitCards(Wire):
    """Cards of a unit against the residents on file: a warning, never a limit (IC-23a)."""

    unit: str
    residents: int
    cards: int
    warn: bool
