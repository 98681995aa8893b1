"""What the proofs of "nothing is ever lost" stand on: one estate with its desk, gate and cards.

All of it is the production code: the server behind its own WSGI app and client, `begin`,
`carry_out` and `undo` of the station, the card drivers, the gate's reading and `decide`. Only cards
and readers are virtual.
"""

import sqlite3
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import Any, TypeVar, cast
from uuid import uuid4
from zoneinfo import ZoneInfo

import httpx
from sqlalchemy import Engine, text
from sqlalchemy.pool import PoolProxiedConnection

from cardserver.client import CardServerClient
from cardserver.clientsigning import GateSigner
from cardserver.db.upgrade import upgrade
from cardserver.domain.admission import Decision, Lane, Presented, Snapshot, decide
from cardserver.domain.appraisal import Finding
from cardserver.domain.gatekeys import GateKeys
from cardserver.domain.ids import LaneId
from cardserver.domain.permits import Role
from cardserver.domain.record import CardRecord, Medium
from cardserver.domain.rights import SLOT_OF, RightKind
from cardserver.domain.sale import TenderKind, TenderState
from cardserver.domain.sealed import KeyFile
from cardserver.domain.signin import ENDLESS
from cardserver.domain.verification import Paper, VerificationMethod
from cardserver.services.turn import Estate
from cardserver.vault import Vault, demo_vault, export_gate
from cardserver.wire_approvals import AppraisalRequest
from cardserver.wire_books import Trial
from cardserver.wire_cards import CardView
from cardserver.wire_operations import Settled
from cardserver.wire_requests import (
    AddParkingRequest,
    ExtendRequest,
    IssueRequest,
    OperationRequest,
    ReplaceRequest,
)
from cardserver.wire_sales import SaleRequest, TenderRequest
from cardserver.wire_verifications import VerificationRequest
from drivers.api.cards import Card, KeyRole, KeySet, SecureChannel
from drivers.api.readers import CardReader
from drivers.cards.opening import open_card
from kiosk.gate.reading import read_presented
from kiosk.station.beginning import begin
from kiosk.station.operating import carry_out
from simulators import estate as demo_estate
from simulators.cards.api import VirtualCard
from simulators.estate import People
from simulators.reader import VirtualReader
from tests.databases import paperwork, people_at_work
from tests.databases.servers import server_of
from tests.databases.stores import fluent_engine

ZONE = ZoneInfo("Asia/Shanghai")
MORNING = datetime(2025, 6, 9, 1, 0, tzinfo=UTC)
"""Nine in the morning of 9 June 2025 in the estate."""

KINDS = ("classic-1k", "classic-4k", "desfire-ev1", "desfire-ev2")
LANES = {
    right: Lane(lane_id=LaneId(right.value), right=right, zone=0)
    for right in (RightKind.DOOR, RightKind.PARKING)
}
SESSION = "session"
"""Among the tokens, that of the clerk's session at the desk."""

_GATE_KEY = KeyFile(bytes(range(32)))

Result = TypeVar("Result")


def new_id() -> str:
    return str(uuid4())


@dataclass
class SetClock:
    """A clock that stands still until it is set."""

    now: datetime = MORNING

    def __call__(self) -> datetime:
        return self.now


def open_estate(engine: Engine, clock: Callable[[], datetime], vault: Vault) -> Estate:
    return Estate(
        name="翠湖花园", engine=engine, vault=vault, zone=ZONE, clock=clock, limits=ENDLESS
    )


def pass_on(_request: httpx.Request) -> None:
    """Nothing happens on the way."""


@dataclass(slots=True)
class Line(httpx.BaseTransport):
    """The way to the server. `before` is called ahead of each call, `after` ahead of its answer."""

    way: httpx.BaseTransport
    before: Callable[[httpx.Request], None] = field(default=pass_on, kw_only=True)
    after: Callable[[httpx.Request], None] = field(default=pass_on, kw_only=True)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.before(request)
        answer = self.way.handle_request(request)
        answer.read()
        self.after(request)
        return answer

    def materialise(self) -> None:
        """Let the engine hold what the story is at: it always does."""

    def recall(self, what: Hashable, ask: Callable[[], Result]) -> Result:
        """What is asked of the store at this moment: asked anew each time."""
        return ask()


def plain_line(way: httpx.BaseTransport, _engine: Engine) -> Line:
    return Line(way)


