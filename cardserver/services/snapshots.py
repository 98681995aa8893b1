"""What a gate decides with: the issue list, whole or only what changed, and its rules."""

from dataclasses import dataclass, field
from datetime import date, timedelta

from cardserver.db.listing import listed_cards, listed_rights, replaced_since
from cardserver.db.mapping import rights_from
from cardserver.db.queries import open_operations
from cardserver.db.tables import CounterRow
from cardserver.domain.operation import OperationKind
from cardserver.domain.rights import RightKind
from cardserver.services.gaterules import rules_after
from cardserver.services.honouring import honoured_days
from cardserver.services.turn import SNAPSHOT, Caller, Estate, Turn, reading
from cardserver.services.views import secure_channel
from cardserver.wire import Period
from cardserver.wire_gates import SnapshotCard, SnapshotView

_ONE_DAY = timedelta(days=1)
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
            rules=rules_after(turn, since),
        )


def _cards(turn: Turn, since: int) -> tuple[SnapshotCard, ...]:
    listed, pending = _listed(turn, since), _pending(turn)
    nothing = _Listed()
    before: dict[int, list[int]] = {}
    for new, old in replaced_since(turn.session, since):
        before.setdefault(new, []).append(old)
    return tuple(
        SnapshotCard(
            uid=uid,
            number=number,
            status=status,
            sequences=(of_card := listed.get(number, nothing)).sequences,
            pending=pending.get(number, {}),
            key_version=key_version,
            secure_channel=secure_channel(channel),
            until=until,
            rights={kind: (holder_class, *line) for kind, line in of_card.lines.items()},
            space=of_card.space,
            before=tuple(before.get(number, ())),
        )
        for number, uid, status, key_version, channel, until, holder_class in listed_cards(
            turn.session, since
        )
    )


@dataclass(slots=True)
class _Listed:
    """What is listed of one card's rights."""

    sequences: dict[RightKind, int] = field(default_factory=dict)
    lines: dict[RightKind, tuple[int, date, date]] = field(default_factory=dict)
    space: int = 0


def _listed(turn: Turn, since: int) -> dict[int, _Listed]:
    found: dict[int, _Listed] = {}
    rows = listed_rights(turn.session, since)
    for number, kind, sequence, zones, first, after_last, space in rows:
        card = found.setdefault(number, _Listed())
        card.sequences[kind] = sequence
        card.lines[kind] = (zones, first, after_last - _ONE_DAY)
        card.space = space or card.space
    return found


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
