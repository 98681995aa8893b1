"""What the other gates saw, brought to where this gate keeps who is inside (GATE-02a).

Asked for every few seconds while rules speak of areas: order and repeats don't matter there. With
the centre away a gate goes on with what it saw itself.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from cardserver.client import CardServerClient
from cardserver.domain.gateevent import GateEvent

EVERY_S: Final = 4.0
"""S3: what happens at one gate is known at the others within five seconds."""


class Passages:
    """How far this gate knows the others' journals; forgotten when it is switched off."""

    def __init__(
        self,
        server: CardServerClient,
        tell: Callable[[Sequence[GateEvent]], None],
        *,
        wanted: Callable[[], bool] = lambda: True,
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        self._server = server
        self._tell = tell
        self._wanted = wanted
        self._ticks = ticks
        self._known: dict[str, int] = {}
        self._anew = False
        self._asked: float | None = None
        self.names: Mapping[str, str] = {}
        """What people call the lanes of all gates, as the centre told it last."""

    def ask_when_due(self) -> None:
        """Ask, when it is time. Raises ServerUnavailable, ServerRefused."""
        now = self._ticks()
        if self._wanted() and (self._asked is None or now - self._asked >= EVERY_S):
            self._asked = now
            self.ask()

    def forget(self) -> None:
        """Ask for everything again the next time. From any thread."""
        self._anew = True

    def ask(self) -> None:
        """Ask until all is known that the centre has. Raises ServerUnavailable, ServerRefused."""
        if self._anew:
            self._anew, self._known = False, {}
        more = True
        while more:
            found = self._server.gates.passages(self._known)
            self._tell([line.to_domain() for line in found.lines])
            self._known, self.names = dict(found.known), found.names
            more = found.more
