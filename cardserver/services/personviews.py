"""What is shown of people and their files, masked. Reads only, inside the caller's transaction."""

from collections.abc import Mapping, Sequence

from cardserver.db.households import live_card_counts, members_of, names_of, owners_of_units
from cardserver.db.queries import units_of_all
from cardserver.db.tables import HolderRow, UnitRow
from cardserver.db.tables_people import FileChangeRow
from cardserver.domain.holder import mask_phone, mask_tail
from cardserver.domain.people import FileAct, is_current, residents_short
from cardserver.services.turn import Turn
from cardserver.services.views import zones_of
from cardserver.wire_people import FieldChange, FileChangeView, PersonView
from cardserver.wire_units import UnitView


def person_view(turn: Turn, row: HolderRow) -> PersonView:
    """One person."""
    return person_views(turn, [row])[0]


def person_views(turn: Turn, rows: Sequence[HolderRow]) -> tuple[PersonView, ...]:
    """People in as many statements for fifty as for one."""
    session = turn.session
    units = units_of_all(session, rows)
    cards = live_card_counts(session, [row.id for row in rows])
    principals = {row.principal_id for row in rows} - {None}
    names = names_of(session, [each for each in principals if each]) if principals else {}
    return tuple(_view(turn, row, units, cards, names) for row in rows)


def _view(
    turn: Turn,
    row: HolderRow,
    units: Mapping[int, UnitRow],
    cards: Mapping[int, int],
    names: Mapping[int, str],
) -> PersonView:
    unit = None if row.unit_id is None else units.get(row.unit_id)
    return PersonView(
        holder_id=row.id,
        name=row.name,
        holder_class=row.holder_class,
        unit_id=row.unit_id,
        unit="" if unit is None else unit.label,
        phone=mask_phone(row.phone),
        id_number=mask_tail(row.id_number),
        relation=row.relation,
        company=row.company,
        lease_number=row.lease_number,
        lease_start=row.lease_start,
        lease_end=row.lease_end,
        principal_id=row.principal_id,
        principal_name="" if row.principal_id is None else names.get(row.principal_id, ""),
        contract_end=row.contract_end,
        section=row.section,
        ends=row.ends,
        current=is_current(row.ends, turn.today),
        live_cards=cards.get(row.id, 0),
        version=row.version,
    )


def change_views(rows: Sequence[FileChangeRow]) -> tuple[FileChangeView, ...]:
    """Lines of a history."""
    return tuple(
        FileChangeView(
            at=row.at,
            operator=row.operator,
            act=FileAct(row.act),
            changes=tuple(FieldChange(**each) for each in row.changes),
            reason=row.reason,
        )
        for row in rows
    )


def unit_views(turn: Turn, rows: Sequence[UnitRow]) -> tuple[UnitView, ...]:
    """Units with the names of their owners."""
    owners = owners_of_units(turn.session, [row.id for row in rows], turn.today)
    return tuple(
        UnitView(
            unit_id=row.id,
            label=row.label,
            zones=zones_of(row.zones),
            owners=tuple(owners.get(row.id, ())),
            version=row.version,
        )
        for row in rows
    )


def residents_and_cards(turn: Turn, unit_id: int) -> tuple[int, int]:
    """Registered residents of a unit, companies not counted, and the live cards in it (IC-23a)."""
    members = [row for row in members_of(turn.session, unit_id) if is_current(row.ends, turn.today)]
    cards = live_card_counts(turn.session, [row.id for row in members])
    return sum(not row.company for row in members), sum(cards.values())


def crowded(turn: Turn, unit_id: int | None) -> bool:
    """IC-23a: more live cards than registered residents: worth a word, never a refusal."""
    return unit_id is not None and residents_short(*residents_and_cards(turn, unit_id))
