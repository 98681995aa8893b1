"""Build a gate from its settings: several lanes, one journal, one line to the server."""

import sqlite3
from contextlib import ExitStack

from cardserver.domain.gatekeys import GateKeys
from cardserver.domain.sealed import KeyFile
from kiosk.gate.journal import GateJournal
from kiosk.gate.lane import LaneLoop
from kiosk.gate.uplink import Uplink
from kiosk.gate.views import create_app
from kiosk.station.clock import Clock, system_clock
from kiosk.station.config import Config, ConfigInvalid, GatePart
from kiosk.station.devices import open_barrier, open_reader, open_server
from kiosk.station.events import Bell
from kiosk.station.running import Station


def build(config: Config, *, clock: Clock = system_clock) -> Station:
    """A gate. Raises ConfigInvalid, DeviceError, VaultError."""
    if config.gate is None or not config.lane:
        raise ConfigInvalid("a gate needs the sections [gate] and [[lane]]")
    bell = Bell()
    journal = open_journal(config.gate)
    uplink = Uplink(
        server=open_server(config),
        journal=journal,
        bell=bell,
        clock=clock,
        lanes={part.id: part.direction for part in config.lane if part.leads},
    )
    keys = open_keys(config.gate)
    lanes = [
        LaneLoop(
            lane=part.to_domain(),
            name=part.name,
            nearest_space=part.nearest_space,
            reader=open_reader(part.reader),
            barrier=open_barrier(part.barrier),
            keys=keys,
            snapshot=uplink.snapshot,
            journal=journal,
            bell=bell,
            clock=clock,
        )
        for part in config.lane
    ]
    return assemble(lanes, journal=journal, uplink=uplink, bell=bell, clock=clock)


def assemble(
    lanes: list[LaneLoop], *, journal: GateJournal, uplink: Uplink, bell: Bell, clock: Clock
) -> Station:
    """The lanes, their pages and their line to the server as one station."""

    def start() -> None:
        uplink.start()
        for lane in lanes:
            lane.start()

    def stop() -> None:
        # In this order, and each of them whatever happens to the one before.
        with ExitStack() as last:
            last.callback(journal.close)
            last.callback(uplink.stop)
            for lane in lanes:
                last.callback(lane.stop)

    app = create_app(lanes, journal=journal, uplink=uplink, bell=bell, clock=clock)
    return Station(app=app, start=start, stop=stop)


def open_journal(part: GatePart) -> GateJournal:
    """The gate's own memory. Raises ConfigInvalid for a file that can't be one."""
    try:
        return GateJournal(part.journal)
    except (sqlite3.Error, ValueError) as error:
        raise ConfigInvalid(f"gate.journal: {error}") from error


def open_keys(part: GatePart) -> GateKeys:
    """The gate's reading keys; demo keys are refused. Raises ConfigInvalid, VaultError."""
    try:
        blob, key = part.keys_file.read_bytes(), part.key_file.read_bytes()
    except OSError as error:
        raise ConfigInvalid(f"gate keys: {error}") from error
    return GateKeys.open(blob, KeyFile(key))
