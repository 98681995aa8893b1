"""One OSDP reader's place on its bus: what came from it, what goes to it, how its line stands."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from typing import Final

from drivers.errors import DeviceFault, DeviceTimeout
from drivers.readers.osdp_panel import CardBits, Keys, Nonsense
from drivers.readers.retrying import Pause

AWAY_S: Final = 3.0
"""How long a reader may be away before a poll says so."""
_KEPT: Final = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What came over the secure channel, and the earliest instant at which it may have happened."""

    said: CardBits | Keys | Nonsense
    at: float


@dataclass(slots=True, kw_only=True)
class Seat:
    """The bus writes, on its own thread; the reader takes from `seen` and puts into `answers`.

    `since` is when `up` last changed. `heard_at` is when bytes last came, `lost_at` when they did
    before the line was last lost (0 before it was ever up). While it is away it is tried again and
    again, at last every quarter of a minute: `begun_at` is when the present try began, `answered`
    what came of the one before.
    """

    address: int
    key: bytes = field(repr=False)
    name: str
    ticks: Callable[[], float]
    seen: SimpleQueue[Seen] = field(default_factory=SimpleQueue)
    answers: deque[tuple[float, bool]] = field(default_factory=lambda: deque(maxlen=4))
    pause: Pause = field(init=False)
    up: bool = False
    since: float = field(init=False)
    heard_at: float = 0.0
    lost_at: float = 0.0
    begun_at: float = field(init=False)
    answered: bool = False
    drops: int = 0
    unsafe: int = 0
    tamper: bool | None = None
    offline: bool = False  # libosdp gave it up
    reviving: bool = False

    def __post_init__(self) -> None:
        self.pause = Pause(self.ticks)
        self.since = self.begun_at = self.ticks()

    @property
    def hears(self) -> bool:
        """Did bytes come since the present try began?"""
        return self.heard_at > self.begun_at

    def begin(self, now: float, *, answered: bool = False) -> None:
        """A try begins; was the one before `answered`?"""
        self.answered = answered  # first: `check` may look in between, on its own thread
        self.begun_at = now

    def put(self, seen: Seen) -> None:
        """Keep something for the reader; the oldest goes when nobody takes them."""
        self.seen.put(seen)
        while self.seen.qsize() > _KEPT:
            self.take(0)

    def take(self, timeout_s: float) -> Seen | None:
        """The oldest thing seen; None when the time is over."""
        try:
            return self.seen.get(timeout=max(0.0, timeout_s))
        except Empty:
            return None

    def check(self) -> None:
        """Raise when the reader has been away for more than a moment.

        Raises:
            DeviceFault: it answers, but no secure channel comes up.
            DeviceTimeout: it does not answer.
        """
        if self.up or self.ticks() - self.since < AWAY_S:
            return
        if self.hears or self.answered:
            raise DeviceFault(
                f"{self.name} answers, but no secure channel comes up: is its key the right one?",
                device=self.name,
                status="secure-channel",
            )
        raise DeviceTimeout(f"{self.name} does not answer", device=self.name, timeout_s=AWAY_S)
