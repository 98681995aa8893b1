"""Named questions about holders, cards and operations. None of them changes anything."""

from collections.abc import Sequence

from sqlalchemy import Row, Select, func, or_, select
from sqlalchemy.orm import Session, aliased

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
from cardserver.domain.operation import OperationState
from cardserver.domain.rights import CardStatus, RightKind

_MIN_DIGITS = 3
"""Fewer digits would find half the estate by phone number."""


def unit_of(session: Session, holder: HolderRow) -> UnitRow | None:
    """The unit a holder belongs to; staff have none."""
    return None if holder.unit_id is None else session.get(UnitRow, holder.unit_id)


def search_holders(session: Session, query: str, limit: int) -> Sequence[HolderRow]:
    """Holders whose name, unit, phone, plate, card number or ID number's end fits."""
    found = or_(
        HolderRow.name.contains(query, autoescape=True),
        UnitRow.label.icontains(query, autoescape=True),
        HolderRow.id.in_(_by_plate(query)),
    )
    if query.isascii() and query.isalnum() and len(query) > _MIN_DIGITS:
        found = or_(found, HolderRow.id_number.iendswith(query, autoescape=True))
    if query.isascii() and query.isdigit():
        found = or_(found, HolderRow.id.in_(_by_card(int(query))))
        if len(query) >= _MIN_DIGITS:
            found = or_(found, HolderRow.phone.contains(query, autoescape=True))
    statement = (
        select(HolderRow)
        .outerjoin(UnitRow, UnitRow.id == HolderRow.unit_id)
        .where(found)
        .order_by(UnitRow.label, HolderRow.name, HolderRow.id)
        .limit(limit)
    )
    return session.scalars(statement).all()


def _by_plate(query: str) -> Select[int]:
    plate = AgreementRow.plate.icontains(query, autoescape=True)
    return select(AgreementRow.holder_id).where(plate)


def _by_card(number: int) -> Select[int]:
    # Anything longer than a card number would not fit the database's integers.
    return select(CardRow.holder_id).where(CardRow.number == min(number, 2**32))


def agreements_of(session: Session, holder_id: int) -> Sequence[AgreementRow]:
    """The space agreements a holder signed."""
    statement = select(AgreementRow).where(AgreementRow.holder_id == holder_id)
    return session.scalars(statement.order_by(AgreementRow.number)).all()


def cards_of(session: Session, holder_id: int) -> Sequence[CardRow]:
    """The cards a holder was ever given, newest first."""
    statement = select(CardRow).where(CardRow.holder_id == holder_id)
    return session.scalars(statement.order_by(CardRow.number.desc())).all()


def latest_on_chip(session: Session, uid: bytes) -> CardRow | None:
    """The last card made of a chip; numbers only rise."""
    statement = select(CardRow).where(CardRow.uid == uid).order_by(CardRow.number.desc()).limit(1)
    return session.scalars(statement).first()


def rights_of(session: Session, number: int) -> Sequence[RightRow]:
    """The rights of a card, door first."""
    statement = select(RightRow).where(RightRow.card_number == number).order_by(RightRow.kind)
    return session.scalars(statement).all()


def open_on_chip(session: Session, uid: bytes) -> OperationRow | None:
    """The open operation on the card that lies on the reader."""
    statement = select(OperationRow).where(
        OperationRow.uid == uid, OperationRow.state == OperationState.OPEN
    )
    return session.scalars(statement).first()


def open_on_card(session: Session, number: int) -> OperationRow | None:
    """The open operation that concerns a card's rights, its replacement included."""
    statement = select(OperationRow).where(
        OperationRow.subject_number == number, OperationRow.state == OperationState.OPEN
    )
    return session.scalars(statement).first()


def open_operations(session: Session) -> Sequence[OperationRow]:
    """All open operations, oldest first."""
    statement = select(OperationRow).where(OperationRow.state == OperationState.OPEN)
    return session.scalars(statement.order_by(OperationRow.at, OperationRow.id)).all()


def last_on_chip(session: Session, uid: bytes) -> OperationRow | None:
    """The operation that was opened last on a chip, whatever became of it."""
    statement = (
        select(OperationRow)
        .join(OperationEventRow, OperationEventRow.operation_id == OperationRow.id)
        .where(OperationRow.uid == uid)
        .order_by(OperationEventRow.id.desc())
        .limit(1)
    )
    return session.scalars(statement).first()


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
    statement = select(KeyingStepRow).where(KeyingStepRow.operation_id == operation_id)
    rows = session.scalars(statement.order_by(KeyingStepRow.id))
    return {row.step: row.state for row in rows}


def listed_cards(
    session: Session, after_version: int
) -> Sequence[Row[int, bytes, CardStatus, int, str | None]]:
    """What gates need of every card changed after a version; of one chip only the last card.

    Number, UID, status, key version, secure channel.
    """
    later = aliased(CardRow)
    same_chip = select(later.number).where(later.uid == CardRow.uid, later.number > CardRow.number)
    statement = select(
        CardRow.number, CardRow.uid, CardRow.status, CardRow.key_version, CardRow.secure_channel
    ).where(CardRow.version > after_version, ~same_chip.exists())
    # Not ordered by the database: it would walk all numbers instead of the few new versions.
    return sorted(session.execute(statement).all())


def listed_sequences(session: Session, after_version: int) -> Sequence[Row[int, RightKind, int]]:
    """Card number, right and sequence of every live card changed after a version."""
    statement = (
        select(RightRow.card_number, RightRow.kind, RightRow.sequence)
        .join(CardRow, CardRow.number == RightRow.card_number)
        .where(CardRow.version > after_version, CardRow.status == CardStatus.LIVE)
    )
    return session.execute(statement).all()
