"""Machines of the estate and what they are there for."""

from enum import StrEnum, unique
from typing import Final

from cardserver.domain.operation import OperationKind


@unique
class StationKind(StrEnum):
    """Kind of a station; decides what its token may do (see cardserver/domain/permits.py)."""

    DESK = "desk"
    KIOSK = "kiosk"
    GATE = "gate"
    OFFICE = "office"  # reads, and says yes or no to applications
    PANEL = "panel"  # the simulated site's own page: nothing at all


_OPERATIONS: Final = {
    StationKind.DESK: frozenset(OperationKind),
    StationKind.KIOSK: frozenset({OperationKind.TOP_UP}),
}


def may_operate(station: StationKind, operation: OperationKind) -> bool:
    """True when stations of this kind may do such operations: a kiosk only tops up."""
    return operation in _OPERATIONS.get(station, frozenset())
