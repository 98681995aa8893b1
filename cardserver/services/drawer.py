"""The drawer of a desk: no cash moves in it outside the operator's own open shift (FEE-33)."""

from typing import Final

from sqlalchemy import bindparam, select

from cardserver.db.prepared import PreparedRows
from cardserver.db.tables_shifts import (
    DrawerEntryRow,
    DrawerLineRow,
    ShiftBookingRow,
    ShiftRow,
)
from cardserver.domain.drawer import DrawerEntry
from cardserver.domain.errors import RuleViolation
from cardserver.domain.ledger import CASH, Entry
from cardserver.domain.shift import ShiftState
from cardserver.domain.station import StationKind
from cardserver.services.turn import Turn

_OPEN_SHIFT: Final = PreparedRows(
    ShiftRow,
    select(ShiftRow).where(
        ShiftRow.station == bindparam("station"),
        ShiftRow.operator == bindparam("operator"),
        ShiftRow.state == ShiftState.OPEN,
    ),
)


def open_shift_of(turn: Turn) -> ShiftRow | None:
    """The caller's own open shift at this station."""
    known = turn.shift
    if known is None or known.state is not ShiftState.OPEN:
        caller = turn.caller
        given = {"station": caller.station, "operator": caller.operator}
        known = turn.shift = _OPEN_SHIFT.first(turn.session, **given)
    return known


def own_shift(turn: Turn) -> ShiftRow:
    """The same, where there has to be one. Raises RuleViolation ``no-shift``."""
    found = open_shift_of(turn)
    if found is None:
        raise RuleViolation("no-shift", rule="FEE-33")
    return found


def check_may_take_money(turn: Turn) -> None:
    """Raise RuleViolation ``no-shift`` at a desk whose operator opened no shift there."""
    if turn.caller.kind is StationKind.DESK:
        own_shift(turn)


def link(turn: Turn, entry_id: int, entry: Entry) -> None:
    """Remember in which shift a ledger entry of a desk was made.

    Raises RuleViolation ``no-shift`` where cash of this desk moves and there is none.
    """
    if turn.caller.kind is not StationKind.DESK:
        return
    cash = any(line.account == CASH + turn.caller.station for line in entry.lines)
    shift = own_shift(turn) if cash else open_shift_of(turn)
    if shift is not None:
        turn.write(ShiftBookingRow, {"entry_id": entry_id, "shift_id": shift.id})


def book_movement(
    turn: Turn,
    shift: ShiftRow | None,
    entry: DrawerEntry,
    amount_fen: int,
    *,
    number: int | None = None,
    person: str = "",
    approved_by: str = "",
    reason: str = "",
    signed: str = "",
    detail: dict[str, object] | None = None,
) -> DrawerEntryRow:
    """Write one numbered movement with its balanced lines."""
    row = turn.add(
        DrawerEntryRow(
            kind=entry.kind,
            number=next_number(turn, entry.kind) if number is None else number,
            shift_id=None if shift is None else shift.id,
            amount_fen=amount_fen,
            person=person,
            approved_by=approved_by,
            reason=reason,
            signed=signed,
            detail=detail or {},
            **turn.made(),
        )
    )
    for line, each in enumerate(entry.lines):
        turn.session.add(
            DrawerLineRow(
                entry_id=row.id, line=line, account=each.account, amount_fen=each.amount_fen
            )
        )
    turn.session.flush()
    turn.note(f"drawer-{entry.kind}", f"{entry.kind} {row.number}", f"{amount_fen} {person}")
    return row


def next_number(turn: Turn, kind: str) -> int:
    """The next number of movements of this kind."""
    return turn.count(f"drawer:{kind}")
