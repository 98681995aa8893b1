"""A gate's calls: the list down, lines up; and what the desk asks about gates."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType
from typing import Final

import httpx

from cardserver.clientbase import Calls, ServerUnavailable, understood
from cardserver.clientsigning import Proof, proof_of
from cardserver.domain.admission import Direction
from cardserver.domain.gateevent import GateEvent
from cardserver.domain.uncollected import uncollected
from cardserver.wire_gates import SnapshotView
from cardserver.wire_gatesync import (
    EventBatch,
    EventLine,
    EventsTaken,
    GateList,
    PassagesRequest,
    PassagesView,
    ReachView,
)

SLACK_S: Final = 5.0
"""So much longer than it may wait an answer may take to come."""

WHOLE_S: Final = 60.0
"""So long the centre may take to write out a whole list; the first gate to ask waits for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fed:
    """The list after a version: as it is, as it was signed, and its proof."""

    view: SnapshotView
    body: bytes
    proof: Proof


@dataclass(frozen=True, slots=True, kw_only=True)
class GateState:
    """What a gate says of itself with each question for news."""

    drift_ms: int = 0
    waiting: int = 0
    program: str = ""


NO_STATE: Final = GateState()


class GateCalls(Calls):
    """The gates' part of the seam."""

    def feed(
        self,
        after: int | None,
        *,
        wait_s: float = 0.0,
        era: str = "",
        whole: bool = False,
        state: GateState = NO_STATE,
    ) -> Fed:
        """What is newer than version `after` of an era, or the `whole` list; waits so long for it.

        Saying a version says that the gate enforces it. Asked once: who waits asks again anyway.
        Raises ServerUnavailable, ServerRefused.
        """
        params = {
            "wait_s": f"{wait_s:g}",
            "drift_ms": str(state.drift_ms),
            "waiting": str(state.waiting),
            "program": state.program,
        }
        if after is not None:
            params |= {"after": str(after), "era": era}
        if whole:
            params["whole"] = "true"
        patience = WHOLE_S if whole or after is None else wait_s + SLACK_S
        timeout = httpx.Timeout(SLACK_S, read=patience)
        try:
            response = self._http.get("/api/gates/feed", params=params, timeout=timeout)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise ServerUnavailable(str(error) or type(error).__name__) from error
        with uncollected():
            view = understood(response, SnapshotView)
        return Fed(view=view, body=response.content, proof=proof_of(response))

    def post_events(
        self,
        events: Sequence[GateEvent],
        *,
        journal: str,
        before: bytes,
        lanes: Mapping[str, Direction] = MappingProxyType({}),
        mended: Mapping[int, bytes] = MappingProxyType({}),
        ahead: timedelta = timedelta(0),
        names: Mapping[str, str] = MappingProxyType({}),
    ) -> EventsTaken:
        """Hand over lines of a journal, with the chain before the first and at `mended` ones.

        `ahead` is how far the clock that they were written by was ahead of the centre's,
        `names` what people call lanes.
        Refused with ``gap`` where lines before them are missing, ``chain-broken`` and
        ``event-differs`` where the centre has others.
        """
        body = EventBatch(
            journal=journal,
            before=before,
            events=tuple(EventLine.of(event) for event in events),
            lanes=dict(lanes),
            mended=dict(mended),
            ahead_ms=ahead // timedelta(milliseconds=1),
            names=dict(names),
        )
        return self._post("/api/gates/events", body, EventsTaken)

    def last_event(self, journal: str) -> int:
        """Up to which line the centre has this journal, 0 for none."""
        return self._get("/api/gates/events/last", EventsTaken, {"journal": journal}).sequence

    def passages(self, known: Mapping[str, int]) -> PassagesView:
        """Who passed at the other gates, after the line of each journal that is known here."""
        body = PassagesRequest(known=dict(known))
        return self._post("/api/gates/passages", body, PassagesView)

    def everyone(self) -> GateList:
        """Every gate and what it enforces."""
        return self._get("/api/gates", GateList)

    def reach_of_card(self, number: int) -> ReachView:
        """Since when a card's standing counts at every gate."""
        return self._get("/api/gates/reach", ReachView, {"card": str(number)})

    def reach_of_version(self, version: int) -> ReachView:
        """Since when every gate enforces a version of the list."""
        return self._get("/api/gates/reach", ReachView, {"version": str(version)})
