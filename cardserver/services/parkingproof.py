"""What a first parking right rests on: papers, the licence's name, the owner's word (PARK-01)."""

from cardserver.db.tables import HolderRow, VerificationRow
from cardserver.db.tables_parking import LicenceRow
from cardserver.domain.parking import check_owner_asked, needs_owner_call
from cardserver.domain.verification import Paper, check_parking_papers
from cardserver.services.proving import check_owner_word
from cardserver.services.turn import Turn
from cardserver.wire_verifications import VerificationRequest


def keep_licence(turn: Turn, request: VerificationRequest) -> None:
    """Keep whose name stands in the vehicle licence, where it is another person's (PARK-01a)."""
    if request.licence_holder is not None:
        turn.add(
            LicenceRow(verification_id=request.verification_id, in_name_of=request.licence_holder)
        )


def check_parking_proof(turn: Turn, holder: HolderRow, row: VerificationRow) -> None:
    """May a first parking right be given on this verification today? Raises RuleViolation."""
    seen = [Paper(paper) for paper in row.papers]
    check_parking_papers(holder.holder_class, seen)
    of_other = turn.session.get(LicenceRow, row.id) is not None
    if needs_owner_call(
        holder.holder_class, holder.lease_end, turn.today, licence_of_other=of_other
    ):
        check_owner_asked(row.method)
        check_owner_word(turn, holder, row)
