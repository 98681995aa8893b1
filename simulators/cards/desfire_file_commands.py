"""Commands that create, list, change and delete files (NXP MF3ICDx21_41_81)."""

from collections.abc import Mapping
from typing import Final

from simulators.cards.desfire_command import Answer, Spec
from simulators.cards.desfire_memory import (
    FREE,
    Access,
    AnyFile,
    Comm,
    DataFile,
    FileType,
    Picc,
    RecordFile,
    Setting,
    ValueFile,
    blocks,
)
from simulators.cards.desfire_session import Mode
from simulators.cards.desfire_status import Refused, Status, demand

MOST_FILES: Final = 32
DESCRIPTOR: Final = 32  # bytes of memory for a file's own description


def file_of(picc: Picc, number: int) -> AnyFile:
    """A file of the selected application."""
    picc.demand_level(picc=False)
    file = picc.application.files.get(number)
    if file is None:
        raise Refused(Status.NO_FILE)
    return file


def get_file_ids(picc: Picc, _: bytes) -> Answer:
    """File numbers in order of creation."""
    picc.demand_level(picc=False)
    picc.demand_master(unless=Setting.FREE_LIST)
    return bytes(picc.application.files)


def get_iso_file_ids(picc: Picc, _: bytes) -> Answer:
    """ISO identifiers of the files that have one."""
    picc.demand_level(picc=False)
    picc.demand_master(unless=Setting.FREE_LIST)
    return b"".join(file.iso_id for file in picc.application.files.values())


def get_file_settings(picc: Picc, data: bytes) -> Answer:
    """Type, communication mode, rights, then what its type adds."""
    file = file_of(picc, data[0])
    picc.demand_master(unless=Setting.FREE_LIST)
    head = bytes([file.kind, file.comm]) + file.access.to_bytes()
    match file:
        case DataFile():
            return head + len(file.data).to_bytes(3, "little")
        case ValueFile():
            numbers = (file.lower, file.upper, file.limited_credit)
            on = file.limited_on | file.free_get << 1
            return head + b"".join(_signed(number) for number in numbers) + bytes([on])
        case RecordFile():
            counts = (file.record_size, file.capacity, len(file.records))
            return head + b"".join(count.to_bytes(3, "little") for count in counts)


def _signed(number: int) -> bytes:
    return number.to_bytes(4, "little", signed=True)


def change_file_settings(picc: Picc, data: bytes) -> Answer:
    """Replace communication mode and rights."""
    file = file_of(picc, data[0])
    file.comm, file.access = _comm(data[1]), Access.parse(data[2:4])
    return b""


def mode_of_change(picc: Picc, data: bytes) -> Mode:
    """Enciphered, unless everybody may change it."""
    demand(data, Status.LENGTH)
    file = file_of(picc, data[0])
    if file.access.change == FREE:
        return Mode.PLAIN
    demand(file.access.change == picc.key_no, Status.AUTHENTICATION)
    return Mode.FULL


def delete_file(picc: Picc, data: bytes) -> Answer:
    """Deactivate a file; its memory comes back with the application."""
    file_of(picc, data[0])
    picc.demand_master(unless=Setting.FREE_CREATE)
    del picc.application.files[data[0]]
    return b""


def create_standard(picc: Picc, data: bytes) -> Answer:
    """Number, optionally ISO identifier, mode, rights, size(3)."""
    return _create_data(picc, data, FileType.STANDARD)


def create_backup(picc: Picc, data: bytes) -> Answer:
    """As a standard file, with a mirror of its own size."""
    return _create_data(picc, data, FileType.BACKUP)


def _create_data(picc: Picc, data: bytes, kind: FileType) -> Answer:
    head, iso_id, tail = _split_creation(picc, data, 7)
    size = int.from_bytes(tail[3:6], "little")
    demand(size > 0, Status.PARAMETER)
    copies = 2 if kind is FileType.BACKUP else 1
    cost = DESCRIPTOR + copies * blocks(size)
    comm, access = _comm(tail[0]), Access.parse(tail[1:3])
    _demand_creatable(picc, head, cost, iso_id)
    _add(picc, head, cost, DataFile(kind, comm, access, iso_id, bytes(size)))
    return b""


