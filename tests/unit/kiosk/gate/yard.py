"""A yard to test lanes in: a journal, clocks told by hand, relay boards on ptys, a list of cards.

Nothing runs by itself: a test lets somebody hold a card, drives the car, lets the lane look.
"""

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Self
from zoneinfo import ZoneInfo

from benchmarks.estate import demo_gate_keys
from benchmarks.gateyard import serve
from cardserver.domain.admission import CardEntry, Lane, ListedRight, Snapshot
from cardserver.domain.gateevent import EventKind, GateEvent
from cardserver.domain.gaterules import (
    NO_RULES,
    Area,
    GateRules,
    LaneRule,
    Passback,
    PassbackMode,
)
from cardserver.domain.ids import CardNumber, LaneId
from cardserver.domain.lanes import Direction, Identify
from cardserver.domain.rights import CardStatus, HolderClass, RightKind
from cardserver.domain.validity import ValidityPeriod
from drivers.api.codes import CodeRead
from drivers.barriers import modbus_relay
from kiosk.gate.codes import presented_by
from kiosk.gate.journal import GateJournal
from kiosk.gate.lane import LaneLoop, Shown
from kiosk.gate.passing import Times
from kiosk.gate.shared import Shared
from kiosk.station.events import Bell
from simulators.barrier import VirtualArm, VirtualBarrier
from simulators.reader import VirtualReader
from simulators.stream import FaultyLine, PtyPort

NOON = datetime(2025, 6, 9, 4, tzinfo=UTC)
WANG, LI, STRANGER = (bytes.fromhex(f"04A1B2C3D4E5{n:02X}") for n in (1, 2, 99))
_YEAR = ValidityPeriod(first=date(2025, 1, 1), after_last=date(2026, 1, 1))

IN, OUT = LaneId("car-in"), LaneId("car-out")
CAR_PARK = Area(area_id="park", right=RightKind.PARKING, passback=Passback(mode=PassbackMode.HARD))
RULES = GateRules(
    version=1,
    areas={"park": CAR_PARK},
    lanes={
        IN: LaneRule(lane_id=IN, area="park", direction=Direction.ENTRY),
        OUT: LaneRule(lane_id=OUT, area="park", direction=Direction.EXIT),
    },
)
"""A car park where nobody comes in twice."""


def entry(number: int, space: int = 0) -> CardEntry:
    right = ListedRight(holder_class=HolderClass.OWNER, zones=1, period=_YEAR)
    return CardEntry(
        card_number=CardNumber(number),
        status=CardStatus.LIVE,
        rights=dict.fromkeys(RightKind, right),
        space=space,
    )


@dataclass
class Place:
    """A lane and what stands around it."""

    yard: "Yard"
    loop: LaneLoop
    barrier: VirtualBarrier
    line: FaultyLine

    def hold(self, uid: bytes, *, age_s: float = 0.0, duress: bool = False) -> Shown:
        """Somebody holds a card with this UID there; `age_s` passed since then."""
        read_at = self.yard.ticks - age_s
        read = CodeRead(code=uid, bits=8 * len(uid), read_at=read_at, duress=duress)
        serve(self.loop, presented_by(read), read.read_at)
        shown = self.loop.shown
        assert shown is not None
        return shown

    def look(self, after_s: float = 0.5) -> Self:
        """A moment later the lane looks at its contacts."""
        self.yard.ticks += after_s
        self.loop.contacts.look()
        return self

    def rise(self) -> Self:
        """The arm goes up."""
        return self.look().look(2)

    def drive_through(self) -> Self:
        self.rise()
        self.barrier.vehicle_present = True
        self.look()
        self.barrier.vehicle_present = False
        return self.look()

    def door(self, *, opened: bool) -> Self:
        """Somebody opens the door, by whatever force it takes, or it falls shut."""
        assert self.barrier.door is not None
        self.barrier.door.force() if opened else self.barrier.door.shut()
        return self.look()

    def fire(self, *, burns: bool) -> Self:
        """The fire alarm's contact."""
        self.barrier.fire = burns
        return self.look()

    def tamper(self, *, opened: bool) -> Self:
        """Somebody opens the cabinet, or shuts it."""
        self.barrier.tamper = opened
        return self.look()


