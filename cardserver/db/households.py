"""Named questions about people, units and households. None of them changes anything."""

from collections.abc import Collection, Sequence
from datetime import date
from typing import Final

from sqlalchemy import ColumnElement, Row, bindparam, false, func, or_, select
from sqlalchemy.orm import Session

from cardserver.db.among import among, filled
from cardserver.db.prepared import Prepared, PreparedRows
from cardserver.db.searching import find_holders
from cardserver.db.tables import AgreementRow, CardRow, HolderRow, RightRow, UnitRow
from cardserver.db.tables_people import (
    FileChangeRow,
    PaperCopyRow,
    PaperFilingRow,
)
from cardserver.db.tables_waiting import UnfiledRow
from cardserver.domain.rights import CardStatus, HolderClass, RightKind

_BY_IDS: Final = PreparedRows(HolderRow, select(HolderRow).where(among(HolderRow.id)))
_LIVE_CARDS: Final = Prepared(
    select(CardRow.holder_id, func.count().label("many"))
    .where(among(CardRow.holder_id), CardRow.status == CardStatus.LIVE)
    .group_by(CardRow.holder_id)
)
_MOST_FOUND = 500
"""Where a search finds more, it should be made narrower anyway."""


def now_current(today: date) -> ColumnElement[bool]:
    """Holders who belong here on this day."""
    return or_(HolderRow.ends.is_(None), HolderRow.ends >= today)


def members_of(session: Session, unit_id: int) -> Sequence[HolderRow]:
    """Everybody ever filed for a unit, in the order of filing."""
    statement = select(HolderRow).where(HolderRow.unit_id == unit_id).order_by(HolderRow.id)
    return session.scalars(statement).all()


def owners_of(
    session: Session, unit_id: int, today: date, kind: HolderClass = HolderClass.OWNER
) -> Sequence[HolderRow]:
    """The current owners of a unit (IC-02a), or others of one class."""
    statement = select(HolderRow).where(
        HolderRow.unit_id == unit_id, HolderRow.holder_class == kind, now_current(today)
    )
    return session.scalars(statement.order_by(HolderRow.id)).all()


def owners_of_units(
    session: Session, unit_ids: Collection[int], today: date
) -> dict[int, list[str]]:
    """The names of the current owners of these units."""
    names: dict[int, list[str]] = {}
    statement = select(HolderRow.unit_id, HolderRow.name).where(
        HolderRow.unit_id.in_(unit_ids),
        HolderRow.holder_class == HolderClass.OWNER,
        now_current(today),
    )
    for unit_id, name in session.execute(statement.order_by(HolderRow.id)):
        names.setdefault(unit_id or 0, []).append(name)
    return names


def dependants_of(session: Session, principal_id: int) -> Sequence[HolderRow]:
    """The tenant's family on his lease."""
    statement = select(HolderRow).where(HolderRow.principal_id == principal_id)
    return session.scalars(statement.order_by(HolderRow.id)).all()


def units_like(session: Session, words: str, *, offset: int, limit: int) -> Sequence[UnitRow]:
    """Units whose label holds these words, by label."""
    statement = select(UnitRow).order_by(UnitRow.label).offset(offset).limit(limit)
    if words:
        statement = statement.where(UnitRow.label.icontains(words, autoescape=True))
    return session.scalars(statement).all()


def people_page(
    session: Session,
    *,
    query: str,
    holder_class: HolderClass | None,
    current_on: date | None,
    ended_by: date | None,
    offset: int,
    limit: int,
) -> Sequence[HolderRow]:
    """A page of people: those that fit the words, the closest first, or the latest on file."""
    statement = select(HolderRow)
    narrowed = (holder_class, current_on, ended_by) != (None, None, None)
    found: Sequence[int] = ()
    if query:
        found = find_holders(session, query, _MOST_FOUND if narrowed else offset + limit)
        statement = statement.where(HolderRow.id.in_(found) if found else false())
    if holder_class is not None:
        statement = statement.where(HolderRow.holder_class == holder_class)
    if current_on is not None:
        statement = statement.where(now_current(current_on))
    if ended_by is not None:
        statement = statement.where(HolderRow.ends < ended_by)
    if query:
        place = {holder_id: at for at, holder_id in enumerate(found)}
        fitting = session.scalars(statement) if narrowed else _by_ids(session, found)
        rows = sorted(fitting, key=lambda row: place[row.id])
        return rows[offset : offset + limit]
    return session.scalars(
        statement.order_by(HolderRow.id.desc()).offset(offset).limit(limit)
    ).all()


