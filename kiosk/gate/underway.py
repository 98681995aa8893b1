"""The taps of one lane that are decided and not done with: on their way to the disk or the barrier.

A lane decides the next card meanwhile, so that neither a disk nor a relay board holds up whoever
comes behind. But only so many: what waits before the lane grows old there and is refused with that
word, instead of being granted and coming too late. Of one card only one tap is under way: the next
is judged by what became of it.
"""

import threading
from typing import Final

ROOM: Final = 3
"""One at the barrier, one at the disk, one to be next."""


class UnderWay:
    """Which cards are under way. Safe to use from any thread."""

    def __init__(self) -> None:
        self._cards: list[bytes] = []
        self._changed = threading.Condition()

    @property
    def busy(self) -> bool:
        """True while a tap is under way."""
        return bool(self._cards)

    def enter(self, uid: bytes, *, room: int = ROOM) -> None:
        """Wait until there is room, and no other tap of this card under way."""
        with self._changed:
            while len(self._cards) >= room or uid in self._cards:
                self._changed.wait()
            self._cards.append(uid)

    def leave(self, uid: bytes) -> None:
        """That tap is done with."""
        with self._changed:
            self._cards.remove(uid)
            self._changed.notify_all()

    def wait_for_all(self, timeout_s: float) -> bool:
        """Wait until no tap is under way; False where one still is when the time is over."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._cards, timeout_s)
