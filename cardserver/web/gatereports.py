"""What happened at the gates: for the guard's page, for whoever was refused, for the manager."""

from datetime import date
from typing import Annotated

from apiflask import APIBlueprint
from pydantic import Field

from cardserver.domain.gateevent import EventKind
from cardserver.domain.permits import Action
from cardserver.services import gatealarms, gatehours, gateinside, gatereports, gateviews
from cardserver.services.gatedays import EARLIEST
from cardserver.web.auth import caller, estate, permit
from cardserver.wire_gatereports import (
    MAX_LINES,
    AlarmList,
    AvailabilityReport,
    DeniedReport,
    GateLines,
    InsideList,
    OccupancyView,
    SeeAlarm,
    TraceRequest,
)
from cardserver.wirebase import Instant, Number, Wire

api = APIBlueprint("gate-reports", __name__, tag="Gate reports")

Name = Annotated[str, Field(max_length=60)]


class LinesQuery(Wire):
    """Which lines, and how many."""

    kind: EventKind = EventKind.TAP
    device: Name = ""
    lane: Name = ""
    before: Annotated[Instant, Field(ge=EARLIEST)] | None = None
    limit: Annotated[int, Field(ge=1, le=MAX_LINES)] = 50


class CardQuery(Wire):
    """A card."""

    card: Number


class AreaQuery(Wire):
    """An area of the gate rules, or all of the estate."""

    area: Name = ""


class DayQuery(Wire):
    """A local day."""

    day: date


class DaysQuery(Wire):
    """Local days, both included."""

    first: date
    last: date


@api.get("/gates/lines")
@permit(Action.SEE_GATES)
@api.input(LinesQuery, location="query")
@api.output(GateLines)
def lines(query_data: LinesQuery) -> GateLines:
    """Show the latest lines of a kind."""
    return gateviews.last_lines(
        estate(),
        caller(),
        kinds=frozenset({query_data.kind}),
        device=query_data.device,
        lane=query_data.lane,
        before=query_data.before,
        limit=query_data.limit,
    )


@api.get("/gates/alarms")
@permit(Action.SEE_GATES)
@api.output(AlarmList)
def alarms() -> AlarmList:
    """Show the last month's alarms and who took note of them."""
    return gatealarms.alarms(estate(), caller())


@api.post("/gates/alarms/seen")
@permit(Action.SEE_GATES)
@api.input(SeeAlarm)
@api.output(AlarmList)
def see_alarm(json_data: SeeAlarm) -> AlarmList:
    """Take note of an alarm."""
    return gatealarms.see_alarm(estate(), caller(), json_data)


@api.get("/gates/inside")
@permit(Action.SEE_GATES)
@api.input(AreaQuery, location="query")
@api.output(InsideList)
def inside(query_data: AreaQuery) -> InsideList:
    """Show who is inside."""
    return gateinside.inside(estate(), caller(), query_data.area)


@api.get("/gates/refusals")
@permit(Action.SEE_GATES)
@api.input(CardQuery, location="query")
@api.output(GateLines)
def refusals(query_data: CardQuery) -> GateLines:
    """Say why a card was refused."""
    return gateviews.refusals(estate(), caller(), query_data.card)


@api.post("/gates/traces")
@permit(Action.TRACE_CARD)
@api.input(TraceRequest)
@api.output(GateLines)
def trace(json_data: TraceRequest) -> GateLines:
    """Show where a card was seen; who asks, and for what, goes on record."""
    return gateviews.trace(estate(), caller(), json_data)


@api.get("/gates/occupancy")
@permit(Action.GATE_REPORTS)
@api.input(DayQuery, location="query")
@api.output(OccupancyView)
def occupancy(query_data: DayQuery) -> OccupancyView:
    """Show a day by the hour."""
    return gatehours.occupancy(estate(), caller(), query_data.day)


@api.get("/gates/denied")
@permit(Action.GATE_REPORTS)
@api.input(DaysQuery, location="query")
@api.output(DeniedReport)
def denied(query_data: DaysQuery) -> DeniedReport:
    """Count refusals by lane and reason."""
    return gatereports.denied(estate(), caller(), query_data.first, query_data.last)


@api.get("/gates/openings")
@permit(Action.GATE_REPORTS)
@api.input(DaysQuery, location="query")
@api.output(GateLines)
def openings(query_data: DaysQuery) -> GateLines:
    """List openings by hand, with name and reason."""
    return gatereports.openings(estate(), caller(), query_data.first, query_data.last)


@api.get("/gates/checks")
@permit(Action.GATE_REPORTS)
@api.input(DaysQuery, location="query")
@api.output(GateLines)
def checks(query_data: DaysQuery) -> GateLines:
    """List what guards checked: goods slips and building material."""
    return gatereports.checks(estate(), caller(), query_data.first, query_data.last)


@api.get("/gates/availability")
@permit(Action.GATE_REPORTS)
@api.input(DaysQuery, location="query")
@api.output(AvailabilityReport)
def availability(query_data: DaysQuery) -> AvailabilityReport:
    """Say how available each gate was."""
    return gatereports.availability(estate(), caller(), query_data.first, query_data.last)
