"""The DESFire commands we use, one function each, run in a `Session`.

Names are those of the data sheets; numbers are sent lowest byte first. Every function raises what
`Session.run` raises, and only its own errors are named.
"""

from dataclasses import dataclass
from typing import Final

from drivers.cards.desfire_crypto import AES_KEY_SIZE, crc32, xor
from drivers.cards.desfire_messaging import Command, CommMode
from drivers.cards.desfire_session import Session
from drivers.cards.desfire_version import Version, parse_version
from drivers.errors import CardIntegrityError

GET_VERSION: Final = 0x60
FREE_MEMORY: Final = 0x6E
GET_APPLICATION_IDS: Final = 0x6A
GET_CARD_UID: Final = 0x51
CREATE_APPLICATION: Final = 0xCA
DELETE_APPLICATION: Final = 0xDA
FORMAT_PICC: Final = 0xFC
GET_KEY_VERSION: Final = 0x64
CHANGE_KEY: Final = 0xC4
CHANGE_KEY_SETTINGS: Final = 0x54
GET_KEY_SETTINGS: Final = 0x45
CREATE_BACKUP_DATA_FILE: Final = 0xCB
GET_FILE_IDS: Final = 0x6F
GET_FILE_SETTINGS: Final = 0xF5
READ_DATA: Final = 0xBD
WRITE_DATA: Final = 0x3D
COMMIT_TRANSACTION: Final = 0xC7
ABORT_TRANSACTION: Final = 0xA7

AID_SIZE: Final = 3
UID_SIZE: Final = 7
BACKUP_DATA_FILE: Final = 0x01
_PICC_KEY: Final = 0x00
# Bits 7 and 6 of the card's own key number say what the new key is; inside an application the
# kind of key was fixed when the application was created.
_PICC_KEY_AS_AES: Final = 0x80
_DATA_FILE_SETTINGS_SIZE: Final = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class DataFile:
    """Settings of a backup data file. `access` is read, write, read-and-write, change: key numbers
    0 to 13, 14 for everybody, 15 for nobody. `size` is in bytes.
    """

    mode: CommMode
    access: tuple[int, int, int, int]
    size: int

    def settings(self) -> bytes:
        """Communication settings, access rights and size as CreateBackupDataFile takes them."""
        read, write, both, change = self.access
        rights = read << 12 | write << 8 | both << 4 | change
        return bytes([self.mode]) + rights.to_bytes(2, "little") + _number(self.size)


def get_version(session: Session) -> Version:
    """Chip, software, UID and date of production."""
    return parse_version(session.run(Command(ins=GET_VERSION, free=True)))


def free_memory(session: Session) -> int:
    """Bytes left for applications and files."""
    return int.from_bytes(session.run(Command(ins=FREE_MEMORY, free=True)), "little")


def get_application_ids(session: Session) -> frozenset[bytes]:
    """AIDs on the card, as on the wire. Raises CardIntegrityError when they are not whole."""
    answer = session.run(Command(ins=GET_APPLICATION_IDS))
    if len(answer) % AID_SIZE:
        raise CardIntegrityError("a list of applications that breaks off")
    return frozenset(answer[at : at + AID_SIZE] for at in range(0, len(answer), AID_SIZE))


def get_card_uid(session: Session) -> bytes:
    """The true UID, proved and ciphered; also on a card that shows readers random ones."""
    return session.run(Command(ins=GET_CARD_UID, mode=CommMode.FULL, answer_size=UID_SIZE))


def create_application(session: Session, aid: bytes, *, settings: int, keys: int) -> None:
    """Create an application; `settings` and `keys` are KS1 and KS2 of the data sheet.

    Raises CardFull.
    """
    session.run(Command(ins=CREATE_APPLICATION, header=aid + bytes([settings, keys])))


def delete_application(session: Session, aid: bytes) -> None:
    """Delete an application. Its memory comes back with FormatPICC only."""
    session.run(Command(ins=DELETE_APPLICATION, header=aid))


def format_picc(session: Session) -> None:
    """Delete every application and give the memory back; the card's key and settings stay."""
    session.run(Command(ins=FORMAT_PICC))


def get_key_version(session: Session, key_no: int) -> int:
    """Version byte of a key of the selected application; 0 on a factory key."""
    answer = session.run(Command(ins=GET_KEY_VERSION, header=bytes([key_no]), free=True))
    return int.from_bytes(answer, "little")


