"""What a gate decides with: the issue list, whole or only what changed, and its rules."""

from typing import Final

from cardserver.db.listeras import list_standing
from cardserver.db.mapping import rights_from
from cardserver.db.queries import open_operations
from cardserver.domain.operation import OperationKind
from cardserver.domain.rights import RightKind
from cardserver.domain.validity import ValidityPeriod
from cardserver.services.gaterules import rules_after
from cardserver.services.honouring import honoured_days
from cardserver.services.listtext import Pending, cards_text
from cardserver.services.turn import SNAPSHOT, Caller, Estate, Turn, reading
from cardserver.services.usedslips import slips_after
from cardserver.wire_gates import SnapshotView

_NO_CARDS: Final = '"cards":[]'
_PENDING = frozenset({OperationKind.TOP_UP, OperationKind.EXTEND, OperationKind.ADD_PARKING})
"""Operations that give an old card more days: a gate honours them before they are written."""


def snapshot(
    estate: Estate, caller: Caller, after_version: int | None, *, restored: bool = False
) -> SnapshotView:
    """The issue list after a version; whole without one, or when the version is not ours.

    `restored` is told to a gate whose list is of a history that this centre does not have.
    """
    _, text = snapshot_text(estate, caller, after_version, restored=restored)
    return SnapshotView.model_validate_json(text)


def snapshot_text(
    estate: Estate, caller: Caller, after_version: int | None, *, restored: bool = False
) -> tuple[int, str]:
    """The same as JSON, with the version it brings a gate to."""
    with reading(estate, caller) as turn:
        version, era = list_standing(turn.connection, estate.site, SNAPSHOT)
        complete = after_version is None or after_version > version
        since = 0 if after_version is None or complete else after_version
        head = SnapshotView(
            version=version,
            complete=complete,
            taken_at=turn.now,
            time_floor=turn.floor,
            zone=str(estate.zone),
            cards=(),
            rules=rules_after(turn, since),
            era=era,
            restored=restored,
            slips=slips_after(turn, since),
        )
        cards = cards_text(turn, since, _pending(turn))
    # What says nothing is left out: a gate of an earlier program may not know of it.
    told = head.model_dump_json(exclude_defaults=True)
    return version, told.replace(_NO_CARDS, f'"cards":{cards}', 1)


def _pending(turn: Turn) -> Pending:
    """Periods that are paid, or given, and not yet known to be on the card (PARK-12a)."""
    found: dict[int, dict[RightKind, ValidityPeriod]] = {
        number: {RightKind.PARKING: period} for number, period in honoured_days(turn).items()
    }
    for row in open_operations(turn.session):
        if row.kind in _PENDING:
            rights = rights_from(row.plan["rights"])
            found[row.card_number] = {right.kind: right.period for right in rights}
    return found