def _by_ids(session: Session, ids: Collection[int]) -> list[HolderRow]:
    return [row for some in filled(ids) for row in _BY_IDS.all(session, **some)]


def live_cards_of(session: Session, holder_ids: Collection[int]) -> Sequence[CardRow]:
    """The live cards of these holders, by number."""
    statement = select(CardRow).where(
        CardRow.holder_id.in_(holder_ids), CardRow.status == CardStatus.LIVE
    )
    return session.scalars(statement.order_by(CardRow.number)).all()


def live_card_counts(session: Session, holder_ids: Collection[int]) -> dict[int, int]:
    """How many live cards each of these holders has; none where there is none."""
    session.flush()
    return {
        row.holder_id: row.many
        for some in filled(holder_ids)
        for row in _LIVE_CARDS.found(session, some)
    }


def ended_with_cards(session: Session, before: date) -> Sequence[CardRow]:
    """Live cards of holders whose last day lies before this one."""
    statement = (
        select(CardRow)
        .join(HolderRow, HolderRow.id == CardRow.holder_id)
        .where(HolderRow.ends < before, CardRow.status == CardStatus.LIVE)
    )
    return session.scalars(statement.order_by(CardRow.number)).all()


def names_of(session: Session, ids: Collection[int]) -> dict[int, str]:
    """Names of holders by id."""
    statement = select(HolderRow.id, HolderRow.name).where(HolderRow.id.in_(ids))
    return dict(session.execute(statement).all())


def history_of_holder(session: Session, holder_id: int) -> Sequence[FileChangeRow]:
    """Every change of a holder's file, newest first."""
    statement = select(FileChangeRow).where(FileChangeRow.holder_id == holder_id)
    return session.scalars(statement.order_by(FileChangeRow.id.desc())).all()


def history_of_unit(session: Session, unit_id: int) -> Sequence[FileChangeRow]:
    """Every change of a unit's own file and its transfers, newest first."""
    statement = select(FileChangeRow).where(
        FileChangeRow.unit_id == unit_id, FileChangeRow.holder_id.is_(None)
    )
    return session.scalars(statement.order_by(FileChangeRow.id.desc())).all()


def filed_by(session: Session, request_id: str) -> FileChangeRow | None:
    """The first change a call made, to answer it again."""
    statement = select(FileChangeRow).where(FileChangeRow.request_id == request_id)
    return session.scalars(statement.order_by(FileChangeRow.id).limit(1)).first()


def agreements_of_unit(session: Session, holder_ids: Collection[int]) -> Sequence[AgreementRow]:
    """The space agreements of a household."""
    statement = select(AgreementRow).where(AgreementRow.holder_id.in_(holder_ids))
    return session.scalars(statement.order_by(AgreementRow.number)).all()


_COPIES: Final = (
    select(PaperCopyRow)
    .where(PaperCopyRow.holder_id == bindparam("holder"))
    .order_by(PaperCopyRow.at, PaperCopyRow.id)
)


def copies_of(session: Session, holder_id: int) -> Sequence[PaperCopyRow]:
    """The copies taken of a holder's papers, oldest first."""
    return session.scalars(_COPIES, {"holder": holder_id}).all()


_UNFILED: Final = select(PaperCopyRow).where(PaperCopyRow.id.in_(select(UnfiledRow.copy_id)))


def unfiled_copies(
    session: Session, *, operator: str | None = None, limit: int | None = None
) -> Sequence[PaperCopyRow]:
    """Copies that lie in no folder yet, of one person or of all, oldest first (PARK-08a)."""
    statement = _UNFILED
    if operator is not None:
        statement = statement.where(PaperCopyRow.operator == operator)
    return session.scalars(statement.order_by(PaperCopyRow.at, PaperCopyRow.id).limit(limit)).all()


def how_many_unfiled(session: Session) -> int:
    """How many there are of all."""
    return session.scalar(select(func.count()).select_from(UnfiledRow)) or 0


def last_filings(session: Session, copy_ids: Collection[str]) -> dict[str, PaperFilingRow]:
    """Where each of these copies was put last."""
    statement = select(PaperFilingRow).where(PaperFilingRow.copy_id.in_(copy_ids))
    return {row.copy_id: row for row in session.scalars(statement.order_by(PaperFilingRow.at))}


def door_and_parking(
    session: Session, numbers: Collection[int]
) -> Sequence[Row[int, RightKind, date]]:
    """Card number, right and the day after its last one."""
    statement = select(RightRow.card_number, RightRow.kind, RightRow.after_last).where(
        RightRow.card_number.in_(numbers)
    )
    return session.execute(statement).all()
