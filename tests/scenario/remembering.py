"""A line to the server that remembers: the same call in the same state of the store is answered
from memory, and leads to the same next state.

The server has no other memory than its store, and the clock of a bench stands still, or says in
`when` what it stands at. So thousands of tears need not compute again what has been computed before
from the very same bytes.
"""

import hashlib
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import cast

import httpx
from sqlalchemy import Engine

from simulators.cards.api import CardDump
from tests.scenario.cases import Start
from tests.scenario.ground import Line, Result, load, save

Call = tuple[bytes, object, str, str, bytes, bytes]


@dataclass(frozen=True, slots=True)
class Known:
    """An answer, and the state of the store after it."""

    status: int
    headers: httpx.Headers
    content: bytes
    after: bytes


@dataclass(slots=True)
class RememberingLine(Line):
    """`here` names the state that the story is in; the engine is brought there when it is asked."""

    engine: Engine
    here: bytes = b""
    when: Callable[[], object] = bool
    _real: bytes = b""
    _states: dict[bytes, bytes] = field(default_factory=dict)
    _known: dict[Call, Known] = field(default_factory=dict)
    _recalled: dict[Hashable, object] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.here = self._real = self._name_state()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.before(request)
        call = self._call(request)
        known = self._known.get(call)
        if known is None:
            known = self._known[call] = self._ask(request)
        self.here = known.after
        self.after(request)
        return httpx.Response(known.status, headers=known.headers, content=known.content)

    def materialise(self) -> None:
        if self._real != self.here:
            load(self.engine, self._states[self.here])
            self._real = self.here

    def recall(self, what: Hashable, ask: Callable[[], Result]) -> Result:
        name = (self.here, self.when(), what)
        if name not in self._recalled:
            self._recalled[name] = ask()
        return cast("Result", self._recalled[name])

    def _ask(self, request: httpx.Request) -> Known:
        self.materialise()
        answer = self.way.handle_request(request)
        content = answer.read()
        if request.method == "POST":
            self._real = self._name_state()
        return Known(answer.status_code, answer.headers, content, self._real)

    def _call(self, request: httpx.Request) -> Call:
        token = request.headers.get("Authorization", "").encode()
        return self.here, self.when(), request.method, str(request.url), token, request.read()

    def _name_state(self) -> bytes:
        store = save(self.engine)
        name = hashlib.sha256(store).digest()  # processors have an instruction for it
        self._states.setdefault(name, store)
        return name


@dataclass(frozen=True, slots=True)
class Moment:
    """All that outlives a tear: the state of the store by its name, and the card's memory."""

    store: bytes
    memory: CardDump


def now(start: Start) -> Moment:
    """What stands in store and card at the moment."""
    return Moment(line_of(start).here, start.card.dump())


def back_to(start: Start, moment: Moment) -> None:
    """Let store and card be what they were."""
    line_of(start).here = moment.store
    start.card.power_off()
    start.card.load(moment.memory)


def line_of(start: Start) -> RememberingLine:
    line = start.ground.line
    assert isinstance(line, RememberingLine)
    return line
