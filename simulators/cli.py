"""`yika sim`: virtual cards for the real PC/SC daemon, single serial devices, payment providers.

Imports of this module stay light, because the program's help loads it.
"""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from simulators.cli_devices import acceptor, printer
from simulators.cli_gate import barrier, display, osdp, wiegand
from simulators.payments.cli_pay import pay
from simulators.stopping import stop_signal

if TYPE_CHECKING:
    from simulators.cards.api import VirtualCard

DEFAULT_PORT: Final = 35963  # vpcd's first slot


@click.group()
def sim() -> None:
    """Virtual cards on the real PC/SC service, and single devices on a pty: printer, barrier .."""


sim.add_command(printer)
sim.add_command(acceptor)
for _device in (barrier, wiegand, osdp, display):
    sim.add_command(_device)
sim.add_command(pay)


@sim.command("list")
def list_kinds() -> None:
    """Kinds of cards that `yika sim card --type` can be."""
    from simulators.cards.catalogue import CATALOGUE

    for kind, entry in CATALOGUE.items():
        sizes = " or ".join(str(size) for size in sorted(entry.uid_sizes))
        click.echo(f"{kind:14}{entry.name} (UID of {sizes} bytes)")


@sim.command("card")
@click.option("--type", "kind", required=True, help="Kind of card; `yika sim list` names them.")
@click.option("--uid", required=True, help="Identifier in hex, e.g. 04A1B2C3D4E5F6.")
@click.option(
    "--port",
    type=click.IntRange(1, 65535),
    default=DEFAULT_PORT,
    show_default=True,
    help="TCP port of the vpcd slot; the second slot is one higher.",
)
@click.option(
    "--state",
    "state_file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="File that keeps the card's memory from one run to the next.",
)
def lay_card(kind: str, uid: str, port: int, state_file: Path | None) -> None:
    """Lay a virtual card on the reader and leave it there until Ctrl-C."""
    from simulators.vpcd import Attachment

    card = _make(kind, uid)
    if state_file is not None:
        _load(card, state_file)

    def keep() -> None:
        try:
            if state_file is not None:
                _keep(card, state_file)
        except OSError as wrong:
            click.echo(f"The card's memory can't be kept: {wrong}", err=True)

    stop = stop_signal()
    attachment = Attachment(card, port, at_rest=keep)
    click.echo(f"{kind} {uid} lies on vpcd port {port}; Ctrl-C takes it away.", err=True)
    stop.wait()
    attachment.remove()


def _make(kind: str, uid: str) -> "VirtualCard":
    from simulators.cards.catalogue import make

    try:
        return make(kind, bytes.fromhex(uid))
    except ValueError as wrong:
        raise click.UsageError(str(wrong)) from wrong


def _load(card: "VirtualCard", state_file: Path) -> None:
    try:
        state = json.loads(state_file.read_text(encoding="utf-8"))
        card.load(state if isinstance(state, dict) else {})
    except FileNotFoundError:
        return
    except (OSError, ValueError, RecursionError) as wrong:
        raise click.ClickException(f"{state_file} can't be taken over: {wrong}") from wrong


def _keep(card: "VirtualCard", state_file: Path) -> None:
    """Replace the file as a whole, so that a kill leaves the old memory or the new."""
    fresh = state_file.with_name(state_file.name + ".new")
    fresh.write_text(json.dumps(card.dump(), indent=1) + "\n", encoding="utf-8")
    fresh.replace(state_file)
