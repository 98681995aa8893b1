"""Storing that a holder was checked, and asking for it before a card is authorised (IC-02)."""

from cardserver.db.tables import HolderRow, VerificationRow
from cardserver.domain.errors import RuleViolation
from cardserver.domain.holder import Holder
from cardserver.domain.operation import OperationKind
from cardserver.domain.verification import (
    Paper,
    VerificationMethod,
    check_card_papers,
)
from cardserver.services.filing import keep_copies
from cardserver.services.parkingproof import check_parking_proof, keep_licence
from cardserver.services.proving import check_proof, keep_proof
from cardserver.services.replay import repeated
from cardserver.services.turn import Caller, Estate, Turn, writing
from cardserver.wire_verifications import VerificationRequest, VerificationView

_RULE = {
    OperationKind.ISSUE: "IC-02",
    OperationKind.EXTEND: "IC-12a",
    OperationKind.REPLACE: "IC-02",
    OperationKind.ADD_PARKING: "PARK-01",
}
"""Operations that need a verification. Top-ups ask for no papers again (PARK-12a)."""


def verify(estate: Estate, caller: Caller, request: VerificationRequest) -> VerificationView:
    """Store who was checked by whom, when, and against which record."""
    with writing(estate, caller) as turn:
        if not repeated(turn, request.verification_id, "verify", request):
            turn.find(HolderRow, request.holder_id, "holder")
            turn.insert(
                VerificationRow,
                id=request.verification_id,
                holder_id=request.holder_id,
                method=request.method,
                papers=list(request.papers_seen),
                note=request.note or "",
                **turn.made(),
            )
            keep_proof(turn, request)
            keep_licence(turn, request)
            keep_copies(turn, request.holder_id, request.papers_seen, request.verification_id)
            turn.note("verify", f"holder {request.holder_id}", request.method)
        row = turn.find(VerificationRow, request.verification_id, "verification")
        return _view(row)


def check_verified(
    turn: Turn, kind: OperationKind, holder: Holder, verification_id: str | None
) -> None:
    """Raise RuleViolation unless this holder was verified for this kind of operation.

    A phone call serves on the same day only (IC-04a). A replacement needs the person, not the
    papers: the rights are those already given.
    """
    row = None if verification_id is None else turn.session.get(VerificationRow, verification_id)
    if row is None or row.holder_id != holder.holder_id:
        raise RuleViolation("not-verified", rule=_RULE[kind])
    if row.method is VerificationMethod.PHONE and turn.local_date(row.at) != turn.today:
        raise RuleViolation("verification-old", rule="IC-04a")
    seen = [Paper(paper) for paper in row.papers]
    if kind in {OperationKind.ISSUE, OperationKind.EXTEND}:
        check_card_papers(holder.holder_class, seen)
        check_proof(turn, turn.find(HolderRow, holder.holder_id, "holder"), row)
    elif kind is OperationKind.ADD_PARKING:
        check_parking_proof(turn, turn.find(HolderRow, holder.holder_id, "holder"), row)


def _view(row: VerificationRow) -> VerificationView:
    return VerificationView(
        verification_id=row.id,
        holder_id=row.holder_id,
        method=row.method,
        papers_seen=tuple(Paper(paper) for paper in row.papers),
        operator=row.operator,
        station=row.station,
        at=row.at,
    )