@dataclass(slots=True, kw_only=True)
class Ground:
    """The estate on one store. `tokens` are those its stations were given."""

    engine: Engine
    tokens: Mapping[str, str]
    people: People
    vault: Vault
    clock: SetClock = field(default_factory=SetClock)
    make_line: Callable[[httpx.BaseTransport, Engine], Line] = plain_line
    estate: Estate = field(init=False)
    line: Line = field(init=False)
    desk: CardServerClient = field(init=False)
    gate: CardServerClient = field(init=False)
    office: CardServerClient = field(init=False)
    gate_keys: GateKeys = field(init=False)
    gate_signer: GateSigner = field(init=False)

    def __post_init__(self) -> None:
        self.gate_keys = GateKeys.open(
            export_gate(self.vault, _GATE_KEY), _GATE_KEY, allow_demo=True
        )
        self.gate_signer = GateSigner(demo_estate.GATE_IDENTITY, self.gate_keys, clock=self.clock)
        self.estate = open_estate(self.engine, self.clock, self.vault)
        server = httpx.WSGITransport(app=server_of(self.estate))
        self.line = self.make_line(server, self.engine)
        self.desk = self.client(demo_estate.DESK).with_session(self.tokens[SESSION])
        self.gate = self.client(demo_estate.GATE)
        self.office = self.client(demo_estate.OFFICE)

    def client(self, station: str, **settings: object) -> CardServerClient:
        if station == demo_estate.GATE:
            http = httpx.Client(
                transport=self.line, base_url="http://in-process", auth=self.gate_signer
            )
        else:
            headers = {"Authorization": f"Bearer {self.tokens[station]}"}
            http = httpx.Client(transport=self.line, base_url="http://in-process", headers=headers)
        return CardServerClient(http, wait=lambda _s: None, **settings)  # type: ignore[arg-type]

    # --- the counter's part, without its page

    def verify(self, holder_id: int) -> str:
        staff = holder_id == self.people.staff
        request = VerificationRequest(
            verification_id=new_id(),
            holder_id=holder_id,
            method=VerificationMethod.APPLICATION if staff else VerificationMethod.OWNER_RECORD,
            papers_seen=tuple(Paper),
            application_id=paperwork.approved(self.estate, holder_id) if staff else None,
        )
        return self.desk.verify(request).verification_id

    def issue_request(self, holder_id: int) -> IssueRequest:
        return IssueRequest(holder_id=holder_id, verification_id=self.verify(holder_id))

    def parking_request(self, card: CardView, months: int) -> AddParkingRequest:
        return AddParkingRequest(
            card_number=card.number,
            agreement_id=self.people.owner_agreement,
            months=months,
            verification_id=self.verify(card.holder_id),
        )

    def extend_request(self, card: CardView) -> ExtendRequest:
        return ExtendRequest(card_number=card.number, verification_id=self.verify(card.holder_id))

    def replace_request(self, card: CardView) -> ReplaceRequest:
        """For a damaged card, which opens until its successor is begun."""
        found = AppraisalRequest(
            appraisal_id=new_id(), finding=Finding.MAN_MADE, inspected="卡被剪开"
        )
        self.desk.approvals.appraise(card.number, found)
        return ReplaceRequest.model_validate(
            {
                "old_card_number": card.number,
                "reason": "damaged",
                "verification_id": self.verify(card.holder_id),
                "appraisal_id": found.appraisal_id,
            }
        )

    def pay(self, request: OperationRequest) -> str | None:
        """A sale paid to the fen; None where nothing is due."""
        due = self.desk.quote(request).total_fen
        if not due:
            return None
        sale_id = new_id()
        self.desk.open_sale(SaleRequest(sale_id=sale_id, request=request, quoted_total_fen=due))
        tender = TenderRequest(
            tender_id=new_id(),
            kind=TenderKind.CASH_DESK,
            value_fen=due,
            state=TenderState.CREDITED,
            checked=True,
        )
        self.desk.tender(sale_id, tender)
        return sale_id

    def do(self, request: OperationRequest, virtual: VirtualCard) -> Settled:
        """The whole business without an accident."""
        return self.write(request, self.pay(request), VirtualReader(), virtual, new_id())

    def write(
        self,
        request: OperationRequest,
        sale_id: str | None,
        reader: VirtualReader,
        virtual: VirtualCard,
        operation_id: str,
    ) -> Settled:
        """Begin and carry out on the card, as the counter does when it is told to write."""
        known = self.desk.card(uid=virtual.uid)

        def job(card: Card) -> Settled:
            ticket = begin(request, card, self.desk, sale_id, operation_id=operation_id)
            return carry_out(ticket, card, self.desk, lambda _step: None)

        reader.insert(virtual)
        return on_card(reader, job, known.secure_channel if known else None)

    # --- what is true

    def card(self, virtual: VirtualCard) -> CardView:
        found = self.desk.card(uid=virtual.uid)
        assert found is not None
        return found

    def trial(self) -> Trial:
        return self.office.trial()

    def balances(self) -> dict[str, int]:
        """What stands on every account, read past the server."""
        question = "SELECT account, sum(amount_fen) FROM ledger_line GROUP BY account"
        return {account: amount for account, amount in self.rows(question) if amount}

    def count(self, table: str, condition: str = "1 = 1") -> int:
        return int(self.rows(f'SELECT count(*) FROM "{table}" WHERE {condition}')[0][0])  # noqa: S608

    def rows(self, question: str, **values: object) -> Sequence[Any]:
        def ask() -> Sequence[Any]:
            self.line.materialise()
            with self.engine.connect() as connection:
                return connection.execute(text(question), values).all()

        return self.line.recall((question, *values.items()), ask)

    def rights_on_file(self, number: int) -> dict[int, bytes]:
        """The bytes the server believes a card carries, by slot; nothing for an empty slot."""
        question = 'SELECT kind, sealed FROM "right" WHERE card_number = :number'
        rows = self.rows(question, number=number)
        return {int(SLOT_OF[RightKind(kind.lower())]): bytes(sealed) for kind, sealed in rows}

    def slots_on_card(self, virtual: VirtualCard, version: int) -> dict[int, bytes]:
        """The bytes a card really carries, by slot; nothing for an empty slot."""
        keys = self.vault.card_keys(virtual.uid, medium_of(virtual), version)
        key_set = KeySet(version, {KeyRole(role): key for role, key in keys.items()})
        reader = VirtualReader()
        reader.insert(virtual)
        found = on_card(reader, lambda card: [card.read_slot(slot, key_set) for slot in (0, 1)])
        return {slot: data for slot, data in enumerate(found) if data}

    def issue_list(self) -> Snapshot:
        """What the gate is told of all cards. It signs each call, so no line knows it again."""
        moment = ("issue list", self.clock())
        return self.line.recall(moment, lambda: self.gate.snapshot(None).to_domain())

    def at_gate(
        self, virtual: VirtualCard, listed: Snapshot | None = None
    ) -> "dict[RightKind, Tap]":
        """Hold the card to every lane, with the issue list of this moment."""
        snapshot = self.issue_list() if listed is None else listed
        reader = VirtualReader()
        reader.insert(virtual)
        taps = {}
        for right, lane in LANES.items():
            presented = read_presented(reader, right, self.gate_keys, snapshot.cards)
            taps[right] = Tap(presented, decide(presented, lane, snapshot, self.clock()))
        reader.remove()
        return taps


