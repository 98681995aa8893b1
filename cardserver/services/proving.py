"""What a verification rests on: kept beside it, and asked for before a card is authorised.

Here nothing is believed because a page said so: a telephone record, a lease, an application is
looked up, and must be for this person and for today.
"""

from datetime import date

from sqlalchemy import func, select

from cardserver.db.tables import CardRow, HolderRow, OperationRow, RightRow, VerificationRow
from cardserver.db.tables_approvals import (
    ApplicationRow,
    ApplicationStepRow,
    ApplicationUseRow,
    AppraisalRow,
    PhoneRecordRow,
    VerificationProofRow,
)
from cardserver.domain.application import (
    APPLICATION_OF,
    RULE_OF,
    ApplicationKind,
    Stage,
    Step,
    check_other_person,
    stage_of,
)
from cardserver.domain.appraisal import Finding
from cardserver.domain.cardterm import Facts
from cardserver.domain.errors import RuleViolation
from cardserver.domain.operation import OperationState
from cardserver.domain.phonerecord import PhoneRecord, check_phone_record
from cardserver.domain.rights import CardStatus, HolderClass, RightKind
from cardserver.domain.validity import ValidityPeriod
from cardserver.domain.verification import VerificationMethod
from cardserver.services.turn import Turn
from cardserver.wire_verifications import LeaseShown, VerificationRequest


def keep_proof(turn: Turn, request: VerificationRequest) -> None:
    """Keep what was shown beside the verification. Raises NotFound for what is not on file."""
    holder = turn.find(HolderRow, request.holder_id, "holder")
    record = _consulted(turn, holder)
    if request.phone_record_id is not None:
        turn.find(PhoneRecordRow, request.phone_record_id, "phone-record")
    if request.application_id is not None:
        turn.find(ApplicationRow, request.application_id, "application")
    if request.owner_id is not None:
        turn.find(HolderRow, request.owner_id, "holder")
    lease = request.lease
    if lease is not None and lease.tenant_id is not None:
        turn.find(HolderRow, lease.tenant_id, "holder")
    turn.insert(
        VerificationProofRow,
        verification_id=request.verification_id,
        record_id=None if record is None else record.id,
        phone_record_id=request.phone_record_id,
        owner_id=request.owner_id,
        application_id=request.application_id,
        lease_number=None if lease is None else lease.number,
        lease_first=None if lease is None else lease.first,
        lease_last=None if lease is None else lease.last,
        lease_shown=None if lease is None else lease.shown,
        copy_filed=None if lease is None else lease.copy_filed,
        tenant_id=None if lease is None else lease.tenant_id,
        sub_tenant=lease is not None and lease.sub_tenant,
    )
    if lease is not None and holder.holder_class is HolderClass.TENANT:
        _note_lease(turn, holder, lease)


def _note_lease(turn: Turn, holder: HolderRow, lease: LeaseShown) -> None:
    """The lease that was shown is the one on file from now on."""
    on_file = (holder.lease_number, holder.lease_start, holder.lease_end)
    shown = (lease.number, lease.first, lease.last)
    if on_file != shown:
        turn.note("lease", f"holder {holder.id}", f"{on_file[2]} -> {lease.number} {lease.last}")
        holder.lease_number, holder.lease_start, holder.lease_end = shown
        holder.version += 1


def _consulted(turn: Turn, holder: HolderRow) -> HolderRow | None:
    """The owner record that was looked at: the owner's own, or that of an owner of the unit."""
    if holder.holder_class is HolderClass.OWNER:
        return holder
    return next(iter(owners_of(turn, holder.unit_id)), None)


def owners_of(turn: Turn, unit_id: int | None) -> list[HolderRow]:
    """The owners of a unit as of today (IC-02a, IC-22)."""
    if unit_id is None:
        return []
    statement = select(HolderRow).where(
        HolderRow.unit_id == unit_id, HolderRow.holder_class == HolderClass.OWNER
    )
    rows = turn.session.scalars(statement.order_by(HolderRow.id))
    return [row for row in rows if row.ends is None or row.ends >= turn.today]


def proof_of(turn: Turn, verification_id: str) -> VerificationProofRow | None:
    """What is kept beside a verification."""
    return turn.session.get(VerificationProofRow, verification_id)


