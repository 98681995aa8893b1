"""Owner data from a file: parts in, preview, take over."""

from typing import Annotated
from uuid import UUID

from apiflask import APIBlueprint
from pydantic import Field

from cardserver.domain.permits import Action
from cardserver.services import importing
from cardserver.web.auth import caller, estate, permit
from cardserver.wire_imports import (
    FateWord,
    ImportLines,
    ImportList,
    ImportRequest,
    ImportView,
    PartRequest,
    TakeOverRequest,
)
from cardserver.wirebase import Wire

api = APIBlueprint("imports", __name__, tag="Owner data from a file")


class LinesQuery(Wire):
    """Which rows, and which page of them."""

    fate: FateWord | None = None
    page: Annotated[int, Field(ge=0, le=100_000)] = 0


class Nothing(Wire):
    """A call that says all in its address."""


@api.get("/imports")
@permit(Action.EDIT_HOLDERS)
@api.output(ImportList)
def list_imports() -> ImportList:
    """List the latest files."""
    return importing.list_imports(estate(), caller())


@api.post("/imports")
@permit(Action.EDIT_HOLDERS)
@api.input(ImportRequest)
@api.output(ImportView)
def begin(json_data: ImportRequest) -> ImportView:
    """Announce a file."""
    return importing.begin_import(estate(), caller(), json_data)


@api.get("/imports/<uuid:import_id>")
@permit(Action.EDIT_HOLDERS)
@api.output(ImportView)
def show(import_id: UUID) -> ImportView:
    """Show a file on its way in, and how far it is."""
    return importing.show_import(estate(), caller(), str(import_id))


@api.post("/imports/<uuid:import_id>/parts")
@permit(Action.EDIT_HOLDERS)
@api.input(PartRequest)
@api.output(ImportView)
def part(import_id: UUID, json_data: PartRequest) -> ImportView:
    """Take in one piece of a file."""
    return importing.receive_part(estate(), caller(), str(import_id), json_data)


@api.post("/imports/<uuid:import_id>/preview")
@permit(Action.EDIT_HOLDERS)
@api.input(Nothing)
@api.output(ImportView)
def preview(import_id: UUID, json_data: Nothing) -> ImportView:  # noqa: ARG001
    """Work out the fate of every row, apart from this call."""
    return importing.start_preview(estate(), caller(), str(import_id))


@api.get("/imports/<uuid:import_id>/lines")
@permit(Action.EDIT_HOLDERS)
@api.input(LinesQuery, location="query")
@api.output(ImportLines)
def lines(import_id: UUID, query_data: LinesQuery) -> ImportLines:
    """Show a page of the preview."""
    return importing.list_lines(
        estate(), caller(), str(import_id), query_data.fate, query_data.page
    )


@api.post("/imports/<uuid:import_id>/takeover")
@permit(Action.EDIT_HOLDERS)
@api.input(TakeOverRequest)
@api.output(ImportView)
def take_over(import_id: UUID, json_data: TakeOverRequest) -> ImportView:
    """Take over exactly what was previewed, apart from this call."""
    return importing.start_take_over(estate(), caller(), str(import_id), json_data)


@api.post("/imports/<uuid:import_id>/drop")
@permit(Action.EDIT_HOLDERS)
@api.input(Nothing)
@api.output(ImportView)
def drop(import_id: UUID, json_data: Nothing) -> ImportView:  # noqa: ARG001
    """Let a file go."""
    return importing.drop_import(estate(), caller(), str(import_id))
