"""How quick a lane is when nothing may be lost, every rule set and a crowd in the list.

| figure | what is measured | baseline |
|---|---|---|
| `gate.tap.100k` `.1m` | a card's bytes to the relay's request at the board, p99 | the same bare |
| `gate.rate` | decisions committed a second by one lane | bare FULL commits, one by one |
| `gate.rate.8` | the same, eight lanes that share commits | the same |
| `gate.memory.1m` | resident memory at its highest, gate process with a million cards | without |

A lane has as many cards under way as at work (`UnderWay`). A decision begins with the record, read
and its seal checked (`decide.rate.*` has that part). Bare is one FULL commit of a finished row into
a table like the journal's, and one frame on such a line. The line is a pty: it has no bit rate.
Eight bytes take 8 ms more at 9,600 baud, 2 ms at 38,400.
"""

import gc
import sqlite3
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from functools import partial
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Final

from benchmarks import gateweight
from benchmarks.gatecrowd import IN, NOON, OUT, cards_of, uid_of
from benchmarks.gateyard import Read, Stamped, Yard, reads_of, serve, yard
from benchmarks.measure import Effort, Figure, Measure
from cardserver.domain.admission import Lane, Presented, Reason
from cardserver.domain.ids import LaneId
from cardserver.domain.lanes import Direction
from cardserver.domain.rights import RightKind
from drivers.bytestream import LineSettings, open_serial
from kiosk.gate.deciding import Tap, Verdict, settle
from kiosk.gate.journalfile import COLUMNS, open_file
from kiosk.gate.lane import LaneLoop
from kiosk.gate.underway import UnderWay
from simulators.barrier_board import VirtualRelayBoard
from simulators.stream import PtyPort

_TAPS: Final = 4_000
_TURNS: Final = 200
_A_TURN: Final = 10
"""Cards that come in and go out again in one turn of a lane."""
_LANES: Final = 8
_CARDS_OF_A_RATE: Final = 100_000
_MANY: Final = 1_000_000
_FRAME: Final = bytes.fromhex("01 05 02 00 00 05 0C 71")
_BARE_INSERT: Final = f"INSERT INTO event ({COLUMNS}, chain) VALUES (NULL{', ?' * 13})"  # noqa: S608 - our own column names
_ROW: Final = (
    *(NOON.isoformat(timespec="microseconds"), IN, "tap", uid_of(1), 1, 1, "granted"),
    *(1, 0, "", "", None, bytes(range(32))),
)
"""A tap's line with its hash, made before."""
_ARRIVES_S: Final = 1.0


def p99(times: Sequence[float]) -> float:
    """The 99th percentile."""
    return sorted(times)[max(0, round(len(times) * 0.99) - 1)]


# --- one tap


