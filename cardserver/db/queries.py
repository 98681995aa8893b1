"""Named questions about holders, cards and operations; of changes only that one ended."""

from collections.abc import Collection, Sequence
from typing import Final

from sqlalchemy import Connection, bindparam, delete, func, select, update
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from cardserver.db.among import among, filled
from cardserver.db.mapping import rights_from
from cardserver.db.prepared import Prepared, PreparedRows
from cardserver.db.recalling import answers_of, remembered
from cardserver.db.searching import find_holders
from cardserver.db.tables import (
    AgreementRow,
    CardRow,
    HolderRow,
    KeyingStepRow,
    OperationEventRow,
    OperationRow,
    RightRow,
    UnitRow,
)
from cardserver.domain.card import Right
from cardserver.domain.operation import OperationKind, OperationState


def unit_of(session: Session, holder: HolderRow) -> UnitRow | None:
    """The unit a holder belongs to; staff have none."""
    return None if holder.unit_id is None else session.get(UnitRow, holder.unit_id)


def search_holders(session: Session, query: str, limit: int) -> Sequence[HolderRow]:
    """Holders whose name, unit, phone, plate, card number or ID number's end fits."""
    found = find_holders(session, query, limit)
    if not found:
        return ()
    statement = (
        select(HolderRow)
        .outerjoin(UnitRow, UnitRow.id == HolderRow.unit_id)
        .where(HolderRow.id.in_(found))
        .order_by(UnitRow.label, HolderRow.name, HolderRow.id)
    )
    return session.scalars(statement).all()


# --- the same of several holders at once: one statement each --------------------------------------


_UNITS: Final = PreparedRows(UnitRow, select(UnitRow).where(among(UnitRow.id)))


def units_of_all(session: Session, holders: Sequence[HolderRow]) -> dict[int, UnitRow]:
    """The units of these holders, by id."""
    session.flush()
    wanted = {row.unit_id for row in holders} - {None}
    return {row.id: row for some in filled(wanted) for row in _UNITS.all(session, **some)}


def agreements_of_all(session: Session, holder_ids: Sequence[int]) -> Sequence[AgreementRow]:
    """The agreements these holders signed, by number."""
    statement = select(AgreementRow).where(AgreementRow.holder_id.in_(holder_ids))
    return session.scalars(statement.order_by(AgreementRow.number)).all()


def agreements_by_id(session: Session, ids: Collection[int | None]) -> Sequence[AgreementRow]:
    """Agreements by their row numbers."""
    return session.scalars(select(AgreementRow).where(AgreementRow.id.in_(ids))).all()


def cards_of_all(session: Session, holder_ids: Sequence[int]) -> Sequence[CardRow]:
    """The cards these holders were ever given, newest first."""
    statement = select(CardRow).where(CardRow.holder_id.in_(holder_ids))
    return session.scalars(statement.order_by(CardRow.number.desc())).all()


def rights_of_all(session: Session, numbers: Sequence[int]) -> Sequence[RightRow]:
    """The rights of these cards, door first."""
    statement = select(RightRow).where(RightRow.card_number.in_(numbers))
    return session.scalars(statement.order_by(RightRow.kind)).all()


def open_on_chips(session: Session, uids: Sequence[bytes]) -> Sequence[OperationRow]:
    """The open operations on these chips."""
    statement = select(OperationRow).where(
        OperationRow.uid.in_(uids), OperationRow.state == OperationState.OPEN
    )
    return session.scalars(statement).all()


# --- cards and operations -------------------------------------------------------------------------

_LATEST_CARD: Final = PreparedRows(
    CardRow,
    select(CardRow).where(CardRow.uid == bindparam("uid")).order_by(CardRow.number.desc()).limit(1),
)
RIGHTS: Final = "rights"
PLANNED: Final = "planned"
ENDED_ON: Final = "ended on"
_RIGHTS: Final = PreparedRows(
    RightRow,
    select(RightRow).where(RightRow.card_number == bindparam("card")).order_by(RightRow.kind),
)
_OPEN_ON_CHIP: Final = PreparedRows(
    OperationRow,
    select(OperationRow).where(
        OperationRow.uid == bindparam("uid"), OperationRow.state == OperationState.OPEN
    ),
)
_LAST_ON_CHIP: Final = PreparedRows(
    OperationRow,
    select(OperationRow)
    .join(OperationEventRow, OperationEventRow.operation_id == OperationRow.id)
    .where(OperationRow.uid == bindparam("uid"))
    .order_by(OperationEventRow.id.desc())
    .limit(1),
)
_OPEN_ON_CARD: Final = PreparedRows(
    OperationRow,
    select(OperationRow).where(
        OperationRow.subject_number == bindparam("card"),
        OperationRow.state == OperationState.OPEN,
    ),
)
_KEYING: Final = Prepared(
    select(KeyingStepRow.step, KeyingStepRow.state)
    .where(KeyingStepRow.operation_id == bindparam("operation"))
    .order_by(KeyingStepRow.id)
)


