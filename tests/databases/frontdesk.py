"""A front desk to test with: an estate on a store, its people, and the steps of the business.

Every step goes through the public use cases, as a station's calls do. The "card" is a dictionary
of slots that a test can tear, forge or leave unwritten.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine

from cardserver.db.tables import AgreementRow, HolderRow, UnitRow
from cardserver.domain.errors import RuleViolation
from cardserver.domain.permits import Action, Role
from cardserver.domain.record import Medium
from cardserver.domain.rights import HolderClass, zone_mask
from cardserver.domain.sale import TenderKind, TenderState
from cardserver.domain.signin import ENDLESS
from cardserver.domain.station import StationKind
from cardserver.domain.verification import Paper, VerificationMethod
from cardserver.services import beginning, ending, planning, selling, setup, tendering, verifying
from cardserver.services.errors import Conflict
from cardserver.services.turn import Caller, Estate, Leave, writing
from cardserver.vault import Vault, demo_vault
from cardserver.wire_cards import CardView
from cardserver.wire_operations import BeginRequest, Evidence, Settled, Ticket
from cardserver.wire_requests import (
    AddParkingRequest,
    ExtendRequest,
    FormatRequest,
    IssueRequest,
    OperationRequest,
    ReplaceRequest,
    TopUpRequest,
)
from cardserver.wire_sales import SaleRequest, SaleView, TenderRequest
from cardserver.wire_verifications import VerificationRequest
from tests.databases import bookwork, paperwork, tillwork
from tests.databases.stores import furnished

ZONE = ZoneInfo("Asia/Shanghai")
MORNING = datetime(2025, 6, 9, 1, 0, tzinfo=UTC)
"""Nine in the morning of 9 June 2025 in the estate."""

AGENT = frozenset({Role.AGENT})
HEAD = frozenset({Role.FRONT_DESK_HEAD})
BY_THE_HEAD = Leave(leave_id="", action=Action.OPERATE_STAFF_CARD, name="何静")
"""The head stands beside the agent all day, so that any test may issue a staff card (IC-14)."""

DESK = Caller(
    station="desk-1", kind=StationKind.DESK, operator="张晓", roles=AGENT, leave=BY_THE_HEAD
)
OTHER_DESK = Caller(station="desk-2", kind=StationKind.DESK, operator="李明", roles=AGENT)
HEAD_DESK = Caller(station="desk-1", kind=StationKind.DESK, operator="何静", roles=HEAD)
KIOSK = Caller(station="kiosk-1", kind=StationKind.KIOSK)
GATE = Caller(station="gate-1", kind=StationKind.GATE)
WITH_A_SHIFT = (DESK, OTHER_DESK, HEAD_DESK)
"""Callers whose shift is open, so that they may take money."""

PAPERS = tuple(Paper)
"""All papers there are."""


def new_id() -> str:
    return str(uuid4())


@dataclass
class SetClock:
    """A clock that stands still until it is set."""

    now: datetime = MORNING

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **delta: int) -> None:
        self.now += timedelta(**delta)


@dataclass
class PlainCard:
    """A chip with two slots."""

    uid: bytes
    medium: Medium = Medium.CLASSIC
    slots: dict[int, bytes | None] = field(default_factory=lambda: {0: b"", 1: b""})

    @property
    def card_kind(self) -> str:
        classic = self.medium is Medium.CLASSIC
        return "mifare-classic-1k" if classic else "mifare-desfire-ev2"

    @property
    def secure_channel(self) -> str | None:
        return None if self.medium is Medium.CLASSIC else "ev2"

    def write(self, ticket: Ticket) -> None:
        """Do what the ticket says."""
        for change in ticket.changes:
            self.slots[change.slot] = change.new

    def evidence(self) -> Evidence:
        """What a read-back finds."""
        return Evidence.model_validate(
            {"uid": self.uid, "found": dict(self.slots), "secure_channel": self.secure_channel}
        )


_serial = iter(range(1, 1_000_000))


def blank(medium: Medium = Medium.CLASSIC) -> PlainCard:
    """A chip nobody has seen yet."""
    return PlainCard(uid=b"\x04" + next(_serial).to_bytes(6, "big"), medium=medium)


@dataclass
class FrontDesk:
    """An estate with some people on file."""

    estate: Estate
    clock: SetClock
    caller: Caller = DESK

    def __post_init__(self) -> None:
        """Put the people on file, in one go because every test does."""
        facts = furnished(self.estate.engine, self._settle_in)
        self.owner, self.family = facts["owner"], facts["family"]
        self.tenant, self.merchant = facts["tenant"], facts["merchant"]
        self.staff, self.other_staff = facts["staff"], facts["other_staff"]
        self.rented, self.agreement = facts["rented"], facts["agreement"]

    def _settle_in(self) -> dict[str, int]:
        people = (
            ("owner", "王秀兰", HolderClass.OWNER, "3-1201"),
            ("family", "李小明", HolderClass.FAMILY, "3-1201"),
            ("tenant", "陈立", HolderClass.TENANT, "5-0803"),
            ("merchant", "周敏", HolderClass.MERCHANT, "3-1201"),
            ("staff", "赵强", HolderClass.STAFF, "服务中心"),
            ("other_staff", "孙丽", HolderClass.STAFF, "服务中心"),
        )
        doors = {"3-1201": (0, 3), "5-0803": (0, 5), "服务中心": (0, 1, 2)}
        with writing(self.estate, setup.SETUP) as turn:
            units = [UnitRow(label=label, zones=zone_mask(*doors[label])) for label in doors]
            turn.session.add_all(units)
            turn.session.flush()
            numbers = {unit.label: unit.id for unit in units}
            holders = [
                HolderRow(
                    name=name,
                    holder_class=holder_class,
                    unit_id=numbers[unit],
                    phone="13900001201",
                    id_number="110101195503079991",
                    lease_end=date(2026, 1, 31) if holder_class is HolderClass.TENANT else None,
                )
                for _, name, holder_class, unit in people
            ]
            turn.session.add_all(holders)
            turn.session.flush()
            by_word = {word: row.id for (word, *_), row in zip(people, holders, strict=True)}
            tillwork.open_shifts(turn, WITH_A_SHIFT)
            bookwork.draw_books(turn, WITH_A_SHIFT)
        agreement = self.sign("CW-1", by_word["owner"])
        return {**by_word, "rented": numbers["5-0803"], "agreement": agreement}

    def sign(
        self,
        number: str,
        holder: int,
        *,
        fee_fen: int = 300_00,
        ends: date = date(2035, 12, 31),
        bank_collected: bool = False,
    ) -> int:
        """Sign a space agreement."""
        row = AgreementRow(
            number=number,
            holder_id=holder,
            plate="粤B·A1234",
            space="B117",
            space_kind="underground",
            zone=7,
            monthly_fee_fen=fee_fen,
            ends=ends,
            bank_collected=bank_collected,
        )
        with writing(self.estate, setup.SETUP) as turn:
            return turn.add(row).id

    def verify(
        self,
        holder: int,
        *,
        method: VerificationMethod = VerificationMethod.OWNER_RECORD,
        papers: tuple[Paper, ...] = PAPERS,
    ) -> str:
        """Check a holder; returns the verification's id."""
        request = VerificationRequest(
            verification_id=new_id(),
            holder_id=holder,
            method=method,
            papers_seen=papers,
            lease=paperwork.lease_of(self.estate, holder),
            application_id=self._application(holder),
            phone_record_id=self._call(holder) if method is VerificationMethod.PHONE else None,
        )
        return verifying.verify(self.estate, self.caller, request).verification_id

    def _application(self, holder: int) -> str | None:
        """A merchant's or an employee's card stands on an approved application (IC-06, IC-13)."""
        if holder in {self.owner, self.family, self.tenant}:
            return None
        row = paperwork.holder_row(self.estate, holder)
        if row.holder_class not in {HolderClass.MERCHANT, HolderClass.STAFF}:
            return None
        return paperwork.approved(self.estate, holder)

    def _call(self, holder: int) -> str:
        """The owner says yes on the telephone (IC-04a)."""
        return paperwork.called(self.estate, holder, self.owner)

    # --- requests

    def issue_request(self, holder: int) -> IssueRequest:
        return IssueRequest(holder_id=holder, verification_id=self.verify(holder))

    def parking_request(self, card: CardView, months: int = 1) -> AddParkingRequest:
        return AddParkingRequest(
            card_number=card.number,
            agreement_id=self.agreement,
            months=months,
            verification_id=self.verify(card.holder_id),
        )

    def extend_request(self, card: CardView) -> ExtendRequest:
        return ExtendRequest(card_number=card.number, verification_id=self.verify(card.holder_id))

    def replace_request(
        self, card: CardView, reason: str = "lost", *, appraised: bool = True
    ) -> ReplaceRequest:
        appraisal = paperwork.appraised(self.estate, card, reason) if appraised else None
        return ReplaceRequest.model_validate(
            {
                "old_card_number": card.number,
                "reason": reason,
                "verification_id": self.verify(card.holder_id),
                "appraisal_id": appraisal,
            }
        )

    # --- money

    def open_sale(self, request: OperationRequest) -> SaleView:
        """Open a sale at today's price."""
        price = planning.quote(self.estate, self.caller, request).total_fen
        body = SaleRequest(sale_id=new_id(), request=request, quoted_total_fen=price)
        return selling.open_sale(self.estate, self.caller, body)

    def pay(self, sale_id: str, fen: int, state: TenderState = TenderState.CREDITED) -> SaleView:
        """Take money over the counter, or a note of that value at a machine."""
        at_a_kiosk = self.caller.kind is StationKind.KIOSK
        tender = TenderRequest(
            tender_id=new_id(),
            kind=TenderKind.CASH_NOTE if at_a_kiosk else TenderKind.CASH_DESK,
            value_fen=fen,
            state=state,
            checked=True,
        )
        return tendering.tender(self.estate, self.caller, sale_id, tender)

    def paid_sale(self, request: OperationRequest) -> str | None:
        """A sale paid to the fen; None where nothing is due."""
        if not planning.quote(self.estate, self.caller, request).total_fen:
            return None
        sale = self.open_sale(request)
        return self.pay(sale.sale_id, sale.due_fen).sale_id

    # --- cards

    def begin_request(
        self, request: OperationRequest, card: PlainCard, sale_id: str | None
    ) -> BeginRequest:
        return BeginRequest.model_validate(
            {
                "operation_id": new_id(),
                "request": request,
                "uid": card.uid,
                "card_kind": card.card_kind,
                "medium": card.medium,
                "secure_channel": card.secure_channel,
                "sale_id": sale_id,
                "found_slots": dict(card.slots),
            }
        )

    def begin(self, request: OperationRequest, card: PlainCard) -> Ticket:
        """Pay what is due and open the operation."""
        sale_id = self.paid_sale(request)
        return beginning.begin(self.estate, self.caller, self.begin_request(request, card, sale_id))

    def settle(self, ticket: Ticket, card: PlainCard) -> Settled:
        return ending.settle(self.estate, self.caller, ticket.operation_id, card.evidence())

    def do(self, request: OperationRequest, card: PlainCard) -> Settled:
        """The whole business without an accident."""
        ticket = self.begin(request, card)
        card.write(ticket)
        return self.settle(ticket, card)

    def issue(self, holder: int, card: PlainCard) -> CardView:
        return self.do(self.issue_request(holder), card).card

    def owners_card(self) -> tuple[CardView, PlainCard]:
        """The owner's card, for tests in which that is mere preparation and comes before all else:
        issued the first time, and a copy of what was then written ever after.
        """
        if self.caller is not DESK or self.clock.now != MORNING:
            raise ValueError("the card that is copied was issued at the desk in the morning")

        def issue() -> tuple[CardView, PlainCard]:
            card = blank()
            return self.issue(self.owner, card), card

        return furnished(self.estate.engine, issue, name="furniture_with_a_card", anew=True)

    def add_parking(self, view: CardView, card: PlainCard, months: int = 1) -> CardView:
        return self.do(self.parking_request(view, months), card).card

    def top_up(self, view: CardView, card: PlainCard, months: int = 1) -> Settled:
        return self.do(TopUpRequest(card_number=view.number, months=months), card)

    def format(self, view: CardView, card: PlainCard) -> Settled:
        return self.do(FormatRequest(card_number=view.number), card)


def open_desk(engine: Engine, vault: Vault | None = None) -> FrontDesk:
    """A front desk on a store."""
    clock = SetClock()
    estate = Estate(
        name="翠湖花园",
        engine=engine,
        vault=vault or demo_vault(),
        zone=ZONE,
        clock=clock,
        limits=ENDLESS,
    )
    return FrontDesk(estate=estate, clock=clock)


@contextmanager
def refused(reason: str, rule: str | None = None) -> Iterator[None]:
    """The block is refused by a rule or a conflict, for this reason (and by this rule)."""
    with pytest.raises((RuleViolation, Conflict)) as caught:
        yield
    error = caught.value
    assert isinstance(error, RuleViolation | Conflict)
    assert error.reason == reason
    assert rule is None or error.rule == rule
