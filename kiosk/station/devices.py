"""From a station's settings to its devices, each found by its driver's file name."""

from functools import partial

from cardserver.client import CardServerClient, connect
from drivers.api import (
    Barrier,
    BillAcceptor,
    CardReader,
    CodeReader,
    CodeReaderDriver,
    TextDisplay,
)
from drivers.loader import load
from kiosk.station.config import Config, ConfigInvalid, DevicePart, read_token
from kiosk.station.paper import Letterhead, PaperDesk
from printer.errors import PrinterError
from printer.profile import load_profile
from printer.transports import open_channel


def open_server(config: Config) -> CardServerClient:
    """The line to the card server with the station's own credential. Raises ConfigInvalid."""
    return connect(config.station.server, read_token(config.station.token_file))


def open_reader(part: DevicePart | None) -> CardReader:
    """The card reader of a section. Raises ConfigInvalid, DeviceError."""
    if part is None:
        raise ConfigInvalid("the section [reader] is missing")
    driver = load("readers", part.driver)
    if isinstance(driver, CodeReaderDriver):
        raise ConfigInvalid(f"reader.driver: {part.driver} tells a number and can't open a card")
    return driver.open(part.settings())


def tells_numbers(part: DevicePart) -> bool:
    """True when a lane's reader only tells an identifier (Wiegand, OSDP). Raises DeviceError."""
    return isinstance(load("readers", part.driver), CodeReaderDriver)


def open_code_reader(part: DevicePart) -> CodeReader:
    """A lane's reader that tells identifiers. Raises ConfigInvalid, DeviceError."""
    driver = load("readers", part.driver)
    if not isinstance(driver, CodeReaderDriver):
        raise ConfigInvalid(f"reader.driver: {part.driver} opens cards and tells no numbers")
    return driver.open(part.settings())


def open_acceptor(part: DevicePart | None) -> BillAcceptor:
    """The banknote acceptor of a section. Raises ConfigInvalid, DeviceError."""
    if part is None:
        raise ConfigInvalid("the section [acceptor] is missing")
    return load("acceptors", part.driver).open(part.settings())


def open_barrier(part: DevicePart) -> Barrier:
    """The barrier or strike of a lane. Raises DeviceError."""
    return load("barriers", part.driver).open(part.settings())


def open_display(part: DevicePart) -> TextDisplay:
    """The text display of a lane. Raises DeviceError."""
    return load("displays", part.driver).open(part.settings())


def open_paper(config: Config, server: CardServerClient) -> PaperDesk:
    """The receipt printer; it may be away now and come back later. Raises ConfigInvalid."""
    if config.printer is None:
        raise ConfigInvalid("the section [printer] is missing")
    try:
        profile = load_profile(config.printer.profile)
    except PrinterError as error:
        raise ConfigInvalid(f"printer.profile: {error}") from error
    station = config.station
    return PaperDesk(
        open_channel=partial(open_channel, config.printer.settings()),
        profile=profile,
        letterhead=Letterhead(company=station.company, station=station.name, phone=station.phone),
        server=server,
        copies=config.printer.copies,
    )
