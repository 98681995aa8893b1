"""The demo estate: a few invented people, units and spaces, and the stations' tokens.

All names, numbers and plates are made up; the company does not exist.
"""

from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import uuid4

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from cardserver.clientsigning import GateIdentity
from cardserver.domain.permits import Action, Role
from cardserver.domain.receiptbook import BookKind
from cardserver.domain.review import StockMove
from cardserver.domain.rights import HolderClass
from cardserver.domain.signin import DEMO_PASSWORD
from cardserver.domain.station import StationKind
from cardserver.services import operators
from cardserver.services.blanks import move as move_blanks
from cardserver.services.enrolling import enrol
from cardserver.services.holders import search
from cardserver.services.passwords import hashed
from cardserver.services.receiptbooks import draw_book
from cardserver.services.setup import SETUP, register_holder, register_station, register_unit
from cardserver.services.shifts import open_shift
from cardserver.services.signingin import open_session
from cardserver.services.turn import Caller, Estate, Leave, writing
from cardserver.wire_operators import SessionView
from cardserver.wire_papers import DrawBookRequest
from cardserver.wire_shifts import OpenShift
from cardserver.wire_stock import StockRequest
from simulators import carpark

ESTATE_NAME: Final = "翠湖花园"
COMPANY: Final = "翠湖物业服务有限公司"
PHONE: Final = "0755-8000 1234"
HOURS: Final = "8:30-18:00"
OPERATOR: Final = "张晓"
HEAD: Final = "何静"
CASHIER: Final = "吴倩"
DEPARTMENT_HEAD: Final = "孙涛"
SECTION_HEAD: Final = "高远"
GUARD: Final = "李卫国"

DESK, KIOSK, GATE, OFFICE = "desk-1", "kiosk-1", "gate-1", "office-1"
GATE_IDENTITY: Final = GateIdentity(
    station=GATE, key=Ed25519PrivateKey.from_private_bytes(bytes(range(32, 64)))
)
"""As open as the demo's other keys (`cardserver.domain.demokeys`)."""

BUILDING_ZONE: Final = 0
_NAMES: Final = ("王秀兰", "李㼆", "陈立", "百味小吃店 周敏", "赵强")
OPERATORS: Final = {
    OPERATOR: Role.AGENT,
    HEAD: Role.FRONT_DESK_HEAD,
    "罗敏": Role.CUSTOMER_SERVICE_HEAD,
    "吴倩": Role.CASHIER,
    DEPARTMENT_HEAD: Role.DEPARTMENT_HEAD,
    "周岚": Role.SHOP_HEAD,
    SECTION_HEAD: Role.SECTION_HEAD,
    "郑楠": Role.CENTRE_HEAD,
    "系统管理员": Role.ADMINISTRATOR,
    "技术员": Role.TECHNICIAN,
    GUARD: Role.GUARD,
}
BLANKS: Final = 200
CHANGE_FUND: Final = {50_00: 1, 20_00: 3, 10_00: 5, 5_00: 6, 1_00: 10}
"""200 yuan, by face value in fen."""

BOOKS: Final = (
    ("2025-031", 310_001, 310_100, 0),
    ("100元 007", 7_000_301, 7_000_400, 100_00),
    ("50元 004", 5_000_101, 5_000_200, 50_00),
    ("10元 002", 1_000_001, 1_000_100, 10_00),
)
"""Books the clerk has drawn: number of the book, first and last paper, value of each in fen."""


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
    owner_agreement = carpark.lay_out(
        estate, owner=owner, family=family, tenant=tenant, merchant=merchant
    )
    put_operators(estate)
    _open_shift(estate)
    _draw_books(estate)
    _stock_blanks(estate)
    return People(
        owner=owner,
        family=family,
        tenant=tenant,
        merchant=merchant,
        staff=staff,
        owner_agreement=owner_agreement,
    )


def put_operators(estate: Estate) -> None:
    """Everybody who works here, with the published password of the demo."""
    known = operators.names(estate, SETUP).names
    with writing(estate, SETUP) as turn:
        for name, role in OPERATORS.items():
            if name not in known:
                operators.put(turn, name, (role,), hashed(DEMO_PASSWORD))


def sign_in(estate: Estate, station: str, name: str = OPERATOR) -> SessionView:
    """A session of somebody of the demo, who need not type for it."""
    return open_session(estate, Caller(station=station, kind=StationKind.DESK), name)


def _open_shift(estate: Estate) -> None:
    """The clerk's shift, with 200 yuan of change."""
    clerk = Caller(station=DESK, kind=StationKind.DESK, operator=OPERATOR)
    open_shift(estate, clerk, OpenShift(shift_id=str(uuid4()), notes=CHANGE_FUND))


def _stock_blanks(estate: Estate) -> None:
    """The head has a box of blank cards on stock (IC-20a)."""
    head = Caller(
        station=DESK,
        kind=StationKind.DESK,
        operator=HEAD,
        roles=frozenset({Role.FRONT_DESK_HEAD}),
    )
    request = StockRequest(
        request_id=str(uuid4()),
        day=estate.clock().astimezone(estate.zone).date(),
        move=StockMove.RECEIVED,
        amount=BLANKS,
        reason="开业备卡",
    )
    move_blanks(estate, head, request)


def _draw_books(estate: Estate) -> None:
    """The clerk draws a book of receipts and three of quota invoices from the cashier (FEE-21)."""
    clerk = Caller(
        station=DESK,
        kind=StationKind.DESK,
        operator=OPERATOR,
        roles=frozenset({Role.AGENT}),
        leave=Leave(leave_id=str(uuid4()), action=Action.HAND_OUT_BOOK, name=CASHIER),
    )
    for label, first, last, value_fen in BOOKS:
        kind = BookKind.QUOTA_INVOICE if value_fen else BookKind.FORMAL_RECEIPT
        request = DrawBookRequest(
            draw_id=str(uuid4()),
            kind=kind,
            label=label,
            first=first,
            last=last,
            denomination_fen=value_fen,
        )
        draw_book(estate, clerk, request)


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
    """Fresh tokens of the demo's stations, by station id. They live as long as the process.

    The gate has none: it signs, with a key that everybody can read here.
    """
    kinds = {DESK: StationKind.DESK, KIOSK: StationKind.KIOSK, OFFICE: StationKind.OFFICE}
    enrol(estate, SETUP, GATE, GATE_IDENTITY.public_key)
    return {name: register_station(estate, name, kind) for name, kind in kinds.items()}
