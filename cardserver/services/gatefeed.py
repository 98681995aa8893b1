"""The one way down: a gate says which list it enforces and is given what is newer, or waits for it.

Waiting holds neither a transaction nor a connection (`newsbell`). A report is on file before the
answer goes out, so what the books say of a gate was true when it asked.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Final

from cardserver.db.gatebooks import time_floor
from cardserver.domain.uncollected import uncollected
from cardserver.services import listeras, rightsending, snapshots
from cardserver.services.errors import StoreBusy
from cardserver.services.gatememory import Body, GateReport
from cardserver.services.gateseen import NO_LIST, keep_report
from cardserver.services.listeras import ListStanding
from cardserver.services.turn import Caller, Estate, latest, looking

SEEN_EVERY: Final = timedelta(seconds=30)
"""How exactly it is kept when a gate that has nothing new to say was last heard."""

Parking = Callable[[], AbstractContextManager[object]]


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedAsk:
    """What a gate says and asks: `after` is the version it enforces, None where it has none.

    `era` is the history that version belongs to, empty where a gate says nothing of it.
    `wait_s` is how long the answer may wait for something newer; `whole` asks for all of the list
    at once, whatever the gate has. The rest is its report.
    """

    after: int | None
    era: str = ""
    whole: bool = False
    wait_s: float = 0.0
    drift_ms: int = 0
    waiting: int = 0
    program: str = ""


def feed(estate: Estate, caller: Caller, ask: FeedAsk, parking: Parking = nullcontext) -> Body:
    """The list after the version the gate has, whole where it has none that is ours.

    A version of another history is no version: the gate enforces nothing that these books know.
    `parking` is entered while the call waits. Raises StoreBusy.
    """
    with looking(estate) as connection:
        now = latest(time_floor(connection), estate.clock())
    asked = _known(estate, listeras.standing(estate, caller), ask)
    _report(estate, caller, asked, now)
    _sweep(estate, caller, now.astimezone(estate.zone).date())
    found = _newer(estate, caller, asked, parking)
    asked = _known(estate, found, asked)
    restored = asked.after != ask.after
    since = None if ask.whole else asked.after
    question = (estate.site, since, found, restored)
    return estate.gates.bodies.get(
        question, lambda: _make(estate, caller, since, restored=restored)
    )


def _known(estate: Estate, now: ListStanding, ask: FeedAsk) -> FeedAsk:
    """The question without a version that is none of this list."""
    strays = listeras.strays(estate, now, ask.after, ask.era)
    return replace(ask, after=None) if strays else ask


def _newer(estate: Estate, caller: Caller, ask: FeedAsk, parking: Parking) -> ListStanding:
    news = estate.gates.news
    now = listeras.standing(estate, caller)
    if ask.after is None or ask.whole or ask.wait_s <= 0 or now.version != ask.after:
        return now
    with news.place() as free:
        if free:
            with parking():
                news.wait_for_other(
                    ask.after, lambda: listeras.standing(estate, caller).version, ask.wait_s
                )
    return listeras.standing(estate, caller)


def _make(estate: Estate, caller: Caller, after: int | None, *, restored: bool) -> Body:
    with uncollected():
        version, text = snapshots.snapshot_text(estate, caller, after, restored=restored)
        return Body.of(version, text.encode())


def _report(estate: Estate, caller: Caller, ask: FeedAsk, now: datetime) -> None:
    report = GateReport(
        device=caller.station,
        at=now,
        version=NO_LIST if ask.after is None else ask.after,
        drift_ms=ask.drift_ms,
        waiting=ask.waiting,
        program=ask.program,
    )
    known = estate.gates.reports.last_written(caller.station)
    if known is None or known.version != report.version or now - known.at >= SEEN_EVERY:
        keep_report(estate, report)


def _sweep(estate: Estate, caller: Caller, today: date) -> None:
    """Once a day: the list says itself until when a holder belongs here, so a failure can wait."""
    if estate.gates.swept != today:
        with suppress(StoreBusy):
            rightsending.carry_out_due(estate, caller)
            estate.gates.swept = today
