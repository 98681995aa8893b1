"""The manager's figures of the gates: one set of numbers for the page and for the file."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from cardserver.client_gatereports import GateReportCalls
from cardserver.domain.gaterules import CAR_PARK
from cardserver.wire_gatereports import (
    AvailabilityReport,
    DeniedReport,
    GateLine,
    GateLines,
    OccupancyView,
)
from kiosk.desk.charts import Chart, stacked
from kiosk.station.clock import ESTATE_ZONE
from kiosk.station.web import t
from printer.form import Align, Column, Form, Section, rows_of

_HOURS: Final = range(24)
_LEAST: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class GateFigures:
    """Refusals, openings by hand and availability of some days, and the last of them by hour."""

    first: date
    last: date
    occupancy: OccupancyView
    denied: DeniedReport
    openings: GateLines
    checks: GateLines
    availability: AvailabilityReport

    @property
    def areas(self) -> Sequence[str]:
        """The areas of the day, in the order of their names."""
        return sorted({each.area for each in self.occupancy.hours})

    @property
    def area_names(self) -> Sequence[str]:
        """The same as people read them."""
        return [area_name(each) for each in self.areas]

    @property
    def chart(self) -> Chart:
        """How many were inside at the end of each hour, an area a tone."""
        found = {(each.area, each.hour): each.inside for each in self.occupancy.hours}
        values = [[found.get((area, hour), 0) for hour in _HOURS] for area in self.areas]
        return stacked([str(hour) for hour in _HOURS], values or [[0] * 24], least=_LEAST)


def figures_of(calls: GateReportCalls, first: date, last: date) -> GateFigures:
    """Ask the server for them. Raises ServerError."""
    return GateFigures(
        first=first,
        last=last,
        occupancy=calls.occupancy(last),
        denied=calls.denied(first, last),
        openings=calls.openings(first, last),
        checks=calls.checks(first, last),
        availability=calls.availability(first, last),
    )


def report_form(found: GateFigures, estate: str) -> Form:
    """The same as a form that leaves as PDF, workbook or CSV, in the language of the page."""
    return Form(
        title=t("gates.title"),
        code="",
        estate=estate,
        facts=((t("figures.day"), f"{found.first} – {found.last}"),),
        sections=(
            _hours(found),
            _denied(found),
            _openings(found),
            _checks(found),
            _availability(found),
        ),
    )


def _number(title: str) -> Column:
    return Column(title=t(title), align=Align.RIGHT)


def _hours(found: GateFigures) -> Section:
    return Section(
        heading=t("gates.report.hours", day=found.last.isoformat()),
        columns=(
            Column(title=t("gates.area")),
            _number("gates.hour"),
            _number("gates.entered"),
            _number("gates.left"),
            _number("gates.inside"),
        ),
        rows=rows_of(
            (area_name(each.area), each.hour, each.entered, each.left, each.inside)
            for each in found.occupancy.hours
        ),
    )


def _denied(found: GateFigures) -> Section:
    return Section(
        heading=t("gates.report.denied"),
        paragraphs=(t("gates.report.of-taps", taps=found.denied.taps),),
        columns=(
            Column(title=t("gates.lane")),
            Column(title=t("gates.lane-id")),
            Column(title=t("gates.reason"), width=2.5),
            _number("gates.number"),
        ),
        rows=rows_of(
            (each.lane_name or each.lane, each.lane, t(f"guard-reason.{each.reason}"), each.number)
            for each in found.denied.denied
        ),
    )


def _openings(found: GateFigures) -> Section:
    return _by_hand(
        "gates.report.openings",
        (t("gates.lane"), t("gates.lane-id"), t("gates.why-opened")),
        [(each, (each.lane_name or each.lane, each.lane)) for each in found.openings.lines],
        more=found.openings.more,
    )


def _checks(found: GateFigures) -> Section:
    return _by_hand(
        "gates.report.checks",
        (t("gates.check"), t("gates.lane"), t("gates.seen-there")),
        [
            (each, (t(f"gates.event.{each.kind}"), each.lane_name or each.lane))
            for each in found.checks.lines
        ],
        more=found.checks.more,
    )


def _by_hand(
    heading: str,
    titles: tuple[str, str, str],
    lines: Sequence[tuple[GateLine, tuple[str, str]]],
    *,
    more: bool,
) -> Section:
    """What guards did: when, what and where, who, and what they wrote of it."""
    what, where, why = titles
    return Section(
        heading=t(heading),
        paragraphs=(t("gates.more"),) if more else (),
        columns=(
            Column(title=t("gates.when"), width=1.4),
            Column(title=what),
            Column(title=where),
            Column(title=t("gates.by")),
            Column(title=why, width=2.5),
        ),
        rows=rows_of(
            (each.at.astimezone(ESTATE_ZONE), *named, each.by, each.detail) for each, named in lines
        ),
    )


def _availability(found: GateFigures) -> Section:
    return Section(
        heading=t("gates.report.availability"),
        columns=(
            Column(title=t("gates.gate")),
            _number("gates.available"),
            _number("gates.heard"),
            _number("gates.starts"),
            _number("gates.faults"),
        ),
        rows=rows_of(
            (
                each.device,
                percent(each.available),
                percent(each.heard),
                each.starts,
                each.faults,
            )
            for each in found.availability.gates
        ),
    )


def area_name(area: str) -> str:
    """An area as its estate called it; the one that nobody named, in the page's language."""
    return t("gates.car-park") if area == CAR_PARK else area


def percent(share: float) -> str:
    """A share, 0 to 1, as people read it; never rounded up to all."""
    return f"{int(share * 10_000) / 100:.2f} %"
