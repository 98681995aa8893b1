"""The card is pulled away at every exchange of every operation, before and after it has obeyed.

On a Classic card also in the middle of a block that is being written. Each tear really happens,
from the beginning of the operation. Three things save time and nothing else: where an exchange
changes nothing lasting on the card, a tear before and a tear after it are the same tear; what can
follow a tear depends on nothing but the card's lasting memory and the server's store, so that of
the tears which leave the very same two behind one is followed to its ends, by finishing and by
undoing; and the server's answers are remembered (`tests.scenario.remembering`).
"""

import json
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial

import httpx
import pytest

from cardserver.client import ServerUnavailable
from drivers.errors import CardRemoved
from kiosk.station.operating import UndoTooLate
from simulators.cards.api import VirtualCard
from simulators.faults import Fault, FaultKind, FaultPlan
from simulators.reader import VirtualReader
from tests.databases.stores import fluent_engine
from tests.scenario.cases import PREPARED, End, Start, end_of, prepare, write
from tests.scenario.ground import KINDS, pass_on
from tests.scenario.remembering import Moment, RememberingLine, back_to, now
from tests.scenario.truth import (
    begin_or_finish,
    cancel_or_undo,
    check_finished,
    check_gate,
    check_undone,
    end_by_finishing,
    end_by_undoing,
    open_operation,
)

pytestmark = pytest.mark.apart

Act = Callable[[VirtualReader], object]
HISTORIES = 3


class HalfWritten(FaultPlan):
    """The card leaves the field while it writes a block: half of it is erased."""

    def __init__(self, at: int) -> None:
        super().__init__()
        self._at = at

    def exchange(self, send: Callable[[bytes], bytes], apdu: bytes) -> bytes:
        self.seen += 1
        if self.seen <= self._at:
            return send(apdu)
        send(apdu[:13] + bytes(8))
        raise CardRemoved("torn in the middle of a block")


class Watch(FaultPlan):
    """No fault at all: it notes which tears there are that leave something different behind."""

    def __init__(self, card: VirtualCard) -> None:
        super().__init__()
        self.tears: list[Callable[[], FaultPlan]] = []
        self._card = card

    def exchange(self, send: Callable[[bytes], bytes], apdu: bytes) -> bytes:
        before = self._card.dump()
        answer = send(apdu)
        self._note(apdu, changed=self._card.dump() != before)
        self.seen += 1
        return answer

    def _note(self, apdu: bytes, *, changed: bool) -> None:
        self.tears.append(partial(tear, FaultKind.TEAR_BEFORE, self.seen))
        if changed:
            self.tears.append(partial(tear, FaultKind.TEAR_AFTER, self.seen))
        if changed and _writes_a_data_block(apdu):
            self.tears.append(partial(HalfWritten, self.seen))


def tear(kind: FaultKind, at: int) -> FaultPlan:
    return FaultPlan(Fault(kind=kind, at=at))


def _writes_a_data_block(apdu: bytes) -> bool:
    """A trailer torn by the chip itself may be lost for good: the chip's own weakness."""
    return apdu[:2] == b"\xff\xd6" and apdu[3] % 4 != 3


@dataclass
class Bench:
    """One operation on one type of card, torn again and again."""

    start: Start
    end: End = field(init=False)
    first: Moment = field(init=False)

    def __post_init__(self) -> None:
        self.first = now(self.start)
        self.end = end_of(self.start, write(self.start, VirtualReader()))

    def tears(self, first: Moment, act: Act) -> list[Callable[[], FaultPlan]]:
        """Every tear there is in an act."""
        back_to(self.start, first)
        watch, reader = Watch(self.start.card), VirtualReader()
        reader.plan(watch)
        act(reader)
        return watch.tears

    def every_tear(self, first: Moment, act: Act) -> Iterator[Moment]:
        """Tear an act at every exchange; yields what is left behind wherever it differs."""
        seen = set()
        for number, plan in enumerate(self.tears(first, act)):
            back_to(self.start, first)
            reader = VirtualReader()
            reader.plan(plan())
            with pytest.raises(CardRemoved):
                act(reader)
            moment = now(self.start)
            left = (moment.store, json.dumps(moment.memory))
            if left not in seen:
                seen.add(left)
                with named(f"{self.start.name}, {self.start.card.kind}, tear {number}"):
                    yield moment

    def follow(self, moment: Moment) -> None:
        """The torn card is held to the gate, laid on again, and brought to either end."""
        check_gate(self.start, self.end)
        end_by_finishing(self.start, self.end)
        back_to(self.start, moment)
        end_by_undoing(self.start, self.end)


@contextmanager
def named(words: str) -> Iterator[None]:
    try:
        yield
    except BaseException as error:
        error.add_note(words)
        raise


@contextmanager
def bench_of(name: str, kind: str) -> Iterator[Bench]:
    engine = fluent_engine("sqlite://")
    yield Bench(prepare(engine, name, kind, RememberingLine))
    engine.dispose()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", PREPARED)
def test_a_card_torn_anywhere_is_finished_or_undone_and_nothing_is_lost(
    name: str, kind: str
) -> None:
    with bench_of(name, kind) as bench:
        for moment in bench.every_tear(bench.first, partial(write, bench.start)):
            bench.follow(moment)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ["issue", "top-up", "replace"])
def test_an_undo_torn_anywhere_is_still_undone_or_finished_after_all(name: str, kind: str) -> None:
    with bench_of(name, kind) as bench:
        written = written_but_not_settled(bench)
        for moment in bench.every_tear(written, partial(cancel_or_undo, bench.start)):
            bench.follow(moment)


def written_but_not_settled(bench: Bench) -> Moment:
    """The card carries everything; the server could not be told."""
    line = bench.start.ground.line
    back_to(bench.start, bench.first)

    def refuse(request: httpx.Request) -> None:
        if request.url.path.endswith("/settlement"):
            raise httpx.ConnectError("the line is down")

    line.before = refuse
    with pytest.raises(ServerUnavailable):
        write(bench.start, VirtualReader())
    line.before = pass_on
    return now(bench.start)


@pytest.mark.parametrize("kind", KINDS)
def test_a_card_torn_again_and_again_comes_to_its_end_after_all(kind: str) -> None:
    """At random places, seeded, finishing and undoing by turns."""
    chance = random.Random(kind)
    for name in chance.sample(sorted(PREPARED), HISTORIES):
        with bench_of(name, kind) as bench, named(name):
            back_to(bench.start, bench.first)
            while not ended(bench, chance):
                check_gate(bench.start, bench.end)


def ended(bench: Bench, chance: random.Random) -> bool:
    """One more try under a tear that the longer ones do not outlive."""
    reader = VirtualReader()
    reader.plan(tear(FaultKind.TEAR_AFTER, chance.randrange(5, 70)))
    undoing = chance.random() < 0.4 and open_operation(bench.start) is not None
    try:
        (cancel_or_undo if undoing else begin_or_finish)(bench.start, reader)
    except (CardRemoved, UndoTooLate):
        return False
    (check_undone if undoing else check_finished)(bench.start, bench.end)
    return True
