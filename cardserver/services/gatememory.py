"""What one server process keeps in mind of its gates. All of it may be forgotten at any time.

- `news`: the bell that wakes gates waiting for a newer list.
- `nonces`: of signed requests taken lately, so that none is taken twice.
- `bodies`: answers made lately; after a change every gate asks the same question.
- `reports`: what gates just said, until one of them writes it down for all.
- `eras`: which history of the list this process tells of, see `listeras`.
- `midnights`: where every card stood when the days began that somebody looked at.
- `presence`: where every card stands, as far as lines had come when somebody looked.
- `troubles`: what stood at the gates when the days began that alarms are looked for.
"""

import gzip
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final, NamedTuple

from cardserver.domain.presence import Presence
from cardserver.services.newsbell import NewsBell

_KEPT_BODIES: Final = 16
_KEPT_MIDNIGHTS: Final = 4
_WORTH_PACKING: Final = 4096
_PACKED_AT: Final = 1
"""Quick: a list of 50,000 cards in a tenth of a second, to a sixth of its length."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """One answer's JSON, as it is and packed with gzip (empty where that is not worth it)."""

    version: int
    plain: bytes
    packed: bytes

    @classmethod
    def of(cls, version: int, plain: bytes) -> "Body":
        """Pack it once for all who ask."""
        long = len(plain) >= _WORTH_PACKING
        packed = gzip.compress(plain, _PACKED_AT, mtime=0) if long else b""
        return cls(version=version, plain=plain, packed=packed)


class Bodies:
    """The latest answers by what they answer. Whoever asks while one is made waits for it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._made: OrderedDict[object, Body] = OrderedDict()
        self._making: dict[object, threading.Lock] = {}

    def get(self, question: object, make: Callable[[], Body]) -> Body:
        """The answer to this question, made by one of those who ask at the same time."""
        with self._lock:
            if found := self._made.get(question):
                return found
            making = self._making.setdefault(question, threading.Lock())
        with making:
            with self._lock:
                if found := self._made.get(question):
                    return found
            try:
                body = make()
                self._keep(question, body)
            finally:
                with self._lock:
                    self._making.pop(question, None)
        return body

    def _keep(self, question: object, body: Body) -> None:
        with self._lock:
            self._made[question] = body
            while len(self._made) > _KEPT_BODIES:
                self._made.popitem(last=False)


class Nonces:
    """Nonces with the time until which a request that carries them would be fresh."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._until: OrderedDict[str, datetime] = OrderedDict()
        self.since: datetime | None = None

    def take(self, nonce: str, until: datetime, now: datetime) -> bool:
        """False for one that was taken before."""
        with self._lock:
            while self._until and next(iter(self._until.values())) < now:
                self._until.popitem(last=False)
            if nonce in self._until:
                return False
            self._until[nonce] = until
            return True

    def began(self, now: datetime) -> datetime:
        """When this memory began: what was signed before may have been taken before."""
        with self._lock:
            if self.since is None:
                self.since = now
            return self.since


@dataclass(frozen=True, slots=True, kw_only=True)
class GateReport:
    """What a gate says with each request, and when it said so by the centre's clock."""

    device: str
    at: datetime
    version: int
    drift_ms: int = 0
    waiting: int = 0
    program: str = ""


class Reports:
    """Reports that are still to be written down; one of those who brought them writes them all."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._writing = threading.Lock()
        self._pending: dict[str, GateReport] = {}
        self._written: dict[str, GateReport] = {}

    def last_written(self, device: str) -> GateReport | None:
        """What stands on file of this gate, as far as this process wrote it."""
        return self._written.get(device)

    def keep(self, report: GateReport, write: Callable[[list[GateReport]], None]) -> None:
        """Return once the report is on file, by ourselves or by whoever was quicker."""
        with self._lock:
            self._pending[report.device] = report
        with self._writing:
            with self._lock:
                if self._pending.get(report.device) is not report:
                    return  # somebody took it along, or a later one stands in its place
                reports = list(self._pending.values())
                self._pending.clear()
            write(reports)
            self._written.update({each.device: each for each in reports})


class Midnight(NamedTuple):
    """Where every card stood when a day began, by these lanes and as far as journals were here."""

    presence: Presence
    lanes: str
    journals: Mapping[tuple[str, str], int]


class Midnights:
    """Those that were asked for lately. What is kept is never led on; a copy of it is."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: OrderedDict[date, Midnight] = OrderedDict()

    def get(self, day: date) -> Midnight | None:
        """What is kept of a day's beginning."""
        with self._lock:
            return self._kept.get(day)

    def put(self, day: date, midnight: Midnight) -> None:
        """Keep it, and let go what was asked for longest ago."""
        with self._lock:
            self._kept[day] = midnight
            self._kept.move_to_end(day)
            while len(self._kept) > _KEPT_MIDNIGHTS:
                self._kept.popitem(last=False)


@dataclass(slots=True)
class EraMemory:
    """The highest version this process saw, None before it began an era; every era's begin."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    highest: int | None = None
    known: tuple[tuple[str, int], ...] = ()

    def began(self, since: int) -> None:
        """An era of this process is on file."""
        self.highest = since

    def saw(self, version: int) -> None:
        """The list was seen at this version."""
        self.highest = max(version, self.highest or 0)


Journals = dict[tuple[str, str], int]
"""By device and journal, the last line that was taken to heart."""


@dataclass(slots=True)
class PresenceMemory:
    """Where every card stood when somebody looked last; see `gatepresence`."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    presence: Presence | None = None
    journals: Journals = field(default_factory=dict)


@dataclass(slots=True)
class TroublesMemory:
    """The lines of what stood at an instant; see `gatetroubles`."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    instant: datetime | None = None
    lines: Sequence[Any] = ()
    journals: Journals = field(default_factory=dict)


@dataclass(slots=True)
class GateMemory:
    """All of it."""

    news: NewsBell = field(default_factory=NewsBell)
    nonces: Nonces = field(default_factory=Nonces)
    bodies: Bodies = field(default_factory=Bodies)
    reports: Reports = field(default_factory=Reports)
    eras: EraMemory = field(default_factory=EraMemory)
    presence: PresenceMemory = field(default_factory=PresenceMemory)
    midnights: Midnights = field(default_factory=Midnights)
    troubles: TroublesMemory = field(default_factory=TroublesMemory)
    swept: date | None = None
    """The day on which what came due was last carried out."""
