"""What a DESFire holds: files, applications, keys, and how much room they take.

Sizes after format (2304, 4864, 7936 bytes) are those that EV1 cards of 2, 4 and 8 kB report; a
file or an application takes whole blocks of 32 bytes. Memory of a deleted file comes back with its
application (EV2 and later) or when the card is formatted (EV1).
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import IntEnum, unique
from typing import Final

from simulators.cards.api import Random
from simulators.cards.desfire_crypto import KEY_SIZE, Key, KeyKind, blank_key
from simulators.cards.desfire_session import Session
from simulators.cards.desfire_status import Generation, Status, demand

BLOCK: Final = 32
ROOM: Final = {0x16: 2304, 0x18: 4864, 0x1A: 7936}
PICC_LEVEL: Final = b"\x00\x00\x00"
FREE: Final = 0xE
NEVER: Final = 0xF
PRODUCTION: Final = bytes.fromhex("BA45192F20 1224")  # batch, then week and year in BCD


@unique
class FileType(IntEnum):
    """File types as GetFileSettings reports them."""

    STANDARD = 0
    BACKUP = 1
    VALUE = 2
    LINEAR = 3
    CYCLIC = 4


@unique
class Comm(IntEnum):
    """Communication mode of a file."""

    PLAIN = 0
    MAC = 1
    PLAIN_2 = 2
    FULL = 3


@unique
class Setting(IntEnum):
    """Bits of the first key settings byte."""

    MASTER_KEY_CHANGEABLE = 0x01
    FREE_LIST = 0x02
    FREE_CREATE = 0x04
    SETTINGS_CHANGEABLE = 0x08


@dataclass(frozen=True, slots=True)
class Access:
    """The four rights of a file: a key number, FREE or NEVER."""

    read: int
    write: int
    read_write: int
    change: int

    @classmethod
    def parse(cls, word: bytes) -> "Access":
        """From the two bytes on the wire, least significant first."""
        low, high = word
        return cls(high >> 4, high & 15, low >> 4, low & 15)

    def to_bytes(self) -> bytes:
        """As on the wire."""
        return bytes([self.read_write << 4 | self.change, self.read << 4 | self.write])


@dataclass(slots=True)
class File:
    """Common part of a file. `pending` holds what waits for CommitTransaction."""

    kind: FileType
    comm: Comm
    access: Access
    iso_id: bytes = b""


@dataclass(slots=True)
class DataFile(File):
    """A standard or backup data file."""

    data: bytes = b""
    pending: bytes | None = None


@dataclass(slots=True)
class ValueFile(File):
    """A value between two limits. `limited_credit` is how much may be added once, if on."""

    lower: int = 0
    upper: int = 0
    value: int = 0
    limited_credit: int = 0
    limited_on: bool = False
    free_get: bool = False
    pending: tuple[int, int] | None = None  # value, limited credit


@dataclass(slots=True)
class RecordFile(File):
    """A linear or cyclic list of records, oldest first. `pending` is the list as it will be."""

    record_size: int = 0
    capacity: int = 0
    records: list[bytes] = field(default_factory=list)
    pending: list[bytes] | None = None


AnyFile = DataFile | ValueFile | RecordFile


@dataclass(slots=True)
class Application:
    """An application: its keys, settings and files. The card itself is one with one key."""

    aid: bytes
    settings: int
    kind: KeyKind
    keys: list[Key]
    iso_files: bool = False
    iso_id: bytes = b""
    df_name: bytes = b""
    files: dict[int, AnyFile] = field(default_factory=dict)
    spent: int = 0  # bytes its files took, deleted ones included

    @property
    def settings_2(self) -> int:
        """Second key settings byte: number of keys, key type, ISO file identifiers."""
        return len(self.keys) | KIND_BITS[self.kind] | (0x20 if self.iso_files else 0)

    def allows(self, setting: Setting) -> bool:
        """Whether a bit of the settings is on."""
        return bool(self.settings & setting)

    @property
    def cost(self) -> int:
        """Bytes that the application takes without its files."""
        return blocks(BLOCK + len(self.keys) * KEY_SIZE[self.kind])


KIND_BITS: Final = {KeyKind.DES: 0x00, KeyKind.TDES3: 0x40, KeyKind.AES: 0x80}
KIND_OF_BITS: Final = {bits: kind for kind, bits in KIND_BITS.items()}


def blocks(size: int) -> int:
    """Bytes in whole blocks."""
    return (size + BLOCK - 1) // BLOCK * BLOCK


@dataclass(slots=True)
class Picc:
    """A card's memory, and below the line what it holds in RAM."""

    uid: bytes
    generation: Generation
    storage: int
    random: Random
    production: bytes = PRODUCTION
    master: Application = field(
        default_factory=lambda: Application(PICC_LEVEL, 0x0F, KeyKind.DES, [blank_key(KeyKind.DES)])
    )
    applications: dict[bytes, Application] = field(default_factory=dict)
    lost: int = 0  # bytes of deleted applications that only a format gives back
    format_disabled: bool = False
    random_id: bool = False
    default_key: bytes = bytes(24)
    default_version: int = 0
    # --- in RAM ---
    selected: bytes = PICC_LEVEL
    session: Session | None = None
    visible_uid: bytes = b""

    @property
    def application(self) -> Application:
        """The selected application, or the card itself."""
        return self.applications.get(self.selected, self.master)

    @property
    def at_picc_level(self) -> bool:
        """Whether the card itself is selected."""
        return self.selected == PICC_LEVEL

    @property
    def key_no(self) -> int | None:
        """The authenticated key; None without a session."""
        return self.session.key_no if self.session is not None else None

    @property
    def free(self) -> int:
        """Bytes left."""
        taken = sum(each.cost + each.spent for each in self.applications.values())
        return ROOM[self.storage] - taken - self.lost

    def demand_room(self, size: int) -> None:
        """Refuse what does not fit."""
        demand(size <= self.free, Status.OUT_OF_MEMORY)

    def demand_level(self, *, picc: bool) -> None:
        """Refuse a command of the other level."""
        demand(self.at_picc_level == picc, Status.PERMISSION)

    def demand_master(self, unless: Setting | None = None) -> None:
        """Refuse unless the master key of this level is authenticated, or a setting frees it."""
        freed = unless is not None and self.application.allows(unless)
        demand(freed or self.key_no == 0, Status.AUTHENTICATION)

    def select(self, aid: bytes) -> None:
        """Select and forget session and pending writes."""
        self.drop_pending()
        self.session = None
        self.selected = aid

    def drop_pending(self) -> bool:
        """Forget uncommitted writes; whether there were any."""
        return self._settle(_drop)

    def commit(self) -> bool:
        """Make uncommitted writes last; whether there were any."""
        return self._settle(_make_last)

    def _settle(self, settle: Callable[[AnyFile], None]) -> bool:
        waiting = [each for each in self.application.files.values() if each.pending is not None]
        for each in waiting:
            settle(each)
            each.pending = None
        return bool(waiting)


def _drop(_: AnyFile) -> None:
    pass


def _make_last(file: AnyFile) -> None:
    match file:
        case DataFile(pending=bytes(data)):
            file.data = data
        case ValueFile(pending=(value, limited)):
            file.value, file.limited_credit = value, limited
        case RecordFile(pending=list(records)):
            file.records = records