def change_key(
    session: Session, key_no: int, new: bytes, *, version: int, old: bytes | None = None
) -> None:
    """Change an AES key of the selected application.

    `old` is needed unless `key_no` is the key that the session stands on; that change ends it.
    A wrong `old` is refused by the card, which keeps its key.
    """
    header = bytes([key_no])
    if key_no == session.key_no:
        session.run(_own_key_change(header, new + bytes([version])))
        return
    if old is None:
        raise ValueError("the old key is needed to change another key than the session's")
    data = xor(new, old) + bytes([version])
    session.run(
        Command(ins=CHANGE_KEY, header=header, data=data, tail=crc32(new), mode=CommMode.FULL)
    )


def change_picc_key(session: Session, new: bytes, *, version: int) -> None:
    """Make the card's own key this AES key, whatever it was; ends the session."""
    header = bytes([_PICC_KEY | _PICC_KEY_AS_AES])
    session.run(_own_key_change(header, new + bytes([version])))


def change_picc_key_to_factory(session: Session) -> None:
    """Make the card's own key the all-zero DES key (sent as two equal halves); ends the session."""
    session.run(_own_key_change(bytes([_PICC_KEY]), bytes(AES_KEY_SIZE)))


def _own_key_change(header: bytes, data: bytes) -> Command:
    return Command(ins=CHANGE_KEY, header=header, data=data, mode=CommMode.FULL, ends_session=True)


def change_key_settings(session: Session, settings: int) -> None:
    """Change KS1 of the card or the selected application."""
    session.run(Command(ins=CHANGE_KEY_SETTINGS, data=bytes([settings]), mode=CommMode.FULL))


def get_key_settings(session: Session) -> bytes:
    """KS1 and KS2 of the card or the selected application."""
    return session.run(Command(ins=GET_KEY_SETTINGS))


def create_backup_data_file(session: Session, file_no: int, file: DataFile) -> None:
    """Create a file whose writes take effect at CommitTransaction. Raises CardFull."""
    header = bytes([file_no]) + file.settings()
    session.run(Command(ins=CREATE_BACKUP_DATA_FILE, header=header))


def get_file_ids(session: Session) -> frozenset[int]:
    """Numbers of the files of the selected application."""
    return frozenset(session.run(Command(ins=GET_FILE_IDS)))


def get_backup_data_file(session: Session, file_no: int) -> DataFile | None:
    """Settings of a file; None when it is not a backup data file of a known mode."""
    answer = session.run(Command(ins=GET_FILE_SETTINGS, header=bytes([file_no])))
    modes = {mode.value for mode in CommMode}
    if len(answer) != _DATA_FILE_SETTINGS_SIZE or answer[0] != BACKUP_DATA_FILE:
        return None
    if answer[1] not in modes:
        return None
    rights = int.from_bytes(answer[2:4], "little")
    return DataFile(
        mode=CommMode(answer[1]),
        access=(rights >> 12, rights >> 8 & 0xF, rights >> 4 & 0xF, rights & 0xF),
        size=int.from_bytes(answer[4:], "little"),
    )


def read_data(session: Session, file_no: int, *, offset: int, length: int, mode: CommMode) -> bytes:
    """Read bytes of a data file; `mode` is the file's. Raises CardIntegrityError on another length.

    What was written and not yet committed to a backup file is not read.
    """
    header = bytes([file_no]) + _number(offset) + _number(length)
    command = Command(ins=READ_DATA, header=header, mode=mode, answer_size=length)
    answer = session.run(command)
    if len(answer) != length:
        raise CardIntegrityError(f"{len(answer)} bytes were read instead of {length}")
    return answer


def write_data(session: Session, file_no: int, data: bytes, *, offset: int, mode: CommMode) -> None:
    """Write bytes of a data file; `mode` is the file's."""
    header = bytes([file_no]) + _number(offset) + _number(len(data))
    session.run(Command(ins=WRITE_DATA, header=header, data=data, mode=mode))


def commit_transaction(session: Session) -> None:
    """Make all writes to backup files of the application valid, at once."""
    session.run(Command(ins=COMMIT_TRANSACTION))


def abort_transaction(session: Session) -> None:
    """Take all uncommitted writes back."""
    session.run(Command(ins=ABORT_TRANSACTION))


def _number(value: int) -> bytes:
    return value.to_bytes(3, "little")
