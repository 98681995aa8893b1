"""Build a gate from its settings: several lanes, one journal, one line to the server."""

import sqlite3
from contextlib import ExitStack
from datetime import timedelta

from cardserver.client import CardServerClient, connect_gate
from cardserver.clientsigning import GateSigner
from cardserver.domain.gatekeys import GateKeys
from cardserver.domain.sealed import KeyFile
from kiosk.gate.building import build_lane
from kiosk.gate.guards import GuardPost
from kiosk.gate.housekeeping import KEEP_FOR, Housekeeping
from kiosk.gate.identity import open_identity
from kiosk.gate.journal import GateJournal
from kiosk.gate.lane import LaneLoop
from kiosk.gate.liststore import ListStore
from kiosk.gate.owners import Owners
from kiosk.gate.shared import Shared
from kiosk.gate.uplink import Uplink
from kiosk.gate.views import create_app
from kiosk.gate.wentback import WentBack
from kiosk.station.clock import Clock, system_clock
from kiosk.station.config import Config, ConfigInvalid, GatePart
from kiosk.station.events import Bell
from kiosk.station.running import Station


def build(config: Config, *, clock: Clock = system_clock) -> Station:
    """A gate. Raises ConfigInvalid, DeviceError, VaultError."""
    if config.gate is None or not config.lane:
        raise ConfigInvalid("a gate needs the sections [gate] and [[lane]]")
    bell = Bell()
    journal = open_journal(config.gate)
    keys, secret = open_keys(config.gate)
    signer = open_signer(config.gate, keys, secret, clock)
    server = connect_gate(config.station.server, signer)
    uplink = Uplink(
        server=server,
        signer=signer,
        store=open_list(config.gate),
        journal=journal,
        bell=bell,
        clock=clock,
        lanes={part.id: part.direction for part in config.lane if part.leads},
        old_after=timedelta(hours=config.gate.copy_alarm_h),
    )
    shared, owners = Shared.of(journal, bell=bell, clock=clock), Owners()
    lanes = [
        build_lane(part, keys=keys, snapshot=uplink.snapshot, shared=shared, owners=owners)
        for part in config.lane
    ]
    keep_for = timedelta(days=config.gate.keep_days)
    return assemble(
        lanes, shared=shared, uplink=uplink, server=server, owners=owners, keep_for=keep_for
    )


def assemble(
    lanes: list[LaneLoop],
    *,
    shared: Shared,
    uplink: Uplink,
    server: CardServerClient,
    owners: Owners | None = None,
    keep_for: timedelta = KEEP_FOR,
) -> Station:
    """The lanes, their pages and their line to the server as one station."""
    journal = shared.journal
    shared.whereabouts.reckon_by(uplink.reckoning, uplink.learn_anew)
    uplink.upload.name_lanes({str(each.lane.lane_id): each.name for each in lanes})
    uplink.tell_passages(shared.whereabouts.note_all)
    went_back = WentBack(shared)
    uplink.tell_went_back(went_back.tell)
    house = Housekeeping(shared, uplink, keep_for=keep_for, beside=went_back.look)

    def start() -> None:
        house.start()
        uplink.start()
        for lane in lanes:
            lane.start()

    def stop() -> None:
        # In this order, and each of them whatever happens to the one before.
        with ExitStack() as last:
            last.callback(journal.close)
            last.callback(house.stop)
            last.callback(uplink.stop)
            if owners is not None:
                last.callback(owners.stop)
            for lane in lanes:
                last.callback(lane.stop)

    post = GuardPost(server, journal, clock=shared.clock, ticks=shared.ticks)
    app = create_app(lanes, shared=shared, uplink=uplink, post=post)
    return Station(app=app, start=start, stop=stop)


def open_journal(part: GatePart) -> GateJournal:
    """The gate's own memory. Raises ConfigInvalid for a file that can't be one."""
    try:
        return GateJournal(part.journal)
    except (sqlite3.Error, ValueError) as error:
        raise ConfigInvalid(f"gate.journal: {error}") from error


def open_line(config: Config, part: GatePart, clock: Clock) -> CardServerClient:
    """The gate's signed line to its centre. Raises ConfigInvalid, VaultError."""
    keys, secret = open_keys(part)
    return connect_gate(config.station.server, open_signer(part, keys, secret, clock))


def open_signer(part: GatePart, keys: GateKeys, secret: KeyFile, clock: Clock) -> GateSigner:
    """The gate's own hand. Raises ConfigInvalid, VaultError."""
    identity = open_identity(part.identity, secret, estate=keys.estate_id)
    return GateSigner(identity, keys, clock=clock)


def open_list(part: GatePart) -> ListStore:
    """Where the list is kept, beside the journal. Raises ConfigInvalid."""
    path = part.journal.with_name(f"{part.journal.stem}-list.db")
    try:
        return ListStore(path)
    except sqlite3.Error as error:
        raise ConfigInvalid(f"{path}: {error}") from error


def open_keys(part: GatePart) -> tuple[GateKeys, KeyFile]:
    """The gate's reading keys, and what opens its files; demo keys are refused.

    Raises ConfigInvalid, VaultError.
    """
    try:
        blob, key = part.keys_file.read_bytes(), part.key_file.read_bytes()
    except OSError as error:
        raise ConfigInvalid(f"gate keys: {error}") from error
    secret = KeyFile(key)
    return GateKeys.open(blob, secret), secret
