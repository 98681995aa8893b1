"""Holders, their space agreements, and how their data are shown to those who needn't know all."""

from dataclasses import dataclass
from datetime import date
from typing import Final

from cardserver.domain.ids import HolderId
from cardserver.domain.rights import HolderClass

_TAIL: Final = 4
_PLATE_HEAD: Final = 2
_PLATE_TAIL: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """A person on file. `unit` is empty for staff; `zones` are the doors of the unit (bit mask).

    `lease_end` is a tenant's last day, `ends` the last day of belonging here at all (end of
    employment, transfer of the unit); both inclusive, None when open.
    """

    holder_id: HolderId
    name: str
    holder_class: HolderClass
    unit: str
    zones: int
    lease_end: date | None = None
    ends: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """A signed space lease or use agreement (PARK-03, PARK-11).

    `begins` (None: long ago) and `ends` are its first and last day; `monthly_fee_fen` is what a
    month costs today.
    """

    agreement_id: int
    number: str
    holder_id: HolderId
    unit: str
    plate: str
    space: str
    zone: int
    monthly_fee_fen: int
    ends: date
    bank_collected: bool = False
    begins: date | None = None


def mask_name(name: str) -> str:
    """Only the first character: ``张**`` (IC-23b)."""
    return name[:1] + "*" * (len(name) - 1)


def mask_phone(phone: str) -> str:
    """First three and last four digits: ``138****5678``."""
    if len(phone) <= _TAIL + 3:
        return mask_tail(phone)
    return phone[:3] + "*" * (len(phone) - 3 - _TAIL) + phone[-_TAIL:]


def mask_tail(text: str) -> str:
    """Only the last four characters, and none of a text that short."""
    if len(text) <= _TAIL:
        return "*" * len(text)
    return "*" * (len(text) - _TAIL) + text[-_TAIL:]


def mask_plate(plate: str) -> str:
    """Province, city and the last two characters: ``粤B***45``."""
    hidden = len(plate) - _PLATE_HEAD - _PLATE_TAIL
    if hidden <= 0:
        return plate[:1] + "*" * (len(plate) - 1)
    return plate[:_PLATE_HEAD] + "*" * hidden + plate[-_PLATE_TAIL:]
