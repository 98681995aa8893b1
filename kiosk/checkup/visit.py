"""One checkup from beginning to end: the machine first, then all that a station's file names."""

from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from cardserver.domain.finding import Check, Finding, Mark, fine, guarded, wrong
from kiosk.checkup import machine
from kiosk.station.clock import system_clock

if TYPE_CHECKING:
    from kiosk.station.config import Config

_CORRECT: Final = "Correct the file; docs/stations.md explains every key."


def visit(
    path: Path | None = None,
    *,
    ask_acceptor: bool = False,
    now: Callable[[], datetime] = system_clock,
) -> Iterator[Finding]:
    """Findings as they come; with the station's file at `path` its devices and server too.

    Raises nothing: what can't be looked at is a finding itself.
    """
    packages = list(guarded("packages", machine.python_and_packages))
    yield from packages
    yield from guarded("clock", partial(machine.clock, now))
    if any(finding.mark is Mark.WRONG for finding in packages):
        return
    yield from guarded(machine.PCSC, machine.card_reader_service)
    yield from guarded("serial ports", machine.serial_ports)
    if path is not None:
        yield from guarded("file", partial(_station, path, ask_acceptor, now))


def _station(path: Path, ask_acceptor: bool, now: Callable[[], datetime]) -> Iterator[Finding]:
    from kiosk.station.config import ConfigInvalid, load_config

    try:
        config = load_config(path)
    except ConfigInvalid as error:
        yield wrong("file", str(error), _CORRECT)
        return
    yield fine("file", f"{path}: {config.station.name}")
    for subject, check in _checks(config, ask_acceptor, now):
        yield from guarded(subject, partial(_as_the_file_says, subject, check))


def _as_the_file_says(subject: str, check: Check) -> Iterator[Finding]:
    """A check; a key that only its device knows to be wrong is the file's mistake."""
    from kiosk.station.config import ConfigInvalid

    try:
        yield from check()
    except ConfigInvalid as error:
        yield wrong(subject, str(error), _CORRECT)


def _checks(
    config: "Config", ask_acceptor: bool, now: Callable[[], datetime]
) -> Iterator[tuple[str, Check]]:
    from kiosk.checkup import devices, gate, lanes, server, till

    yield "server", partial(server.server, config, now)
    if config.reader is not None:
        yield "reader", partial(devices.reader, "reader", config.reader)
    if config.printer is not None:
        yield "printer", partial(devices.printer, config.printer)
    if config.acceptor is not None:
        yield "acceptor", partial(devices.acceptor, config.acceptor, ask=ask_acceptor)
    for part in config.lane:
        yield f"lane {part.id}", partial(lanes.lane, part)
    if config.kiosk is not None:
        yield "till journal", partial(till.journal, config.kiosk)
    if config.gate is not None:
        yield "gate keys", partial(gate.keys, config.gate)
        yield "journal", partial(gate.journal, config.gate)
