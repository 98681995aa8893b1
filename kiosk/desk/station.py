"""Build a front desk from its settings."""

from kiosk.desk.app import create_app
from kiosk.desk.counter import Counter
from kiosk.desk.exports import FORM_FONT
from kiosk.desk.presence import Presence
from kiosk.desk.slips import SlipCheck
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
        station=config.station.name,
        presence=Presence(server, lock_after_s=config.station.lock_after_minutes * 60.0),
        slips=SlipCheck(server, config.station.slip_keys),
    )
    app = create_app(counter, clock=clock, alarm_at=config.station.waiting_alarm)
    app.config[FORM_FONT] = config.station.form_font
    return Station(app=app, start=counter.start, stop=counter.stop)
