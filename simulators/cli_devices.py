"""`yika sim printer|acceptor`: one virtual serial device for whoever wants to talk to it.

Each sits on a pty (default) or on a TCP port of this machine and prints where. What a person's
hands would do is typed as a line on standard input; `help` lists the words.
"""

import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from simulators.paper import VirtualPrinter
    from simulators.stream import PtyPort, StreamDevice

TCP = click.option("--tcp", type=click.IntRange(0, 65535), help="TCP port; 0 picks one.")
STAY = click.option(
    "--stay", is_flag=True, help="Go on after the end of input, until Ctrl-C (in the background)."
)
_LOOK_S = 0.5
_YUAN = 100

Words = Mapping[str, Callable[[str], object]]


@click.command()
@TCP
@click.option(
    "--sheets",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(),
    help="Folder for the paper that comes out, as PNG and text.",
)
@STAY
def printer(tcp: int | None, sheets: Path, *, stay: bool) -> None:
    """A virtual ESC/POS printer; what it prints lands in a folder."""
    from simulators.paper import VirtualPrinter

    device = VirtualPrinter()
    words: Words = {
        "out": lambda _: device.change(paper_out=True),
        "refill": lambda _: device.load_paper(),
        "open": lambda _: device.change(cover_open=True),
        "shut": lambda _: device.change(cover_open=False),
        "mute": lambda _: device.change(mute=True),
        "speak": lambda _: device.change(mute=False),
        "out-after": lambda number: device.run_out_of_paper(after_bytes=int(number)),
        "sheets": lambda _: _save(device, sheets),
    }
    with on_a_port(device, tcp):
        obey(words)
        if stay:
            stay_there(partial(_save_new, device, sheets))
    _save(device, sheets)


@click.command()
@TCP
@click.option(
    "--protocol",
    type=click.Choice(["ssp", "id003"]),
    default="ssp",
    show_default=True,
    help="ITL's SSP or JCM's ID-003; the driver of a station's file has the same name.",
)
@STAY
def acceptor(tcp: int | None, protocol: str, *, stay: bool) -> None:
    """A virtual banknote acceptor."""
    from simulators.acceptor import VirtualAcceptor
    from simulators.id003 import VirtualId003

    device = VirtualAcceptor() if protocol == "ssp" else VirtualId003()
    words: Words = {
        "note": lambda yuan: device.insert_note(int(yuan) * _YUAN),
        "foreign": lambda _: device.insert_foreign_note(),
        "pull": lambda _: device.pull_note_back(),
        "jam": lambda _: device.jam(),
        "clear": lambda _: device.clear_jam(),
        "full": lambda _: device.fill_stacker(),
        "box-out": lambda _: device.remove_cashbox(),
        "box-in": lambda _: device.replace_cashbox(),
        "off": lambda _: device.cut_power(),
        "on": lambda _: device.restore_power(),
        "view": lambda _: click.echo(device.view()),
    }
    with on_a_port(device, tcp):
        obey(words)
        if stay:
            stay_there()


@contextmanager
def on_a_port(
    device: "StreamDevice", tcp: int | None, *, plug: Callable[["PtyPort"], object] = lambda _: None
) -> Iterator[None]:
    """Put a device on a port and say where. `plug` is for devices that speak unasked (pty only)."""
    from simulators.stream import PtyPort, TcpPort

    port = PtyPort(device) if tcp is None else TcpPort(device, port=tcp)
    where = port.path if isinstance(port, PtyPort) else f"socket://127.0.0.1:{port.port}"
    if isinstance(port, PtyPort):
        plug(port)
    click.echo(where)
    try:
        yield
    finally:
        port.close()


def obey(words: Words) -> None:
    """Do what is typed until the end of input."""
    for typed in sys.stdin.buffer:
        line = typed.decode(errors="replace")
        word, _, rest = line.strip().partition(" ")
        act: Callable[[str], object] | None = words.get(word)
        try:
            if act is None:
                click.echo(f"words: {', '.join(words)}", err=True)
            else:
                act(rest)
        except click.UsageError as wrong:
            click.echo(wrong.message, err=True)
        except (ValueError, LookupError, OverflowError):
            click.echo(f"{word} can't be that: {rest or 'nothing'}", err=True)


def stay_there(again: Callable[[], object] = lambda: None) -> None:
    """Until somebody presses Ctrl-C or ends the process; `again` is done now and then."""
    try:
        while True:
            time.sleep(_LOOK_S)
            again()
    except KeyboardInterrupt:
        click.echo("ended", err=True)


def _save_new(device: "VirtualPrinter", folder: Path) -> None:
    """Save when another sheet has come out."""
    if device.sheets and not (folder / f"sheet-{len(device.sheets)}.txt").exists():
        _save(device, folder)


def _save(device: "VirtualPrinter", folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for number, sheet in enumerate(device.sheets, start=1):
        (folder / f"sheet-{number}.png").write_bytes(sheet.png())
        (folder / f"sheet-{number}.txt").write_text(sheet.text, encoding="utf-8")
