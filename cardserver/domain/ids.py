"""Names of things, kept apart by type so that they cannot be mixed up."""

from typing import Final, NewType

CardNumber = NewType("CardNumber", int)
"""Number printed on the card and on papers, 1 to 4294967295; written with 8 digits at least."""

HolderId = NewType("HolderId", int)
UnitId = NewType("UnitId", int)
StationId = NewType("StationId", str)
LaneId = NewType("LaneId", str)

MAX_CARD_NUMBER: Final = 2**32 - 1


def card_number_text(number: int) -> str:
    """The card number as people see it: at least eight digits, e.g. ``00001234``."""
    return f"{number:08d}"
