"""A lane as its TOML says: reader, relay board and display, each on a pty, each with its thread."""

import re
import time
import tomllib
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from cardserver.domain.admission import Reason
from cardserver.domain.lanes import Identify
from kiosk.gate.building import build_lane
from kiosk.gate.codes import CodePost
from kiosk.gate.lane import LaneLoop
from kiosk.gate.owners import Owners
from kiosk.gate.shared import Shared
from kiosk.station.config import Config, LanePart
from simulators.barrier import VirtualArm, VirtualBarrier
from simulators.display import VirtualDisplay
from simulators.stream import PtyPort, StreamDevice
from simulators.wiegand import VirtualWiegand
from tests.unit.kiosk.gate.yard import STRANGER, WANG, Yard

PATIENCE_S = 5.0
DOCS = Path(__file__).parents[4] / "docs"


@dataclass
class Lane:
    """A lane at work, and what stands at the ends of its lines."""

    loop: LaneLoop
    yard: Yard
    reader: VirtualWiegand
    barrier: VirtualBarrier
    display: VirtualDisplay

    def hold(self, uid: bytes) -> Reason:
        seen, before = self.yard.bell.counts(), self.loop.shown
        self.reader.hold(uid)
        while self.loop.shown is before:
            rung = self.yard.bell.wait(seen, PATIENCE_S)
            assert rung != seen, "the lane said nothing"
            seen = rung
        assert self.loop.shown is not None
        return self.loop.shown.decision.reason


@pytest.fixture
def lane(tmp_path: Path) -> Iterator[Lane]:
    with Yard(tmp_path) as yard, ExitStack() as last:

        def plugged(device: StreamDevice) -> PtyPort:
            port = PtyPort(device)
            last.callback(port.close)
            return port

        reader, display = VirtualWiegand(), VirtualDisplay()
        barrier = VirtualBarrier(arm=VirtualArm(rise_s=0.01, fall_s=0.01))
        reader_port, board_port = plugged(reader), plugged(barrier)
        reader.plug(reader_port.send)
        board = {"port": board_port.path, "board": "waveshare-d", "arm_input": 1, "loop_input": 2}
        part = LanePart.model_validate(
            {
                "id": "car-in",
                "name": "车场入口",
                "right": "parking",
                "zone": 0,
                "direction": "entry",
                "reader": {"driver": "wiegand", "port": reader_port.path},
                "barrier": {"driver": "modbus_relay", **board},
                "display": {"driver": "bx5k", "port": plugged(display).path},
            }
        )
        owners = Owners()
        last.callback(owners.stop)
        keys = yard.place("elsewhere").loop._keys
        shared = Shared.of(yard.journal, bell=yard.bell, clock=yard.clock)
        loop = build_lane(part, keys=keys, snapshot=yard.snapshot, shared=shared, owners=owners)
        loop.start()
        last.callback(loop.stop)
        end = time.monotonic() + PATIENCE_S
        assert isinstance(loop.post, CodePost)
        while not loop.post.link.up:  # what comes before the line is opened is rightly dropped
            assert time.monotonic() < end, "the lane's reader did not come up"
            time.sleep(0.01)
        yield Lane(loop, yard, reader, barrier, display)


def test_a_number_at_a_wiegand_reader_opens_by_the_list(lane: Lane) -> None:
    assert lane.loop.lane.identify is Identify.UID
    assert lane.hold(WANG) is Reason.GRANTED
    assert len(lane.barrier.openings) == 1
    assert lane.hold(STRANGER) is Reason.UNKNOWN_CARD
    assert len(lane.barrier.openings) == 1
    assert lane.yard.lines[0] == "car-in tap card 7 granted"


def test_every_key_in_the_gates_page_is_one_that_the_program_knows() -> None:
    page = (DOCS / "gate.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"```toml\n(.*?)```", page, re.DOTALL)
    config = Config.model_validate(tomllib.loads(block))
    assert config.gate is not None
    (part,) = config.lane
    written = set(re.findall(r"^(\w+) =", block, re.MULTILINE))
    assert set(LanePart.model_fields) - {"reader", "barrier", "display"} <= written
    assert set(type(config.gate).model_fields) <= written
    assert part.barrier.settings()["fire_input"] == "!5"
