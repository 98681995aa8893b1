"""A gate's journal as the centre meets it: lines with their chain, handed over in batches."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from cardserver.domain.gateevent import GENESIS, EventKind, GateEvent, link
from cardserver.domain.station import StationKind
from cardserver.services.ingesting import GateBatch, Taken, ingest
from cardserver.services.turn import Caller, Estate
from tests.databases.frontdesk import MORNING, new_id


@dataclass(kw_only=True)
class WritingGate:
    """Writes lines down, remembers the chain at each, and hands over what it is asked for."""

    estate: Estate
    station: str = "gate-1"
    journal: str = field(default_factory=new_id)
    now: datetime = MORNING
    events: list[GateEvent] = field(default_factory=list)
    chains: list[bytes] = field(default_factory=lambda: [GENESIS])

    @property
    def caller(self) -> Caller:
        return Caller(station=self.station, kind=StationKind.GATE)

    def write(self, kind: EventKind = EventKind.TAP, **more: Any) -> GateEvent:
        """One line, a second after the one before."""
        self.now += timedelta(seconds=1)
        line: dict[str, Any] = {"sequence": len(self.events) + 1, "at": self.now, "lane": "door"}
        event = GateEvent(**(line | {"kind": kind} | more))
        self.chains.append(link(self.chains[-1], self.journal, event))
        self.events.append(event)
        return event

    def tap(self, number: int | None = 7, *, granted: bool = True, **more: Any) -> GateEvent:
        """A card is held to the lane."""
        reason = "granted" if granted else "expired"
        given = {"uid": bytes(7), "card_number": number, "granted": granted, "reason": reason}
        return self.write(EventKind.TAP, **(given | more))

    def write_many(self, count: int) -> Sequence[GateEvent]:
        return [self.tap() for _ in range(count)]

    def batch(self, first: int = 1, last: int | None = None) -> GateBatch:
        """The lines from `first` to `last`, both included."""
        events = self.events[first - 1 : last]
        return GateBatch(journal=self.journal, before=self.chains[first - 1], events=events)

    def send(self, first: int = 1, last: int | None = None) -> Taken:
        return ingest(self.estate, self.caller, self.batch(first, last))
