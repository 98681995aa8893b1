"""What a gate decides with: the issue list, whole or only what changed."""

from cardserver.db.mapping import rights_from
from cardserver.db.queries import listed_cards, listed_sequences, open_operations
from cardserver.db.tables import CounterRow
from cardserver.domain.operation import OperationKind
from cardserver.domain.rights import RightKind
from cardserver.services.honouring import honoured_days
from cardserver.services.turn import SNAPSHOT, Caller, Estate, Turn, reading
from cardserver.services.views import secure_channel
from cardserver.wire import Period, SnapshotCard, SnapshotView

_PENDING = frozenset({OperationKind.TOP_UP, OperationKind.EXTEND, OperationKind.ADD_PARKING})
"""Operations that give an old card more days: a gate honours them before they are written."""


def snapshot(estate: Estate, caller: Caller, after_version: int | None) -> SnapshotView:
    """The issue list after a version; whole without one, or when the version is not ours."""
    with reading(estate, caller) as turn:
        counter = turn.session.get(CounterRow, SNAPSHOT)
        version = 0 if counter is None else counter.value
        complete = after_version is None or after_version > version
        since = 0 if after_version is None or complete else after_version
        return SnapshotView(
            version=version,
            complete=complete,
            taken_at=turn.now,
            time_floor=turn.floor,
            zone=str(estate.zone),
            cards=_cards(turn, since),
        )


def _cards(turn: Turn, since: int) -> tuple[SnapshotCard, ...]:
    sequences: dict[int, dict[RightKind, int]] = {}
    for number, kind, sequence in listed_sequences(turn.session, since):
        sequences.setdefault(number, {})[kind] = sequence
    pending = _pending(turn)
    return tuple(
        SnapshotCard(
            uid=uid,
            number=number,
            status=status,
            sequences=sequences.get(number, {}),
            pending=pending.get(number, {}),
            key_version=key_version,
            secure_channel=secure_channel(channel),
            until=until,
        )
        for number, uid, status, key_version, channel, until in listed_cards(turn.session, since)
    )


def _pending(turn: Turn) -> dict[int, dict[RightKind, Period]]:
    """Periods that are paid, or given, and not yet known to be on the card (PARK-12a)."""
    found = {
        number: {RightKind.PARKING: Period.of(period)}
        for number, period in honoured_days(turn).items()
    }
    for row in open_operations(turn.session):
        if row.kind in _PENDING:
            rights = rights_from(row.plan["rights"])
            found[row.card_number] = {right.kind: Period.of(right.period) for right in rights}
    return found
