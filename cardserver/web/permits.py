"""Who may do what: one table of station kind × action, held by the server and by nobody else."""

from enum import StrEnum, unique
from typing import Final

from cardserver.domain.station import StationKind


@unique
class Action(StrEnum):
    """What a call is about."""

    FIND_HOLDERS = "find-holders"
    READ_CARD = "read-card"
    READ_KEYS = "read-keys"  # of one card; they can't write
    VERIFY = "verify"
    SELL = "sell"  # quote, sale, tender, change, cancel
    REFUND = "refund"  # hand cash back
    OPERATE = "operate"  # begin, key, settle, void; which kinds: cardserver.domain.station
    ABANDON = "abandon"
    LIST_OPERATIONS = "list-operations"
    BLOCK = "block"
    PRINT = "print"
    SNAPSHOT = "snapshot"
    TAPS = "taps"
    REPORTS = "reports"


_DESK: Final = frozenset(Action) - {Action.SNAPSHOT, Action.TAPS}
_KIOSK: Final = frozenset(
    {Action.READ_CARD, Action.READ_KEYS, Action.SELL, Action.OPERATE, Action.PRINT}
)
_GATE: Final = frozenset({Action.SNAPSHOT, Action.TAPS})
_OFFICE: Final = frozenset(
    {Action.FIND_HOLDERS, Action.READ_CARD, Action.LIST_OPERATIONS, Action.REPORTS}
)

PERMITS: Final = {
    StationKind.DESK: _DESK,
    StationKind.KIOSK: _KIOSK,
    StationKind.GATE: _GATE,
    StationKind.OFFICE: _OFFICE,
    StationKind.PANEL: frozenset[Action](),
}
"""Least privilege: a kiosk can't issue or block, a gate can't look anybody up."""
