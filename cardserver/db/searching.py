"""Finding holders by their search keys, and keeping the keys true.

The mapper itself keeps them: whoever files or changes a holder, a unit or an agreement changes its
keys in the same transaction, so no use case can forget it. Rows poured in bulk bring their own
(`key_rows`).
"""

from collections.abc import Collection, Iterator, Sequence
from typing import Final

from sqlalchemy import Connection, Select, and_, delete, event, insert, or_, select
from sqlalchemy.orm import Mapper, Session, aliased

from cardserver.db.tables import AgreementRow, CardRow, HolderRow, UnitRow
from cardserver.db.tables_people import SearchKeyRow
from cardserver.domain.ids import MAX_CARD_NUMBER
from cardserver.domain.rooms import dashed, last_of_part
from cardserver.domain.searchkeys import (
    KeyKind,
    after,
    beginnings,
    id_keys,
    name_keys,
    phone_keys,
    plate_keys,
    terms,
    unit_keys,
)

_SEVERAL = 8
"""Keys read at once for each holder wanted: one holder may fit under a few of his keys."""

_UID_DIGITS = (8, 14, 20)
_NAME, _PHONE, _ID, _UNIT = (
    each.value for each in (KeyKind.NAME, KeyKind.PHONE, KeyKind.ID, KeyKind.UNIT)
)

# --- finding -------------------------------------------------------------------------------------


def find_holders(session: Session, query: str, limit: int) -> Sequence[int]:
    """Ids of holders that fit every word of the query, the closest first, `limit` at most.

    What reads as a room is looked for as one, then as it was typed. The number of statements does
    not grow with the hits.
    """
    found = dict.fromkeys(_by_card(session, query))
    for words in dict.fromkeys((terms(dashed(query)), terms(query))):
        fitting = dict.fromkeys(_by_keys(session, words, limit)) if words else {}
        if fitting:
            found |= fitting
            break
    return tuple(found)[:limit]


def _by_card(session: Session, query: str) -> Iterator[int]:
    """The holder of the card with this number, or with this chip where a reader typed it."""
    typed = "".join(query.split())
    if typed.isascii() and typed.isdigit() and 0 < int(typed) <= MAX_CARD_NUMBER:
        yield from session.scalars(select(CardRow.holder_id).where(CardRow.number == int(typed)))
    if len(typed) in _UID_DIGITS and all(each in "0123456789abcdefABCDEF" for each in typed):
        chip = select(CardRow.holder_id).where(CardRow.uid == bytes.fromhex(typed))
        yield from session.scalars(chip.order_by(CardRow.number.desc()).limit(1))


def _by_keys(session: Session, words: Sequence[str], limit: int) -> Iterator[int]:
    """Ranges of the index, one statement for each way of reading the longest word.

    The end of an address (2-1201) is looked for where no address begins with it.
    """
    longest, *others = words
    for beginning in beginnings(longest):
        statement = _range(beginning, others).limit(limit * _SEVERAL)
        found = session.scalars(statement).all()
        yield from found
        if found and last_of_part(longest):
            return
    if last := last_of_part(longest):
        rooms = _range(last, words).where(SearchKeyRow.kind == _UNIT)
        yield from session.scalars(rooms.limit(limit * _SEVERAL))


def _range(beginning: str, others: Sequence[str]) -> Select[int]:
    statement = (
        select(SearchKeyRow.holder_id)
        .where(SearchKeyRow.key >= beginning, SearchKeyRow.key < after(beginning))
        .order_by(SearchKeyRow.key, SearchKeyRow.holder_id)
    )
    for word in others:
        other = aliased(SearchKeyRow)
        fits = [and_(other.key >= b, other.key < after(b)) for b in beginnings(word)]
        if last_of_part(word):
            fits.append(and_(other.kind == _UNIT, other.key.contains(f"-{word}", autoescape=True)))
        same = select(other.key).where(other.holder_id == SearchKeyRow.holder_id, or_(*fits))
        statement = statement.where(same.exists())
    return statement


# --- keeping -------------------------------------------------------------------------------------


def key_rows(
    holder_id: int, *, name: str, phone: str, id_number: str, unit: str
) -> Iterator[tuple[str, int, str]]:
    """Key, holder and kind of a holder without a plate, for rows poured in bulk."""
    for key in name_keys(name):
        yield key, holder_id, _NAME
    for key in phone_keys(phone):
        yield key, holder_id, _PHONE
    for key in id_keys(id_number):
        yield key, holder_id, _ID
    for key in unit_keys(unit) if unit else ():
        yield key, holder_id, _UNIT


def set_keys(
    connection: Connection, holder_id: int, kind: KeyKind, keys: Collection[str], *, new: bool
) -> None:
    """Replace the keys of one kind of one holder; `new` where there can be none yet."""
    if not new:
        mine = (SearchKeyRow.holder_id == holder_id, SearchKeyRow.kind == kind.value)
        connection.execute(delete(SearchKeyRow).where(*mine))
    if keys:
        rows = [{"key": key, "holder_id": holder_id, "kind": kind.value} for key in sorted(keys)]
        connection.execute(insert(SearchKeyRow), rows)


def _label_of(connection: Connection, unit_id: int | None) -> str:
    if unit_id is None:
        return ""
    return connection.scalar(select(UnitRow.label).where(UnitRow.id == unit_id)) or ""


def _keep_holder(connection: Connection, row: HolderRow, *, new: bool) -> None:
    unit = _label_of(connection, row.unit_id)
    if not new:
        kinds = [kind.value for kind in KeyKind if kind is not KeyKind.PLATE]
        mine = (SearchKeyRow.holder_id == row.id, SearchKeyRow.kind.in_(kinds))
        connection.execute(delete(SearchKeyRow).where(*mine))
    rows = key_rows(row.id, name=row.name, phone=row.phone, id_number=row.id_number, unit=unit)
    columns = ("key", "holder_id", "kind")
    fresh = [dict(zip(columns, each, strict=True)) for each in rows]
    if fresh:
        connection.execute(insert(SearchKeyRow), fresh)


SEARCHED: Final = frozenset({HolderRow, UnitRow, AgreementRow})
"""Tables that write search keys along with their rows, as below."""


@event.listens_for(HolderRow, "after_insert")
def _holder_filed(_: Mapper[HolderRow], connection: Connection, row: HolderRow) -> None:
    _keep_holder(connection, row, new=True)


@event.listens_for(HolderRow, "after_update")
def _holder_changed(_: Mapper[HolderRow], connection: Connection, row: HolderRow) -> None:
    _keep_holder(connection, row, new=False)


@event.listens_for(UnitRow, "after_update")
def _unit_changed(_: Mapper[UnitRow], connection: Connection, row: UnitRow) -> None:
    keys = unit_keys(row.label)
    members = connection.scalars(select(HolderRow.id).where(HolderRow.unit_id == row.id))
    for holder_id in members.all():
        set_keys(connection, holder_id, KeyKind.UNIT, keys, new=False)


@event.listens_for(AgreementRow, "after_insert")
@event.listens_for(AgreementRow, "after_update")
def _agreement_changed(_: Mapper[AgreementRow], connection: Connection, row: AgreementRow) -> None:
    mine = select(AgreementRow.plate).where(AgreementRow.holder_id == row.holder_id)
    keys = plate_keys(connection.scalars(mine).all())
    set_keys(connection, row.holder_id, KeyKind.PLATE, keys, new=False)
