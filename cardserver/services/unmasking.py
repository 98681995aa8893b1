"""Seeing one hidden field of one holder in full: its own act, with a name and a time (IC-23b)."""

from cardserver.db.tables import AgreementRow, HolderRow
from cardserver.db.tables_people import UnmaskingRow
from cardserver.services.errors import Conflict, NotFound
from cardserver.services.replay import repeated
from cardserver.services.turn import Caller, Estate, Turn, writing
from cardserver.wire_people import Unmasked, UnmaskRequest


def unmask(estate: Estate, caller: Caller, holder_id: int, request: UnmaskRequest) -> Unmasked:
    """The field, once the act is on record. A repeated call is answered to the same person only.

    Raises NotFound, Conflict.
    """
    with writing(estate, caller) as turn:
        row = turn.find(HolderRow, holder_id, "holder")
        value = _value(turn, row, request)
        if not repeated(turn, request.unmask_id, "unmask", request, about=holder_id):
            turn.add(
                UnmaskingRow(
                    id=request.unmask_id,
                    holder_id=holder_id,
                    field=request.field,
                    **turn.made(),
                )
            )
            turn.note("unmask", f"holder {holder_id}", request.field)
        logged = turn.find(UnmaskingRow, request.unmask_id, "unmasking")
        if logged.operator != caller.operator or logged.station != caller.station:
            raise Conflict("id-reused", "this look was somebody else's")
        return Unmasked(field=request.field, value=value)


def _value(turn: Turn, row: HolderRow, request: UnmaskRequest) -> str:
    if request.field == "phone":
        return row.phone
    if request.field == "id-number":
        return row.id_number
    agreement = turn.session.get(AgreementRow, request.agreement_id or 0)
    if agreement is None or agreement.holder_id != row.id:
        raise NotFound("agreement", request.agreement_id)
    return agreement.plate