def check_proof(turn: Turn, holder: HolderRow, row: VerificationRow) -> None:
    """May a door card be authorised on this verification today? Raises RuleViolation."""
    proof = proof_of(turn, row.id)
    if row.method is VerificationMethod.PHONE:
        _check_phone(turn, holder, proof)
    match holder.holder_class:
        case HolderClass.OWNER:
            return
        case HolderClass.FAMILY:
            if not is_listed(holder) and row.method is not VerificationMethod.PHONE:
                _check_owner_present(turn, holder, row, proof)
        case HolderClass.TENANT:
            _check_lease(turn, holder, row, proof)
        case HolderClass.MERCHANT | HolderClass.STAFF:
            _check_application(turn, holder, proof)


def check_owner_word(turn: Turn, holder: HolderRow, row: VerificationRow) -> None:
    """Was the owner telephoned about this applicant, or is he here (PARK-01a)?"""
    proof = proof_of(turn, row.id)
    if row.method is VerificationMethod.PHONE:
        _check_phone(turn, holder, proof)
    else:
        _check_owner_present(turn, holder, row, proof)


def is_listed(holder: HolderRow) -> bool:
    """True for family that stands on the unit's record (IC-03a)."""
    return holder.listed is not False


def _check_phone(turn: Turn, holder: HolderRow, proof: VerificationProofRow | None) -> None:
    wanted = None if proof is None else proof.phone_record_id
    row = None if wanted is None else turn.session.get(PhoneRecordRow, wanted)
    check_phone_record(phone_record(turn, row), applicant_id=holder.id, today=turn.today)


def phone_record(turn: Turn, row: PhoneRecordRow | None) -> PhoneRecord | None:
    """A stored call as the domain judges it."""
    if row is None:
        return None
    return PhoneRecord(
        applicant_id=row.applicant_id,
        owner_id=row.owner_id,
        result=row.result,
        day=turn.local_date(row.at),
    )


def _check_owner_present(
    turn: Turn, holder: HolderRow, row: VerificationRow, proof: VerificationProofRow | None
) -> None:
    """The owner in person replaces the call (IC-04b), on the day itself."""
    if row.method is not VerificationMethod.OWNER_PRESENT:
        raise RuleViolation("phone-record-missing", rule="IC-04")
    present = None if proof is None else proof.owner_id
    if present not in {owner.id for owner in owners_of(turn, holder.unit_id)}:
        raise RuleViolation("owner-not-of-unit", rule="IC-04b")
    if turn.local_date(row.at) != turn.today:
        raise RuleViolation("verification-old", rule="IC-04a")


def _check_lease(
    turn: Turn, holder: HolderRow, row: VerificationRow, proof: VerificationProofRow | None
) -> None:
    if proof is None or proof.lease_last is None:
        raise RuleViolation("lease-missing", rule="IC-05")
    if proof.lease_last < turn.today:
        raise RuleViolation("lease-expired", rule="IC-05a")
    tenant = _tenant_behind(turn, holder, proof)
    if tenant is not None:
        same = (tenant.unit_id, tenant.holder_class) == (holder.unit_id, HolderClass.TENANT)
        if not same or tenant.id == holder.id:
            raise RuleViolation("tenant-not-of-unit", rule="IC-05b")
        if _own_last(turn, tenant) is None:
            raise RuleViolation("tenant-card-first", rule="IC-05b")
    if proof.sub_tenant and row.method is not VerificationMethod.PHONE:
        _check_owner_present(turn, holder, row, proof)


def _tenant_behind(turn: Turn, holder: HolderRow, proof: VerificationProofRow) -> HolderRow | None:
    """The tenant on whose lease this person lives, as shown or as on file; None for himself."""
    wanted = proof.tenant_id or holder.principal_id
    if wanted is None or holder.holder_class is not HolderClass.TENANT:
        return None
    return turn.find(HolderRow, wanted, "holder")


def _own_last(turn: Turn, tenant: HolderRow) -> date | None:
    """Last day of the tenant's own live card (IC-05b)."""
    statement = (
        select(func.max(RightRow.after_last))
        .join(CardRow, CardRow.number == RightRow.card_number)
        .where(
            CardRow.holder_id == tenant.id,
            CardRow.status == CardStatus.LIVE,
            RightRow.kind == RightKind.DOOR,
        )
    )
    found = turn.session.scalar(statement)
    if found is None:
        return None
    return ValidityPeriod(first=date.min, after_last=found).last