def create_value(picc: Picc, data: bytes) -> Answer:
    """Number, mode, rights, lower(4), upper(4), value(4), limited credit(1)."""
    comm, access = _comm(data[1]), Access.parse(data[2:4])
    lower, upper, value = (
        int.from_bytes(data[start : start + 4], "little", signed=True) for start in (4, 8, 12)
    )
    demand(lower <= value <= upper, Status.PARAMETER)
    demand(data[16] <= 3, Status.PARAMETER)
    _demand_creatable(picc, data[0], DESCRIPTOR + 32, b"")
    file = ValueFile(FileType.VALUE, comm, access, lower=lower, upper=upper, value=value)
    file.limited_on, file.free_get = bool(data[16] & 1), bool(data[16] & 2)
    _add(picc, data[0], DESCRIPTOR + 32, file)
    return b""


def create_linear(picc: Picc, data: bytes) -> Answer:
    """Number, optionally ISO identifier, mode, rights, record size(3), capacity(3)."""
    return _create_records(picc, data, FileType.LINEAR)


def create_cyclic(picc: Picc, data: bytes) -> Answer:
    """As a linear file; one place is spare, so the oldest record goes when it is full."""
    return _create_records(picc, data, FileType.CYCLIC)


def _create_records(picc: Picc, data: bytes, kind: FileType) -> Answer:
    head, iso_id, tail = _split_creation(picc, data, 10)
    size, capacity = int.from_bytes(tail[3:6], "little"), int.from_bytes(tail[6:9], "little")
    least = 2 if kind is FileType.CYCLIC else 1
    demand(size > 0 and capacity >= least, Status.PARAMETER)
    cost = DESCRIPTOR + blocks(size * capacity)
    comm, access = _comm(tail[0]), Access.parse(tail[1:3])
    _demand_creatable(picc, head, cost, iso_id)
    file = RecordFile(kind, comm, access, iso_id, record_size=size, capacity=capacity)
    _add(picc, head, cost, file)
    return b""


def _split_creation(picc: Picc, data: bytes, short: int) -> tuple[int, bytes, bytes]:
    if len(data) == short:
        return data[0], b"", data[1:]
    demand(len(data) == short + 2, Status.LENGTH)
    picc.demand_level(picc=False)
    demand(picc.application.iso_files, Status.PARAMETER)
    return data[0], data[1:3], data[3:]


def _comm(value: int) -> Comm:
    demand(value in set(Comm), Status.PARAMETER)
    return Comm(value)


def _demand_creatable(picc: Picc, number: int, cost: int, iso_id: bytes) -> None:
    picc.demand_level(picc=False)
    picc.demand_master(unless=Setting.FREE_CREATE)
    files = picc.application.files
    demand(number < MOST_FILES, Status.PARAMETER)
    demand(number not in files, Status.DUPLICATE)
    taken = {file.iso_id for file in files.values()}
    demand(not iso_id or iso_id not in taken, Status.DUPLICATE)
    picc.demand_room(cost)


def _add(picc: Picc, number: int, cost: int, file: AnyFile) -> None:
    picc.application.files[number] = file
    picc.application.spent += cost


COMMANDS: Final[Mapping[int, Spec]] = {
    0x6F: Spec(run=get_file_ids, lengths={0}),
    0x61: Spec(run=get_iso_file_ids, lengths={0}, unit=2),
    0xF5: Spec(run=get_file_settings, lengths={1}),
    0x5F: Spec(
        run=change_file_settings,
        lengths={4},
        header=1,
        request=Mode.FULL,
        mode_of_file=mode_of_change,
    ),
    0xDF: Spec(run=delete_file, lengths={1}),
    0xCD: Spec(run=create_standard, lengths={7, 9}),
    0xCB: Spec(run=create_backup, lengths={7, 9}),
    0xCC: Spec(run=create_value, lengths={17}),
    0xC1: Spec(run=create_linear, lengths={10, 12}),
    0xC0: Spec(run=create_cyclic, lengths={10, 12}),
}
