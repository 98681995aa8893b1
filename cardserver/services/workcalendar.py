"""The working-day calendar: years the estate put on file, before those known from the notices."""

from collections.abc import Mapping
from datetime import date

from sqlalchemy import select

from cardserver.db.tables_review import WorkYearRow
from cardserver.domain.errors import RuleViolation
from cardserver.domain.holidays import KNOWN_YEARS
from cardserver.domain.permits import Action
from cardserver.domain.workdays import WorkCalendar, WorkYear
from cardserver.services.errors import NotFound
from cardserver.services.gaterulerows import free_days_changed
from cardserver.services.replay import repeated
from cardserver.services.turn import Caller, Estate, Turn, reading, writing
from cardserver.wire_stock import WorkYearRequest, WorkYearView


def calendar_of(turn: Turn) -> WorkCalendar:
    """All years there are. A day of another year is refused with ``work-year-missing``."""
    own = {row.year: _from(row) for row in turn.session.scalars(select(WorkYearRow))}
    return WorkCalendar(years={**KNOWN_YEARS, **own})


def work_year(estate: Estate, caller: Caller, year: int) -> WorkYearView:
    """One year of the calendar. Raises NotFound."""
    with reading(estate, caller) as turn:
        return _view(turn, year)


def put_work_year(
    estate: Estate, caller: Caller, year: int, request: WorkYearRequest
) -> WorkYearView:
    """Put a year on file, or put it right (CAL-04a).

    Raises RuleViolation ``work-day-of-another-year``, ``work-day-both``, ``work-year-empty``;
    NotPermitted.
    """
    by = caller.authorised_by(Action.REVIEW_QUARTER)
    with writing(estate, caller) as turn:
        if not repeated(turn, request.request_id, "work-year", request, about=year):
            _put(turn, year, request)
            free_days_changed(turn)
            turn.note("work-year", year, f"{by}: {request.source}")
        return _view(turn, year)


def _put(turn: Turn, year: int, request: WorkYearRequest) -> None:
    if not request.holidays:
        raise RuleViolation("work-year-empty", rule="CAL-04a")
    WorkYear(year=year, source=request.source, holidays=request.holidays, make_ups=request.make_ups)
    row = turn.session.get(WorkYearRow, year)
    if row is None:
        row = WorkYearRow(year=year)
        turn.session.add(row)
    row.source = request.source
    row.holidays, row.make_ups = _written(request.holidays), _written(request.make_ups)
    for name, value in turn.made().items():
        setattr(row, name, value)
    turn.session.flush()


def _written(days: Mapping[date, str]) -> dict[str, str]:
    return {day.isoformat(): days[day] for day in sorted(days)}


def _read(days: Mapping[str, str]) -> dict[date, str]:
    return {date.fromisoformat(day): name for day, name in days.items()}


def _from(row: WorkYearRow) -> WorkYear:
    return WorkYear(
        year=row.year,
        source=row.source,
        holidays=_read(row.holidays),
        make_ups=_read(row.make_ups),
    )


def _view(turn: Turn, year: int) -> WorkYearView:
    row = turn.session.get(WorkYearRow, year)
    found = KNOWN_YEARS.get(year) if row is None else _from(row)
    if found is None:
        raise NotFound("work-year", year)
    return WorkYearView(
        year=year,
        source=found.source,
        own=row is not None,
        holidays=dict(found.holidays),
        make_ups=dict(found.make_ups),
    )
