"""Settings of the card counter that the requirements leave to the estate, with their defaults."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class CardRules:
    """What an estate may set otherwise.

    `lease_ends_card`: a tenant's card ends with the lease (IC-05a). `staff_years` is the length of
    a staff card, one or two (IC-13a). `cards_per_resident_warning`: warn above the number of
    registered residents of a unit (IC-23a); cards are never limited. `image_months`: so long are
    pictures of papers kept, and 0 means that none are stored. `temporary_day_fen` is the price of a
    day inside without a right (PARK-05b); 0 means that the estate has no such tariff.
    """

    lease_ends_card: bool = True
    staff_years: int = 1
    cards_per_resident_warning: bool = True
    image_months: int = 0
    temporary_day_fen: int = 0


DEFAULT_RULES: Final = CardRules()
