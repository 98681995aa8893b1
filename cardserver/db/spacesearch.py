"""Finding parking spaces by what is typed: code, agreement, plate, holder; a page at a time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from cardserver.db.tables import AgreementRow, HolderRow
from cardserver.db.tables_parking import AgreementSpaceRow, SpaceRow
from cardserver.domain.parking import SpaceKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which spaces: `words` empty for all; `free` for those without a living agreement."""

    words: str = ""
    kind: SpaceKind | None = None
    free: bool = False
    offset: int = 0
    limit: int | None = None


def find_spaces(session: Session, wanted: Wanted, today: date) -> tuple[int, Sequence[SpaceRow]]:
    """How many there are, and the page that was asked for, by kind and code."""
    fits = and_(*_conditions(wanted, today))
    total = session.scalar(select(func.count()).select_from(SpaceRow).where(fits))
    statement = select(SpaceRow).where(fits).order_by(SpaceRow.kind, SpaceRow.code)
    rows = session.scalars(statement.offset(wanted.offset).limit(wanted.limit))
    return total or 0, rows.all()


def _conditions(wanted: Wanted, today: date) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = [SpaceRow.id > 0]
    if wanted.kind is not None:
        conditions.append(SpaceRow.kind == wanted.kind)
    if wanted.free:
        conditions.append(~_about(AgreementRow.ends >= today))
    if wanted.words:
        by_holder = AgreementRow.holder_id.in_(
            select(HolderRow.id).where(HolderRow.name.icontains(wanted.words, autoescape=True))
        )
        named = or_(
            AgreementRow.plate.icontains(wanted.words, autoescape=True),
            AgreementRow.number.icontains(wanted.words, autoescape=True),
            by_holder,
        )
        by_code = SpaceRow.code.icontains(wanted.words, autoescape=True)
        conditions.append(or_(by_code, _about(and_(AgreementRow.ends >= today, named))))
    return conditions


def _about(agreements: ColumnElement[bool]) -> ColumnElement[bool]:
    """Spaces that such an agreement is about, by the list or, where it is older, by the name."""
    listed = (
        select(AgreementSpaceRow.space_id)
        .join(AgreementRow, AgreementRow.id == AgreementSpaceRow.agreement_id)
        .where(agreements)
    )
    known = select(AgreementSpaceRow.agreement_id)
    named = select(AgreementRow.space).where(agreements, AgreementRow.id.not_in(known))
    return or_(SpaceRow.id.in_(listed), SpaceRow.code.in_(named))
