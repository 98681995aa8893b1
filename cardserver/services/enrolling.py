"""Putting a gate on file with its own public key, and taking the key away again.

Nothing secret crosses the net or the desk: the gate makes its key, and only its public half is
brought to the centre. Done beside the database, as the first operator is.
"""

from sqlalchemy import select

from cardserver.db.tables import StationRow
from cardserver.db.tables_gatesync import GateCredentialRow
from cardserver.domain.gatesignature import key_id_of
from cardserver.domain.station import StationKind
from cardserver.services.errors import Conflict, NotFound
from cardserver.services.turn import Caller, Estate, Turn, writing

_NO_TOKEN = b""
"""No token's hash: nobody gets in with a token in the name of a gate that signs."""


def enrol(estate: Estate, caller: Caller, device: str, public_key: bytes) -> str:
    """Let a gate in under its key; the same once more changes nothing. Returns the key's id.

    Its token, where it had one, ends. Raises Conflict ``other-kind`` for the name of a station that
    is no gate, ``key-revoked`` for a key that was taken away, ``key-elsewhere`` for another gate's.
    """
    if not device.strip() or "." in device:
        raise Conflict("gate-name", "a gate's name is not empty and holds no dot")
    key_id = key_id_of(public_key)
    with writing(estate, caller) as turn:
        known = turn.session.get(GateCredentialRow, (estate.site, device, key_id))
        if known is not None:
            if known.revoked_at is not None:
                raise Conflict("key-revoked", "this key was revoked; make a new one on the gate")
            return key_id
        _check_nobody_elses(turn, public_key)
        _put_station(turn, device)
        turn.add(
            GateCredentialRow(
                site=estate.site,
                device=device,
                key_id=key_id,
                public_key=public_key,
                enrolled_at=turn.now,
                enrolled_by=caller.operator,
            )
        )
        turn.note("enrol-gate", device, f"key {key_id}")
    return key_id


def revoke(estate: Estate, caller: Caller, device: str, key_id: str = "") -> tuple[str, ...]:
    """Take away one key of a gate, or all that are good; which. Counts from the next request on.

    Raises NotFound for a gate without such a key.
    """
    with writing(estate, caller) as turn:
        rows = [row for row in _good(turn, device) if key_id in {"", row.key_id}]
        if not rows:
            raise NotFound("gate-key", key_id or device)
        for row in rows:
            row.revoked_at, row.revoked_by = turn.now, caller.operator
            turn.note("revoke-gate", device, f"key {row.key_id}")
        turn.session.flush()
        return tuple(row.key_id for row in rows)


def _good(turn: Turn, device: str) -> list[GateCredentialRow]:
    statement = select(GateCredentialRow).where(
        GateCredentialRow.site == turn.estate.site,
        GateCredentialRow.device == device,
        GateCredentialRow.revoked_at.is_(None),
    )
    return list(turn.session.scalars(statement.order_by(GateCredentialRow.enrolled_at)))


def _check_nobody_elses(turn: Turn, public_key: bytes) -> None:
    statement = select(GateCredentialRow.device).where(GateCredentialRow.public_key == public_key)
    if other := turn.session.scalar(statement.limit(1)):
        raise Conflict("key-elsewhere", f"{other} has this key; each gate makes its own")


def _put_station(turn: Turn, device: str) -> None:
    row = turn.session.get(StationRow, device)
    if row is None:
        turn.add(StationRow(id=device, kind=StationKind.GATE, token_hash=_NO_TOKEN))
    elif row.kind is not StationKind.GATE:
        raise Conflict("other-kind", f"{device} is a {row.kind}, not a gate")
    else:
        row.token_hash = _NO_TOKEN
        turn.session.flush()
