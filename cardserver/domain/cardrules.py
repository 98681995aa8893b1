"""Settings of the card counter that the requirements leave to the estate, with their defaults."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class CardRules:
    """What an estate may set otherwise.

    `lease_ends_card`: a tenant's card ends with the lease (IC-05a). `staff_years` is the length of
    a staff card, one or two (IC-13a). `cards_per_resident_warning`: warn above the number of
    registered residents of a unit (IC-23a); cards are never limited.
    """

    lease_ends_card: bool = True
    staff_years: int = 1
    cards_per_resident_warning: bool = True


DEFAULT_RULES: Final = CardRules()
