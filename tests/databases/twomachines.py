"""A car park whose way in and way out are two machines, each with a journal and a clock of its own.

The centre behind them is the real one; a test drives cars and sets clocks, and nothing runs by
itself.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from pathlib import Path

import httpx
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from cardserver.client import CardServerClient
from cardserver.clientsigning import GateIdentity, GateSigner
from cardserver.domain.admission import CardEntry, Decision, Lane, ListedRight, Presented, Reason
from cardserver.domain.cardlist import CardList
from cardserver.domain.gateevent import EventKind, GateEvent
from cardserver.domain.gatekeys import GateKeys
from cardserver.domain.ids import CardNumber, LaneId
from cardserver.domain.lanes import Direction, Identify
from cardserver.domain.permits import Role
from cardserver.domain.rights import CardStatus, HolderClass, RightKind
from cardserver.domain.sealed import KeyFile
from cardserver.domain.station import StationKind
from cardserver.domain.validity import ValidityPeriod
from cardserver.services import enrolling, gatehours, gateinside, gaterules
from cardserver.services.gatememory import GateMemory
from cardserver.services.setup import SETUP
from cardserver.services.turn import Caller
from cardserver.vault import export_gate
from cardserver.wire_gates import SetRulesRequest
from kiosk.gate.journal import GateJournal
from kiosk.gate.liststore import ListStore
from kiosk.gate.shared import Shared
from kiosk.gate.uplink import Uplink
from kiosk.station.events import Bell
from tests.databases.frontdesk import DESK, FrontDesk, new_id
from tests.databases.servers import server_of

WANG, LI = CardNumber(7), CardNumber(8)
"""Two cards of one parking space."""
MINUTE = timedelta(minutes=1)

_SECRET = KeyFile(bytes(32))
_RULES = """
[[area]]
id = "garage"
right = "parking"
{passback}

[[lane]]
id = "in"
area = "garage"
direction = "entry"

[[lane]]
id = "out"
area = "garage"
direction = "exit"

