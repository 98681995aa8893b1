"""`decide()` beside what others would use on the same cards.

| figure | baseline |
|---|---|
| `decide.vs.pycasbin` | pycasbin: each card has the role of a lane, one policy a lane (RBAC) |
| `decide.vs.dict` | a bare dict: is the card there, is it live, does its period hold today? |

pycasbin answers only whether a card has a role; `decide()` looks at blocking, sequence, zone,
period and every rule as well. Both get each question once: a gate meets another card each time.
"""

from collections.abc import Callable, Mapping
from datetime import date
from functools import partial
from random import Random
from typing import Final

import casbin

from benchmarks.gatecrowd import IN, NOON, cards_of, entry_of, snapshot_of, uid_of
from benchmarks.measure import Effort, Figure, Measure, cpu_s
from cardserver.domain.admission import Lane, Presented, decide
from cardserver.domain.lanes import Identify
from cardserver.domain.rights import CardStatus, RightKind

Call = Callable[[], object]

_CARDS: Final = 10_000
_ASKED: Final = 500
_LANE: Final = Lane(lane_id=IN, right=RightKind.PARKING, zone=0, identify=Identify.UID)
_TODAY: Final = NOON.date()
_MODEL: Final = """
[request_definition]
r = sub, obj
[policy_definition]
p = sub, obj
[role_definition]
g = _, _
[policy_effect]
e = some(where (p.eft == allow))
[matchers]
m = g(r.sub, p.sub) && r.obj == p.obj
"""


def _beside(name: str, peer: Callable[[int, list[int]], Call], effort: Effort) -> Figure:
    cards, asked = effort.part_of(_CARDS), effort.part_of(_ASKED)
    draw = Random(cards)  # noqa: S311 - a repeatable crowd
    numbers = [draw.randrange(1, cards + 1) for _ in range(asked)]
    ours_s, peer_s = cpu_s([_ours(cards, numbers), peer(cards, numbers)], effort)
    return Figure(name=name, value=asked / ours_s, unit="per second", baseline=asked / peer_s)


def _ours(cards: int, numbers: list[int]) -> Call:
    snapshot = snapshot_of(cards_of(cards))

    def decide_all() -> None:
        for number in numbers:
            if not decide(Presented(uid=uid_of(number)), _LANE, snapshot, NOON).granted:
                raise RuntimeError(number)

    return decide_all


def _pycasbin(cards: int, numbers: list[int]) -> Call:
    enforcer = casbin.Enforcer(casbin.Enforcer.new_model(text=_MODEL))
    enforcer.add_policy("owner", IN)
    enforcer.add_grouping_policies(
        [[uid_of(number).hex(), "owner"] for number in range(1, cards + 1)]
    )

    def enforce_all() -> None:
        for number in numbers:
            if not enforcer.enforce(uid_of(number).hex(), IN):
                raise RuntimeError(number)

    return enforce_all


def _dict(cards: int, numbers: list[int]) -> Call:
    known: dict[bytes, tuple[CardStatus, date, date]] = {}
    for number in range(1, cards + 1):
        entry = entry_of(number)
        period = entry.rights[RightKind.PARKING].period
        known[uid_of(number)] = (entry.status, period.first, period.last)

    def look_up_all() -> None:
        for number in numbers:
            status, first, last = known[uid_of(number)]
            if status is not CardStatus.LIVE or not first <= _TODAY <= last:
                raise RuntimeError(number)

    return look_up_all


MEASURES: Final[Mapping[str, Measure]] = {
    "decide.vs.pycasbin": partial(_beside, "decide.vs.pycasbin", _pycasbin),
    "decide.vs.dict": partial(_beside, "decide.vs.dict", _dict),
}
