"""`yika desk`, `yika kiosk`, `yika gate`: run one station from its TOML file."""

from collections.abc import Callable
from pathlib import Path

import click

from kiosk.station.config import Config, load_config
from kiosk.station.running import Station, serve

_FILE = click.argument("config", type=click.Path(dir_okay=False, path_type=Path))


def _run(path: Path, build: Callable[[Config], Station]) -> None:
    config = load_config(path)
    station = build(config)
    listen = config.station.listen
    serve(station, listen, announce=lambda: click.echo(f"{config.station.name}: http://{listen}/"))


@click.command()
@_FILE
def desk(config: Path) -> None:
    """Run a front desk from its CONFIG file (see docs/stations.md)."""
    from kiosk.desk.station import build

    _run(config, build)


@click.command()
@_FILE
def kiosk(config: Path) -> None:
    """Run a self-service kiosk from its CONFIG file (see docs/stations.md)."""
    from kiosk.selfservice.station import build

    _run(config, build)


class _RunsByDefault(click.Group):
    """``yika gate CONFIG`` runs it; ``yika gate enrol CONFIG`` is a command of its own."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put in the word that may be left out."""
        if args and not args[0].startswith("-") and args[0] not in self.commands:
            args = ["run", *args]
        return super().parse_args(ctx, args)


@click.group(cls=_RunsByDefault)
def gate() -> None:
    """Run a gate from its CONFIG file (see docs/stations.md): `yika gate CONFIG`."""


@gate.command()
@_FILE
def run(config: Path) -> None:
    """Run a gate from its CONFIG file; the word run may be left out."""
    from kiosk.gate.station import build

    _run(config, build)


@gate.command()
@_FILE
@click.argument("name")
@click.option("--anew", is_flag=True, help="Make a new key although there is one.")
def enrol(config: Path, name: str, *, anew: bool) -> None:
    """Make this gate's own key and print what the centre needs to let it in as NAME."""
    from kiosk.gate.enrolling import enrol_here

    for line in enrol_here(load_config(config), name, anew=anew):
        click.echo(line)
