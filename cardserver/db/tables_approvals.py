"""What stands behind a door card: proofs, telephone records, applications, appraisals, reports.

All of it is append-only: a later word is a later row. `serial` counts from 1 without holes, and is
the number that people call the paper by.
"""

from datetime import date
from typing import Any, Final

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from cardserver.db.tables import UUID_SIZE, Base, _Made
from cardserver.db.types import words
from cardserver.domain.application import ApplicationKind, CardForm, Step
from cardserver.domain.appraisal import Finding
from cardserver.domain.cardreport import Reporter, ReportKind
from cardserver.domain.phonerecord import CallResult


class PhoneRecordRow(_Made, Base):
    """电话核实记录 (IC-04a): `number` was taken from the owner's record by the server itself."""

    __tablename__ = "phone_record"
    id: Mapped[str] = mapped_column(String(UUID_SIZE), primary_key=True)
    serial: Mapped[int] = mapped_column(unique=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    owner_id: Mapped[int] = mapped_column(ForeignKey("holder.id"))
    applicant_id: Mapped[int] = mapped_column(ForeignKey("holder.id"), index=True)
    number: Mapped[str] = mapped_column(String(60))
    answered_by: Mapped[str] = mapped_column(String(60))
    relation: Mapped[str] = mapped_column(String(60))
    result: Mapped[CallResult] = mapped_column(words(CallResult, "result"))
    remark: Mapped[str] = mapped_column(String(400))


class ApplicationRow(_Made, Base):
    """A written application. `applicant` signed it: the merchant's person, or the section head.

    `dated` is the date on the paper.
    """

    __tablename__ = "application"
    id: Mapped[str] = mapped_column(String(UUID_SIZE), primary_key=True)
    serial: Mapped[int] = mapped_column(unique=True)
    kind: Mapped[ApplicationKind] = mapped_column(words(ApplicationKind, "kind"))
    holder_id: Mapped[int] = mapped_column(ForeignKey("holder.id"), index=True)
    applicant: Mapped[str] = mapped_column(String(60))
    dated: Mapped[date]
    form: Mapped[CardForm] = mapped_column(words(CardForm, "form"))
    section: Mapped[str] = mapped_column(String(60))
    papers: Mapped[Any]
    purpose: Mapped[str] = mapped_column(String(400))


class ApplicationStepRow(_Made, Base):
    """What a named person did with an application: `person` by office, `operator` at the page.

    `contract_ends` is entered with the form (CHECKED); `last_day` and its reason with the
    agreement (APPROVED), where the card shall not run for one year (IC-06a).
    """

    __tablename__ = "application_step"
    id: Mapped[int] = mapped_column(primary_key=True)
    application_id: Mapped[str] = mapped_column(ForeignKey("application.id"), index=True)
    step: Mapped[Step] = mapped_column(words(Step, "step"))
    person: Mapped[str] = mapped_column(String(60))
    remark: Mapped[str] = mapped_column(String(400))
    contract_ends: Mapped[date | None]
    last_day: Mapped[date | None]
    length_reason: Mapped[str] = mapped_column(String(400))
    __table_args__ = (UniqueConstraint("application_id", "step"),)


class ApplicationUseRow(Base):
    """The operation that issues on an application; a voided one leaves it free again."""

    __tablename__ = "application_use"
    operation_id: Mapped[str] = mapped_column(ForeignKey("operation.id"), primary_key=True)
    application_id: Mapped[str] = mapped_column(ForeignKey("application.id"), index=True)


class VerificationProofRow(Base):
    """What a verification rests on, beside the papers seen: one row where there is any."""

    __tablename__ = "verification_proof"
    verification_id: Mapped[str] = mapped_column(ForeignKey("verification.id"), primary_key=True)
    record_id: Mapped[int | None] = mapped_column(ForeignKey("holder.id"))
    phone_record_id: Mapped[str | None] = mapped_column(ForeignKey("phone_record.id"))
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("holder.id"))
    application_id: Mapped[str | None] = mapped_column(ForeignKey("application.id"))
    lease_number: Mapped[str | None] = mapped_column(String(60))
    lease_first: Mapped[date | None]
    lease_last: Mapped[date | None]
    lease_shown: Mapped[str | None] = mapped_column(String(30))
    copy_filed: Mapped[str | None] = mapped_column(String(60))
    tenant_id: Mapped[int | None] = mapped_column(ForeignKey("holder.id"))
    sub_tenant: Mapped[bool]


class AppraisalRow(_Made, Base):
    """What a card was found to be, and by whom: `person` is the head where one is needed."""

    __tablename__ = "appraisal"
    id: Mapped[str] = mapped_column(String(UUID_SIZE), primary_key=True)
    serial: Mapped[int] = mapped_column(unique=True)
    card_number: Mapped[int] = mapped_column(ForeignKey("card.number"), index=True)
    finding: Mapped[Finding] = mapped_column(words(Finding, "finding"))
    inspected: Mapped[str] = mapped_column(String(400))
    person: Mapped[str] = mapped_column(String(60))


class CardReportRow(_Made, Base):
    """A card was reported lost, found, given back or swapped; `for_holder_id` is who gets it."""

    __tablename__ = "card_report"
    id: Mapped[str] = mapped_column(String(UUID_SIZE), primary_key=True)
    serial: Mapped[int] = mapped_column(unique=True)
    card_number: Mapped[int] = mapped_column(ForeignKey("card.number"), index=True)
    kind: Mapped[ReportKind] = mapped_column(words(ReportKind, "kind"))
    reporter: Mapped[Reporter] = mapped_column(words(Reporter, "reporter"))
    name: Mapped[str] = mapped_column(String(60))
    for_holder_id: Mapped[int | None] = mapped_column(ForeignKey("holder.id"))
    remark: Mapped[str] = mapped_column(String(400))


class ExplanationRow(_Made, Base):
    """The holder was told use, last day, care and extension at the hand-over (IC-08)."""

    __tablename__ = "explanation"
    operation_id: Mapped[str] = mapped_column(ForeignKey("operation.id"), primary_key=True)


class SectionHandingRow(_Made, Base):
    """A section's card goes to a colleague, by its head's word (IC-15a)."""

    __tablename__ = "section_handing"
    id: Mapped[str] = mapped_column(String(UUID_SIZE), primary_key=True)
    card_number: Mapped[int] = mapped_column(ForeignKey("card.number"), index=True)
    given_to: Mapped[str] = mapped_column(String(60))
    given_by: Mapped[str] = mapped_column(String(60))
    remark: Mapped[str] = mapped_column(String(400))


APPEND_ONLY: Final = (
    "section_handing",
    "phone_record",
    "application",
    "application_step",
    "application_use",
    "verification_proof",
    "appraisal",
    "card_report",
    "explanation",
)