def _check_application(turn: Turn, holder: HolderRow, proof: VerificationProofRow | None) -> None:
    kind = APPLICATION_OF[holder.holder_class]
    rule = RULE_OF[kind]
    wanted = None if proof is None else proof.application_id
    row = None if wanted is None else turn.session.get(ApplicationRow, wanted)
    if row is None or (row.holder_id, row.kind) != (holder.id, kind):
        raise RuleViolation("application-missing", rule=rule)
    stage = application_stage(turn, row)
    if stage is Stage.USED:
        raise RuleViolation("application-used", rule=rule)
    if stage is not Stage.APPROVED:
        raise RuleViolation("application-not-approved", rule=rule, message=f"it is {stage}")
    if kind is ApplicationKind.MERCHANT:
        check_other_person(kind, turn.caller.operator, hands_of(turn, row))


def steps_of(turn: Turn, application_id: str) -> dict[Step, ApplicationStepRow]:
    """The steps of an application so far."""
    statement = select(ApplicationStepRow).where(
        ApplicationStepRow.application_id == application_id
    )
    rows = turn.session.scalars(statement.order_by(ApplicationStepRow.id))
    return {row.step: row for row in rows}


def hands_of(turn: Turn, row: ApplicationRow) -> dict[str, str]:
    """Who did what with an application; a merchant's own person is no hand of ours."""
    hands = {step.value: each.person for step, each in steps_of(turn, row.id).items()}
    if row.kind is ApplicationKind.STAFF:
        hands["applied"] = row.applicant
    return hands


def application_stage(turn: Turn, row: ApplicationRow) -> Stage:
    """Where an application stands."""
    steps = {step: each.person for step, each in steps_of(turn, row.id).items()}
    return stage_of(row.kind, steps, used=_is_used(turn, row.id))


def _is_used(turn: Turn, application_id: str) -> bool:
    statement = (
        select(func.count())
        .select_from(ApplicationUseRow)
        .join(OperationRow, OperationRow.id == ApplicationUseRow.operation_id)
        .where(
            ApplicationUseRow.application_id == application_id,
            OperationRow.state != OperationState.VOIDED,
        )
    )
    return bool(turn.session.scalar(statement))


def use_application(turn: Turn, operation_id: str, verification_id: str | None) -> None:
    """Bind the application behind a verification to the operation that issues on it."""
    proof = None if verification_id is None else proof_of(turn, verification_id)
    if proof is not None and proof.application_id is not None:
        turn.add(ApplicationUseRow(operation_id=operation_id, application_id=proof.application_id))


def facts_of(turn: Turn, holder_id: int, verification_id: str | None) -> Facts:
    """What the verification says of how long the card may run."""
    holder = turn.find(HolderRow, holder_id, "holder")
    rules = turn.estate.rules
    proof = None if verification_id is None else proof_of(turn, verification_id)
    if proof is None:
        return Facts(contract_ends=holder.contract_end, rules=rules)
    tenant = _tenant_behind(turn, holder, proof)
    tenant_last = None if tenant is None else _own_last(turn, tenant)
    contract_ends = chosen_last = None
    if proof.application_id is not None:
        steps = steps_of(turn, proof.application_id)
        checked, approved = steps.get(Step.CHECKED), steps.get(Step.APPROVED)
        contract_ends = None if checked is None else checked.contract_ends
        chosen_last = None if approved is None else approved.last_day
    return Facts(
        lease_last=proof.lease_last,
        tenant_last=tenant_last,
        contract_ends=contract_ends or holder.contract_end,
        chosen_last=chosen_last,
        rules=rules,
    )


def finding_of(turn: Turn, appraisal_id: str | None, card_number: int) -> Finding | None:
    """What the named inspection found; None without one.

    Only the latest word on a card counts. Raises RuleViolation ``appraisal-other``,
    ``appraisal-old``.
    """
    if appraisal_id is None:
        return None
    row = turn.session.get(AppraisalRow, appraisal_id)
    if row is None or row.card_number != card_number:
        raise RuleViolation("appraisal-other", rule="IC-16")
    latest = latest_appraisal(turn, card_number)
    if latest is None or latest.id != row.id:
        raise RuleViolation("appraisal-old", rule="IC-16")
    return row.finding


def latest_appraisal(turn: Turn, card_number: int) -> AppraisalRow | None:
    """The last word on a card."""
    statement = select(AppraisalRow).where(AppraisalRow.card_number == card_number)
    rows = turn.session.scalars(statement.order_by(AppraisalRow.serial.desc()))
    return rows.first()
