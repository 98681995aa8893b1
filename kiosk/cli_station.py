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
    click.echo(f"{config.station.name}: http://{config.station.listen}/")
    serve(station, config.station.listen)


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


@click.command()
@_FILE
def gate(config: Path) -> None:
    """Run a gate from its CONFIG file (see docs/stations.md)."""
    from kiosk.gate.station import build

    _run(config, build)
