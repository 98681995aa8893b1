"""What `yika doctor` says of a lane's devices: readers that tell numbers, boards, displays."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cardserver.domain.finding import Finding, Mark
from kiosk.checkup import lanes
from kiosk.station.config import DevicePart, LanePart, load_config
from simulators.barrier import VirtualBarrier
from simulators.display import VirtualDisplay
from simulators.osdp import VirtualOsdp
from simulators.stream import PtyPort, StreamDevice
from simulators.wiegand import VirtualWiegand

KEY = bytes(range(0x51, 0x61))

Plug = Callable[[StreamDevice], str]


@pytest.fixture
def plug() -> Iterator[Plug]:
    ports: list[PtyPort] = []

    def on_a_port(device: StreamDevice) -> str:
        ports.append(PtyPort(device))
        return ports[-1].path

    yield on_a_port
    for port in ports:
        port.close()


def found(findings: Iterator[Finding]) -> dict[str, Finding]:
    return {each.subject: each for each in findings}


def lane_of(reader: DevicePart, barrier: DevicePart, display: DevicePart | None) -> LanePart:
    return LanePart.model_validate(
        {
            "id": "car-in",
            "name": "车场入口",
            "right": "parking",
            "zone": 0,
            "reader": reader,
            "barrier": barrier,
            "display": display,
        }
    )


def part(driver: str, **settings: str) -> DevicePart:
    return DevicePart.model_validate({"driver": driver} | settings)


def test_a_whole_lane_is_fine_and_nothing_on_it_moved(plug: Plug) -> None:
    board, screen = VirtualBarrier(), VirtualDisplay(stored=("一卡",))
    lane = lane_of(
        part("wiegand", port=plug(VirtualWiegand())),
        part(
            "modbus_relay",
            port=plug(board),
            board="waveshare-d",
            arm_input="1",
            loop_input="2",
            fire_input="!5",
            timeout_ms="2000",
        ),
        part("bx5k", port=plug(screen), timeout_ms="2000", baud="115200"),
    )
    report = found(lanes.lane(lane))
    assert [each for each in report.values() if each.mark is not Mark.FINE] == []
    assert report["barrier of car-in"].says == "the arm is down, the loop is free, no fire alarm"
    assert "2 lines of 8 columns" in report["display of car-in"].says
    assert (board.openings, screen.lines) == ((), ("一卡",))


def test_an_osdp_reader_is_fine_when_its_secure_channel_is_up(plug: Plug, tmp_path: Path) -> None:
    file = tmp_path / "reader.key"
    file.write_text(KEY.hex())
    reader = part(
        "osdp",
        port=plug(VirtualOsdp(key=KEY)),
        address="1",
        key_file=str(file),
        baud="115200",
    )
    says = found(lanes.code_reader("reader", reader))["reader"]
    assert says.mark is Mark.FINE
    assert "secure channel is up" in says.says


def test_a_reader_without_its_key_file_is_wrong(tmp_path: Path) -> None:
    reader = part("osdp", port="/dev/ttyX", address="1", key_file=str(tmp_path / "none"))
    assert found(lanes.code_reader("reader", reader))["reader"].mark is Mark.WRONG


@pytest.mark.parametrize("fire", ["5", "!5"])
def test_a_fire_contact_is_looked_at(plug: Plug, fire: str) -> None:
    board = VirtualBarrier()
    board.fire = fire == "!5"
    settings = {"board": "waveshare-d", "fire_input": fire, "timeout_ms": "2000"}
    report = list(lanes.barrier("barrier", part("modbus_relay", port=plug(board), **settings)))
    assert [each.mark for each in report] == [Mark.FINE, Mark.LOOK], report


def test_devices_that_are_not_there_are_each_told() -> None:
    away = "/dev/no-such-port"
    lane = lane_of(
        part("nothing"), part("modbus_relay", port=away, board="waveshare"), part("bx5k", port=away)
    )
    report = found(lanes.lane(lane))
    assert {each.mark for each in report.values()} == {Mark.WRONG}
    assert len(report) == 3


def test_a_readers_key_file_lies_beside_the_stations(tmp_path: Path) -> None:
    file = tmp_path / "gate.toml"
    file.write_text(
        """
[station]
name = "门岗"
server = "http://127.0.0.1:1"
token_file = "token"
company = "x"
phone = "1"
[[lane]]
id = "a"
name = "A"
right = "door"
zone = 0
reader = { driver = "osdp", port = "COM3", address = 1, key_file = "a.key" }
barrier = { driver = "modbus_relay", port = "COM4", board = "waveshare" }
""",
        encoding="utf-8",
    )
    reader = load_config(file).lane[0].reader
    assert reader.settings()["key_file"] == str(tmp_path / "a.key")
    assert reader.settings()["address"] == "1"
