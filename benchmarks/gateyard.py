"""A gate to measure: lanes with boards on ptys, a journal on a disk, cards as they are read."""

import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from queue import SimpleQueue
from tempfile import TemporaryDirectory

from benchmarks.estate import demo_gate_keys
from benchmarks.gatecrowd import NOON, PERIOD, snapshot_of, uid_of
from cardserver.domain.admission import Lane, Presented, Snapshot
from cardserver.domain.cardlist import CardList
from cardserver.domain.gatekeys import GateKeys
from cardserver.domain.ids import CardNumber, LaneId
from cardserver.domain.lanes import Direction
from cardserver.domain.record import CardRecord, Medium
from cardserver.domain.rights import HolderClass, RightKind
from cardserver.vault import demo_vault
from drivers.barriers import modbus_relay
from kiosk.gate.journal import GateJournal
from kiosk.gate.lane import LaneLoop
from kiosk.gate.reckoning import Reckoning
from kiosk.gate.shared import Shared
from kiosk.station.events import Bell
from simulators.barrier import VirtualArm, VirtualBarrier
from simulators.reader import VirtualReader
from simulators.stream import PtyPort, StreamDevice


@dataclass(frozen=True, slots=True)
class Read:
    """What a reader hands over: a UID and the sealed bytes of one slot."""

    uid: bytes
    data: bytes

    def presented(self, keys: GateKeys) -> Presented:
        """The seal checked, the record opened: the beginning of every decision."""
        return Presented(uid=self.uid, record=keys.open_record(self.data, self.uid, Medium.CLASSIC))


def reads_of(numbers: Iterable[int]) -> list[Read]:
    """Parking records of these cards, as they were written to them."""
    vault = demo_vault()
    return [
        Read(uid_of(each), vault.seal_record(_record(each), uid_of(each), Medium.CLASSIC))
        for each in numbers
    ]


def serve(loop: LaneLoop, presented: Presented, read_at: float) -> bool:
    """Offer a lane what was read, and wait; True when the board took the command to open."""
    answer = SimpleQueue[bool]()
    loop.offer(presented, read_at, answer.put)
    return answer.get()


class Stamped:
    """A device on a line that notes when an opening arrived there."""

    def __init__(self, device: StreamDevice) -> None:
        self._device = device
        self.arrived = 0.0

    def receive(self, data: bytes) -> bytes:
        """Note the time of a WRITE SINGLE COIL, and let the device answer."""
        if data[1:2] == b"\x05":
            self.arrived = time.perf_counter()
        return self._device.receive(data)


class Yard:
    """A gate with a journal on a disk; its clock runs on from noon of a June day."""

    def __init__(self, folder: Path, cards: CardList) -> None:
        self.keys = demo_gate_keys()
        self._behind_s = time.time() - NOON.timestamp()
        self._snapshot = snapshot_of(cards)
        self.journal = GateJournal(folder / "gate.db")
        self.shared = Shared.of(self.journal, bell=Bell(), clock=self.clock)
        reckoning = Reckoning(self.journal, clock=self.clock, ticks=time.monotonic)
        self.shared.whereabouts.reckon_by(reckoning, lambda: None)
        self.shared.whereabouts.follow(self._snapshot, self.journal)

    def clock(self) -> datetime:
        """Now, at the gate."""
        return datetime.fromtimestamp(time.time() - self._behind_s, UTC)

    def snapshot(self) -> Snapshot:
        """The list and the rules, as the uplink hands them out."""
        return self._snapshot

    def lane(
        self, lane_id: LaneId, direction: Direction, last: ExitStack
    ) -> tuple[LaneLoop, Stamped]:
        """A lane at work with its own board; its contacts are looked at all the time."""
        stamped = Stamped(VirtualBarrier(arm=VirtualArm(rise_s=0.01, fall_s=0.01)))
        port = PtyPort(stamped)
        last.callback(port.close)
        settings = {"port": port.path, "board": "waveshare-d", "arm_input": "1"}
        loop = LaneLoop(
            lane=Lane(lane_id=lane_id, right=RightKind.PARKING, zone=0, direction=direction),
            name=lane_id,
            reader=VirtualReader(),
            barrier=modbus_relay.DRIVER.open(settings),
            keys=self.keys,
            snapshot=self.snapshot,
            shared=self.shared,
        )
        last.callback(loop.stop)
        loop.contacts.start()
        return loop, stamped


@contextmanager
def yard(cards: CardList) -> Iterator[Yard]:
    """A gate in a folder that goes away with it."""
    with TemporaryDirectory(prefix="yika-bench-") as folder:
        built = Yard(Path(folder), cards)
        try:
            yield built
        finally:
            built.journal.close()


def _record(number: int) -> CardRecord:
    return CardRecord(
        kind=RightKind.PARKING,
        holder_class=HolderClass.OWNER,
        key_version=1,
        card_number=CardNumber(number),
        zones=3,
        period=PERIOD,
        sequence=1,
    )
