"""A bell with topics: pages wait for "something changed here" instead of asking again and again."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator


class Bell:
    """Counts changes per topic; `wait` sleeps until a count has moved past what a page has seen."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self._changed = threading.Condition()

    def counts(self) -> dict[str, int]:
        """Rings so far, by topic."""
        with self._changed:
            return dict(self._counts)

    def ring(self, topic: str) -> None:
        """Say that something a page shows under `topic` has changed."""
        with self._changed:
            self._counts[topic] += 1
            self._changed.notify_all()

    def wait(self, seen: dict[str, int], timeout_s: float) -> dict[str, int]:
        """Wait until the counts differ from `seen` or the time is over; returns the counts."""
        with self._changed:
            self._changed.wait_for(lambda: dict(self._counts) != seen, timeout=timeout_s)
            return dict(self._counts)


def seen_text(counts: dict[str, int]) -> str:
    """Counts as they travel in a page's address: ``reader.3-work.7``."""
    return "-".join(f"{topic}.{count}" for topic, count in counts.items())


def read_seen(text: str) -> dict[str, int]:
    """The counts a page has seen; what can't be read counts as never seen."""
    seen: dict[str, int] = {}
    for part in text.split("-"):
        topic, _, count = part.partition(".")
        if topic.isidentifier() and count.isascii() and count.isdecimal():
            seen[topic] = int(count[:_DIGITS])
    return seen


_DIGITS = 18
"""More digits than a bell rings in a lifetime."""

_AGAIN_MS = 500
"""After so long a page asks again whether its station is back; a browser takes three seconds."""

_LOOK_S = 0.5
"""How long a page that has gone may keep its thread."""


def stream(
    bell: Bell,
    seen: dict[str, int],
    *,
    gone: Callable[[], bool] = lambda: False,
    alive_every_s: float = 5.0,
) -> Iterator[str]:
    """Server-sent events for one page: each topic that changed, a comment as a sign of life.

    `seen` are the counts when the page was drawn, so that nothing is missed in between. A topic
    the page has seen and this bell has not belongs to an earlier run of the station: the page is
    older than the station, and whatever it shows under that topic is to be fetched anew.

    It ends soon after the page is `gone`: each page keeps one of the station's threads busy, and
    who leafs quickly leaves a page a moment. The sign of life is for those whose end nobody tells.
    """
    yield f"retry: {_AGAIN_MS}\n\n"
    said_s = time.monotonic()
    while not gone():
        counts = bell.wait(seen, min(_LOOK_S, alive_every_s))
        if counts == seen and time.monotonic() - said_s < alive_every_s:
            continue
        yield from _told(seen, counts)
        seen, said_s = counts, time.monotonic()


def _told(seen: dict[str, int], counts: dict[str, int]) -> Iterator[str]:
    if counts == seen:
        yield ": alive\n\n"
    for topic in {**seen, **counts}:
        if seen.get(topic) != counts.get(topic):
            yield f"data: {topic}\n\n"
