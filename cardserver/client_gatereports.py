"""Calls about what happened at the gates: the guard's page, refusals, the manager's reports."""

from datetime import date, datetime

from cardserver.clientbase import Calls
from cardserver.domain.gateevent import EventKind
from cardserver.wire_gatereports import (
    AlarmList,
    AvailabilityReport,
    DeniedReport,
    GateLines,
    InsideList,
    OccupancyView,
    SeeAlarm,
    TraceRequest,
)


class GateReportCalls(Calls):
    """What the centre knows of its gates. Refusals are those of `cardserver.services`."""

    def lines(
        self,
        kind: EventKind = EventKind.TAP,
        *,
        device: str = "",
        lane: str = "",
        before: datetime | None = None,
        limit: int = 50,
    ) -> GateLines:
        """The latest lines of a kind, at one gate or lane where one is named."""
        params = {"kind": str(kind), "device": device, "lane": lane, "limit": str(limit)}
        if before is not None:
            params["before"] = before.isoformat()
        return self._get("/api/gates/lines", GateLines, params)

    def alarms(self) -> AlarmList:
        """The last month's alarms, and who took note of them."""
        return self._get("/api/gates/alarms", AlarmList)

    def see_alarm(self, request: SeeAlarm) -> AlarmList:
        """Who is signed in takes note of an alarm."""
        return self._post("/api/gates/alarms/seen", request, AlarmList)

    def inside(self, area: str = "") -> InsideList:
        """Who is in an area, or anywhere on the estate."""
        return self._get("/api/gates/inside", InsideList, {"area": area})

    def refusals(self, card_number: int) -> GateLines:
        """Why a card was refused, over the last month."""
        return self._get("/api/gates/refusals", GateLines, {"card": str(card_number)})

    def trace(self, request: TraceRequest) -> GateLines:
        """Where a card was seen; goes on record with its purpose."""
        return self._post("/api/gates/traces", request, GateLines)

    def occupancy(self, day: date) -> OccupancyView:
        """A local day by the hour."""
        return self._get("/api/gates/occupancy", OccupancyView, {"day": day.isoformat()})

    def denied(self, first: date, last: date) -> DeniedReport:
        """Refusals by lane and reason."""
        return self._get("/api/gates/denied", DeniedReport, _days(first, last))

    def openings(self, first: date, last: date) -> GateLines:
        """Openings by hand, with name and reason."""
        return self._get("/api/gates/openings", GateLines, _days(first, last))

    def checks(self, first: date, last: date) -> GateLines:
        """What guards checked: goods slips and building material."""
        return self._get("/api/gates/checks", GateLines, _days(first, last))

    def availability(self, first: date, last: date) -> AvailabilityReport:
        """How available each gate was."""
        return self._get("/api/gates/availability", AvailabilityReport, _days(first, last))


def _days(first: date, last: date) -> dict[str, str]:
    return {"first": first.isoformat(), "last": last.isoformat()}