def latest_on_chip(session: Session, uid: bytes) -> CardRow | None:
    """The last card made of a chip; numbers only rise."""
    return _LATEST_CARD.first(session, uid=uid)


def rights_of(session: Session, number: int) -> Sequence[RightRow]:
    """The rights of a card, door first."""
    return remembered(session, RIGHTS, number, lambda: _RIGHTS.all(session, card=number))


def rights_written(session: Session, number: int, rights: Sequence[RightRow]) -> None:
    """These are a card's rights from now on."""
    answers_of(session)[RIGHTS, number] = sorted(rights, key=lambda right: right.kind)


def rights_planned(session: Session, row: OperationRow) -> Sequence[Right]:
    """The rights that an operation leaves on its card; what was planned never changes."""
    return remembered(session, PLANNED, row.id, lambda: rights_from(row.plan["rights"]))


def open_on_chip(session: Session, uid: bytes) -> OperationRow | None:
    """The open operation on the card that lies on the reader; a chip has one at most."""
    if (ENDED_ON, uid) in answers_of(session):
        return None
    return _OPEN_ON_CHIP.first(session, uid=uid)


def operation_begun(session: Session, uid: bytes) -> None:
    """An operation was opened on a chip."""
    answers_of(session).pop((ENDED_ON, uid), None)


def open_on_card(session: Session, number: int) -> OperationRow | None:
    """The open operation that concerns a card's rights, its replacement included."""
    return _OPEN_ON_CARD.first(session, card=number)


_ALL_OPEN: Final = PreparedRows(
    OperationRow,
    select(OperationRow)
    .where(OperationRow.state == OperationState.OPEN)
    .order_by(OperationRow.at, OperationRow.id),
)


def open_operations(session: Session) -> Sequence[OperationRow]:
    """All open operations, oldest first."""
    return _ALL_OPEN.all(session)


_ENDED: Final = Prepared(
    update(OperationRow)
    .where(OperationRow.id == bindparam("operation"))
    .values(state=bindparam("ended", type_=OperationRow.state.type))
)


def end_operation(session: Session, row: OperationRow, state: OperationState) -> None:
    """Write how an operation ended: the one thing of it that ever changes."""
    _ENDED.write(session, [{"operation": row.id, "ended": state}])
    set_committed_value(row, "state", state)
    answers_of(session)[ENDED_ON, row.uid] = True


_ERASED: Final = Prepared(delete(RightRow).where(RightRow.card_number == bindparam("card")))


def erase_rights(session: Session, rights: Sequence[RightRow]) -> None:
    """Erase all these rights of one card, to write down what it says now."""
    for right in rights:
        session.expunge(right)
    if rights:
        _ERASED.write(session, [{"card": rights[0].card_number}])
        rights_written(session, rights[0].card_number, ())


def last_on_chip(session: Session, uid: bytes) -> OperationRow | None:
    """The operation that was opened last on a chip, whatever became of it."""
    return _LAST_ON_CHIP.first(session, uid=uid)


def was_abandoned(session: Session, number: int) -> bool:
    """True when an operation on this card was given up without evidence."""
    statement = (
        select(func.count())
        .select_from(OperationEventRow)
        .join(OperationRow, OperationRow.id == OperationEventRow.operation_id)
        .where(OperationRow.card_number == number, OperationEventRow.event == "abandoned")
    )
    return bool(session.scalar(statement))


def keying_steps(session: Session, operation_id: str) -> dict[str, str]:
    """The last recorded state of each keying step."""
    return dict(_KEYING.rows(session, operation=operation_id))


_JOURNAL: Final = Prepared(
    select(OperationRow.kind, OperationRow.state, KeyingStepRow.step, KeyingStepRow.state)
    .outerjoin(KeyingStepRow, KeyingStepRow.operation_id == OperationRow.id)
    .where(OperationRow.id == bindparam("operation"))
    .order_by(KeyingStepRow.id)
)


def keying_journal(
    over: Session | Connection, operation_id: str
) -> tuple[OperationKind, OperationState, dict[str, str]] | None:
    """Kind and state of an operation and the last recorded state of each of its keying steps.

    None where there is no such operation. Asked at every step, so its bytes stay where they are.
    """
    rows = _JOURNAL.rows(over, operation=operation_id)
    if not rows:
        return None
    kind, state = rows[0][:2]
    return kind, state, {step: last for _, _, step, last in rows if step is not None}
