"""A whole lane as its station's file describes it, every device on a line of its own.

OSDP reader, relay board and display sit on ptys behind the real drivers; a car comes, its card is
held to the reader, the arm rises, the car drives through. Times are real; nothing sleeps.
"""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from benchmarks.estate import demo_gate_keys
from cardserver.domain.admission import Reason
from cardserver.domain.gateevent import EventKind, GateEvent
from drivers.readers import osdp_bus
from kiosk.gate.building import build_lane
from kiosk.gate.codes import CodePost
from kiosk.gate.journal import GateJournal
from kiosk.gate.lane import LaneLoop
from kiosk.gate.owners import Owners
from kiosk.gate.shared import Shared
from kiosk.station.config import LanePart
from kiosk.station.events import Bell
from simulators.barrier import VirtualArm, VirtualBarrier
from simulators.display import VirtualDisplay
from simulators.osdp import VirtualOsdp
from simulators.stream import PtyPort, StreamDevice
from simulators.traffic import Place, Traffic, WayShut
from tests.unit.kiosk.gate.yard import NOON, STRANGER, WANG, Yard

PATIENCE_S = 10.0
KEY = bytes(range(0x51, 0x61))


class Gateway:
    """The lane, its devices, and the street before it."""

    def __init__(self, folder: Path, ports: list[PtyPort]) -> None:
        self.reader = VirtualOsdp(key=KEY)
        self.barrier = VirtualBarrier(arm=VirtualArm(rise_s=0.2, fall_s=0.2))
        self.display = VirtualDisplay()
        self.street = Traffic(self.barrier)
        self._ports = ports
        (folder / "reader.key").write_text(KEY.hex())
        self.journal = GateJournal(folder / "gate.db")
        shared = Shared.of(self.journal, bell=Bell(), clock=lambda: NOON)
        self.owners = Owners()
        self.lane: LaneLoop = build_lane(
            self._part(folder),
            keys=demo_gate_keys(),
            snapshot=Yard(folder / "yard").snapshot,
            shared=shared,
            owners=self.owners,
        )

    def _part(self, folder: Path) -> LanePart:
        reader = {"driver": "osdp", "address": 1, "key_file": str(folder / "reader.key")}
        board = {
            "driver": "modbus_relay",
            "board": "waveshare-d",
            "go_relay": 3,
            "timeout_ms": 2000,
        }
        contacts = {"arm_input": 1, "loop_input": 2, "fire_input": "!5"}
        screen = {"driver": "bx5k", "timeout_ms": 2000}
        return LanePart.model_validate(
            {
                "id": "car-in",
                "name": "车场入口",
                "right": "parking",
                "zone": 0,
                "reader": reader | self._line(self.reader),
                "barrier": board | contacts | self._line(self.barrier),
                "display": screen | self._line(self.display),
            }
        )

    def _line(self, device: StreamDevice) -> dict[str, object]:
        self._ports.append(PtyPort(device))
        return {"port": self._ports[-1].path, "baud": 115200}

    def until(self, true: Callable[[], bool]) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while not true():
            assert time.monotonic() < deadline, [event.kind for event in self.events]
            self.lane.contacts.look()

    def ready(self) -> None:
        """The reader is up, and has been for so long that what it tells is new."""
        self.until(lambda: self.reader.secure)
        self.passes(0.4)

    def passes(self, seconds: float) -> None:
        """Time goes by, and the lane's contacts are looked at."""
        began = time.monotonic()
        self.until(lambda: time.monotonic() - began > seconds)

    def presents(self, card: bytes) -> None:
        """Hold a card there until it was decided on: again where the line was lost just then. What
        the reader was telling is gone with it, and what it read meanwhile is never acted on.
        """
        reason: str = Reason.READ_TOO_OLD
        while reason == Reason.READ_TOO_OLD:
            self.ready()
            known, lost = len(self.taps), self.lost
            self.reader.hold(card)
            self.until(lambda: len(self.taps) > known or self.lost > lost)  # noqa: B023 - at once
            if self.lost > lost:
                self.ready()
            reason = self.taps[-1].reason if len(self.taps) > known else Reason.READ_TOO_OLD

    def presents_while_cut_off(self, card: bytes) -> None:
        """A cut reader keeps a card until its line is back: held again where the line was lost once
        more while it told of it, since a reader tells once.
        """
        for _ in range(4):
            self.ready()
            self.reader.cut()
            self.reader.hold(card)
            self.passes(2.2)
            self.reader.mend()
            self.ready()
            if self.taps:
                return
        raise AssertionError("the card that waited was never told")

    def goes(self, place: Place) -> bool:
        try:
            self.street.go(place)
        except WayShut:
            return False
        return True

    @property
    def events(self) -> list[GateEvent]:
        return list(self.journal.after(0, 100))

    @property
    def taps(self) -> list[GateEvent]:
        return [event for event in self.events if event.kind is EventKind.TAP]

    @property
    def lost(self) -> int:
        """How often the reader's line was lost so far."""
        assert isinstance(self.lane.post, CodePost)
        return self.lane.post.link.drops

    def find(self, kind: EventKind) -> GateEvent | None:
        return next((event for event in reversed(self.events) if event.kind is kind), None)


@pytest.fixture
def gateway(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Gateway]:
    monkeypatch.setattr(osdp_bus, "HELD_S", 0.3)
    ports: list[PtyPort] = []
    (tmp_path / "yard").mkdir()
    built = Gateway(tmp_path, ports)
    built.lane.start()
    yield built
    built.lane.stop()
    built.journal.close()
    for port in ports:
        port.close()


def test_a_listed_card_opens_and_a_car_that_drives_through_has_passed(gateway: Gateway) -> None:
    gateway.street.go(Place.BEFORE)
    assert not gateway.goes(Place.BENEATH)
    gateway.presents(WANG)
    gateway.until(lambda: gateway.goes(Place.BENEATH))
    gateway.until(lambda: gateway.barrier.lamps["go"])
    gateway.until(lambda: "green" in gateway.reader.shown)
    gateway.until(lambda: gateway.display.colour == "green")
    gateway.lane.contacts.look()
    gateway.street.go(Place.THROUGH)
    gateway.until(lambda: gateway.find(EventKind.PASSED) is not None)
    tap, passed = gateway.find(EventKind.TAP), gateway.find(EventKind.PASSED)
    assert tap is not None
    assert passed is not None
    assert (tap.granted, tap.uid, passed.about) == (True, WANG, tap.sequence)
    assert len(gateway.barrier.openings) == 1


def test_a_card_of_nobody_opens_nothing_and_the_driver_reads_why(gateway: Gateway) -> None:
    gateway.presents(STRANGER)
    gateway.until(lambda: gateway.display.colour == "red" and "red" in gateway.reader.shown)
    assert gateway.barrier.openings == ()


def test_a_card_that_waited_in_a_cut_reader_opens_nothing(gateway: Gateway) -> None:
    gateway.presents_while_cut_off(WANG)
    assert {(tap.granted, tap.uid) for tap in gateway.taps} == {(False, WANG)}
    assert gateway.barrier.openings == (), "for nobody who still stands there"
