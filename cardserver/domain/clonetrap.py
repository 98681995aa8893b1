"""Numbers of a card's counter, and whether one card can have shown them (docs/security.md).

A card counts down: at a later instant it shows a lower number, and never one twice. Gaps mean
nothing (another gate saw those, or nobody did), and neither does the order in which gates tell of
what they saw: two sightings are compared by when they were made.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum, unique
from typing import Final

CLOCKS_APART: Final = timedelta(seconds=10)
"""Gates' clocks may be that far apart (S4: five seconds either way): sightings that close to each
other say nothing by their order."""


@unique
class CloneSign(StrEnum):
    """What gives a clone away; stable, the key of its words."""

    SEEN_TWICE = "counter-seen-twice"
    WENT_UP = "counter-went-up"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """A number that a card used up, and when, by the clock of the gate that saw it."""

    at: datetime
    counter: int


def clone_sign(one: Sighting, other: Sighting) -> CloneSign | None:
    """What two different sightings of one card say: None where one card can have shown both."""
    if one.counter == other.counter:
        return CloneSign.SEEN_TWICE
    earlier, later = sorted((one, other), key=lambda each: each.at)
    if later.at - earlier.at <= CLOCKS_APART:
        return None
    return CloneSign.WENT_UP if later.counter > earlier.counter else None