@dataclass
class Yard:
    """One gate. Leave it to put everything away."""

    folder: Path
    rules: GateRules = NO_RULES
    ticks: float = 1000.0
    now: datetime = NOON
    cards: dict[bytes, CardEntry] = field(default_factory=lambda: {WANG: entry(7), LI: entry(8)})
    last: ExitStack = field(default_factory=ExitStack)
    bell: Bell = field(default_factory=Bell)

    def __post_init__(self) -> None:
        self.journal = GateJournal(self.folder / "gate.db")
        self.last.callback(self.journal.close)
        self.shared = Shared.of(self.journal, bell=self.bell, clock=self.clock, ticks=self.tick)
        self.shared.whereabouts.follow(self.snapshot(), self.journal)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.last.close()

    def tick(self) -> float:
        return self.ticks

    def clock(self) -> datetime:
        self.now += timedelta(milliseconds=1)  # no two lines have one instant
        return self.now

    def snapshot(self) -> Snapshot:
        return Snapshot(
            version=3,
            taken_at=NOON,
            time_floor=NOON,
            zone=ZoneInfo("Asia/Shanghai"),
            cards=self.cards,
            rules=self.rules,
        )

    def place(
        self,
        lane_id: str,
        *,
        direction: Direction = Direction.ENTRY,
        right: RightKind = RightKind.PARKING,
        contacts: Sequence[str] = ("arm_input", "loop_input"),
        pass_s: float = 15,
    ) -> Place:
        """A lane with a board of its own on a pty; `contacts` are wired to inputs as they come."""
        arm = VirtualArm(clock=self.tick)
        barrier = VirtualBarrier(clock=self.tick, arm=arm, doorway="door_input" in contacts)
        line = FaultyLine(barrier)
        port = PtyPort(line)
        self.last.callback(port.close)
        number = {"arm_input": "1", "loop_input": "2", "door_input": "3"}
        number |= {"fire_input": "!5", "tamper_input": "!6"}
        wired = {each: number[each] for each in contacts}
        settings = {"port": port.path, "board": "waveshare-d", "timeout_ms": "200", **wired}
        settings |= {"go_relay": "3", "stop_relay": "4"}
        lane = Lane(
            lane_id=LaneId(lane_id),
            right=right,
            zone=0,
            direction=direction,
            identify=Identify.UID,
        )
        loop = LaneLoop(
            lane=lane,
            name=lane_id,
            reader=VirtualReader(),
            barrier=modbus_relay.DRIVER.open(settings),
            keys=demo_gate_keys(),
            snapshot=self.snapshot,
            shared=self.shared,
            times=Times(pass_s=pass_s, arm_s=6, held_s=60),
        )
        self.last.callback(loop.stop)
        built = Place(yard=self, loop=loop, barrier=barrier, line=line)
        return built.look(0)

    @property
    def lines(self) -> list[str]:
        """Everything written down so far, as words."""
        return [_words(each) for each in self.journal.after(0, 1000)]

    def whole(self, kind: EventKind) -> GateEvent:
        """The latest line of a kind, without its number and instant."""
        found = self.journal.last(1, kind)
        assert found, f"no line of kind {kind}"
        return found[0]._replace(sequence=0, at=NOON)


def _words(event: GateEvent) -> str:
    words = [event.lane or "gate", event.kind.value]
    if event.about:
        words.append(f"about {event.about}")
    if event.card_number is not None:
        words.append(f"card {event.card_number}")
    words += [each for each in (event.reason, event.by, event.detail) if each]
    return " ".join(words)
