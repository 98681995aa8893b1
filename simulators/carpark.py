"""The demo's car park: spaces of every kind, what a month costs, and who has signed for what."""

from datetime import date
from typing import Final

from cardserver.domain.parking import SpaceKind, Terms
from cardserver.services.parkingsetup import (
    register_space,
    register_space_agreement,
    register_tariff,
)
from cardserver.services.turn import Estate

ZONE: Final = 0
BEGINS: Final = date(2024, 1, 1)
FAR: Final = date(2035, 12, 31)

TARIFFS: Final = {
    SpaceKind.RAISED_FLOOR: 250_00,
    SpaceKind.UNDERGROUND: 300_00,
    SpaceKind.SURFACE: 150_00,
    SpaceKind.BOUGHT: 80_00,
    SpaceKind.GIFTED: 60_00,
}
SPACES: Final = {
    SpaceKind.RAISED_FLOOR: ("架空层 J01", "架空层 J02", "架空层 J03"),
    SpaceKind.UNDERGROUND: ("地下一层 B117", "地下一层 B118", "地下一层 B119"),
    SpaceKind.SURFACE: ("地面 A042", "地面 A043", "地面 A044"),
    SpaceKind.BOUGHT: ("地下一层 B001", "地下一层 B002"),
    SpaceKind.GIFTED: ("地下一层 B201", "地下一层 B202"),
}


def lay_out(estate: Estate, *, owner: int, family: int, tenant: int, merchant: int) -> int:
    """Put spaces, tariffs and agreements on file; the row number of the owner's agreement."""
    spaces: dict[str, int] = {}
    for kind, codes in SPACES.items():
        register_tariff(estate, kind, TARIFFS[kind], first=BEGINS)
        for code in codes:
            spaces[code] = register_space(estate, code, kind, zone=ZONE)
    owners = _sign(estate, "CW-2025-0117", owner, spaces["地下一层 B117"], "粤B·A1234")
    lease_end = date(2027, 3, 31)
    _sign(estate, "CW-2025-0042", tenant, spaces["地面 A042"], "粤B·C5678", ends=lease_end)
    _sign(estate, "CF-2025-0003", family, spaces["地下一层 B001"], "粤B·D2468", bank=True)
    _sign(estate, "CW-2025-0101", merchant, spaces["架空层 J01"], "粤B·E1357")
    return owners


def _sign(
    estate: Estate,
    number: str,
    holder: int,
    space: int,
    plate: str,
    *,
    ends: date = FAR,
    bank: bool = False,
) -> int:
    terms = Terms(plate=plate, begins=BEGINS, ends=ends, bank_collected=bank)
    return register_space_agreement(estate, number, holder, space, terms)
