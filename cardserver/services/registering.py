"""The card register F1: entering rows, signing them, correcting them, and what is still open.

`enter` is called inside the transaction of the act it records (IC-17): both are there, or neither.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from functools import cache
from typing import Any, Final

from sqlalchemy import bindparam, func, select, update

from cardserver.db.prepared import Prepared
from cardserver.db.registers import Where, rows_where
from cardserver.db.tables_register import RegisterChainRow, RegisterRow, RegisterSignatureRow
from cardserver.domain.register import TAKEN, RegisterEntry, abnormal_reasons
from cardserver.domain.registerchain import NO_ROW, chained, plain_of
from cardserver.domain.signature import Signer
from cardserver.services.turn import Turn

ROWS: Final = "register"
SIGNATURES: Final = "register-signature"
_NAME_SIZE: Final = 60
_REMARK_SIZE: Final = 400
_HEAD: Final = Prepared(
    select(RegisterChainRow.name, RegisterChainRow.number, RegisterChainRow.hash).where(
        RegisterChainRow.name == bindparam("chain")
    )
)
_NEW_HEAD: Final = Prepared(
    update(RegisterChainRow)
    .where(RegisterChainRow.name == bindparam("chain"))
    .values(number=bindparam("last_number"), hash=bindparam("last_hash"))
)
_LINKS: Final = frozenset({"previous", "hash"})


def enter(turn: Turn, entry: RegisterEntry) -> RegisterRow:
    """Write the row of an act, numbered and chained, in the act's own transaction.

    A row that somebody has to sign is open from now on; who signs is the holder unless the entry
    says otherwise. Raises Conflict where this operation has such a row already.
    """
    signer = entry.signer or (Signer.HOLDER if entry.kind in TAKEN else None)
    recipient = entry.recipient or (entry.holder_name if signer else "")
    reasons = abnormal_reasons(entry)
    head = _head(turn, ROWS)
    content = dict(
        number=head.number + 1,
        local_date=turn.today,
        kind=entry.kind,
        holder_id=entry.holder_id,
        holder_name=entry.holder_name,
        holder_class="" if entry.holder_class is None else entry.holder_class.value,
        unit=entry.unit,
        relation=entry.relation[:_NAME_SIZE],
        card_number=entry.card_number,
        chip=entry.chip,
        former_card=entry.former_card,
        rights=[plain_of(right) for right in entry.rights],
        valid_from=entry.valid_from,
        valid_to=entry.valid_to,
        proof=plain_of(entry.proof),
        fee_fen=entry.fee_fen,
        receipt=entry.receipt[:_NAME_SIZE],
        is_abnormal=bool(reasons),
        abnormal=[reason.value for reason in reasons],
        signer=signer,
        recipient=recipient,
        approver=entry.approver,
        remark=entry.remark[:_REMARK_SIZE],
        refers_to=entry.refers_to,
        operation_id=entry.operation_id,
        amendment={} if entry.amendment is None else plain_of(entry.amendment),
        **turn.made(),
    )
    link = _link(turn, head, RegisterRow, content)
    return turn.insert(RegisterRow, **content, **link)


def add_signature(turn: Turn, **values: Any) -> RegisterSignatureRow:
    """Write a signature's row, numbered and chained like the rows themselves."""
    head = _head(turn, SIGNATURES)
    content = {"number": head.number + 1, **values, **turn.made()}
    link = _link(turn, head, RegisterSignatureRow, content)
    return turn.insert(RegisterSignatureRow, **content, **link)


def _head(turn: Turn, name: str) -> Any:
    """Name, number and hash of the last row of a chain."""
    found = _HEAD.first(turn.connection, chain=name)
    if found is None:
        turn.write(RegisterChainRow, {"name": name, "number": 0, "hash": NO_ROW})
        found = _HEAD.first(turn.connection, chain=name)
    return found


def _link(
    turn: Turn,
    head: Any,
    table: type[RegisterRow | RegisterSignatureRow],
    content: Mapping[str, Any],
) -> dict[str, bytes]:
    """Make a row of this content the last of its chain; the two columns that link it."""
    whole = {name: content.get(name) for name in _content_columns(table)}
    link = {"previous": head.hash, "hash": chained(head.hash, whole)}
    last = {"chain": head.name, "last_number": content["number"], "last_hash": link["hash"]}
    _NEW_HEAD.write(turn.connection, [last])
    return link


def content_of(row: RegisterRow | RegisterSignatureRow) -> Mapping[str, object]:
    """All that a row says: every column but the two that link it."""
    return {name: getattr(row, name) for name in _content_columns(type(row))}


@cache
def _content_columns(table: type[RegisterRow | RegisterSignatureRow]) -> tuple[str, ...]:
    names = (column.name for column in table.__table__.columns)
    return tuple(name for name in names if name not in _LINKS)


# --- what is still open --------------------------------------------------------------------------


def open_rows(
    turn: Turn,
    *,
    station: str | None = None,
    operator: str | None = None,
    day: date | None = None,
) -> Sequence[RegisterRow]:
    """Rows that somebody is still to sign, oldest first: for the end of a shift (IC-07a)."""
    where = Where(station=station, operator=operator, day=day, open_only=True)
    return turn.session.scalars(rows_where(where).order_by(RegisterRow.number)).all()


def count_open(turn: Turn, *, station: str | None = None, day: date | None = None) -> int:
    """How many rows are open, for the desk's footer."""
    rows = rows_where(Where(station=station, day=day, open_only=True)).subquery()
    return turn.session.scalar(select(func.count()).select_from(rows)) or 0
