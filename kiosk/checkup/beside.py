"""A checkup on the card server's own machine, whether the server runs or not.

The server's part is loaded by its name, as the `yika` command loads its commands: nothing of it is
needed at a station.
"""

import tomllib
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Final

from cardserver.domain.finding import Finding, Mark, guarded
from kiosk.checkup import machine
from kiosk.station.clock import system_clock

_SERVERS_PART: Final = "cardserver.cli_doctor"


def is_servers(path: Path) -> bool:
    """True for a file of `yika serve`: it has plain settings where a station's has tables."""
    try:
        settings = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, RecursionError):
        return False
    return bool(settings) and not any(isinstance(each, dict | list) for each in settings.values())


def visit_server(
    path: Path | None, words: Sequence[str] = (), *, now: Callable[[], datetime] = system_clock
) -> Iterator[Finding]:
    """Findings as they come: the machine, then what `yika serve` would open there.

    `path` is its file of settings; `words` are further options of it. Raises nothing.
    """
    packages = list(
        guarded("packages", partial(machine.python_and_packages, machine.SERVER_PACKAGES, "server"))
    )
    yield from packages
    yield from guarded("clock", partial(machine.clock, now))
    if any(finding.mark is Mark.WRONG for finding in packages):
        return
    config = [] if path is None else [f"--config={path}"]
    yield from guarded("server", partial(_servers_part, [*config, *words], now))


def _servers_part(words: Sequence[str], now: Callable[[], datetime]) -> Iterator[Finding]:
    yield from import_module(_SERVERS_PART).findings(words, now)
