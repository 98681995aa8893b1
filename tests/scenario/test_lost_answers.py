"""The line to the server fails at any call of an operation, before the call arrives or after.

A call carries an id of the station's own making, so that the client may repeat it; and where no
repetition helps, the operation waits on the server for the card.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import httpx
import pytest

from cardserver.client import ServerUnavailable
from simulators.reader import VirtualReader
from tests.databases.stores import fluent_engine
from tests.scenario.cases import PREPARED, End, Start, end_of, prepare, write
from tests.scenario.ground import KINDS, Line, pass_on
from tests.scenario.remembering import Moment, RememberingLine, back_to, now
from tests.scenario.truth import check_finished, check_gate, end_by_finishing, end_by_undoing


@contextmanager
def prepared(name: str, kind: str) -> Iterator[tuple[Start, End, Moment]]:
    engine = fluent_engine("sqlite://")
    start = prepare(engine, name, kind, RememberingLine)
    first = now(start)
    end = end_of(start, write(start, VirtualReader()))
    back_to(start, first)
    yield start, end, first
    engine.dispose()


@dataclass
class DeafOnce:
    """Every answer is lost the first time: the server has obeyed, and is asked the same again."""

    heard: set[bytes] = field(default_factory=set)

    def __call__(self, request: httpx.Request) -> None:
        call = f"{request.method} {request.url}".encode() + request.read()
        if call not in self.heard:
            self.heard.add(call)
            raise httpx.ReadError("the answer is lost")
        self.heard.remove(call)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", PREPARED)
def test_an_operation_of_which_every_first_answer_is_lost_is_done_once(
    name: str, kind: str
) -> None:
    with prepared(name, kind) as (start, end, _):
        start.ground.line.after = deaf = DeafOnce()
        write(start, VirtualReader())
        start.ground.line.after = pass_on
        assert not deaf.heard
        check_finished(start, end)


@dataclass
class Cut:
    """The line is cut at call number `at`, for good."""

    line: Line
    at: int
    answer_lost: bool
    calls: int = 0

    def before(self, _request: httpx.Request) -> None:
        if self.calls > self.at or (self.calls == self.at and not self.answer_lost):
            raise httpx.ConnectError("the line is cut")

    def after(self, _request: httpx.Request) -> None:
        self.calls += 1
        if self.calls > self.at:
            raise httpx.ReadError("the answer is lost")

    def __enter__(self) -> None:
        self.line.before, self.line.after = self.before, self.after

    def __exit__(self, *_: object) -> None:
        self.line.before = self.line.after = pass_on


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("issue", "desfire-ev2"),
        ("top-up", "classic-1k"),
        ("format", "desfire-ev1"),
    ],
)
def test_a_line_cut_at_any_call_leaves_what_can_be_finished_or_undone(name: str, kind: str) -> None:
    with prepared(name, kind) as (start, end, first):
        cuts = 0
        while cut_off(start, first, cuts, answer_lost=False):
            check_gate(start, end)
            end_by_finishing(start, end)
            assert cut_off(start, first, cuts, answer_lost=True)
            left = now(start)
            end_by_finishing(start, end)
            back_to(start, left)
            end_by_undoing(start, end)
            cuts += 1
        check_finished(start, end)
        assert cuts >= 4


def cut_off(start: Start, first: Moment, at: int, *, answer_lost: bool) -> bool:
    """Carry out until the line is cut; False when the operation has no such call any more."""
    back_to(start, first)
    try:
        with Cut(start.ground.line, at, answer_lost):
            write(start, VirtualReader())
    except ServerUnavailable:
        return True
    return False
