"""`yika demo`: the whole site in one command, or its story without a browser."""

import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from simulators.clock import DemoClock
    from simulators.site import Site

_THREADS = 48
"""Every open page listens on a thread of its own."""


@click.command()
@click.option("--check", is_flag=True, help="Run the story without a browser and count.")
@click.option("--pcsc", is_flag=True, help="Desk and kiosk use the real pcscd through vpcd.")
@click.option(
    "--port",
    type=click.IntRange(1, 65535),
    default=8780,
    show_default=True,
    help="Port of the one address to open.",
)
@click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="Where the demo keeps its database and cards; a fresh one by default.",
)
def demo(folder: Path | None, port: int, *, check: bool, pcsc: bool) -> None:
    """Run a whole site on simulated hardware: desk, kiosk, gate and the panel."""
    with ExitStack() as stack:
        if folder is None:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="yika-demo-")))
        if check:
            _check(folder, pcsc=pcsc)
        else:
            _serve(folder, port, pcsc=pcsc)


def _check(folder: Path, *, pcsc: bool) -> None:
    from simulators.clock import DemoClock
    from simulators.story import CHAPTERS, tell_all
    from simulators.teller import FIRST_DAY

    clock = DemoClock()
    clock.travel_to(FIRST_DAY)
    with ExitStack() as stack:
        site = stack.enter_context(_open_site(folder, clock, pcsc=pcsc, brisk=True))
        broken = tell_all(site, click.echo)
    click.echo(f"{len(CHAPTERS) - len(broken)} passed, {len(broken)} failed")
    if broken:
        raise SystemExit(1)


def _serve(folder: Path, port: int, *, pcsc: bool) -> None:
    from kiosk.station.listening import listening
    from simulators.crowd import move_in
    from simulators.stopping import end_in_order

    end_in_order()
    with ExitStack() as stack:
        site = stack.enter_context(_open_site(folder, None, pcsc=pcsc))
        site.go_on_in_time()
        move_in(site.estate)
        where = f"127.0.0.1:{port}"
        server = listening(site.wsgi(), where, places=_THREADS)
        click.echo(f"Yika demo: http://{where}/   (Ctrl-C ends it)")
        try:
            server.run()
        finally:
            server.close()


def _open_site(
    folder: Path, clock: "DemoClock | None", *, pcsc: bool, brisk: bool = False
) -> "Site":
    from simulators.site import BRISK_NOTES, Site

    note_timing = BRISK_NOTES if brisk else None
    if not pcsc:
        return Site(folder, clock=clock, note_timing=note_timing)
    from simulators.pcsc_site import open_pcsc_site

    return open_pcsc_site(folder, clock, note_timing=note_timing)
