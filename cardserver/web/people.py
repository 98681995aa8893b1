"""People, units and households: filing, changing, ending, owner change, unmasking, papers."""

from typing import Annotated
from uuid import UUID

from apiflask import APIBlueprint
from pydantic import Field

from cardserver.domain.permits import Action
from cardserver.domain.rights import HolderClass
from cardserver.services import filing, people, transferring, units, unmasking
from cardserver.web.auth import caller, estate, permit
from cardserver.web.params import row
from cardserver.wire_copies import CopyList, CopyRequest, CopyView, FilingRequest
from cardserver.wire_people import (
    PAGE,
    ChangeHolderRequest,
    EndHolderRequest,
    FileHolderRequest,
    PeopleList,
    PersonSheet,
    PersonView,
    Standing,
    Unmasked,
    UnmaskRequest,
)
from cardserver.wire_units import (
    ChangeUnitRequest,
    FileUnitRequest,
    Household,
    Leaving,
    Transferred,
    TransferRequest,
    UnitList,
    UnitView,
)
from cardserver.wirebase import Wire

api = APIBlueprint("people", __name__, tag="People and units")

_PERSON = f"/people/{row('holder_id')}"
_UNIT = f"/units/{row('unit_id')}"
Page = Annotated[int, Field(ge=0, le=100_000)]
Words = Annotated[str, Field(max_length=400, pattern=r"^[^\x00-\x1f\x7f]*$")]


class PeopleQuery(Wire):
    """Which people, and which page of them."""

    query: Words = ""
    holder_class: HolderClass | None = None
    standing: Standing = "all"
    page: Page = 0
    limit: Annotated[int, Field(ge=1, le=PAGE)] = PAGE


class UnfiledQuery(Wire):
    """How many of the oldest copies."""

    limit: Annotated[int, Field(ge=1, le=PAGE)] = PAGE


class UnitsQuery(Wire):
    """Which units, and which page of them."""

    query: Words = ""
    page: Page = 0


@api.get("/people")
@permit(Action.FIND_HOLDERS)
@api.input(PeopleQuery, location="query")
@api.output(PeopleList)
def list_people(query_data: PeopleQuery) -> PeopleList:
    """List people, masked: those that fit the words, or the latest on file."""
    return people.list_people(
        estate(),
        caller(),
        query=query_data.query,
        holder_class=query_data.holder_class,
        standing=query_data.standing,
        page=query_data.page,
        limit=query_data.limit,
    )


@api.post("/people")
@permit(Action.EDIT_HOLDERS)
@api.input(FileHolderRequest)
@api.output(PersonView)
def file_holder(json_data: FileHolderRequest) -> PersonView:
    """Put a person on file."""
    return people.file_holder(estate(), caller(), json_data)


@api.get(_PERSON)
@permit(Action.FIND_HOLDERS)
@api.output(PersonSheet)
def sheet(holder_id: int) -> PersonSheet:
    """Show all that is on file of one person, masked."""
    return people.sheet(estate(), caller(), holder_id)


@api.post(f"{_PERSON}/changes")
@permit(Action.EDIT_HOLDERS)
@api.input(ChangeHolderRequest)
@api.output(PersonView)
def change_holder(holder_id: int, json_data: ChangeHolderRequest) -> PersonView:
    """Change a file that was seen in a certain version."""
    return people.change_holder(estate(), caller(), holder_id, json_data)


@api.post(f"{_PERSON}/end")
@permit(Action.EDIT_HOLDERS)
@api.input(EndHolderRequest)
@api.output(PersonView)
def end_holder(holder_id: int, json_data: EndHolderRequest) -> PersonView:
    """Set the last day of belonging here; cards end with it."""
    return people.end_holder(estate(), caller(), holder_id, json_data)


@api.post(f"{_PERSON}/unmask")
@permit(Action.UNMASK)
@api.input(UnmaskRequest)
@api.output(Unmasked)
def unmask(holder_id: int, json_data: UnmaskRequest) -> Unmasked:
    """Show one hidden field in full, and log who looked."""
    return unmasking.unmask(estate(), caller(), holder_id, json_data)


@api.post(f"{_PERSON}/copies")
@permit(Action.VERIFY)
@api.input(CopyRequest)
@api.output(CopyList)
def record_copy(holder_id: int, json_data: CopyRequest) -> CopyList:
    """Record that a copy of a paper was taken."""
    copies = filing.record_copy(estate(), caller(), holder_id, json_data)
    return CopyList(copies=copies, total=len(copies))


@api.get("/copies/unfiled")
@permit(Action.FIND_HOLDERS)
@api.input(UnfiledQuery, location="query")
@api.output(CopyList)
def unfiled(query_data: UnfiledQuery) -> CopyList:
    """List the oldest copies that lie in no folder yet, and count them."""
    return filing.list_unfiled(estate(), caller(), query_data.limit)


@api.post("/copies/<uuid:copy_id>/filing")
@permit(Action.VERIFY)
@api.input(FilingRequest)
@api.output(CopyView)
def file_copy(copy_id: UUID, json_data: FilingRequest) -> CopyView:
    """Record in which folder a copy lies."""
    return filing.file_copy(estate(), caller(), str(copy_id), json_data)


@api.get("/units")
@permit(Action.FIND_HOLDERS)
@api.input(UnitsQuery, location="query")
@api.output(UnitList)
def list_units(query_data: UnitsQuery) -> UnitList:
    """List units by label."""
    return units.list_units(estate(), caller(), query_data.query, query_data.page)


@api.post("/units")
@permit(Action.EDIT_HOLDERS)
@api.input(FileUnitRequest)
@api.output(UnitView)
def file_unit(json_data: FileUnitRequest) -> UnitView:
    """Put a unit on file."""
    return units.file_unit(estate(), caller(), json_data)


@api.get(_UNIT)
@permit(Action.FIND_HOLDERS)
@api.output(Household)
def household(unit_id: int) -> Household:
    """Show a unit and everybody in it."""
    return units.household(estate(), caller(), unit_id)


@api.post(f"{_UNIT}/changes")
@permit(Action.EDIT_HOLDERS)
@api.input(ChangeUnitRequest)
@api.output(UnitView)
def change_unit(unit_id: int, json_data: ChangeUnitRequest) -> UnitView:
    """Change a unit that was seen in a certain version."""
    return units.change_unit(estate(), caller(), unit_id, json_data)


@api.get(f"{_UNIT}/leaving")
@permit(Action.FIND_HOLDERS)
@api.output(Leaving)
def leaving(unit_id: int) -> Leaving:
    """List what ends when the unit changes hands."""
    return transferring.leaving(estate(), caller(), unit_id)


@api.post(f"{_UNIT}/transfer")
@permit(Action.EDIT_HOLDERS)
@api.input(TransferRequest)
@api.output(Transferred)
def transfer(unit_id: int, json_data: TransferRequest) -> Transferred:
    """End the household that was listed, and begin the new owner's."""
    return transferring.transfer(estate(), caller(), unit_id, json_data)
