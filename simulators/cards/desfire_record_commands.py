"""Commands on record files (NXP MF3ICDx21_41_81)."""

from collections.abc import Mapping
from typing import Final

from simulators.cards.desfire_command import Answer, Spec
from simulators.cards.desfire_data_commands import ANY_LENGTH, HEADER, number, payload_size
from simulators.cards.desfire_file_commands import file_of
from simulators.cards.desfire_memory import FREE, FileType, Picc, RecordFile
from simulators.cards.desfire_rights import mode_of_reading, mode_of_writing
from simulators.cards.desfire_status import Refused, Status, demand


def write_record(picc: Picc, data: bytes) -> Answer:
    """Into the new record of this transaction, which is made by the first write."""
    file = _record_file(picc, data[0])
    offset, payload = number(data[1:4]), data[HEADER:]
    demand(len(payload) == number(data[4:7]), Status.LENGTH)
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
    newest, count = number(data[1:4]), number(data[4:7])
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


COMMANDS: Final[Mapping[int, Spec]] = {
    0x3B: Spec(
        run=write_record,
        lengths=ANY_LENGTH,
        header=HEADER,
        mode_of_file=mode_of_writing,
        streams=payload_size,
    ),
    0xBB: Spec(run=read_records, lengths={HEADER}, header=HEADER, mode_of_file=mode_of_reading),
    0xEB: Spec(run=clear_records, lengths={1}),
}
