"""Changing cards: begin, key, settle, void, abandon."""

from uuid import UUID

from apiflask import APIBlueprint

from cardserver.domain.permits import Action
from cardserver.services import beginning, ending, keying, recovering
from cardserver.web.auth import caller, estate, permit
from cardserver.web.params import ChipQuery
from cardserver.wire_operations import (
    AbandonRequest,
    BeginRequest,
    Evidence,
    KeyingRequest,
    KeyingSteps,
    OperationList,
    Outcome,
    Settled,
    Ticket,
    Voided,
    VoidRequest,
)

api = APIBlueprint("operations", __name__, tag="Operations")


@api.post("/operations")
@permit(Action.OPERATE)
@api.input(BeginRequest)
@api.output(Ticket)
def begin(json_data: BeginRequest) -> Ticket:
    """Open an operation on the card that lies on the reader."""
    return beginning.begin(estate(), caller(), json_data)


@api.get("/operations")
@permit(Action.LIST_OPERATIONS)
@api.output(OperationList)
def open_operations() -> OperationList:
    """List the operations nobody has ended."""
    return recovering.list_open(estate(), caller())


@api.get("/operations/open")
@permit(Action.OPERATE)
@api.input(ChipQuery, location="query")
@api.output(Ticket)
def open_operation(query_data: ChipQuery) -> Ticket:
    """Give the ticket of the open operation of one card, to go on with it."""
    return recovering.open_operation(estate(), caller(), query_data.uid)


@api.get("/operations/<uuid:operation_id>")
@permit(Action.OPERATE)
@api.output(Outcome)
def outcome(operation_id: UUID) -> Outcome:
    """Tell what became of an operation."""
    return recovering.outcome(estate(), caller(), str(operation_id))


@api.get("/operations/<uuid:operation_id>/keying")
@permit(Action.OPERATE)
@api.output(KeyingSteps)
def keying_steps(operation_id: UUID) -> KeyingSteps:
    """Show the keying journal."""
    return keying.steps(estate(), caller(), str(operation_id))


@api.post("/operations/<uuid:operation_id>/keying")
@permit(Action.OPERATE)
@api.input(KeyingRequest)
@api.output(KeyingSteps)
def record_keying(operation_id: UUID, json_data: KeyingRequest) -> KeyingSteps:
    """Record one step of keying."""
    return keying.record_step(estate(), caller(), str(operation_id), json_data)


@api.post("/operations/<uuid:operation_id>/settlement")
@permit(Action.OPERATE)
@api.input(Evidence)
@api.output(Settled)
def settle(operation_id: UUID, json_data: Evidence) -> Settled:
    """End an operation whose card was read back as planned."""
    return ending.settle(estate(), caller(), str(operation_id), json_data)


@api.post("/operations/<uuid:operation_id>/void")
@permit(Action.OPERATE)
@api.input(VoidRequest)
@api.output(Voided)
def void(operation_id: UUID, json_data: VoidRequest) -> Voided:
    """End an operation whose card was read back unchanged."""
    return ending.void(estate(), caller(), str(operation_id), json_data)


@api.post("/operations/<uuid:operation_id>/abandonment")
@permit(Action.ABANDON)
@api.input(AbandonRequest)
@api.output(Voided)
def abandon(operation_id: UUID, json_data: AbandonRequest) -> Voided:
    """End an operation without evidence; its card is denied."""
    return ending.abandon(estate(), caller(), str(operation_id), json_data)
