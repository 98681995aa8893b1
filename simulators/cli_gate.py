"""`yika sim barrier|wiegand|osdp|display`: the devices of a gate's lane, one at a time.

As with `cli_devices`, each prints where it sits, and what hands would do is typed, a word a line.
"""

import secrets
from collections.abc import Callable
from pathlib import Path

import click

from simulators.cli_devices import STAY, TCP, Words, obey, on_a_port, stay_there

_KEY_SIZE = 16


def _switch(change: Callable[[bool], None]) -> Callable[[str], None]:
    """A word that is followed by on or off."""

    def act(state: str) -> None:
        if state not in {"on", "off"}:
            raise click.UsageError("say on or off")
        change(state == "on")

    return act


@click.command()
@TCP
@click.option("--door", "doorway", is_flag=True, help="A door with a strike in place of an arm.")
@STAY
def barrier(tcp: int | None, *, doorway: bool, stay: bool) -> None:
    """A virtual barrier, or door, behind a Modbus RTU relay board."""
    from simulators.barrier import VirtualBarrier

    device = VirtualBarrier(doorway=doorway)

    def set_contact(name: str) -> Callable[[bool], None]:
        return lambda closed: setattr(device, name, closed)

    def view(_: str) -> None:
        lit = ", ".join(name for name, on in device.lamps.items() if on) or "none"
        click.echo(
            f"arm up: {device.arm_up}, open: {device.height:.2f}, "
            f"openings: {len(device.openings)}, lamps: {lit}"
        )

    words: dict[str, Callable[[str], object]] = {
        "car": _switch(set_contact("vehicle_present")),
        "exit": _switch(set_contact("exit_button")),
        "fire": _switch(set_contact("fire")),
        "tamper": _switch(set_contact("tamper")),
        "stuck": _switch(set_contact("stuck")),
        "loop-stuck": _switch(set_contact("loop_stuck")),
        "view": view,
    }
    if device.door is not None:
        door = device.door
        words |= {
            "push": lambda _: click.echo("open" if door.push() else "shut"),
            "force": lambda _: door.force(),
            "shut": lambda _: door.shut(),
        }
    with on_a_port(device, tcp):
        obey(words)
        if stay:
            stay_there()


@click.command()
@click.option("--format", "form", type=click.Choice(["bits", "hex"]), default="bits")
@STAY
def wiegand(form: str, *, stay: bool) -> None:
    """A virtual Wiegand reader with its converter, on a pty."""
    from simulators.wiegand import Trouble, VirtualWiegand

    device = VirtualWiegand(form=form)

    def plan(trouble: str) -> None:
        device.trouble = Trouble(trouble)

    words: Words = {
        "hold": lambda uid: device.hold(bytes.fromhex(uid)),
        "press": device.press,
        "trouble": plan,
    }
    with on_a_port(device, None, plug=lambda port: device.plug(port.send)):
        obey(words)
        if stay:
            stay_there()


@click.command()
@TCP
@click.option("--address", type=click.IntRange(0, 126), default=1, show_default=True)
@click.option(
    "--key-file",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    help="Its secure channel key (32 hex digits); made where there is none.",
)
@STAY
def osdp(tcp: int | None, address: int, key_file: Path, *, stay: bool) -> None:
    """A virtual OSDP reader with a secure channel."""
    from simulators.osdp import VirtualOsdp

    if not key_file.exists():
        key_file.write_text(secrets.token_hex(16) + "\n", encoding="ascii")
    device = VirtualOsdp(address=address, key=_key_in(key_file))
    words: Words = {
        "hold": lambda uid: device.hold(bytes.fromhex(uid)),
        "press": device.press,
        "cut": lambda _: device.cut(),
        "mend": lambda _: device.mend(),
        "reboot": lambda seconds: device.reboot(float(seconds or 0)),
        "housing": _switch(lambda opened: device.open_housing(opened=opened)),
        "view": lambda _: click.echo(f"secure: {device.secure}, shown: {list(device.shown)}"),
    }
    with on_a_port(device, tcp):
        obey(words)
        if stay:
            stay_there()


def _key_in(path: Path) -> bytes:
    try:
        key = bytes.fromhex(path.read_text(encoding="ascii"))
    except ValueError:
        key = b""
    if len(key) != _KEY_SIZE:
        raise click.ClickException(f"{path} does not hold {2 * _KEY_SIZE} hex digits")
    return key


@click.command()
@TCP
@click.option("--screen", type=click.IntRange(1, 0xFFFD), default=1, show_default=True)
@STAY
def display(tcp: int | None, screen: int, *, stay: bool) -> None:
    """A virtual lane display with an Onbon font card (BX-5K)."""
    from simulators.display import VirtualDisplay

    device = VirtualDisplay(screen=screen)

    def switch_mute(mute: bool) -> None:
        device.mute = mute

    words: Words = {
        "mute": _switch(switch_mute),
        "view": lambda _: click.echo(" | ".join(device.lines) or "nothing"),
    }
    with on_a_port(device, tcp):
        obey(words)
        if stay:
            stay_there()
