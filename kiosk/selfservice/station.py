"""Build a self-service kiosk from its settings."""

from kiosk.selfservice.journal import TillJournal
from kiosk.selfservice.machine import Machine
from kiosk.selfservice.views import create_app
from kiosk.station.clock import Clock, system_clock
from kiosk.station.config import Config, ConfigInvalid
from kiosk.station.devices import open_acceptor, open_paper, open_reader, open_server
from kiosk.station.events import Bell
from kiosk.station.recentlog import RecentLog
from kiosk.station.running import Station


def open_journal(config: Config) -> TillJournal:
    """The kiosk's own memory. Raises ConfigInvalid, JournalBroken."""
    if config.kiosk is None:
        raise ConfigInvalid("the section [kiosk] is missing")
    return TillJournal(config.kiosk.journal)


def build(config: Config, *, clock: Clock = system_clock) -> Station:
    """A kiosk. Raises ConfigInvalid, DeviceError."""
    server = open_server(config)
    machine = Machine(
        server=server,
        reader=open_reader(config.reader),
        acceptor=open_acceptor(config.acceptor),
        paper=open_paper(config, server),
        bell=Bell(),
        clock=clock,
        station=config.station.name,
        phone=config.station.phone,
        journal=open_journal(config),
    )
    return station_of(machine, hours=config.station.hours)


def station_of(machine: Machine, *, hours: str = "") -> Station:
    """A machine with its pages and the log behind its door; `hours` are the office's."""
    log = RecentLog()

    def start() -> None:
        log.start()
        machine.start()

    def stop() -> None:
        machine.stop()
        log.stop()

    return Station(
        app=create_app(machine, hours=hours, log=log),
        start=start,
        stop=stop,
        at_work=lambda: machine.at_work,
    )
