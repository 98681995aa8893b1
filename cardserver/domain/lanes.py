"""A door or a vehicle lane: which way it leads, what it looks at, what its reader gives."""

from dataclasses import dataclass
from enum import StrEnum, unique

from cardserver.domain.ids import LaneId
from cardserver.domain.rights import RightKind


@unique
class Direction(StrEnum):
    """Which way a lane leads."""

    ENTRY = "entry"
    EXIT = "exit"


@unique
class Identify(StrEnum):
    """What a lane's reader gives."""

    RECORD = "record"  # the sealed record on the card
    UID = "uid"  # a number only (Wiegand, OSDP): the list says what the card may


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """A door or a vehicle lane: which right it looks at and which zone it leads into."""

    lane_id: LaneId
    right: RightKind
    zone: int
    direction: Direction = Direction.ENTRY
    identify: Identify = Identify.RECORD
