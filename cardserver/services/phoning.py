"""Telephoning the owner about a person who has no data on file (IC-04): 电话核实记录."""

from sqlalchemy import select

from cardserver.db.queries import unit_of
from cardserver.db.tables import HolderRow, VerificationRow
from cardserver.db.tables_approvals import PhoneRecordRow, VerificationProofRow
from cardserver.domain.errors import RuleViolation
from cardserver.domain.holder import mask_phone
from cardserver.domain.phonerecord import CallResult
from cardserver.domain.verification import VerificationMethod
from cardserver.services.proving import is_listed, owners_of
from cardserver.services.replay import repeated
from cardserver.services.turn import Caller, Estate, Turn, reading, writing
from cardserver.wire_approvals import (
    OwnerOfUnit,
    PhoneRecordRequest,
    PhoneRecords,
    PhoneRecordView,
    TakenOnRecord,
)


def record_call(estate: Estate, caller: Caller, request: PhoneRecordRequest) -> PhoneRecordView:
    """Keep a call to the owner: the number is the one on the owner's record (IC-04a).

    Raises RuleViolation ``owner-not-of-unit``, ``owner-without-number``, ``answerer-missing``;
    NotFound.
    """
    with writing(estate, caller) as turn:
        if not repeated(turn, request.record_id, "phone-record", request):
            _record(turn, request)
        return _view(turn, turn.find(PhoneRecordRow, request.record_id, "phone-record"))


def _record(turn: Turn, request: PhoneRecordRequest) -> None:
    applicant = turn.find(HolderRow, request.applicant_id, "holder")
    owners = {owner.id: owner for owner in owners_of(turn, applicant.unit_id)}
    owner = owners.get(request.owner_id)
    if owner is None or owner.id == applicant.id:
        raise RuleViolation("owner-not-of-unit", rule="IC-04a")
    if not owner.phone:
        raise RuleViolation("owner-without-number", rule="IC-04a")
    spoken = request.result in {CallResult.CONFIRMED, CallResult.REFUSED}
    if spoken and not (request.answered_by and request.relation):
        raise RuleViolation("answerer-missing", rule="IC-04a")
    row = turn.add(
        PhoneRecordRow(
            id=request.record_id,
            serial=turn.count("phone-record"),
            unit_id=applicant.unit_id,
            owner_id=owner.id,
            applicant_id=applicant.id,
            number=owner.phone,
            answered_by=request.answered_by or "",
            relation=request.relation or "",
            result=request.result,
            remark=request.remark or "",
            **turn.made(),
        )
    )
    turn.note("phone-record", f"holder {applicant.id}", f"No. {row.serial} {row.result}")


def phone_records(estate: Estate, caller: Caller, applicant_id: int) -> PhoneRecords:
    """Calls about one applicant, latest first, and the owners who can be asked. Raises NotFound."""
    with reading(estate, caller) as turn:
        applicant = turn.find(HolderRow, applicant_id, "holder")
        statement = select(PhoneRecordRow).where(PhoneRecordRow.applicant_id == applicant_id)
        rows = turn.session.scalars(statement.order_by(PhoneRecordRow.serial.desc()))
        owners = (owner for owner in owners_of(turn, applicant.unit_id) if owner != applicant)
        return PhoneRecords(
            owners=tuple(
                OwnerOfUnit(holder_id=each.id, name=each.name, phone=mask_phone(each.phone))
                for each in owners
            ),
            records=tuple(_view(turn, row) for row in rows),
            listed=is_listed(applicant),
        )


def take_on_record(estate: Estate, caller: Caller, holder_id: int, request_id: str) -> PhoneRecords:
    """Put a person the owner confirmed today, on the telephone or here, on record (IC-04b).

    Raises RuleViolation ``phone-record-missing`` without that; NotFound.
    """
    request = TakenOnRecord(request_id=request_id)
    with writing(estate, caller) as turn:
        applicant = turn.find(HolderRow, holder_id, "holder")
        if not repeated(turn, request_id, "take-on-record", request, about=holder_id):
            statement = select(PhoneRecordRow).where(PhoneRecordRow.applicant_id == holder_id)
            calls = turn.session.scalars(statement)
            called = any(_view(turn, row).serves_today for row in calls)
            if not called and not _owner_was_here(turn, applicant):
                raise RuleViolation("phone-record-missing", rule="IC-04b")
            applicant.listed = True
            applicant.version += 1
            turn.note("take-on-record", f"holder {holder_id}")
    return phone_records(estate, caller, holder_id)


def _owner_was_here(turn: Turn, applicant: HolderRow) -> bool:
    """Did an owner of the unit stand here today and agree, as a verification says?"""
    owners = {owner.id for owner in owners_of(turn, applicant.unit_id)}
    statement = (
        select(VerificationRow.at, VerificationProofRow.owner_id)
        .join(VerificationProofRow, VerificationProofRow.verification_id == VerificationRow.id)
        .where(
            VerificationRow.holder_id == applicant.id,
            VerificationRow.method == VerificationMethod.OWNER_PRESENT,
        )
    )
    return any(
        owner in owners and turn.local_date(at) == turn.today
        for at, owner in turn.session.execute(statement)
    )


def _view(turn: Turn, row: PhoneRecordRow) -> PhoneRecordView:
    applicant = turn.find(HolderRow, row.applicant_id, "holder")
    unit = unit_of(turn.session, applicant)
    today = turn.local_date(row.at) == turn.today
    return PhoneRecordView(
        record_id=row.id,
        serial=row.serial,
        unit="" if unit is None else unit.label,
        owner_id=row.owner_id,
        owner_name=turn.find(HolderRow, row.owner_id, "holder").name,
        applicant_id=row.applicant_id,
        applicant_name=applicant.name,
        dialled=mask_phone(row.number),
        answered_by=row.answered_by,
        relation=row.relation,
        result=row.result,
        remark=row.remark,
        operator=row.operator,
        station=row.station,
        at=row.at,
        serves_today=today and row.result is CallResult.CONFIRMED,
    )
