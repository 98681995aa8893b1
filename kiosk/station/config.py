"""A station's settings: one TOML file, checked whole at start, every key explained here.

::

    [station]
    name = "前台1"                      # stands on screens and papers
    server = "http://127.0.0.1:8700"    # the card server
    token_file = "desk.token"           # the station's credential, one line; a gate has none
    listen = "127.0.0.1:8711"           # where the pages are
    lock_after_minutes = 5              # a desk covers its screen when nobody touches it so long
    company = "翠湖物业服务有限公司"      # legal name on papers
    phone = "0755-8888 0000"            # the office, for people who need help
    hours = "8:30-18:00"                # kiosk: when the office is open; may be left out
    form_font = "simsun.ttc"            # for A4 forms; without it the system's is looked for
    waiting_alarm = 3                   # desk: so many waiting ask for a second desk (FEE-06a)
    slip_keys = "slip-keys.json"        # desk: public keys of slips, kept for when the link is down

    [reader]
    driver = "pcsc"                     # drivers/readers/<driver>.py
    reader = "ACR122U"                  # part of its name; every key but driver is the driver's own

    [printer]
    profile = "generic-80"              # printer/profiles/<profile>.toml
    kind = "network"                    # usb, serial, network, file; other keys go to the transport
    host = "192.0.2.10"
    copies = ["stub", "customer", "accounts"]  # of a formal receipt; fewer where a form has them

    [acceptor]                          # kiosk only
    driver = "ssp"                      # or "id003": drivers/acceptors/<driver>.py
    port = "COM3"

    [kiosk]                             # kiosk only
    journal = "kiosk.db"                # its own memory; never deleted while money may be in it

    [gate]                              # gate only
    keys_file = "gate.keys"             # from `yika keys export-gate`
    key_file = "gate.key"               # opens keys_file and identity
    identity = "gate.identity"          # this gate's own key, made by `yika gate enrol`
    journal = "gate.db"
    keep_days = 400                     # so long a line stays here after the server has it

    [[lane]]                            # gate only, one to a hundred
    id = "car-in"                       # its own; up to 60 characters, no blanks
    name = "车场入口"
    right = "parking"                   # or "door"
    zone = 0
    direction = "entry"                 # or "exit"
    nearest_space = "B1 层访客车位"      # where else to park; offered to whoever is not let in
    reader = { driver = "pcsc", reader = "OMNIKEY" }
    barrier = { driver = "modbus_relay", port = "COM4", board = "waveshare", relay = 1 }
    display = { driver = "…", port = "COM5" }  # a text line beside the lane; may be left out
    pass_s = 15                         # so long somebody may take to go through
    arm_s = 6                           # so long the arm may take to be up
    held_s = 60                         # open so long with nobody in it is told to the guard
"""

import re
import tomllib
from pathlib import Path
from typing import Annotated, Final

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    field_validator,
)

from cardserver.domain.admission import Direction, Identify, Lane
from cardserver.domain.gateline import LONGEST_NAME
from cardserver.domain.ids import LaneId
from cardserver.domain.rights import MAX_ZONE, RightKind
from cardserver.wire_gatesync import MAX_LANES
from cardserver.wirebase import PLAIN
from printer.documents import ReceiptCopy

_SERVER: Final = re.compile(r"https?://[^\s/]+(/\S*)?")
_LISTEN: Final = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9][A-Za-z0-9.-]*):([1-9][0-9]{0,4})")
_PORTS: Final = 2**16
_SAYS: Final = {
    "extra_forbidden": "there is no such key",
    "missing": "it is missing",
    "string_pattern_mismatch": "a character in it has no place there",
}
"""In plain words what pydantic says in its own."""


class ConfigInvalid(Exception):
    """The file is missing, no TOML, or a key in it is wrong; the message names file and key."""

    code = "config-invalid"


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


_Line = Annotated[str, StringConstraints(max_length=100, pattern=PLAIN)]
"""One line of a screen or a paper: a control character would be the printer's to obey."""


class StationPart(_Part):
    """Who this station is."""

    name: _Line
    server: str
    token_file: Path = Path("station.token")
    listen: str = "127.0.0.1:8711"
    lock_after_minutes: Annotated[int, Field(ge=1, le=60)] = 5
    company: _Line
    phone: _Line
    hours: _Line = ""
    form_font: Path | None = None
    waiting_alarm: Annotated[int, Field(ge=1, le=99)] = 3
    slip_keys: Path = Path("slip-keys.json")

    @field_validator("server")
    @classmethod
    def a_servers_address(cls, text: str) -> str:
        """Refuse what no line can be made to: it would look like a server that is away."""
        if not _SERVER.fullmatch(text):
            raise ValueError("an address that begins with https:// or http://")
        return text

    @field_validator("listen")
    @classmethod
    def an_address_and_a_port(cls, text: str) -> str:
        """Refuse what nobody can listen at."""
        found = _LISTEN.fullmatch(text)
        if found is None or int(found[2]) >= _PORTS:
            raise ValueError("an address and a port, as in 127.0.0.1:8711")
        return text


class DevicePart(BaseModel):
    """A device: the driver's file name; every other key is the driver's own."""

    model_config = ConfigDict(frozen=True, extra="allow")

    driver: str

    def settings(self) -> dict[str, str]:
        """The driver's own keys as text."""
        return {key: str(value) for key, value in (self.model_extra or {}).items()}


