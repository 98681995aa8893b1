"""What the entries of the register F1 are made of: the holder, the card, and what was shown.

Topics that enter rows of their own begin with `about_holder` or `card_entry` and replace what they
know better.
"""

from dataclasses import replace

from sqlalchemy import select

from cardserver.db.queries import rights_of, unit_of
from cardserver.db.tables import CardRow, HolderRow, RightRow, VerificationRow
from cardserver.db.tables_approvals import (
    ApplicationRow,
    ApplicationStepRow,
    AppraisalRow,
    VerificationProofRow,
)
from cardserver.domain.application import CardForm, Step
from cardserver.domain.register import EnteredRight, Proof, RegisterEntry, RegisterKind
from cardserver.domain.rights import RightKind
from cardserver.domain.signature import Signer
from cardserver.domain.validity import ValidityPeriod
from cardserver.services.turn import Turn


def about_holder(turn: Turn, holder_id: int, kind: RegisterKind) -> RegisterEntry:
    """An entry about a person as he stands on file. Raises NotFound."""
    holder = turn.find(HolderRow, holder_id, "holder")
    unit = unit_of(turn.session, holder)
    return RegisterEntry(
        kind=kind,
        holder_id=holder.id,
        holder_name=holder.name,
        holder_class=holder.holder_class,
        unit="" if unit is None else unit.label,
        relation=holder.relation or "",
    )


def proof_shown(turn: Turn, verification_id: str | None, appraisal_id: str | None) -> Proof:
    """What was checked, and what was found. Raises NotFound."""
    appraisal = _appraisal(turn, appraisal_id)
    if verification_id is None:
        return Proof(appraisal=appraisal)
    row = turn.find(VerificationRow, verification_id, "verification")
    beside = turn.session.get(VerificationProofRow, verification_id)
    return Proof(
        method=row.method,
        papers=tuple(str(paper) for paper in row.papers),
        verification_id=row.id,
        phone_record_id="" if beside is None else beside.phone_record_id or "",
        approval_id="" if beside is None else beside.application_id or "",
        appraisal=appraisal,
        paper_folder="" if beside is None else beside.copy_filed or "",
    )


def _appraisal(turn: Turn, appraisal_id: str | None) -> str:
    """What was found, what was looked at, and by whom."""
    row = turn.session.get(AppraisalRow, appraisal_id) if appraisal_id else None
    if row is None:
        return ""
    return " · ".join(part for part in (row.finding, row.inspected, row.person) if part)


def with_application(turn: Turn, entry: RegisterEntry) -> RegisterEntry:
    """The entry with who agreed to it, and who signs: for a section's card its head, who applied
    for it (IC-15a).
    """
    approval = entry.proof.approval_id
    application = turn.session.get(ApplicationRow, approval) if approval else None
    if application is None:
        return entry
    statement = select(ApplicationStepRow.person).where(
        ApplicationStepRow.application_id == application.id,
        ApplicationStepRow.step == Step.APPROVED,
    )
    agreed = turn.session.scalars(statement).first()
    entry = replace(entry, approver=agreed or entry.approver)
    if application.form is CardForm.SECTION:
        return replace(entry, signer=Signer.SECTION_HEAD, recipient=application.applicant)
    return entry


def card_entry(turn: Turn, card: CardRow, kind: RegisterKind, remark: str) -> RegisterEntry:
    """The entry of an act on a card as it stands: what is left out, the caller replaces."""
    rights = rights_of(turn.session, card.number)
    door = next((right for right in rights if right.kind is RightKind.DOOR), None)
    return replace(
        about_holder(turn, card.holder_id, kind),
        card_number=card.number,
        chip=card.uid.hex(),
        rights=tuple(_right(right) for right in rights),
        valid_from=None if door is None else door.first,
        valid_to=None if door is None else _period_of(door).last,
        remark=remark,
    )


def _period_of(row: RightRow) -> ValidityPeriod:
    return ValidityPeriod(first=row.first, after_last=row.after_last)


def _right(row: RightRow) -> EnteredRight:
    return EnteredRight(kind=row.kind, zones=row.zones, first=row.first, last=_period_of(row).last)
