"""Finding holders by their search keys, and keeping the keys true.

The mapper itself keeps them: whoever files or changes a holder, a unit or an agreement changes its
keys in the same transaction, so no use case can forget it. Rows poured in bulk bring their own
(`key_rows`).
"""

from collections.abc import Collection, Iterator, Sequence
from functools import lru_cache
from typing import Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    and_,
    bindparam,
    delete,
    event,
    insert,
    literal_column,
    or_,
    select,
)
from sqlalchemy.orm import Mapper, Session, aliased

from cardserver.db.prepared import Prepared
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


_BY_NUMBER: Final = Prepared(
    select(CardRow.holder_id).where(CardRow.number == bindparam("in_number"))
)
_BY_CHIP: Final = Prepared(
    select(CardRow.holder_id)
    .where(CardRow.uid == bindparam("in_uid"))
    .order_by(CardRow.number.desc())
    .limit(1)
)


def _by_card(session: Session, query: str) -> Iterator[int]:
    """The holder of the card with this number, or with this chip where a reader typed it."""
    typed = "".join(query.split())
    if typed.isascii() and typed.isdigit() and 0 < int(typed) <= MAX_CARD_NUMBER:
        yield from _BY_NUMBER.values(session, in_number=int(typed))
    if len(typed) in _UID_DIGITS and all(each in "0123456789abcdefABCDEF" for each in typed):
        yield from _BY_CHIP.values(session, in_uid=bytes.fromhex(typed))


def _by_keys(session: Session, words: Sequence[str], limit: int) -> Iterator[int]:
    """Ranges of the index, one statement for each way of reading the longest word.

    The end of an address (2-1201) is looked for where no address begins with it.
    """
    longest, *others = words
    for beginning in beginnings(longest):
        found = _in_range(session, beginning, others, limit * _SEVERAL)
        yield from found
        if found and last_of_part(longest):
            return
    if last := last_of_part(longest):
        yield from _in_range(session, last, words, limit * _SEVERAL, rooms=True)


def _in_range(
    session: Session, beginning: str, others: Sequence[str], most: int, *, rooms: bool = False
) -> list[int]:
    """Holders with a key of this beginning, of a room only, whom all other words fit too."""
    fitting = [beginnings(word) for word in others]
    parts = [bool(last_of_part(word)) for word in others]
    given: dict[str, object] = {"in_most": most, "first": beginning, "behind": after(beginning)}
    for place, (word, starts) in enumerate(zip(others, fitting, strict=True)):
        if parts[place]:
            given[f"part_{place}"] = f"%-{word}%"  # digits, letters and dashes: nothing to escape
        for way, start in enumerate(starts):
            given |= {f"first_{place}_{way}": start, f"behind_{place}_{way}": after(start)}
    shape = tuple(zip(map(len, fitting), parts, strict=True))
    return _range(shape, rooms=rooms).values(session, **given)


@lru_cache(maxsize=64)
def _range(shape: tuple[tuple[int, bool], ...], *, rooms: bool) -> Prepared:
    """The question for so many other words, each by how many ways it is read and whether it may be
    the end of an address: there are few such shapes, and each is prepared once.
    """
    statement = (
        select(SearchKeyRow.holder_id)
        .where(SearchKeyRow.key >= bindparam("first"), SearchKeyRow.key < bindparam("behind"))
        .order_by(SearchKeyRow.key, SearchKeyRow.holder_id)
        .limit(bindparam("in_most", type_=Integer))
    )
    if rooms:
        statement = statement.where(SearchKeyRow.kind == literal_column(f"'{_UNIT}'"))
    for place, (ways, part) in enumerate(shape):
        other = aliased(SearchKeyRow)
        fits: list[ColumnElement[bool]] = [
            and_(
                other.key >= bindparam(f"first_{place}_{way}"),
                other.key < bindparam(f"behind_{place}_{way}"),
            )
            for way in range(ways)
        ]
        if part:
            is_room = other.kind == literal_column(f"'{_UNIT}'")
            fits.append(and_(is_room, other.key.like(bindparam(f"part_{place}"))))
        same = select(other.key).where(other.holder_id == SearchKeyRow.holder_id, or_(*fits))
        statement = statement.where(same.exists())
    return Prepared(statement)


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
