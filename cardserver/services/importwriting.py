"""Writing a previewed owner file: new units, new people, changed people, with their history."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import bindparam, delete, or_, select, update

from cardserver.db.bulk import next_ids, pour, stored_instant, stored_json
from cardserver.db.households import now_current
from cardserver.db.searching import key_rows
from cardserver.db.tables import HolderRow, UnitRow
from cardserver.db.tables_people import FileChangeRow, SearchKeyRow
from cardserver.domain.ownerfile import Fate, OnFile, Outcome, Person, Plan
from cardserver.domain.people import FileAct, shown
from cardserver.domain.rights import HolderClass, zone_mask
from cardserver.domain.searchkeys import KeyKind
from cardserver.services.turn import Turn

NEW_UNIT_ZONES: Final = (0,)
"""Doors of a unit that only a file knows: the front door, until somebody says more."""

_HOLDER: Final = (
    *("id", "name", "holder_class", "unit_id", "phone", "id_number"),
    *("relation", "company", "lease_number", "section", "version"),
)
_CHANGE: Final = (
    *("holder_id", "unit_id", "act", "changes", "reason", "request_id"),
    *("at", "station", "operator"),
)
_KEY: Final = ("key", "holder_id", "kind")
_AT_ONCE: Final = 500


def file_on_hand(turn: Turn) -> dict[str, list[OnFile]]:
    """Current owners and their families, by the label of their unit."""
    statement = (
        select(
            UnitRow.label,
            HolderRow.id,
            HolderRow.name,
            HolderRow.phone,
            HolderRow.id_number,
            HolderRow.relation,
            HolderRow.company,
            HolderRow.version,
            HolderRow.holder_class,
        )
        .join(HolderRow, HolderRow.unit_id == UnitRow.id)
        .where(
            or_(
                HolderRow.holder_class == HolderClass.OWNER,
                HolderRow.holder_class == HolderClass.FAMILY,
            ),
            now_current(turn.today),
        )
        .order_by(HolderRow.id)
    )
    units: dict[str, list[OnFile]] = {}
    for label, *values in turn.session.execute(statement).all():
        units.setdefault(label, []).append(_on_file(values))
    return units


def _on_file(values: Sequence[Any]) -> OnFile:
    return OnFile(*values)


def write(turn: Turn, plan: Plan, import_id: str) -> None:
    """All of the plan, in the caller's transaction."""
    new = [each for each in plan.outcomes if each.fate is Fate.NEW]
    changed = [each for each in plan.outcomes if each.fate is Fate.CHANGED]
    units = _units(turn, new)
    _write_new(turn, new, units, import_id)
    _write_changed(turn, changed, import_id)
    turn.session.expire_all()


def _units(turn: Turn, new: Sequence[Outcome]) -> Mapping[str, int]:
    """Row numbers of all units by label; those that only the file knows are put on file."""
    found = select(UnitRow.label, UnitRow.id)
    known = dict(turn.session.execute(found).all())
    missing = list(dict.fromkeys(each.unit for each in new if each.unit not in known))
    connection = turn.session.connection()
    ids = next_ids(connection, UnitRow, len(missing))
    mask = zone_mask(*NEW_UNIT_ZONES)
    rows = [(unit_id, label, mask, 1) for unit_id, label in zip(ids, missing, strict=True)]
    pour(connection, UnitRow, ("id", "label", "zones", "version"), rows)
    return known | dict(zip(missing, ids, strict=True))


def _write_new(
    turn: Turn, new: Sequence[Outcome], units: Mapping[str, int], import_id: str
) -> None:
    connection = turn.session.connection()
    ids = next_ids(connection, HolderRow, len(new))
    people = [
        (holder_id, units[each.unit], each.person)
        for holder_id, each in zip(ids, new, strict=True)
        if each.person is not None
    ]
    pour(
        connection,
        HolderRow,
        _HOLDER,
        (
            (
                *(holder_id, p.name, p.holder_class.value, unit_id, p.phone, p.id_number),
                *(p.relation, p.company, "", "", 1),
            )
            for holder_id, unit_id, p in people
        ),
    )
    keys = sorted(
        key
        for holder_id, _, p in people
        for key in key_rows(
            holder_id, name=p.name, phone=p.phone, id_number=p.id_number, unit=p.unit
        )
    )
    pour(connection, SearchKeyRow, _KEY, keys)
    history = ((holder_id, unit_id, _first_entry(p)) for holder_id, unit_id, p in people)
    _write_history(turn, history, import_id)


def _first_entry(person: Person) -> list[dict[str, str]]:
    fields = ("name", "phone", "id_number", "relation")
    said = ((field, getattr(person, field)) for field in fields)
    return [
        {"field": field, "old": "", "new": shown(field, value)} for field, value in said if value
    ]


def _write_changed(turn: Turn, changed: Sequence[Outcome], import_id: str) -> None:
    pairs = [(each.person, each.target) for each in changed]
    rows = [_changed_row(p, target) for p, target in pairs if p is not None and target is not None]
    if not rows:
        return
    connection = turn.session.connection()
    fields = ("name", "phone", "id_number", "relation", "company", "version")
    connection.execute(
        update(HolderRow)
        .execution_options(synchronize_session=False)
        .where(HolderRow.id == bindparam("of"))
        .values({field: bindparam(f"new_{field}") for field in fields}),
        [{"of": row["id"], **{f"new_{field}": row[field] for field in fields}} for row in rows],
    )
    kinds = [kind.value for kind in (KeyKind.NAME, KeyKind.PHONE, KeyKind.ID)]
    for start in range(0, len(rows), _AT_ONCE):
        ids = [row["id"] for row in rows[start : start + _AT_ONCE]]
        mine = (SearchKeyRow.holder_id.in_(ids), SearchKeyRow.kind.in_(kinds))
        connection.execute(delete(SearchKeyRow).where(*mine))
    pour(connection, SearchKeyRow, _KEY, sorted(_changed_keys(rows)))
    history = (
        (each.target.holder_id, None, [_entry(*change) for change in each.detail])
        for each in changed
        if each.target is not None
    )
    _write_history(turn, history, import_id)


def _changed_row(person: Person, target: OnFile) -> dict[str, object]:
    return {
        "id": target.holder_id,
        "name": person.name,
        "phone": person.phone or target.phone,
        "id_number": person.id_number or target.id_number,
        "relation": person.relation or target.relation,
        "company": person.company or target.company,
        "version": target.version + 1,
    }


def _changed_keys(rows: Sequence[Mapping[str, object]]) -> Iterator[tuple[str, int, str]]:
    for row in rows:
        holder_id = int(str(row["id"]))
        name, phone, id_number = (str(row[each]) for each in ("name", "phone", "id_number"))
        yield from key_rows(holder_id, name=name, phone=phone, id_number=id_number, unit="")


def _entry(field: str, old: str, new: str) -> dict[str, str]:
    return {"field": field, "old": old, "new": new}


def _write_history(
    turn: Turn,
    entries: Iterator[tuple[int, int | None, list[dict[str, str]]]],
    import_id: str,
) -> None:
    connection = turn.session.connection()
    at = stored_instant(connection, turn.now)
    made = (at, turn.caller.station, turn.caller.operator)
    pour(
        connection,
        FileChangeRow,
        _CHANGE,
        (
            (holder, unit, FileAct.IMPORTED.value, stored_json(found), "", import_id, *made)
            for holder, unit, found in entries
        ),
    )
