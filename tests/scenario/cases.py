"""Every operation there is, prepared up to the moment at which the clerk says "write".

`top-up-rolling` is a top-up on a card of older keys: the keys are rolled in the same operation.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import cache

import httpx
from sqlalchemy import Engine

from cardserver.domain.operation import OperationKind
from cardserver.domain.record import CardRecord
from cardserver.domain.rights import RIGHT_OF, RightKind, Slot
from cardserver.vault import demo_vault
from cardserver.wire_books import Trial
from cardserver.wire_requests import FormatRequest, OperationRequest, TopUpRequest
from simulators.cards.api import CardDump, VirtualCard
from simulators.cards.catalogue import make
from simulators.reader import VirtualReader
from tests.databases.stores import fluent_engine
from tests.scenario.ground import (
    MORNING,
    Ground,
    Line,
    SetClock,
    load,
    medium_of,
    new_id,
    plain_line,
    save,
    settled_in,
    template,
)

UID = bytes.fromhex("04A1B2C3D4E5F6")
OLD_UID = bytes.fromhex("04000000000001")
Slots = Mapping[int, bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """Everything is paid and nothing begun. `old` is the card that `card` is going to replace.

    Whatever is asked of the server from here on has its name beforehand, as at the counter.
    """

    name: str
    ground: Ground
    card: VirtualCard
    memory: CardDump
    request: OperationRequest
    sale_id: str | None
    due_fen: int
    before: Slots
    trial: Trial
    documents: int
    operations: int
    old: VirtualCard | None = None
    operation_id: str = field(default_factory=new_id)
    cancel_id: str = field(default_factory=new_id)
    refund_id: str = field(default_factory=new_id)

    @property
    def kind(self) -> OperationKind:
        return self.request.kind

    def record(self, data: bytes | None) -> CardRecord | None:
        """What the bytes of a slot of the card say."""
        if not data:
            return None
        return self.ground.vault.open_record(data, self.card.uid, medium_of(self.card))


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """How it looks where nothing went wrong: money, papers, and the bytes on the card."""

    trial: Trial
    balances: Mapping[str, int]
    documents: int
    after: Slots
    number: int
    version: int


Prepare = Callable[[Ground, str], tuple[VirtualCard, OperationRequest, VirtualCard | None]]


def _issue(ground: Ground, kind: str) -> tuple[VirtualCard, OperationRequest, None]:
    return make(kind, UID), ground.issue_request(ground.people.owner), None


@cache
def issued(kind: str, uid: bytes = UID, months: int = 0) -> tuple[bytes, CardDump]:
    """The owner has a card with a door right, and so many months of parking: store and memory."""
    engine = fluent_engine("sqlite://")
    load(engine, template().store)
    ground = settled_in(engine)
    if months:
        card = _with_parking(ground, kind, uid, months=0)
        ground.do(ground.parking_request(ground.card(card), months), card)
    else:
        card = make(kind, uid)
        ground.do(ground.issue_request(ground.people.owner), card)
    store = save(engine)
    engine.dispose()
    return store, card.dump()


def _with_parking(ground: Ground, kind: str, uid: bytes = UID, months: int = 1) -> VirtualCard:
    store, memory = issued(kind, uid, months)
    load(ground.engine, store)
    card = make(kind, uid)
    card.load(memory)
    return card


def _add_parking(ground: Ground, kind: str) -> tuple[VirtualCard, OperationRequest, None]:
    card = _with_parking(ground, kind, months=0)
    return card, ground.parking_request(ground.card(card), 1), None


def _top_up(ground: Ground, kind: str) -> tuple[VirtualCard, OperationRequest, None]:
    card = _with_parking(ground, kind)
    return card, TopUpRequest(card_number=ground.card(card).number, months=1), None


def _extend(ground: Ground, kind: str) -> tuple[VirtualCard, OperationRequest, None]:
    card = _with_parking(ground, kind, months=12)
    ground.do(TopUpRequest(card_number=ground.card(card).number, months=12), card)
    ground.clock.now = MORNING + timedelta(days=2 * 365 - 20)
    return card, ground.extend_request(ground.card(card)), None


def _replace(ground: Ground, kind: str) -> tuple[VirtualCard, OperationRequest, VirtualCard]:
    old = _with_parking(ground, kind, OLD_UID)
    return make(kind, UID), ground.replace_request(ground.card(old)), old


def _format(ground: Ground, kind: str) -> tuple[VirtualCard, OperationRequest, None]:
    card = make(kind, UID)
    issued = ground.do(ground.issue_request(ground.people.staff), card).card
    return card, FormatRequest(card_number=issued.number), None


PREPARED: Mapping[str, Prepare] = {
    "issue": _issue,
    "add-parking": _add_parking,
    "top-up": _top_up,
    "extend": _extend,
    "replace": _replace,
    "format": _format,
    "top-up-rolling": _top_up,
}


def prepare(
    engine: Engine,
    name: str,
    kind: str,
    make_line: Callable[[httpx.BaseTransport, Engine], Line] = plain_line,
) -> Start:
    """An estate in memory, in the moment before the operation."""
    kept = prepared(name, kind)
    load(engine, kept.store)
    start, card = kept.start, make(kind, UID)
    card.load(kept.start.memory)
    clock = SetClock(start.ground.clock.now)
    ground = replace(start.ground, engine=engine, clock=clock, make_line=make_line)
    old = None
    if start.old is not None:
        old = make(kind, OLD_UID)
        old.load(start.old.dump())
    return replace(start, ground=ground, card=card, old=old)


@dataclass(frozen=True, slots=True)
class Kept:
    """That moment, with the bytes of its store; who prepares begins with copies of all of it."""

    start: Start
    store: bytes


@cache
def prepared(name: str, kind: str) -> Kept:
    """Bring an estate to that moment: the same ones are begun from again and again."""
    engine = fluent_engine("sqlite://")
    load(engine, template().store)
    start = _prepare(settled_in(engine), name, kind)
    kept = Kept(start, save(engine))
    engine.dispose()
    return kept


def _prepare(ground: Ground, name: str, kind: str) -> Start:
    card, request, old = PREPARED[name](ground, kind)
    known = ground.desk.card(uid=card.uid)
    if name == "top-up-rolling":
        ground = replace(ground, vault=demo_vault(2))
    due = ground.desk.quote(request).total_fen
    sale_id = ground.pay(request)
    return Start(
        name=name,
        ground=ground,
        card=card,
        memory=card.dump(),
        request=request,
        sale_id=sale_id,
        due_fen=due,
        before=ground.rights_on_file(known.number) if known else {},
        trial=ground.trial(),
        documents=ground.count("document"),
        operations=ground.count("operation"),
        old=old,
    )


def untouched(start: Start) -> frozenset[RightKind]:
    """Rights on the card that the operation has nothing to do with; rolling keys concerns both."""
    if start.name == "top-up-rolling":
        return frozenset()
    concerned = {
        OperationKind.ADD_PARKING: {Slot.PARKING},
        OperationKind.TOP_UP: {Slot.PARKING},
        OperationKind.EXTEND: {Slot.DOOR},
    }.get(start.kind, set(Slot))
    return frozenset(RIGHT_OF[slot] for slot in Slot if slot not in concerned)


def write(start: Start, reader: VirtualReader) -> int:
    """The clerk says "write". Returns the number of the card."""
    settled = start.ground.write(
        start.request, start.sale_id, reader, start.card, start.operation_id
    )
    return settled.card.number


def end_of(start: Start, number: int) -> End:
    """How it looks now, after an operation without an accident."""
    ground, version = start.ground, start.ground.vault.current_version
    blank = start.kind is OperationKind.FORMAT
    end = End(
        trial=ground.trial(),
        balances=ground.balances(),
        documents=ground.count("document"),
        after={} if blank else ground.slots_on_card(start.card, version),
        number=number,
        version=version,
    )
    if end.after != ground.rights_on_file(number):
        raise AssertionError("card and server differ without any accident")
    return end
