"""The gate's Wiegand readers and displays over a real port, and a loop that sticks."""

import pytest

from drivers.api.codes import CodeReader
from drivers.api.displays import Tone
from drivers.displays import bx5k
from drivers.errors import DeviceBusy, DeviceNotFound, DeviceTimeout, FrameError
from drivers.readers import wiegand
from simulators.display import VirtualDisplay
from simulators.stream import FaultyLine, PtyPort, StreamFault, StreamFaultKind
from simulators.wiegand import Trouble, VirtualWiegand
from tests.contract.plugging import Plug

PATIENCE_S = 5.0
UID = bytes.fromhex("04A1B2C3D4E5F6")


def opened(port: PtyPort, **settings: str) -> CodeReader:
    reader = wiegand.DRIVER.open({"port": port.path} | settings)
    assert reader.poll(0.0) is None
    return reader


@pytest.mark.parametrize("form", ["bits", "hex"])
def test_a_card_comes_through_a_converter(plug: Plug, form: str) -> None:
    device = VirtualWiegand(form=form)
    port = plug(device)
    reader = opened(port, format=form)
    device.plug(port.send)
    device.hold(UID)
    read = reader.poll(PATIENCE_S)
    assert read is not None
    assert read.uid == UID
    reader.close()


@pytest.mark.parametrize("trouble", [each for each in Trouble if each is not Trouble.CUT])
def test_a_damaged_message_is_counted_and_the_next_one_read(plug: Plug, trouble: Trouble) -> None:
    device = VirtualWiegand(trouble=trouble)
    port = plug(device)
    reader = opened(port)
    device.plug(port.send)
    device.hold(bytes(7))
    device.hold(UID)
    read = reader.poll(PATIENCE_S)
    assert read is not None
    assert read.uid == UID
    assert reader.link().damaged == 1
    reader.close()


def test_a_converter_that_is_pulled_out_is_found_out(plug: Plug) -> None:
    port = plug(VirtualWiegand())
    reader = opened(port)
    with pytest.raises(DeviceBusy):
        wiegand.DRIVER.open({"port": port.path}).poll(0.0)
    port.close()
    with pytest.raises(DeviceNotFound):
        reader.poll(0.0)
    assert reader.link().drops == 1
    assert not reader.link().up


def test_a_text_stands_on_a_display(plug: Plug) -> None:
    device = VirtualDisplay()
    display = bx5k.DRIVER.open({"port": plug(device).path, "timeout_ms": "2000", "baud": "115200"})
    display.rest(["请刷卡"])
    assert [area.text for area in device.areas] == ["请刷卡"]
    display.show(["欢迎回家", "有效期至12月31日"], tone=Tone.GOOD, for_s=60)
    assert device.lines == ("欢迎回家", "有效期至12月31日")
    assert device.colour == "green"
    display.close()


@pytest.mark.parametrize("kind", StreamFaultKind)
def test_a_broken_line_to_a_display_ends_in_one_error_or_none(
    plug: Plug, kind: StreamFaultKind
) -> None:
    device = VirtualDisplay()
    line = FaultyLine(device)
    mute = {StreamFaultKind.SILENCE, StreamFaultKind.CUT, StreamFaultKind.LATE}
    patience = "250" if kind in mute else "2000"  # on a busy machine others answer late too
    display = bx5k.DRIVER.open({"port": plug(line).path, "timeout_ms": patience, "baud": "115200"})
    line.break_line(StreamFault(kind=kind, at_byte=20))
    for _ in range(2):
        try:
            display.show(["请稍候"])
        except DeviceTimeout:
            assert kind in mute
        except FrameError:
            assert kind is StreamFaultKind.GARBLE
    line.break_line(None)
    display.show(["好了"])
    assert device.lines == ("好了",)
    display.close()
