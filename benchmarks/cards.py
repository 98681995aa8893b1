"""How often a tap, an issue and a top-up speak to the card, reader-local commands included.

The baseline is the least that any correct implementation of docs/card-format.md must exchange::

    tap      Classic   5   UID; load key, authenticate, index, copy
             DESFire   6   UID; select, authenticate 2, read 2
    issue    Classic  19   UID; factory key loaded once, four sectors opened; directory 2, empty
                           parking slot 1, door slot 2; four trailers; read back 4
             DESFire  30   UID; GetVersion 3, free memory; factory key 2, ChangeKey, authenticate
                           2, key settings; application, select, authenticate 2, files 2, keys 3;
                           authenticate 2, write 2, commit; read back 5
    top-up   Classic  11   UID; load key, authenticate, read 2; write 2; read back 4
             DESFire  16   UID; select, authenticate 2, read 2; authenticate 2, write 2, commit;
                           read back 5

Reading back is a fresh authentication after a reset; a reset is no exchange, though it takes time.
The 84 bytes of a DESFire slot and their MAC need two frames in either direction. GetVersion and
free memory count as necessary, for nothing may be changed on a card that lies or is full.

What ours add on top is looking before writing: the card recognised in full, both slots for the
server's comparison with its books, the slot once more under the operation, on Classic every new key
once and the body before the index points to it, on DESFire the question which secure channel and
which of the possible keys it is.
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
