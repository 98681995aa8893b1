"""Rows of the register F1 as they are shown and printed. Reads only."""

from collections.abc import Sequence

from sqlalchemy import select

from cardserver.db.registers import Where, rows_where
from cardserver.db.tables_register import RegisterChainRow, RegisterRow, RegisterSignatureRow
from cardserver.domain.permits import Action
from cardserver.domain.registerchain import NO_ROW
from cardserver.domain.rights import HolderClass
from cardserver.services.registering import ROWS, count_open
from cardserver.services.turn import Caller, Estate, Turn, reading
from cardserver.wire_register import (
    OpenRows,
    RegisterPage,
    RegisterRowView,
    RowAmendment,
    RowProof,
    RowQuery,
    RowRight,
    RowSignature,
)


def rows(estate: Estate, caller: Caller, query: RowQuery) -> RegisterPage:
    """Rows by day, unit, card, station, open or abnormal, in the order of their numbers."""
    caller.authorised_by(Action.READ_REGISTER)
    where = Where(
        station=query.station,
        day=query.day,
        last_day=query.last_day,
        unit=query.unit,
        card=query.card,
        operation_id=query.operation_id,
        open_only=query.open_only,
        abnormal_only=query.abnormal_only,
    )
    with reading(estate, caller) as turn:
        statement = rows_where(where).where(RegisterRow.number > query.after)
        statement = statement.order_by(RegisterRow.number).limit(query.limit + 1)
        found = turn.session.scalars(statement).all()
        head = turn.session.get(RegisterChainRow, ROWS)
        return RegisterPage(
            rows=_views(turn, found[: query.limit]),
            more=len(found) > query.limit,
            head_number=0 if head is None else head.number,
            head_hash=NO_ROW if head is None else head.hash,
        )


def row(estate: Estate, caller: Caller, number: int) -> RegisterRowView:
    """One row. Raises NotFound."""
    caller.authorised_by(Action.READ_REGISTER)
    with reading(estate, caller) as turn:
        return row_view(turn, turn.find(RegisterRow, number, "register-row"))


def open_count(estate: Estate, caller: Caller, station: str | None) -> OpenRows:
    """How many rows somebody is still to sign, for the desk's footer and its reminders."""
    with reading(estate, caller) as turn:
        return OpenRows(
            today=count_open(turn, station=station, day=turn.today),
            total=count_open(turn, station=station),
        )


def row_view(turn: Turn, row: RegisterRow) -> RegisterRowView:
    """One row with its signature and what follows it."""
    return _views(turn, [row])[0]


def signature_of(turn: Turn, number: int) -> RegisterSignatureRow | None:
    """The signature under a row; None while it is open."""
    return _signatures(turn, [number]).get(number)


def _signatures(turn: Turn, numbers: Sequence[int]) -> dict[int, RegisterSignatureRow]:
    statement = select(RegisterSignatureRow).where(RegisterSignatureRow.row_number.in_(numbers))
    return {row.row_number: row for row in turn.session.scalars(statement)}


def _followers(turn: Turn, numbers: Sequence[int]) -> dict[int, list[int]]:
    statement = select(RegisterRow.refers_to, RegisterRow.number).where(
        RegisterRow.refers_to.in_(numbers)
    )
    found: dict[int, list[int]] = {}
    for refers_to, number in turn.session.execute(statement.order_by(RegisterRow.number)):
        found.setdefault(refers_to or 0, []).append(number)
    return found


def _views(turn: Turn, rows: Sequence[RegisterRow]) -> tuple[RegisterRowView, ...]:
    numbers = [row.number for row in rows]
    signatures, followers = _signatures(turn, numbers), _followers(turn, numbers)
    return tuple(
        _view(row, signatures.get(row.number), followers.get(row.number, [])) for row in rows
    )


def _view(
    row: RegisterRow, signature: RegisterSignatureRow | None, followers: Sequence[int]
) -> RegisterRowView:
    return RegisterRowView(
        number=row.number,
        at=row.at,
        local_date=row.local_date,
        station=row.station,
        operator=row.operator,
        kind=row.kind,
        holder_id=row.holder_id,
        holder_name=row.holder_name,
        holder_class=HolderClass(row.holder_class) if row.holder_class else None,
        unit=row.unit,
        relation=row.relation,
        card_number=row.card_number,
        chip=row.chip,
        former_card=row.former_card,
        rights=tuple(RowRight.model_validate(right) for right in row.rights),
        valid_from=row.valid_from,
        valid_to=row.valid_to,
        proof=RowProof.model_validate(row.proof),
        fee_fen=row.fee_fen,
        receipt=row.receipt,
        abnormal=tuple(row.abnormal),
        signer=row.signer,
        recipient=row.recipient,
        approver=row.approver,
        remark=row.remark,
        refers_to=row.refers_to,
        operation_id=row.operation_id,
        amendment=RowAmendment.model_validate(row.amendment) if row.amendment else None,
        signature=None if signature is None else _signature(signature),
        followed_by=tuple(followers),
        hash=row.hash,
    )


def _signature(row: RegisterSignatureRow) -> RowSignature:
    return RowSignature(
        at=row.at,
        station=row.station,
        operator=row.operator,
        how=row.how,
        signed_by=row.signed_by,
        signer=row.signer,
        strokes=row.strokes,
        page=row.page,
        line=row.line,
    )
