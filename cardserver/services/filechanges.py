"""What was changed in a file: by whom, what stood there before, and why (IC-23b)."""

from collections.abc import Sequence
from dataclasses import asdict

from cardserver.db.tables import HolderRow, UnitRow
from cardserver.db.tables_people import FileChangeRow
from cardserver.domain.people import Change, FileAct
from cardserver.services.turn import Turn


def keep_change(
    turn: Turn,
    row: HolderRow | UnitRow,
    act: FileAct,
    found: Sequence[Change],
    *,
    request_id: str,
    reason: str = "",
) -> None:
    """Write the change of a holder's or a unit's file down beside the file, for good."""
    holder = row if isinstance(row, HolderRow) else None
    turn.session.add(
        FileChangeRow(
            holder_id=None if holder is None else holder.id,
            unit_id=row.id if holder is None else holder.unit_id,
            act=act,
            changes=[asdict(each) for each in found],
            reason=reason,
            request_id=request_id,
            **turn.made(),
        )
    )
    kind = "unit" if holder is None else "holder"
    turn.note(f"{kind}-{act}", f"{kind} {row.id}", reason)
