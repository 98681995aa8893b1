"""Units on file, and who lives in them."""

from cardserver.db.households import filed_by, history_of_unit, members_of, units_like
from cardserver.db.tables import UnitRow
from cardserver.domain.errors import RuleViolation
from cardserver.domain.people import Change, FileAct, residents_short
from cardserver.domain.rights import zone_mask
from cardserver.services.errors import Conflict
from cardserver.services.filechanges import keep_change
from cardserver.services.people import check_version
from cardserver.services.personviews import (
    change_views,
    person_views,
    residents_and_cards,
    unit_views,
)
from cardserver.services.replay import repeated
from cardserver.services.turn import Caller, Estate, Turn, reading, writing
from cardserver.services.views import zones_of
from cardserver.wire_people import PAGE
from cardserver.wire_units import ChangeUnitRequest, FileUnitRequest, Household, UnitList, UnitView


def list_units(estate: Estate, caller: Caller, query: str, page: int) -> UnitList:
    """A page of units by label, counted from 0."""
    with reading(estate, caller) as turn:
        rows = units_like(turn.session, query.strip(), offset=page * PAGE, limit=PAGE + 1)
        return UnitList(units=unit_views(turn, rows[:PAGE]), more=len(rows) > PAGE)


def household(estate: Estate, caller: Caller, unit_id: int) -> Household:
    """A unit and everybody in it (IC-03a), with the warning of IC-23a. Raises NotFound."""
    with reading(estate, caller) as turn:
        row = turn.find(UnitRow, unit_id, "unit")
        people = person_views(turn, members_of(turn.session, unit_id))
        residents, cards = residents_and_cards(turn, unit_id)
        return Household(
            unit=unit_views(turn, [row])[0],
            current=tuple(each for each in people if each.current),
            former=tuple(each for each in people if not each.current),
            residents=residents,
            live_cards=cards,
            crowded=residents_short(residents, cards),
            history=change_views(history_of_unit(turn.session, unit_id)),
        )


def file_unit(estate: Estate, caller: Caller, request: FileUnitRequest) -> UnitView:
    """A new unit. Raises Conflict ``unit-known``."""
    with writing(estate, caller) as turn:
        if repeated(turn, request.request_id, "file-unit", request):
            change = filed_by(turn.session, request.request_id)
            row = turn.find(UnitRow, (change and change.unit_id) or 0, "unit")
        else:
            _check_label(turn, request.label, None)
            row = turn.add(UnitRow(label=request.label, zones=zone_mask(*request.zones)))
            found = (Change(field="label", old="", new=row.label), _doors(0, row.zones))
            keep_change(turn, row, FileAct.FILED, found, request_id=request.request_id)
        return unit_views(turn, [row])[0]


def change_unit(
    estate: Estate, caller: Caller, unit_id: int, request: ChangeUnitRequest
) -> UnitView:
    """Another label or other doors. Cards keep their zones until they are written again.

    Raises Conflict ``changed-meanwhile``, ``unit-known``, RuleViolation, NotFound.
    """
    with writing(estate, caller) as turn:
        row = turn.find(UnitRow, unit_id, "unit")
        if not repeated(turn, request.request_id, "change-unit", request, about=unit_id):
            check_version(row.version, request.version)
            _check_label(turn, request.label, row)
            zones = zone_mask(*request.zones)
            found = tuple(
                change
                for change in (
                    Change(field="label", old=row.label, new=request.label),
                    _doors(row.zones, zones),
                )
                if change.old != change.new
            )
            if found:
                row.label, row.zones = request.label, zones
                row.version += 1
                keep_change(
                    turn,
                    row,
                    FileAct.CHANGED,
                    found,
                    request_id=request.request_id,
                    reason=request.reason,
                )
                turn.session.flush()
        return unit_views(turn, [row])[0]


def _doors(before: int, after: int) -> Change:
    if not after:
        raise RuleViolation("zones-missing", rule="GATE-01")
    old, new = (", ".join(map(str, zones_of(mask))) for mask in (before, after))
    return Change(field="zones", old=old, new=new)


def _check_label(turn: Turn, label: str, row: UnitRow | None) -> None:
    same = [
        each for each in units_like(turn.session, label, offset=0, limit=PAGE) if each is not row
    ]
    if any(each.label == label for each in same):
        raise Conflict("unit-known", f"{label} is on file already")
