"""What gates say of themselves, on file: the list each enforces and since when.

"Revoked everywhere at 10:32:07" is a question to these rows. A gate says which version it enforces
when it asks for the next one, so the time is never earlier than the truth at the gate.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, case, select
from sqlalchemy.dialects import postgresql, sqlite

from cardserver.db.gatebooks import (
    card_change,
    credentials,
    gates_seen,
    list_version,
    reached,
    revoked_gates,
)
from cardserver.db.gatesilences import SILENT_AFTER, note_silences
from cardserver.db.tables_gatesync import CardStandingRow, GateEnforcedRow, GateSeenRow
from cardserver.domain.rights import CardStatus
from cardserver.services.errors import NotFound
from cardserver.services.gatememory import GateReport
from cardserver.services.turn import SNAPSHOT, Caller, Estate, appending, reading
from cardserver.wire_gatesync import GateList, GateReached, GateView, ReachView

NO_LIST: Final = -1
"""The version of a gate that has no list at all yet."""

_INSERT: Final[dict[str, Any]] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


def keep_report(estate: Estate, report: GateReport) -> None:
    """Put on file what a gate said; many at once are written together. Raises StoreBusy."""
    estate.gates.reports.keep(report, lambda reports: _write(estate, reports))


def gates(estate: Estate, caller: Caller) -> GateList:
    """Every gate, and the version of the list they should have."""
    with reading(estate, caller) as turn:
        keys: dict[str, list[str]] = {}
        for device, key_id in credentials(turn.connection, estate.site):
            keys.setdefault(device, []).append(key_id)
        revoked = revoked_gates(turn.connection, estate.site)
        return GateList(
            version=list_version(turn.connection, SNAPSHOT),
            at=turn.now,
            gates=tuple(
                _view(row, tuple(keys.get(row.device, ())), turn.now, revoked.get(row.device))
                for row in gates_seen(turn.connection, estate.site)
            ),
        )


def reach_of_card(estate: Estate, caller: Caller, number: int) -> ReachView:
    """Since when the present standing of a card counts at every gate.

    For a card off the list that is since it was taken off, whatever changed about it afterwards.
    Raises NotFound.
    """
    with reading(estate, caller) as turn:
        card = card_change(turn.connection, number)
        if card is None:
            raise NotFound("card", number)
        version, changed_at = card.version, None
        if card.status is not CardStatus.LIVE:
            version, changed_at = _taken_off(turn.connection, estate.site, number) or (
                version,
                None,
            )
        view = _reach(turn.connection, estate, version)
        about = {"card_number": number, "status": str(card.status), "changed_at": changed_at}
        return view.model_copy(update=about)


def reach_of_version(estate: Estate, caller: Caller, version: int) -> ReachView:
    """Since when every gate enforces this version of the list or a later one.

    A gate whose keys are all revoked is out of the house and counts no more. One that still comes
    with a token reports nothing, so it is missing for ever: nobody knows. One that came back with
    an older list, its disk put back from a copy, is missing until it has this one again.
    """
    with reading(estate, caller) as turn:
        return _reach(turn.connection, estate, version)


def _taken_off(connection: Connection, site: str, number: int) -> tuple[int, datetime] | None:
    """The first of the rows in which it is off the list without a break until now."""
    rows = connection.execute(
        select(CardStandingRow.version, CardStandingRow.status, CardStandingRow.at)
        .where(CardStandingRow.site == site, CardStandingRow.card_number == number)
        .order_by(CardStandingRow.version.desc())
    )
    found = None
    for version, status, at in rows:
        if status is CardStatus.LIVE:
            break
        found = (version, at)
    return found


def _reach(connection: Connection, estate: Estate, version: int) -> ReachView:
    since = reached(connection, estate.site, version)
    good = {device for device, _ in credentials(connection, estate.site)}
    asked = tuple(
        GateReached(
            station=row.device,
            at=None if _is_behind(row, version) else since.get(row.device),
            seen_at=row.seen_at,
        )
        for row in gates_seen(connection, estate.site)
        if row.device in good or (row.by_token and estate.bearer_gates)
    )
    missing = tuple(each.station for each in asked if each.at is None)
    times = [each.at for each in asked if each.at is not None]
    return ReachView(
        version=version,
        everywhere_at=max(times, default=None) if not missing else None,
        missing=missing,
        gates=asked,
    )


def _is_behind(row: Any, version: int) -> bool:
    """Did a gate say last that it has an older list, or none?"""
    return row.version is None or row.version < version


def _view(
    row: Any, key_ids: tuple[str, ...], now: datetime, revoked_at: datetime | None
) -> GateView:
    return GateView(
        station=row.device,
        key_ids=key_ids,
        version=None if row.version in {None, NO_LIST} else row.version,
        version_at=row.version_at,
        seen_at=row.seen_at,
        drift_ms=row.drift_ms or 0,
        waiting=row.waiting or 0,
        program=row.program or "",
        silent=bool(key_ids and row.seen_at and now - row.seen_at > SILENT_AFTER),
        revoked_at=revoked_at,
    )


def _write(estate: Estate, reports: Sequence[GateReport]) -> None:
    with appending(estate) as (connection, _):
        note_silences(connection, estate.site, {each.device: each.at for each in reports})
        insert = _INSERT[connection.dialect.name]
        seen = insert(GateSeenRow)
        new = seen.excluded
        same = GateSeenRow.version == new.version
        update = {
            name: new[name] for name in ("version", "seen_at", "drift_ms", "waiting", "program")
        }
        update["version_at"] = case((same, GateSeenRow.version_at), else_=new.version_at)
        key = ["site", "device"]
        statement = seen.on_conflict_do_update(index_elements=key, set_=update)
        connection.execute(statement, [_seen(estate.site, each) for each in reports])
        enforced = [_enforced(estate.site, each) for each in reports if each.version != NO_LIST]
        if enforced:
            once = insert(GateEnforcedRow).on_conflict_do_nothing()
            connection.execute(once, enforced)


def _seen(site: str, report: GateReport) -> dict[str, object]:
    return {
        "site": site,
        "device": report.device,
        "version": report.version,
        "version_at": report.at,
        "seen_at": report.at,
        "drift_ms": report.drift_ms,
        "waiting": report.waiting,
        "program": report.program,
    }


def _enforced(site: str, report: GateReport) -> dict[str, object]:
    return {"site": site, "device": report.device, "version": report.version, "at": report.at}
