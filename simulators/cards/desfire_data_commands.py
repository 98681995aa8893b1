"""Commands that read and write files, and the transaction around them (NXP MF3ICDx21_41_81)."""

from collections.abc import Callable, Mapping
from typing import Final

from simulators.cards.desfire_command import SINCE_EV2, Answer, ModeOfFile, Spec
from simulators.cards.desfire_file_commands import file_of
from simulators.cards.desfire_memory import (
    FREE,
    AnyFile,
    Comm,
    DataFile,
    FileType,
    Picc,
    RecordFile,
    ValueFile,
)
from simulators.cards.desfire_session import Mode
from simulators.cards.desfire_status import Refused, Status, demand

HEADER: Final = 7  # file, offset(3), length(3)
ANY_LENGTH: Final = range(HEADER, 1 << 16)
_MODES: Final = {Comm.PLAIN: Mode.PLAIN, Comm.PLAIN_2: Mode.PLAIN, Comm.MAC: Mode.MAC}


def _number(three_bytes: bytes) -> int:
    return int.from_bytes(three_bytes, "little")


# Rights.


def _mode(picc: Picc, file: AnyFile, rights: tuple[int, ...]) -> Mode:
    """The file's mode when one of its keys is proved; plain where the right is free."""
    if picc.key_no is not None and picc.key_no in rights:
        return _MODES.get(file.comm, Mode.FULL)
    demand(FREE in rights, Status.AUTHENTICATION)
    return Mode.PLAIN


def mode_of_reading(picc: Picc, data: bytes) -> Mode:
    """Read or read-and-write right."""
    demand(data, Status.LENGTH)
    file = file_of(picc, data[0])
    return _mode(picc, file, (file.access.read, file.access.read_write))


def mode_of_writing(picc: Picc, data: bytes) -> Mode:
    """Write or read-and-write right."""
    demand(data, Status.LENGTH)
    file = file_of(picc, data[0])
    return _mode(picc, file, (file.access.write, file.access.read_write))


def mode_of_reading_value(picc: Picc, data: bytes) -> Mode:
    """Any of the three, or nothing at all where GetValue was made free."""
    demand(data, Status.LENGTH)
    file = _value_file(picc, data[0])
    access = file.access
    free = (FREE,) if file.free_get else ()
    return _mode(picc, file, (access.read, access.write, access.read_write, *free))


def mode_of_debit(picc: Picc, data: bytes) -> Mode:
    """Any of the three."""
    demand(data, Status.LENGTH)
    file = _value_file(picc, data[0])
    return _mode(picc, file, (file.access.read, file.access.write, file.access.read_write))


def mode_of_credit(picc: Picc, data: bytes) -> Mode:
    """Only read-and-write."""
    demand(data, Status.LENGTH)
    file = _value_file(picc, data[0])
    return _mode(picc, file, (file.access.read_write,))


def mode_of_limited_credit(picc: Picc, data: bytes) -> Mode:
    """Write or read-and-write."""
    demand(data, Status.LENGTH)
    file = _value_file(picc, data[0])
    return _mode(picc, file, (file.access.write, file.access.read_write))


# Data files.


def read_data(picc: Picc, data: bytes) -> Answer:
    """Bytes of the committed content; length 0 means up to the end."""
    file = _data_file(picc, data[0])
    offset, length = _number(data[1:4]), _number(data[4:7])
    length = length or len(file.data) - offset
    demand(length > 0 and offset + length <= len(file.data), Status.BOUNDARY)
    return file.data[offset : offset + length]


def write_data(picc: Picc, data: bytes) -> Answer:
    """At once into a standard file, into the mirror of a backup file."""
    file = _data_file(picc, data[0])
    offset, payload = _number(data[1:4]), data[HEADER:]
    demand(len(payload) == _number(data[4:7]), Status.LENGTH)
    demand(len(payload) > 0 and offset + len(payload) <= len(file.data), Status.BOUNDARY)
    before = file.data if file.pending is None else file.pending
    after = before[:offset] + payload + before[offset + len(payload) :]
    if file.kind is FileType.BACKUP:
        file.pending = after
    else:
        file.data = after
    return b""


def payload_size(data: bytes) -> int:
    """How many bytes a writing command announces."""
    demand(len(data) >= HEADER, Status.LENGTH)
    return _number(data[4:7])


def _data_file(picc: Picc, number: int) -> DataFile:
    file = file_of(picc, number)
    if not isinstance(file, DataFile):
        raise Refused(Status.PARAMETER)
    return file


# Value files.


def amount_size(_: bytes) -> int:
    """Amounts have four bytes."""
    return 4


def get_value(picc: Picc, data: bytes) -> Answer:
    """The committed value."""
    return _value_file(picc, data[0]).value.to_bytes(4, "little", signed=True)


def credit(picc: Picc, data: bytes) -> Answer:
    """Add."""
    file, amount = _amount(picc, data)
    value, _ = _current(file)
    _put(file, value + amount, 0)
    return b""


def debit(picc: Picc, data: bytes) -> Answer:
    """Take away; as much may come back by one limited credit."""
    file, amount = _amount(picc, data)
    value, limited = _current(file)
    _put(file, value - amount, limited + amount)
    return b""