@dataclass(frozen=True, slots=True)
class Tap:
    """What a lane read, and what it decided."""

    presented: Presented
    decision: Decision

    @property
    def record(self) -> CardRecord | None:
        return self.presented.record


def medium_of(virtual: VirtualCard) -> Medium:
    return Medium.CLASSIC if virtual.kind.startswith("classic") else Medium.DESFIRE


def on_card(
    reader: CardReader, job: Callable[[Card], Result], secure_channel: str | None = None
) -> Result:
    """Lend the card on the reader to a job, as `ReaderPost.work` does."""
    channel = reader.connect()
    try:
        wanted = SecureChannel(secure_channel) if secure_channel else None
        return job(open_card(channel, secure_channel=wanted, full=True))
    finally:
        channel.close()


@dataclass(frozen=True, slots=True)
class Template:
    """A store, as the bytes of its SQLite file, in which the demo's people have just settled in."""

    store: bytes
    tokens: Mapping[str, str]
    people: People


@cache
def template() -> Template:
    engine = fluent_engine("sqlite://")
    with engine.connect() as connection:  # a hundred tables with next to nothing in them
        raw(connection.connection).execute("PRAGMA page_size = 512")
    upgrade(engine)
    estate = open_estate(engine, SetClock(), demo_vault())
    people = demo_estate.settle_in(estate)
    # What is told here are tears, not rights: the clerk is a head as well (IC-14).
    roles = (Role.AGENT, Role.FRONT_DESK_HEAD)
    session = people_at_work.signed_in(estate, demo_estate.DESK, demo_estate.OPERATOR, roles)
    tokens = {**demo_estate.hand_out_tokens(estate), SESSION: session}
    store = save(engine)
    engine.dispose()
    return Template(store, tokens, people)


def settled_in(
    engine: Engine,
    make_line: Callable[[httpx.BaseTransport, Engine], Line] = plain_line,
    *,
    made: Template | None = None,
) -> Ground:
    """The estate of the template, or of one made elsewhere, on an engine that has opened a copy of
    its store.
    """
    made = made or template()
    return Ground(
        engine=engine,
        tokens=made.tokens,
        people=made.people,
        vault=demo_vault(),
        make_line=make_line,
    )


def save(engine: Engine) -> bytes:
    """A SQLite store as the bytes of its file."""
    connection = engine.raw_connection()
    try:
        return bytes(raw(connection).serialize())
    finally:
        connection.close()


def load(engine: Engine, store: bytes) -> None:
    """Put a store in memory back to an earlier moment."""
    connection = engine.raw_connection()
    try:
        raw(connection).deserialize(store)
    finally:
        connection.close()


def raw(connection: PoolProxiedConnection) -> sqlite3.Connection:
    return cast("sqlite3.Connection", connection.dbapi_connection)
