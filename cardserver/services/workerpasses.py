"""Workers' temporary passes that are still out (人员临时出入卡): part 6 of the quarter's review.

A pass is a card that the rules of the gates name for a filing (GATE-03); they are the only place
that knows it. A card once named stays a pass when a later version no longer names it: the one that
everybody forgot is the one that is missed.
"""

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import Row

from cardserver.db import quarters
from cardserver.domain.denial import GONE, denial_of
from cardserver.domain.gaterules import WorkerPass
from cardserver.domain.ruledocument import RulesFlawed, read_rules
from cardserver.domain.schedules import Calendar
from cardserver.services.turn import Turn

_log = logging.getLogger(__name__)

_BACK: Final = timedelta(days=366)
"""Rules that stood since so long before a quarter's end are looked through: filings take months."""

_NAMED: Final = "worker"


@dataclass(frozen=True, slots=True, kw_only=True)
class PassOut:
    """A pass whose last day has come and that nobody brought back; `row` is its card and holder."""

    row: Row[Any]
    last: date
    filing: str


def passes_named(turn: Turn, end: datetime) -> Mapping[int, WorkerPass]:
    """Passes that the rules named since a year before `end`, as the latest of them says."""
    documents = quarters.rules_in_force(turn.session, turn.estate.site, end - _BACK)
    naming = [document for document in documents if _NAMED in document]
    read = {document: _workers(document) for document in dict.fromkeys(naming)}
    found: dict[int, WorkerPass] = {}
    for document in naming:
        found |= read[document]
    return found


def passes_out(turn: Turn, named: Mapping[int, WorkerPass], after_last: date) -> Iterator[PassOut]:
    """Those whose period ended before `after_last` and whose card is neither back nor gone.

    What was reported lost, found or given back is settled on its own report (RENO-27).
    """
    until = min(after_last, turn.today)
    over = [number for number, held in named.items() if held.last < until]
    for row in quarters.cards_in_hands(turn.session, over):
        if denial_of(row.status_reason) in GONE and row.blocked:
            continue
        held = named[row.number]
        yield PassOut(row=row, last=held.last, filing=held.filing)


def _workers(document: str) -> Mapping[int, WorkerPass]:
    try:
        return read_rules(document, Calendar()).workers
    except RulesFlawed as flawed:  # put on file by an earlier program that read it otherwise
        _log.warning("rules on file that can't be read name no passes: %s", flawed)
        return {}
