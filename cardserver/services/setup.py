"""Putting an estate on file: stations, units, holders. Used by seeds and tests."""

import secrets
from datetime import date
from typing import Final

from cardserver.db.tables import HolderRow, StationRow, UnitRow
from cardserver.domain.rights import HolderClass, zone_mask
from cardserver.domain.station import StationKind
from cardserver.services.sessions import token_hash
from cardserver.services.turn import Caller, Estate, writing

SETUP: Final = Caller(station="setup", kind=StationKind.OFFICE, operator="setup")


def register_station(
    estate: Estate, station_id: str, kind: StationKind, *, secret: str | None = None
) -> str:
    """Let a machine speak to the server, or give it a new token. Returns the token.

    The token is shown once: only a hash of it is kept. `secret` is for demos and tests.
    """
    if not station_id or "." in station_id:
        raise ValueError("a station's id is not empty and holds no dot")
    secret = secret or secrets.token_urlsafe(32)
    with writing(estate, SETUP) as turn:
        row = turn.session.get(StationRow, station_id)
        if row is None:
            turn.add(StationRow(id=station_id, kind=kind, token_hash=token_hash(secret)))
        else:
            row.kind, row.token_hash = kind, token_hash(secret)
        turn.note("register-station", station_id, kind)
    return f"{station_id}.{secret}"


def register_unit(estate: Estate, label: str, zones: tuple[int, ...]) -> int:
    """A flat or shop and the door zones that lead to it. Raises Conflict for a known label."""
    with writing(estate, SETUP) as turn:
        return turn.add(UnitRow(label=label, zones=zone_mask(*zones))).id


def register_holder(
    estate: Estate,
    name: str,
    holder_class: HolderClass,
    *,
    unit_id: int | None = None,
    phone: str = "",
    id_number: str = "",
    lease_end: date | None = None,
    ends: date | None = None,
) -> int:
    """A person on file. `lease_end` and `ends` are last days."""
    with writing(estate, SETUP) as turn:
        row = turn.add(
            HolderRow(
                name=name,
                holder_class=holder_class,
                unit_id=unit_id,
                phone=phone,
                id_number=id_number,
                lease_end=lease_end,
                ends=ends,
            )
        )
        turn.note("register-holder", f"holder {row.id}", holder_class)
        return row.id
