"""A lane's devices: its reader of either kind, its barrier's board, its display.

Looking changes nothing: nothing opens, no lamp is lit, no text is shown. An OSDP reader is spoken
to until its secure channel is up, because that is what can be wrong with it.
"""

from collections.abc import Iterator
from contextlib import closing
from typing import Final

from cardserver.domain.finding import Finding, fine, look, wrong
from drivers.api.barriers import Inputs
from drivers.api.codes import CodeReader
from drivers.errors import DeviceError
from kiosk.checkup import devices
from kiosk.checkup.devices import of_device, try_port
from kiosk.station.config import DevicePart, LanePart
from kiosk.station.devices import open_barrier, open_code_reader, open_display, tells_numbers

_CODE_READER_S: Final = 4.0
_LOOK_S: Final = 0.1
_SAYS: Final = (
    ("arm_up", "the arm is up", "the arm is down"),
    ("vehicle_present", "a vehicle stands on the loop", "the loop is free"),
    ("door_open", "the door is open", "the door is shut"),
    ("exit_button", "the exit button is pressed", ""),
    ("fire", "", "no fire alarm"),
    ("tamper", "", "the cabinet is shut"),
)


def lane(part: LanePart) -> Iterator[Finding]:
    """Are a lane's reader, barrier and display there?"""
    subject = f"reader of {part.id}"
    try:
        reads_numbers = tells_numbers(part.reader)
    except DeviceError as error:
        yield of_device(subject, error)
    else:
        yield from (code_reader if reads_numbers else devices.reader)(subject, part.reader)
    yield from barrier(f"barrier of {part.id}", part.barrier)
    if part.display is not None:
        yield from display(f"display of {part.id}", part.display)


def code_reader(subject: str, part: DevicePart) -> Iterator[Finding]:
    """Does a Wiegand or OSDP reader's line stand?"""
    try:
        with closing(open_code_reader(part)) as reader:
            yield from _of_code_reader(subject, reader)
    except DeviceError as error:
        yield of_device(subject, error)


def _of_code_reader(subject: str, reader: CodeReader) -> Iterator[Finding]:
    waited_s = 0.0
    while not reader.link().up and waited_s < _CODE_READER_S:
        reader.poll(_LOOK_S)
        waited_s += _LOOK_S
    link = reader.link()
    if not link.up:
        yield wrong(subject, "it does not come up", "See to its cable, address and key.")
        return
    says = "its port can be opened; a converter says nothing by itself"
    yield fine(subject, "it answers, the secure channel is up" if link.secure else says)
    if link.tamper:
        yield look(
            subject, "its housing is open", "Close it, and see whether it was tampered with."
        )


def barrier(subject: str, part: DevicePart) -> Iterator[Finding]:
    """Does the barrier's board answer, and how are its inputs?"""
    try:
        with closing(open_barrier(part)) as board:
            try_port(part)
            state = board.state()
    except DeviceError as error:
        yield of_device(subject, error)
        return
    says = ", ".join(_inputs(state))
    yield fine(subject, says or "its port can be opened; no input is wired that could be asked")
    if state.fire:
        advice = "If there is none: see to the alarm's contact and its wire, and to the `!`."
        yield look(subject, "its fire input says fire", advice)
    if state.tamper:
        yield look(subject, "its cabinet is open", "Close it, or see to its contact.")


def _inputs(state: Inputs) -> Iterator[str]:
    for name, closed, at_rest in _SAYS:
        value: bool | None = getattr(state, name)
        says = "" if value is None else closed if value else at_rest
        if says:
            yield says


def display(subject: str, part: DevicePart) -> Iterator[Finding]:
    """Does the display answer?"""
    try:
        with closing(open_display(part)) as found:
            found.check()
            yield fine(subject, f"it answers; {found.rows} lines of {found.columns} columns")
    except DeviceError as error:
        yield of_device(subject, error)