[spaces]
one_car = true
"""
_DESK = replace(DESK, roles=frozenset({Role.ADMINISTRATOR}))
_HEAD = Caller(
    station="post-1",
    kind=StationKind.OFFICE,
    operator="何静",
    roles=frozenset({Role.CENTRE_HEAD}),
)
_RIGHT = ListedRight(
    holder_class=HolderClass.OWNER,
    zones=1,
    period=ValidityPeriod(first=date(2025, 1, 1), after_last=date(2026, 1, 1)),
)


def _uid(card: CardNumber) -> bytes:
    return b"\x04" + card.to_bytes(6, "big")


_CARDS = CardList.of(
    (
        _uid(card),
        CardEntry(
            card_number=card,
            status=CardStatus.LIVE,
            rights={RightKind.PARKING: _RIGHT},
            space=5,
        ),
    )
    for card in (WANG, LI)
)


@dataclass
class Machine:
    """One lane with a gate of its own. `off` is how far its clock is ahead of the truth."""

    park: "TwoMachines"
    lane: Lane
    off: timedelta = timedelta(0)
    online: bool = True
    last: ExitStack = field(default_factory=ExitStack)

    def __post_init__(self) -> None:
        seed = self.lane.lane_id.encode().rjust(32, b"-")
        key = Ed25519PrivateKey.from_private_bytes(seed)
        self.identity = GateIdentity(station=f"gate-{self.lane.lane_id}", key=key)
        estate = self.park.desk.estate
        enrolling.enrol(estate, SETUP, self.identity.station, self.identity.public_key)
        self.switch_on()

    def clock(self) -> datetime:
        return self.park.desk.clock.now + self.off

    def ticks(self) -> float:
        return (self.park.desk.clock.now - self._on_since).total_seconds()

    def switch_on(self) -> None:
        self._on_since = self.park.desk.clock.now
        name = self.park.folder / self.identity.station
        self.journal = GateJournal(name.with_suffix(".db"))
        self.last.callback(self.journal.close)
        store = ListStore(name.with_suffix(".list"))
        self.last.callback(store.close)
        signer = GateSigner(self.identity, self.park.keys, clock=self.clock, ticks=self.ticks)
        http = httpx.Client(transport=self.park.way, base_url="http://centre", auth=signer)
        self.uplink = Uplink(
            server=CardServerClient(http, wait=lambda _s: None, attempts=1),
            signer=signer,
            store=store,
            journal=self.journal,
            bell=Bell(),
            clock=self.clock,
            ticks=self.ticks,
        )
        shared = Shared.of(self.journal, bell=Bell(), clock=self.clock, ticks=self.ticks)
        self.whereabouts = shared.whereabouts
        self.whereabouts.reckon_by(self.uplink.reckoning, self.uplink.learn_anew)
        self.uplink.tell_passages(self.whereabouts.note_all)
        self.whereabouts.follow(self.uplink.snapshot(), self.journal)

    def restart(self) -> None:
        """The power was away; the clock goes on as `off` says."""
        self.last.close()
        self.switch_on()

    def speak(self) -> None:
        """What its threads do within a few seconds."""
        if self.online:
            self.uplink.round()
        self.whereabouts.follow(self.uplink.snapshot(), self.journal)

    def tap(self, card: CardNumber) -> Reason:
        """Somebody holds a card there, and drives through where that is granted."""
        decision = self._decide(card)
        self._write(EventKind.TAP, card, decision)
        if decision.granted:
            self.park.pass_by(timedelta(seconds=3))
            self._write(EventKind.PASSED, card)
        return decision.reason

    def _decide(self, card: CardNumber) -> Decision:
        snapshot = replace(self.uplink.snapshot(), cards=_CARDS)
        presented = Presented(uid=_uid(card))
        return self.whereabouts.decide(presented, self.lane, snapshot, self.clock())

    def _write(self, kind: EventKind, card: CardNumber, decision: Decision | None = None) -> None:
        self.journal.append(
            GateEvent(
                sequence=0,
                at=self.clock(),
                lane=self.lane.lane_id,
                kind=kind,
                uid=_uid(card),
                card_number=card,
                granted=decision is not None and decision.granted,
                reason=decision.reason if decision is not None else "",
            )
        )


@dataclass
class TwoMachines:
    """The car park; leave `open` to put everything away."""

    desk: FrontDesk
    folder: Path
    timed: int = 0
    """Minutes for which nobody comes in twice; until the car left where it is 0."""

    def __post_init__(self) -> None:
        estate = self.desk.estate
        timed = f'passback = "timed"\nminutes = {self.timed}'
        rules = _RULES.format(passback=timed if self.timed else 'passback = "hard"')
        self.keys = GateKeys.open(export_gate(estate.vault, _SECRET), _SECRET, allow_demo=True)
        self.restart_centre()
        asked = SetRulesRequest(request_id=new_id(), document=rules, note="防潜返", after=0)
        gaterules.set_rules(estate, _DESK, asked)
        self.way_in, self.way_out = (
            Machine(
                self,
                Lane(
                    lane_id=LaneId(name),
                    right=RightKind.PARKING,
                    zone=0,
                    direction=direction,
                    identify=Identify.UID,
                ),
            )
            for name, direction in (("in", Direction.ENTRY), ("out", Direction.EXIT))
        )

    @property
    def machines(self) -> tuple[Machine, Machine]:
        return self.way_in, self.way_out

    def restart_centre(self) -> None:
        """Another process on the same store, which remembers nothing."""
        self.estate = replace(self.desk.estate, gates=GateMemory())
        self.way = httpx.WSGITransport(app=server_of(self.estate))

    def pass_by(self, time: timedelta) -> None:
        """Time goes on, for the centre and for both machines."""
        self.desk.clock.now += time

    def told(self, time: timedelta = MINUTE) -> None:
        """Time goes on, and everybody who has a line hears of everything."""
        self.pass_by(time)
        for _ in range(2):
            for machine in self.machines:
                machine.speak()
            self.pass_by(timedelta(seconds=5))

    def hours(self) -> tuple[int, int]:
        """How many came and went today, as the centre's page says."""
        today = self.desk.clock.now.astimezone(self.estate.zone).date()
        hours = gatehours.occupancy(self.estate, _HEAD, today).hours
        return sum(each.entered for each in hours), sum(each.left for each in hours)

    def inside(self) -> list[int]:
        """Whose cars are inside, as the centre knows."""
        return sorted(each.card_number for each in gateinside.inside(self.estate, _HEAD).inside)


@contextmanager
def two_machines(desk: FrontDesk, folder: Path, *, timed: int = 0) -> Iterator[TwoMachines]:
    """Both are switched on, their clocks are right, and they know their list."""
    park = TwoMachines(desk, folder, timed)
    with park.way_in.last, park.way_out.last:
        park.told()
        yield park