def limited_credit(picc: Picc, data: bytes) -> Answer:
    """Add no more than was taken before, once."""
    file, amount = _amount(picc, data)
    value, _ = _current(file)
    demand(file.limited_on, Status.PERMISSION)
    demand(amount <= file.limited_credit, Status.BOUNDARY)
    _put(file, value + amount, 0)
    return b""


def _value_file(picc: Picc, number: int) -> ValueFile:
    file = file_of(picc, number)
    if not isinstance(file, ValueFile):
        raise Refused(Status.PARAMETER)
    return file


def _amount(picc: Picc, data: bytes) -> tuple[ValueFile, int]:
    amount = int.from_bytes(data[1:5], "little", signed=True)
    demand(amount >= 0, Status.PARAMETER)
    return _value_file(picc, data[0]), amount


def _current(file: ValueFile) -> tuple[int, int]:
    return (file.value, 0) if file.pending is None else file.pending


def _put(file: ValueFile, value: int, limited: int) -> None:
    demand(file.lower <= value <= file.upper, Status.BOUNDARY)
    file.pending = (value, limited)


# Record files.


def write_record(picc: Picc, data: bytes) -> Answer:
    """Into the new record of this transaction, which is made by the first write."""
    file = _record_file(picc, data[0])
    offset, payload = _number(data[1:4]), data[HEADER:]
    demand(len(payload) == _number(data[4:7]), Status.LENGTH)
    demand(len(payload) > 0 and offset + len(payload) <= file.record_size, Status.BOUNDARY)
    demand(file.pending != [], Status.PERMISSION)  # cleared in this transaction
    records = file.pending or [*_room_for_one(file), bytes(file.record_size)]
    record = records[-1]
    records[-1] = record[:offset] + payload + record[offset + len(payload) :]
    file.pending = records
    return b""


def _room_for_one(file: RecordFile) -> list[bytes]:
    if file.kind is FileType.CYCLIC:
        return file.records[-(file.capacity - 2) :] if file.capacity > 2 else []
    demand(len(file.records) < file.capacity, Status.BOUNDARY)
    return file.records


def read_records(picc: Picc, data: bytes) -> Answer:
    """Records counted from the newest (0), given oldest first; count 0 means all older ones."""
    file = _record_file(picc, data[0])
    newest, count = _number(data[1:4]), _number(data[4:7])
    end = len(file.records) - newest
    demand(end > 0 and count <= end, Status.BOUNDARY)
    return b"".join(file.records[end - (count or end) : end])


def clear_records(picc: Picc, data: bytes) -> Answer:
    """Empty the list at the next commit."""
    file = _record_file(picc, data[0])
    rights = (file.access.read_write,)
    demand(picc.key_no in rights or FREE in rights, Status.AUTHENTICATION)
    file.pending = []
    return b""


def _record_file(picc: Picc, number: int) -> RecordFile:
    file = file_of(picc, number)
    if not isinstance(file, RecordFile):
        raise Refused(Status.PARAMETER)
    return file


# Transaction.


def commit_transaction(picc: Picc, _: bytes) -> Answer:
    """Make all pending writes of the application last, at once."""
    picc.demand_level(picc=False)
    demand(picc.commit(), Status.NO_CHANGES)
    return b""


def abort_transaction(picc: Picc, _: bytes) -> Answer:
    """Drop them."""
    picc.demand_level(picc=False)
    demand(picc.drop_pending(), Status.NO_CHANGES)
    return b""


def _amount_command(run: Callable[[Picc, bytes], Answer], mode: ModeOfFile) -> Spec:
    return Spec(run=run, lengths={5}, header=1, mode_of_file=mode, streams=amount_size)


COMMANDS: Final[Mapping[int, Spec]] = {
    0xBD: Spec(run=read_data, lengths={HEADER}, header=HEADER, mode_of_file=mode_of_reading),
    0xAD: Spec(
        run=read_data,
        lengths={HEADER},
        header=HEADER,
        mode_of_file=mode_of_reading,
        in_one_frame=True,
        generations=SINCE_EV2,
    ),
    0x3D: Spec(
        run=write_data,
        lengths=ANY_LENGTH,
        header=HEADER,
        mode_of_file=mode_of_writing,
        streams=payload_size,
    ),
    0x8D: Spec(
        run=write_data,
        lengths=ANY_LENGTH,
        header=HEADER,
        mode_of_file=mode_of_writing,
        streams=payload_size,
        generations=SINCE_EV2,
    ),
    0x6C: Spec(run=get_value, lengths={1}, header=1, mode_of_file=mode_of_reading_value),
    0x0C: _amount_command(credit, mode_of_credit),
    0xDC: _amount_command(debit, mode_of_debit),
    0x1C: _amount_command(limited_credit, mode_of_limited_credit),
    0x3B: Spec(
        run=write_record,
        lengths=ANY_LENGTH,
        header=HEADER,
        mode_of_file=mode_of_writing,
        streams=payload_size,
    ),
    0xBB: Spec(run=read_records, lengths={HEADER}, header=HEADER, mode_of_file=mode_of_reading),
    0xEB: Spec(run=clear_records, lengths={1}),
    0xC7: Spec(run=commit_transaction, lengths={0, 1}),
    0xA7: Spec(run=abort_transaction, lengths={0}),
}
