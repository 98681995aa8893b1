"""Questions to the store about gates: who signs, who enforces which version since when."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, and_, bindparam, func, literal, select

from cardserver.db.prepared import Prepared
from cardserver.db.tables import CardRow, ClockRow, CounterRow, StationRow
from cardserver.db.tables_gatesync import GateCredentialRow, GateEnforcedRow, GateSeenRow
from cardserver.domain.station import StationKind

_SIGNING: Final = Prepared(
    select(
        StationRow.kind,
        ClockRow.floor,
        GateCredentialRow.public_key,
        GateCredentialRow.revoked_at,
    )
    .select_from(GateCredentialRow)
    .join(StationRow, StationRow.id == GateCredentialRow.device)
    .outerjoin(ClockRow, ClockRow.id == ClockRow.ONLY)
    .where(
        GateCredentialRow.site == bindparam("in_site"),
        GateCredentialRow.device == bindparam("in_device"),
        GateCredentialRow.key_id == bindparam("in_key"),
    )
)
_ENROLLED: Final = Prepared(
    select(GateCredentialRow.key_id)
    .where(
        GateCredentialRow.site == bindparam("in_site"),
        GateCredentialRow.device == bindparam("in_device"),
    )
    .limit(1)
)
_VERSION: Final = Prepared(select(CounterRow.value).where(CounterRow.name == bindparam("counter")))
_FLOOR: Final = Prepared(select(ClockRow.floor).where(ClockRow.id == ClockRow.ONLY))


def signing(connection: Connection, site: str, device: str, key_id: str) -> Any:
    """Kind, floor of time, public key and when it was revoked; None for a key not on file."""
    return _SIGNING.first(connection, in_site=site, in_device=device, in_key=key_id)


def has_signed(connection: Connection, site: str, device: str) -> bool:
    """True for a gate that was ever given a credential: its token is no longer good."""
    return _ENROLLED.value(connection, in_site=site, in_device=device) is not None


def list_version(connection: Connection, counter: str) -> int:
    """The version of the gates' list, 0 before its first card."""
    return int(_VERSION.value(connection, counter=counter) or 0)


def time_floor(connection: Connection) -> datetime | None:
    """The latest instant that the store knows to have passed."""
    found: datetime | None = _FLOOR.value(connection)
    return found


def credentials(connection: Connection, site: str) -> Sequence[Any]:
    """Device and key of everything that is not revoked, in order."""
    return connection.execute(
        select(GateCredentialRow.device, GateCredentialRow.key_id)
        .where(GateCredentialRow.site == site, GateCredentialRow.revoked_at.is_(None))
        .order_by(GateCredentialRow.device, GateCredentialRow.enrolled_at)
    ).all()


def revoked_gates(connection: Connection, site: str) -> dict[str, datetime]:
    """Gates of whose keys none is good any more, and when the last of them was revoked."""
    row = GateCredentialRow
    found = connection.execute(
        select(row.device, func.max(row.revoked_at).label("at"))
        .where(row.site == site)
        .group_by(row.device)
        .having(func.count() == func.count(row.revoked_at))
    )
    return {each.device: each.at for each in found}


def gates_seen(connection: Connection, site: str) -> Sequence[Any]:
    """Every station that is a gate, with what it said last where it ever did."""
    by_token = StationRow.token_hash != literal(b"")
    seen = and_(GateSeenRow.site == site, GateSeenRow.device == StationRow.id)
    return connection.execute(
        select(StationRow.id.label("device"), by_token.label("by_token"), *_seen_columns())
        .select_from(StationRow)
        .outerjoin(GateSeenRow, seen)
        .where(StationRow.kind == StationKind.GATE)
        .order_by(StationRow.id)
    ).all()


def _seen_columns() -> tuple[Any, ...]:
    return (
        GateSeenRow.version,
        GateSeenRow.version_at,
        GateSeenRow.seen_at,
        GateSeenRow.drift_ms,
        GateSeenRow.waiting,
        GateSeenRow.program,
    )


def reached(connection: Connection, site: str, version: int) -> dict[str, datetime]:
    """When each gate first said that it enforces this version or a later one."""
    found = connection.execute(
        select(GateEnforcedRow.device, func.min(GateEnforcedRow.at).label("since"))
        .where(GateEnforcedRow.site == site, GateEnforcedRow.version >= version)
        .group_by(GateEnforcedRow.device)
    )
    return {row.device: row.since for row in found}


def card_change(connection: Connection, number: int) -> Any:
    """The version of a card's last change and its status; None for a card that is not there."""
    return connection.execute(
        select(CardRow.version, CardRow.status).where(CardRow.number == number)
    ).first()
