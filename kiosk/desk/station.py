"""Build a front desk from its settings."""

from kiosk.desk.counter import Counter
from kiosk.desk.views import create_app
from kiosk.station.clock import Clock, system_clock
from kiosk.station.config import Config
from kiosk.station.devices import open_paper, open_reader, open_server
from kiosk.station.events import Bell
from kiosk.station.running import Station


def build(config: Config, *, clock: Clock = system_clock) -> Station:
    """A front desk. Raises ConfigInvalid, DeviceError."""
    server = open_server(config)
    counter = Counter(
        server=server,
        reader=open_reader(config.reader),
        paper=open_paper(config, server),
        bell=Bell(),
        operator=config.station.operator,
        station=config.station.name,
    )
    return Station(app=create_app(counter, clock=clock), start=counter.start, stop=counter.stop)
