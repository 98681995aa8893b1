"""How often a tap, an issue and a top-up speak to the card, reader-local commands included.

The baseline is the least that any correct implementation of docs/card-format.md must exchange:

| | Classic | DESFire |
|---|---|---|
| tap | UID, load key, authenticate, index, copy: 5 | UID, select, authenticate 2, read 2: 6 |
| issue | 19 | 30 |
| top-up | UID; load key, authenticate, read 2; write 2; again load key, authenticate, read 2: 11 | UID; \
select, authenticate 2, read 2; authenticate 2, write 2, commit; again select, authenticate 2, \
read 2: 16 |

Issue on Classic: UID; the factory key loaded once; four sectors opened; directory 2, empty parking
slot 1, door slot 2; four trailers; read back after a reset: load key, authenticate, read 2. On
DESFire: UID; GetVersion 3 and free memory, for nothing may be changed on a card that lies or is
full; factory key 2, ChangeKey, authenticate 2, ChangeKeySettings; application, select, authenticate
2, two files, three keys; authenticate 2, write 2, commit; read back: select, authenticate 2, read
2. The 84 bytes of a DESFire slot and their MAC need two frames in each direction. A reset is no
exchange, though it takes time.

What ours add on top is looking before writing: at both slots for the server's comparison with its
books, at the slot again under the lock of the operation, at the body before the index points to it,
and at every new key once. An issue by a production desk begins with the card recognised in full.
"""

from collections.abc import Callable, Mapping
from functools import cache, partial
from typing import Final, TypeVar

from benchmarks.estate import demo_gate_keys, open_desk
from benchmarks.measure import Effort, Figure, Measure
from cardserver.domain.rights import RightKind
from kiosk.gate.reading import read_presented
from simulators.reader import VirtualReader

KINDS: Final = {
    "classic": ("classic-1k", "classic-4k"),
    "desfire": ("desfire-ev1", "desfire-ev2", "desfire-ev3"),
}
"""The figure of a family is that of its most talkative member."""

LEAST: Final[Mapping[str, Mapping[str, int]]] = {
    "classic": {"tap.door": 5, "tap.carpark": 5, "issue": 19, "topup": 11},
    "desfire": {"tap.door": 6, "tap.carpark": 6, "issue": 30, "topup": 16},
}

Result = TypeVar("Result")


@cache
def life(kind: str) -> Mapping[str, int]:
    """Exchanges of everything that happens to a card of this kind in its first months."""
    counts: dict[str, int] = {}
    with open_desk(kind) as desk:
        counted = partial(_counted, desk.reader, counts)
        card = counted("issue", desk.issue)
        card = counted("add-parking", lambda: desk.add_parking(card))
        counted("topup", lambda: desk.top_up(card))
        keys, listed = demo_gate_keys(), desk.issue_list().cards
        for name, right in (("tap.door", RightKind.DOOR), ("tap.carpark", RightKind.PARKING)):
            presented = counted(name, partial(read_presented, desk.reader, right, keys, listed))
            if presented.record is None:
                raise ValueError(f"{name}: the card was not read ({presented.problem})")
    return counts


def _counted(
    reader: VirtualReader, counts: dict[str, int], name: str, act: Callable[[], Result]
) -> Result:
    before = reader.exchanges
    result = act()
    counts[name] = reader.exchanges - before
    return result


def _exchanges(action: str, family: str, _effort: Effort) -> Figure:
    return Figure(
        name=_name(action, family),
        value=max(life(kind)[action] for kind in KINDS[family]),
        unit="exchanges",
        baseline=LEAST[family][action],
    )


def _name(action: str, family: str) -> str:
    return f"{action}.{family}.exchanges"


MEASURES: Final[Mapping[str, Measure]] = {
    _name(action, family): partial(_exchanges, action, family)
    for action in ("tap.door", "tap.carpark", "issue", "topup")
    for family in KINDS
}
