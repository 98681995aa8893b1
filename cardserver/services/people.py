"""Putting people on file, changing and ending their files. Nothing is ever deleted.

Every change is a row with name, time, old and new values (`file_change`), sensitive ones masked.
Two clerks at one file: the second is told (``changed-meanwhile``).
"""

from dataclasses import asdict, replace
from datetime import date, timedelta

from cardserver.db.households import copies_of, filed_by, history_of_holder, owners_of, people_page
from cardserver.db.tables import HolderRow, UnitRow
from cardserver.domain.errors import RuleViolation
from cardserver.domain.people import (
    Around,
    Change,
    Details,
    FileAct,
    Principal,
    changes,
    check_details,
    is_current,
    plain_id_number,
    plain_phone,
    readable,
)
from cardserver.domain.rights import HolderClass
from cardserver.services.errors import Conflict, NotFound
from cardserver.services.filechanges import keep_change
from cardserver.services.filing import copy_views
from cardserver.services.personviews import change_views, crowded, person_view, person_views
from cardserver.services.replay import repeated
from cardserver.services.rightsending import end_rights
from cardserver.services.turn import Caller, Estate, Turn, reading, writing
from cardserver.services.views import holder_view
from cardserver.wire_people import (
    PAGE,
    ChangeHolderRequest,
    EndHolderRequest,
    FileHolderRequest,
    HolderDetails,
    PeopleList,
    PersonSheet,
    PersonView,
    Standing,
)


def list_people(
    estate: Estate,
    caller: Caller,
    *,
    query: str,
    holder_class: HolderClass | None,
    standing: Standing,
    page: int,
    limit: int = PAGE,
) -> PeopleList:
    """A page of people, counted from 0: those that fit, or the latest on file.

    In as many statements for fifty as for one.
    """
    with reading(estate, caller) as turn:
        rows = people_page(
            turn.session,
            query=query.strip(),
            holder_class=holder_class,
            current_on=turn.today if standing == "current" else None,
            ended_by=turn.today if standing == "ended" else None,
            offset=page * limit,
            limit=limit + 1,
        )
        return PeopleList(people=person_views(turn, rows[:limit]), more=len(rows) > limit)


def sheet(estate: Estate, caller: Caller, holder_id: int) -> PersonSheet:
    """All that is on file of one person. Raises NotFound."""
    with reading(estate, caller) as turn:
        row = turn.find(HolderRow, holder_id, "holder")
        seen = holder_view(turn, row)
        return PersonSheet(
            person=person_view(turn, row),
            cards=seen.cards,
            agreements=seen.agreements,
            history=change_views(history_of_holder(turn.session, holder_id)),
            copies=copy_views(turn, copies_of(turn.session, holder_id)),
            crowded=crowded(turn, row.unit_id),
        )


def file_holder(estate: Estate, caller: Caller, request: FileHolderRequest) -> PersonView:
    """Put a person on file. Raises RuleViolation, NotFound."""
    with writing(estate, caller) as turn:
        if repeated(turn, request.request_id, "file-holder", request):
            return person_view(turn, _filed(turn, request.request_id))
        details = _on_lease(turn, details_of(request.details, None))
        check_details(details, _around(turn, details, co_owner=request.co_owner))
        row = put_on_file(turn, details, request.request_id)
        if row.holder_class is HolderClass.FAMILY:
            row.listed = False  # typed at the counter: the owner is asked before a card (IC-04)
        return person_view(turn, row)


def change_holder(
    estate: Estate, caller: Caller, holder_id: int, request: ChangeHolderRequest
) -> PersonView:
    """Change a file. Raises Conflict ``changed-meanwhile``, RuleViolation, NotFound."""
    with writing(estate, caller) as turn:
        row = turn.find(HolderRow, holder_id, "holder")
        if not repeated(turn, request.request_id, "change-holder", request, about=holder_id):
            check_version(row.version, request.version)
            details = _on_lease(turn, details_of(request.details, row))
            if details.holder_class is not row.holder_class:
                raise RuleViolation("class-stays", rule="IC-03a")
            check_details(details, _around(turn, details, holder_id=row.id, co_owner=True))
            found = set_details(row, details)
            if found:
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
        return person_view(turn, row)


def end_holder(
    estate: Estate, caller: Caller, holder_id: int, request: EndHolderRequest
) -> PersonView:
    """Set the last day of belonging here, or open the file again. Cards follow (IC-22a, IC-13a).

    The last owner of a household goes by owner change (IC-22). Raises Conflict, RuleViolation.
    """
    with writing(estate, caller) as turn:
        row = turn.find(HolderRow, holder_id, "holder")
        if not repeated(turn, request.request_id, "end-holder", request, about=holder_id):
            check_version(row.version, request.version)
            _check_ending(turn, row, request.last_day)
            end_on_file(turn, row, request.last_day, request.reason, request.request_id)
        return person_view(turn, row)


