"""Who holds a card and what it opens."""

from enum import IntEnum, StrEnum, unique
from typing import Final


@unique
class HolderClass(StrEnum):
    """Kind of holder; decides papers, price and length of validity (IC-02..06, IC-13)."""

    OWNER = "owner"
    FAMILY = "family"
    TENANT = "tenant"
    MERCHANT = "merchant"
    STAFF = "staff"


VALIDITY_YEARS: Final = {
    HolderClass.OWNER: 2,  # IC-02
    HolderClass.FAMILY: 2,  # IC-03
    HolderClass.TENANT: 1,  # IC-05
    HolderClass.MERCHANT: 1,  # IC-06
    HolderClass.STAFF: 1,  # IC-13a
}


@unique
class RightKind(StrEnum):
    """The two independent rights of a card (PARK-04a)."""

    DOOR = "door"
    PARKING = "parking"


@unique
class Slot(IntEnum):
    """Where each right lies on the card."""

    DOOR = 0
    PARKING = 1


SLOT_OF: Final = {RightKind.DOOR: Slot.DOOR, RightKind.PARKING: Slot.PARKING}
RIGHT_OF: Final = {slot: kind for kind, slot in SLOT_OF.items()}

MAX_ZONE: Final = 31


def zone_mask(*zones: int) -> int:
    """Zones 0 to 31 as the 32-bit mask that stands in the record (bit n = zone n)."""
    mask = 0
    for zone in zones:
        if not 0 <= zone <= MAX_ZONE:
            raise ValueError(f"zone {zone} is not between 0 and {MAX_ZONE}")
        mask |= 1 << zone
    return mask


@unique
class CardStatus(StrEnum):
    """State of a card in the issue list."""

    LIVE = "live"
    BLOCKED = "blocked"  # lost or refused; can be unblocked while no replacement exists
    REPLACED = "replaced"  # its rights live on another card; dead for ever
    RETURNED = "returned"  # formatted and back in stock
    SCRAPPED = "scrapped"