def _tap(name: str, crowd: int, effort: Effort) -> Figure:
    cards, taps = effort.part_of(crowd), effort.part_of(_TAPS)
    draw = Random(cards)  # noqa: S311 - a repeatable crowd
    reads = reads_of(draw.sample(range(1, cards + 1), min(cards, taps // 2)))
    with yard(cards_of(cards)) as gate, ExitStack() as last:
        lanes = [
            gate.lane(IN, Direction.ENTRY, last),
            gate.lane(OUT, Direction.EXIT, last),
        ]
        bare = _Bare(last)
        ours, floor = list[float](), list[float]()
        gc.collect()
        for read in reads:
            for loop, board in lanes:
                ours.append(_passage(gate, loop, board, read))
                floor.append(bare.once())
    return Figure(name=name, value=p99(ours) * 1e3, unit="ms p99", baseline=p99(floor) * 1e3)


def _passage(gate: Yard, loop: LaneLoop, board: Stamped, read: Read) -> float:
    began, at = time.perf_counter(), time.monotonic()
    if not serve(loop, read.presented(gate.keys), at):
        raise RuntimeError(f"not opened: {loop.shown}")
    return board.arrived - began


class _Bare:
    """The least that has to happen: a row committed, a frame sent and arrived."""

    def __init__(self, last: ExitStack) -> None:
        self._db = _bare_store(Path(last.enter_context(TemporaryDirectory(prefix="yika-bench-"))))
        last.callback(self._db.close)
        self._board = Stamped(VirtualRelayBoard())
        port = PtyPort(self._board)
        last.callback(port.close)
        self._line = open_serial(LineSettings(port=port.path, baud=9600))
        last.callback(self._line.close)

    def once(self) -> float:
        """Seconds that it takes."""
        began = time.perf_counter()
        _insert(self._db)
        self._line.write(_FRAME)
        self._line.read(len(_FRAME), _ARRIVES_S)
        return self._board.arrived - began


# --- many taps


def _rate(name: str, lanes: int, effort: Effort) -> Figure:
    """Short turns of both, so that a disk or neighbour that changes meets both sides alike."""
    turns, cards = effort.part_of(_TURNS), effort.part_of(_CARDS_OF_A_RATE)
    with yard(cards_of(cards)) as gate, TemporaryDirectory(prefix="yika-bench-") as folder:
        crowd = [each.presented(gate.keys) for each in reads_of(range(1, _A_TURN * lanes + 1))]
        shares = [crowd[number::lanes] for number in range(lanes)]
        db = _bare_store(Path(folder))
        calls = [partial(_all_lanes, gate, shares), partial(_commits, db, 2 * _A_TURN)]
        pairs = [[_seconds(call) for call in calls] for _ in range(turns)]
        db.close()
    ours, bare = (statistics.median(times) for times in zip(*pairs, strict=True))
    return Figure(
        name=name,
        value=2 * len(crowd) / ours,
        unit="per second",
        baseline=2 * _A_TURN / bare,
    )


def _all_lanes(gate: Yard, shares: Sequence[Sequence[Presented]]) -> None:
    """Each lane's cards come in and go out again, all lanes at once."""
    if len(shares) == 1:
        _one_lane(gate, shares[0])
    else:
        with ThreadPoolExecutor(len(shares)) as lanes:
            list(lanes.map(partial(_one_lane, gate), shares))  # raises what a lane raised


def _one_lane(gate: Yard, crowd: Sequence[Presented]) -> None:
    under_way, refused = UnderWay(), list[Reason]()
    for lane_id, direction in ((IN, Direction.ENTRY), (OUT, Direction.EXIT)):
        lane = Lane(lane_id=LaneId(lane_id), right=RightKind.PARKING, zone=0, direction=direction)
        for presented in crowd:
            under_way.enter(presented.uid)

            def then(verdict: Verdict, uid: bytes = presented.uid) -> None:
                if not verdict.decision.granted:
                    refused.append(verdict.decision.reason)
                under_way.leave(uid)

            tap = Tap(presented, time.monotonic())
            settle(tap, lane, gate.snapshot(), gate.shared, then)
    if not under_way.wait_for_all(_ARRIVES_S) or refused:
        raise RuntimeError(refused)


def _commits(db: sqlite3.Connection, count: int) -> None:
    for _ in range(count):
        _insert(db)


def _seconds(call: Callable[[], object]) -> float:
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


def _bare_store(folder: Path) -> sqlite3.Connection:
    """The journal's own table in a file as SQLite makes it, and nothing else of a journal."""
    path = folder / "bare.db"
    with closing(sqlite3.connect(path)) as db:
        db.execute("VACUUM")  # so that the file is there, its pages of the usual size
    return open_file(path)


def _insert(db: sqlite3.Connection) -> None:
    db.execute(_BARE_INSERT, _ROW)


# --- memory


def _memory(effort: Effort) -> Figure:
    crowd = effort.part_of(_MANY)
    weigh = _weight if crowd == _MANY else gateweight.main  # quick: here and now
    whole, none = (weigh(cards) for cards in (crowd, 0))
    return Figure(name="gate.memory.1m", value=whole, unit="MB", baseline=none)


def _weight(cards: int) -> float:
    """MB that a gate's process took at its highest with so many cards."""
    words = [sys.executable, "-m", "benchmarks.gateweight", str(cards)]
    return float(subprocess.run(words, check=True, capture_output=True, text=True).stdout)


MEASURES: Final[Mapping[str, Measure]] = {
    "gate.tap.100k": partial(_tap, "gate.tap.100k", 100_000),
    "gate.tap.1m": partial(_tap, "gate.tap.1m", _MANY),
    "gate.rate": partial(_rate, "gate.rate", 1),
    "gate.rate.8": partial(_rate, "gate.rate.8", _LANES),
    "gate.memory.1m": _memory,
}