def _check_ending(turn: Turn, row: HolderRow, last_day: date | None) -> None:
    if last_day is None:
        details = _details_on_file(row)
        check_details(details, _around(turn, details, holder_id=row.id, co_owner=True))
        return
    if row.holder_class is not HolderClass.OWNER or row.unit_id is None:
        return
    next_day = last_day + timedelta(days=1)
    others = [each for each in owners_of(turn.session, row.unit_id, next_day) if each is not row]
    family = owners_of(turn.session, row.unit_id, next_day, HolderClass.FAMILY)
    if family and not others:
        raise RuleViolation("household-remains", rule="IC-22")


# --- used by owner change and import as well ------------------------------------------------------


def put_on_file(turn: Turn, details: Details, request_id: str) -> HolderRow:
    """A new row with its first line of history."""
    row = turn.add(HolderRow(**asdict(details)))
    empty = dict.fromkeys(asdict(details))
    found = [each for each in changes(empty, asdict(details)) if each.new not in {"", "False"}]
    keep_change(turn, row, FileAct.FILED, found, request_id=request_id)
    return row


def end_on_file(
    turn: Turn, row: HolderRow, last_day: date | None, reason: str, request_id: str
) -> tuple[int, ...]:
    """Set the last day with a line of history; numbers of the cards that were blocked."""
    before = "" if row.ends is None else row.ends.isoformat()
    blocked = end_rights(turn, row, last_day)
    after = "" if last_day is None else last_day.isoformat()
    act = FileAct.REOPENED if last_day is None else FileAct.ENDED
    found = [Change(field="ends", old=before, new=after)]
    keep_change(turn, row, act, found, request_id=request_id, reason=reason)
    return blocked


def set_details(row: HolderRow, details: Details) -> tuple[Change, ...]:
    """Write the details into the row; what was changed by it."""
    before = asdict(_details_on_file(row))
    after = asdict(details)
    for field, value in after.items():
        setattr(row, field, value)
    return changes(before, after)


def check_version(found: int, expected: int) -> None:
    """Raise Conflict ``changed-meanwhile`` when somebody else changed it since it was shown."""
    if found != expected:
        raise Conflict("changed-meanwhile", "the file was changed since it was shown")


def details_of(details: HolderDetails, row: HolderRow | None) -> Details:
    """What was filled in; a phone or ID number left out stays as it is on file."""
    phone, id_number = details.phone, details.id_number
    kept_phone = "" if row is None else row.phone
    kept_id = "" if row is None else row.id_number
    return Details(
        name=readable(details.name),
        holder_class=details.holder_class,
        unit_id=details.unit_id,
        phone=kept_phone if phone is None else plain_phone(phone),
        id_number=kept_id if id_number is None else plain_id_number(id_number),
        relation=details.relation or "",
        company=details.company,
        lease_number=details.lease_number or "",
        lease_start=details.lease_start,
        lease_end=details.lease_end,
        principal_id=details.principal_id,
        contract_end=details.contract_end,
        section=details.section or "",
    )


def _details_on_file(row: HolderRow) -> Details:
    return Details(**{field: getattr(row, field) for field in Details.__slots__})


def _around(
    turn: Turn, details: Details, *, holder_id: int | None = None, co_owner: bool = False
) -> Around:
    owners = 0
    if details.unit_id is not None:
        turn.find(UnitRow, details.unit_id, "unit")
        rows = owners_of(turn.session, details.unit_id, turn.today)
        owners = sum(row.id != holder_id for row in rows)
    return Around(
        today=turn.today,
        owners=owners,
        co_owner=co_owner,
        principal=_principal(turn, details.principal_id),
    )


def _on_lease(turn: Turn, details: Details) -> Details:
    """A tenant's family stands on his lease (IC-05b): its number and days are theirs."""
    tenant = None
    if details.principal_id is not None:
        tenant = turn.session.get(HolderRow, details.principal_id)
    if tenant is None:
        return details
    return replace(
        details,
        lease_number=tenant.lease_number,
        lease_start=tenant.lease_start,
        lease_end=tenant.lease_end,
    )


def _principal(turn: Turn, principal_id: int | None) -> Principal | None:
    row = None if principal_id is None else turn.session.get(HolderRow, principal_id)
    if row is None:
        return None
    return Principal(
        unit_id=row.unit_id,
        is_tenant=row.holder_class is HolderClass.TENANT and row.principal_id is None,
        current=is_current(row.ends, turn.today),
        lease_end=row.lease_end,
    )


def _filed(turn: Turn, request_id: str) -> HolderRow:
    change = filed_by(turn.session, request_id)
    if change is None or change.holder_id is None:
        raise NotFound("holder", request_id)
    return turn.find(HolderRow, change.holder_id, "holder")