class PrinterPart(BaseModel):
    """A printer: its profile, which copies of a formal receipt it makes (FEE-24a).

    Every other key belongs to the transport.
    """

    model_config = ConfigDict(frozen=True, extra="allow")

    profile: str = "generic-80"
    copies: Annotated[tuple[ReceiptCopy, ...], Field(min_length=1)] = tuple(ReceiptCopy)

    def settings(self) -> dict[str, str]:
        """The transport's own keys as text."""
        return {key: str(value) for key, value in (self.model_extra or {}).items()}


class KioskPart(_Part):
    """Where a kiosk keeps its journal."""

    journal: Path


class GatePart(_Part):
    """Where a gate keeps its reading keys, its own key and its journal."""

    keys_file: Path
    key_file: Path
    identity: Path = Path("gate.identity")
    keep_days: Annotated[int, Field(ge=365, le=3650)] = 400
    copy_alarm_h: Annotated[float, Field(ge=0.1, le=720)] = 24.0
    journal: Path


LaneName = Annotated[
    str, StringConstraints(max_length=LONGEST_NAME, pattern=r"^[^\s\x00-\x1f\x7f]+$")
]
"""A lane's id: it stands in every line of the journal, and in the rules."""


class LanePart(_Part):
    """One way in or out."""

    id: LaneName
    name: str
    right: RightKind
    zone: Annotated[int, Field(ge=0, le=MAX_ZONE)]
    direction: Direction = Direction.ENTRY
    nearest_space: str = ""
    reader: DevicePart
    barrier: DevicePart
    display: DevicePart | None = None
    pass_s: Annotated[float, Field(ge=1, le=120)] = 15.0
    arm_s: Annotated[float, Field(ge=1, le=60)] = 6.0
    held_s: Annotated[float, Field(ge=5, le=3600)] = 60.0

    @property
    def leads(self) -> bool:
        """True for a vehicle lane whose direction is written down: its taps say who is inside."""
        return self.right is RightKind.PARKING and "direction" in self.model_fields_set

    def to_domain(self, identify: Identify = Identify.RECORD) -> Lane:
        """The value `decide` takes; `identify` says what this lane's reader gives."""
        return Lane(
            lane_id=LaneId(self.id),
            right=self.right,
            zone=self.zone,
            direction=self.direction,
            identify=identify,
        )


class Config(_Part):
    """The whole file."""

    station: StationPart
    reader: DevicePart | None = None
    printer: PrinterPart | None = None
    acceptor: DevicePart | None = None
    kiosk: KioskPart | None = None
    gate: GatePart | None = None
    lane: Annotated[tuple[LanePart, ...], Field(max_length=MAX_LANES)] = ()

    @field_validator("lane")
    @classmethod
    def each_of_its_own(cls, lanes: tuple[LanePart, ...]) -> tuple[LanePart, ...]:
        """Refuse two lanes of one id: their lines could not be told apart."""
        if len({each.id for each in lanes}) < len(lanes):
            raise ValueError("each lane has an id of its own")
        return lanes


def load_config(path: Path) -> Config:
    """Read and check a station's file; paths in it count from the file's own folder.

    Raises ConfigInvalid.
    """
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8-sig"))
        config = Config.model_validate(table)
    except OSError as error:
        raise ConfigInvalid(f"{path}: {error.strerror or error}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigInvalid(f"{path}: {error}") from error
    except RecursionError:
        raise ConfigInvalid(f"{path}: nested too deeply") from None
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        says = _SAYS.get(first["type"], first["msg"].removeprefix("Value error, "))
        raise ConfigInvalid(f"{path}: {key}: {says}") from error
    return _beside(config, path.parent)


def _beside(config: Config, folder: Path) -> Config:
    beside = {name: folder / getattr(config.station, name) for name in ("token_file", "slip_keys")}
    station = config.station.model_copy(update=beside)
    if station.form_font is not None:
        station = station.model_copy(update={"form_font": folder / station.form_font})
    kiosk = config.kiosk
    if kiosk is not None:
        kiosk = kiosk.model_copy(update={"journal": folder / kiosk.journal})
    gate = config.gate
    if gate is not None:
        paths = {
            name: folder / getattr(gate, name)
            for name in ("keys_file", "key_file", "identity", "journal")
        }
        gate = gate.model_copy(update=paths)
    lanes = tuple(_lane_beside(lane, folder) for lane in config.lane)
    return config.model_copy(
        update={"station": station, "kiosk": kiosk, "gate": gate, "lane": lanes}
    )


def _lane_beside(lane: LanePart, folder: Path) -> LanePart:
    """A reader's key lies in a file beside the station's."""
    name = lane.reader.settings().get("key_file")
    if name is None:
        return lane
    reader = DevicePart(
        driver=lane.reader.driver, **lane.reader.settings() | {"key_file": str(folder / name)}
    )
    return lane.model_copy(update={"reader": reader})


def read_token(path: Path) -> str:
    """The station's credential. Raises ConfigInvalid."""
    try:
        token = path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigInvalid(f"{path}: the station's token can't be read") from error
    if not token:
        raise ConfigInvalid(f"{path}: the station's token is empty")
    return token
