"""The demo estate: a few invented people, units and spaces, and the stations' tokens.

All names, numbers and plates are made up; the company does not exist.
"""

from dataclasses import dataclass
from datetime import date
from typing import Final

from cardserver.domain.rights import HolderClass
from cardserver.domain.station import StationKind
from cardserver.services.holders import search
from cardserver.services.setup import (
    SETUP,
    register_agreement,
    register_holder,
    register_station,
    register_unit,
)
from cardserver.services.turn import Estate

ESTATE_NAME: Final = "翠湖花园"
COMPANY: Final = "翠湖物业服务有限公司"
PHONE: Final = "0755-8000 1234"
OPERATOR: Final = "张晓"

DESK, KIOSK, GATE, OFFICE = "desk-1", "kiosk-1", "gate-1", "office-1"

BUILDING_ZONE: Final = 0
CAR_PARK_ZONE: Final = 0
_NAMES: Final = ("王秀兰", "李㼆", "陈立", "百味小吃店 周敏", "赵强")
_FAR: Final = date(2035, 12, 31)


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """Row numbers of the holders and agreements that the story speaks of."""

    owner: int
    family: int
    tenant: int
    merchant: int
    staff: int
    owner_agreement: int


def settle_in(estate: Estate) -> People:
    """Put the people of the demo on file. Call once on an empty store."""
    flat = register_unit(estate, "3栋2单元1201", (BUILDING_ZONE,))
    rented = register_unit(estate, "5栋1单元0803", (BUILDING_ZONE,))
    shop = register_unit(estate, "商铺 S12", (BUILDING_ZONE,))
    office = register_unit(estate, "物业服务中心", (BUILDING_ZONE,))
    owner = register_holder(
        estate,
        _NAMES[0],
        HolderClass.OWNER,
        unit_id=flat,
        phone="13900001201",
        id_number="110101195503079991",
    )
    family = register_holder(
        estate,
        _NAMES[1],  # a rare character, as in real names
        HolderClass.FAMILY,
        unit_id=flat,
        phone="13900001202",
        id_number="110101198807159992",
    )
    tenant = register_holder(
        estate,
        _NAMES[2],
        HolderClass.TENANT,
        unit_id=rented,
        phone="13900000803",
        id_number="110101199211029993",
        lease_end=date(2027, 3, 31),
    )
    merchant = register_holder(
        estate,
        _NAMES[3],
        HolderClass.MERCHANT,
        unit_id=shop,
        phone="13900009012",
        id_number="110101199001019994",
    )
    staff = register_holder(
        estate,
        _NAMES[4],
        HolderClass.STAFF,
        unit_id=office,
        phone="13900007001",
        id_number="110101198501019995",
    )
    owner_agreement = register_agreement(
        estate,
        "CW-2025-0117",
        owner,
        plate="粤B·A1234",
        space="地下一层 B117",
        space_kind="underground",
        zone=CAR_PARK_ZONE,
        monthly_fee_fen=300_00,
        ends=_FAR,
    )
    register_agreement(
        estate,
        "CW-2025-0042",
        tenant,
        plate="粤B·C5678",
        space="地面 A042",
        space_kind="surface",
        zone=CAR_PARK_ZONE,
        monthly_fee_fen=150_00,
        ends=date(2027, 3, 31),
    )
    return People(
        owner=owner,
        family=family,
        tenant=tenant,
        merchant=merchant,
        staff=staff,
        owner_agreement=owner_agreement,
    )


def find_people(estate: Estate) -> People | None:
    """The people of an earlier run; None on an empty store."""
    found = [search(estate, SETUP, name, 1).holders for name in _NAMES]
    if not all(found):
        return None
    owner, family, tenant, merchant, staff = (each[0] for each in found)
    return People(
        owner=owner.holder_id,
        family=family.holder_id,
        tenant=tenant.holder_id,
        merchant=merchant.holder_id,
        staff=staff.holder_id,
        owner_agreement=owner.agreements[0].agreement_id,
    )


def hand_out_tokens(estate: Estate) -> dict[str, str]:
    """Fresh tokens of the demo's stations, by station id. They live as long as the process."""
    kinds = {
        DESK: StationKind.DESK,
        KIOSK: StationKind.KIOSK,
        GATE: StationKind.GATE,
        OFFICE: StationKind.OFFICE,
    }
    return {name: register_station(estate, name, kind) for name, kind in kinds.items()}
