"""Signatures and corrections in the register F1: rows that follow a row, never a change of it.

IC-07a: a row is open until the recipient signed, on the pad or on paper. IC-19d: a correction is
a new row that refers to the old one. What is unsigned at the end of a shift becomes abnormal by a
row of its own (IC-19c); it can still be signed afterwards.
"""

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import select

from cardserver.db.tables_register import RegisterRow
from cardserver.domain.errors import RuleViolation
from cardserver.domain.permits import Action
from cardserver.domain.register import Amendment, Correctable, RegisterEntry, RegisterKind
from cardserver.domain.rights import HolderClass
from cardserver.domain.signature import SignedHow, check_signer, check_strokes
from cardserver.services.errors import Conflict
from cardserver.services.registering import add_signature, enter, open_rows
from cardserver.services.registerviews import row_view, signature_of
from cardserver.services.replay import repeated
from cardserver.services.turn import Caller, Estate, Turn, writing
from cardserver.wire_register import RegisterRowView, RowCorrectionRequest, RowSignRequest


def sign(estate: Estate, caller: Caller, number: int, request: RowSignRequest) -> RegisterRowView:
    """Enter who signed a row, and how. Signing the same row in the same words twice is once.

    Raises RuleViolation ``no-signature-needed``, ``other-signer``, ``signature-empty``,
    ``signature-unreadable``; Conflict ``already-signed``; NotFound, NotPermitted.
    """
    caller.authorised_by(Action.SIGN_REGISTER)
    with writing(estate, caller) as turn:
        row = turn.find(RegisterRow, number, "register-row")
        if not repeated(turn, request.request_id, "sign-row", request, about=number):
            _sign(turn, row, request)
        return row_view(turn, row)


def _sign(turn: Turn, row: RegisterRow, request: RowSignRequest) -> None:
    check_signer(row.signer, row.recipient, signed_by=request.signed_by, signer=request.signer)
    if signature_of(turn, row.number) is not None:
        raise Conflict("already-signed", f"row {row.number} is signed", rule="IC-19d")
    on_pad = request.how is SignedHow.PAD
    add_signature(
        turn,
        row_number=row.number,
        how=request.how,
        signed_by=request.signed_by,
        signer=request.signer,
        strokes=check_strokes(request.strokes) if on_pad else "",
        page=request.page,
        line=request.line,
    )
    turn.note("sign-row", f"register {row.number}", f"{request.how} {request.signed_by}")


def correct(
    estate: Estate, caller: Caller, number: int, request: RowCorrectionRequest
) -> RegisterRowView:
    """Put one column of a row right by a new row that refers to it.

    A correction of a correction refers to the first row. Raises RuleViolation
    ``nothing-corrected``; NotFound, NotPermitted.
    """
    office = caller.authorised_by(Action.SIGN_REGISTER)
    with writing(estate, caller) as turn:
        asked = turn.find(RegisterRow, number, "register-row")
        first = _first(turn, asked)
        if repeated(turn, request.request_id, "correct-row", request, about=number):
            return row_view(turn, _corrections(turn, first)[-1])
        before = standing(turn, first, request.column)
        if before == request.after:
            raise RuleViolation("nothing-corrected", rule="IC-19d")
        amendment = Amendment(column=request.column, before=before, after=request.after)
        entry = replace(_following(first, RegisterKind.CORRECTION), remark=request.reason)
        made = enter(turn, replace(entry, amendment=amendment, approver=office))
        turn.note("correct-row", f"register {first.number}", f"{request.column} row {made.number}")
        return row_view(turn, made)


def _first(turn: Turn, row: RegisterRow) -> RegisterRow:
    while row.kind is RegisterKind.CORRECTION and row.refers_to is not None:
        row = turn.find(RegisterRow, row.refers_to, "register-row")
    return row


def _corrections(turn: Turn, first: RegisterRow) -> Sequence[RegisterRow]:
    statement = select(RegisterRow).where(
        RegisterRow.refers_to == first.number, RegisterRow.kind == RegisterKind.CORRECTION
    )
    return turn.session.scalars(statement.order_by(RegisterRow.number)).all()


def standing(turn: Turn, first: RegisterRow, column: Correctable) -> str:
    """What a column says as of now: as entered, or as last corrected."""
    said = _entered(first, column)
    for each in _corrections(turn, first):
        if each.amendment.get("column") == column:
            said = str(each.amendment["after"])
    return said


def _entered(row: RegisterRow, column: Correctable) -> str:
    if column is Correctable.PROOF:
        return ", ".join(row.proof.get("papers", ()))
    return str(getattr(row, column.value.replace("-", "_")))


def _following(row: RegisterRow, kind: RegisterKind) -> RegisterEntry:
    """A new row about the same holder and card."""
    return RegisterEntry(
        kind=kind,
        holder_id=row.holder_id,
        holder_name=row.holder_name,
        holder_class=HolderClass(row.holder_class) if row.holder_class else None,
        unit=row.unit,
        relation=row.relation,
        card_number=row.card_number,
        chip=row.chip,
        refers_to=row.number,
    )


def note_unsigned(
    turn: Turn, *, station: str | None = None, operator: str | None = None
) -> Sequence[RegisterRow]:
    """At the end of a shift: every open row not yet marked gets an abnormal row that follows it.

    Called in the transaction that closes the shift (IC-19c); gives the new rows.
    """
    rows = open_rows(turn, station=station, operator=operator)
    statement = select(RegisterRow.refers_to).where(RegisterRow.kind == RegisterKind.UNSIGNED)
    marked = set(turn.session.scalars(statement))
    return [
        enter(turn, _following(row, RegisterKind.UNSIGNED))
        for row in rows
        if row.number not in marked
    ]
