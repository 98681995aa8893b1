"""The rules of the gates: read, look a document through, put a new version on file.

Nothing is ever changed: a version has a name and a time, and gates get the newest with the list. A
document is taken whole or not at all.
"""

from collections.abc import Iterable
from datetime import timedelta
from typing import Final

from cardserver.db.listing import gate_rules, gate_rules_history
from cardserver.db.tables_gaterules import GateRulesRow
from cardserver.domain.errors import RuleViolation
from cardserver.domain.gaterules import NO_RULES, GateRules
from cardserver.domain.permits import Action
from cardserver.domain.ruledocument import RulesFlawed, read_rules
from cardserver.domain.ruleflaws import RuleFlaw
from cardserver.domain.schedules import Calendar
from cardserver.services.errors import Conflict
from cardserver.services.gaterulerows import add_version
from cardserver.services.replay import repeated
from cardserver.services.turn import Caller, Estate, Turn, reading, writing
from cardserver.services.workcalendar import calendar_of
from cardserver.wire_gates import (
    CheckRulesRequest,
    GateRulesView,
    RuleFlawView,
    RulesChecked,
    RulesHistory,
    RulesOnFile,
    RulesVersion,
    SetRulesRequest,
)

_SHOWN_VERSIONS: Final = 200
_LOOK_AHEAD: Final = timedelta(days=60)
"""So long before a year begins its holidays are asked for; the notice comes in the autumn."""


def rules_on_file(estate: Estate, caller: Caller) -> RulesOnFile:
    """The rules that stand now. Raises NotPermitted."""
    with reading(estate, caller) as turn:
        row = gate_rules(turn.session, estate.site)
        return RulesOnFile(rules=None if row is None else _view(turn, row))


def rules_history(estate: Estate, caller: Caller) -> RulesHistory:
    """The last versions, newest first. Raises NotPermitted."""
    with reading(estate, caller) as turn:
        rows = gate_rules_history(turn.session, estate.site, _SHOWN_VERSIONS)
        return RulesHistory(versions=tuple(_line(row) for row in rows))


def check_rules(estate: Estate, caller: Caller, request: CheckRulesRequest) -> RulesChecked:
    """Everything that is to be put right in a document; nothing is kept. Raises NotPermitted."""
    with reading(estate, caller) as turn:
        row = gate_rules(turn.session, estate.site)
        return RulesChecked(
            flaws=tuple(_flaw_views(_flaws(request.document))),
            after=0 if row is None else row.version,
            missing_years=_missing_years(turn),
        )


def set_rules(estate: Estate, caller: Caller, request: SetRulesRequest) -> RulesOnFile:
    """Put a new version on file; gates have it within seconds.

    Raises RuleViolation ``gate-rules-flawed``, with nothing kept; Conflict ``gate-rules-changed``
    where somebody set others meanwhile; NotPermitted.
    """
    by = caller.authorised_by(Action.SET_GATE_RULES)
    with writing(estate, caller) as turn:
        if not repeated(turn, request.request_id, "gate-rules", request):
            _put(turn, request, by)
        row = gate_rules(turn.session, estate.site)
        return RulesOnFile(rules=None if row is None else _view(turn, row))


def rules_now(turn: Turn) -> GateRules:
    """The rules that stand now, as a lane decides with them; NO_RULES where none were ever set."""
    row = gate_rules(turn.session, turn.estate.site)
    return NO_RULES if row is None else _view(turn, row).to_domain()


def rules_after(turn: Turn, list_version: int) -> GateRulesView | None:
    """The rules for a gate that has the list of a version; None where it has them already."""
    row = gate_rules(turn.session, turn.estate.site)
    return _view(turn, row) if row is not None and row.list_version > list_version else None


def _put(turn: Turn, request: SetRulesRequest, by: str) -> None:
    standing = gate_rules(turn.session, turn.estate.site)
    after = 0 if standing is None else standing.version
    if request.after != after:
        raise Conflict("gate-rules-changed", f"version {after} was set meanwhile", rule="GATE-01")
    flaws = _flaws(request.document)
    if flaws:
        told = "; ".join(f"{each.where}: {each.word}" for each in flaws[:5])
        raise RuleViolation("gate-rules-flawed", rule="GATE-01", message=told)
    add_version(turn, document=request.document, note=request.note, by=by, after=after)
    turn.note("gate-rules", after + 1, f"{by}: {request.note}")


def _flaws(document: str) -> tuple[RuleFlaw, ...]:
    try:
        read_rules(document, Calendar())
    except RulesFlawed as error:
        return error.flaws
    return ()


def _flaw_views(flaws: Iterable[RuleFlaw]) -> Iterable[RuleFlawView]:
    return (RuleFlawView(word=each.word, where=each.where, found=each.found) for each in flaws)


def _missing_years(turn: Turn) -> tuple[int, ...]:
    soon = {turn.today.year, (turn.today + _LOOK_AHEAD).year}
    return tuple(sorted(soon - calendar_of(turn).years.keys()))


def _view(turn: Turn, row: GateRulesRow) -> GateRulesView:
    years = calendar_of(turn).years
    return GateRulesView(
        version=row.version,
        document=row.document,
        note=row.note,
        set_by=row.set_by,
        at=row.at,
        holidays=tuple(sorted(day for year in years.values() for day in year.holidays)),
        make_ups=tuple(sorted(day for year in years.values() for day in year.make_ups)),
        years=tuple(sorted(years)),
    )


def _line(row: GateRulesRow) -> RulesVersion:
    return RulesVersion(version=row.version, note=row.note, set_by=row.set_by, at=row.at)
