"""From a station's settings to its devices, each found by its driver's file name."""

from collections.abc import Callable, Iterator, Mapping
from typing import TypeVar

from cardserver.client import CardServerClient, connect
from drivers.api.acceptors import BillAcceptor
from drivers.api.barriers import Barrier
from drivers.api.codes import CodeReader, CodeReaderDriver
from drivers.api.displays import TextDisplay
from drivers.api.readers import CardReader
from drivers.loader import load
from kiosk.station.config import Config, ConfigInvalid, DevicePart, read_token
from kiosk.station.paper import Letterhead, PaperDesk
from printer.errors import ProfileInvalid
from printer.profile import load_profile
from printer.transports import way_to

T = TypeVar("T")


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
    return _heeded("reader", part, driver.open)


def tells_numbers(part: DevicePart) -> bool:
    """True when a lane's reader only tells an identifier (Wiegand, OSDP). Raises DeviceError."""
    return isinstance(load("readers", part.driver), CodeReaderDriver)


def open_code_reader(part: DevicePart) -> CodeReader:
    """A lane's reader that tells identifiers. Raises ConfigInvalid, DeviceError."""
    driver = load("readers", part.driver)
    if not isinstance(driver, CodeReaderDriver):
        raise ConfigInvalid(f"reader.driver: {part.driver} opens cards and tells no numbers")
    return _heeded("reader", part, driver.open)


def open_acceptor(part: DevicePart | None) -> BillAcceptor:
    """The banknote acceptor of a section. Raises ConfigInvalid, DeviceError."""
    if part is None:
        raise ConfigInvalid("the section [acceptor] is missing")
    return _heeded("acceptor", part, load("acceptors", part.driver).open)


def open_barrier(part: DevicePart) -> Barrier:
    """The barrier or strike of a lane. Raises DeviceError."""
    return _heeded("barrier", part, load("barriers", part.driver).open)


def open_display(part: DevicePart) -> TextDisplay:
    """The text display of a lane. Raises DeviceError."""
    return _heeded("display", part, load("displays", part.driver).open)


def _heeded(section: str, part: DevicePart, open_device: Callable[[Mapping[str, str]], T]) -> T:
    """What a driver makes of its section. A key that it never asked for is a slip of the pen.

    Raises ConfigInvalid, DeviceError.
    """
    settings = _Settings(part.settings())
    device = open_device(settings)
    for key in settings.unheeded():
        getattr(device, "close", lambda: None)()
        raise ConfigInvalid(f"{section}.{key}: the driver {part.driver} knows no such key")
    return device


class _Settings(Mapping[str, str]):
    """The keys of a device's section, and which of them were asked for."""

    def __init__(self, given: Mapping[str, str]) -> None:
        self._given = given
        self._asked: set[str] = set()

    def __getitem__(self, key: str) -> str:
        self._asked.add(key)
        return self._given[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._given)

    def __len__(self) -> int:
        return len(self._given)

    def unheeded(self) -> list[str]:
        return sorted(self._given.keys() - self._asked)


def open_paper(config: Config, server: CardServerClient) -> PaperDesk:
    """The receipt printer; it may be away now and come back later. Raises ConfigInvalid."""
    if config.printer is None:
        raise ConfigInvalid("the section [printer] is missing")
    try:
        profile = load_profile(config.printer.profile)
    except ProfileInvalid as error:
        raise ConfigInvalid(f"printer.profile: {error}") from error
    try:
        open_printer = way_to(config.printer.settings())
    except ProfileInvalid as error:
        raise ConfigInvalid(f"printer.{error.key}: {error}") from error
    station = config.station
    return PaperDesk(
        open_channel=open_printer,
        profile=profile,
        letterhead=Letterhead(company=station.company, station=station.name, phone=station.phone),
        server=server,
        copies=config.printer.copies,
    )
