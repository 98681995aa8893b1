"""Commands that read and write data files, and the transaction (NXP MF3ICDx21_41_81)."""

from collections.abc import Mapping
from typing import Final

from simulators.cards.desfire_command import SINCE_EV2, Answer, Spec
from simulators.cards.desfire_file_commands import file_of
from simulators.cards.desfire_memory import DataFile, FileType, Picc
from simulators.cards.desfire_rights import mode_of_reading, mode_of_writing
from simulators.cards.desfire_status import Refused, Status, demand

HEADER: Final = 7  # file, offset(3), length(3)
ANY_LENGTH: Final = range(HEADER, 1 << 16)
WRITES: Final = {0x3D, 0x8D}


def number(three_bytes: bytes) -> int:
    """Offsets and lengths have three bytes."""
    return int.from_bytes(three_bytes, "little")


def read_data(picc: Picc, data: bytes) -> Answer:
    """Bytes of the committed content; length 0 means up to the end."""
    file = _data_file(picc, data[0])
    offset, length = number(data[1:4]), number(data[4:7])
    length = length or len(file.data) - offset
    demand(length > 0 and offset + length <= len(file.data), Status.BOUNDARY)
    return file.data[offset : offset + length]


def write_data(picc: Picc, data: bytes) -> Answer:
    """At once into a standard file, into the mirror of a backup file."""
    file = _data_file(picc, data[0])
    offset, payload = number(data[1:4]), data[HEADER:]
    demand(len(payload) == number(data[4:7]), Status.LENGTH)
    demand(len(payload) > 0 and offset + len(payload) <= len(file.data), Status.BOUNDARY)
    before = file.data if file.pending is None else file.pending
    after = before[:offset] + payload + before[offset + len(payload) :]
    if file.kind is FileType.BACKUP:
        file.pending = after
    else:
        file.data = after
    return b""


def leave_torn(picc: Picc, ins: int, received: bytes) -> None:
    """A standard file has no mirror: what had come when the field went away stays in it."""
    file = picc.application.files.get(received[0])
    if ins not in WRITES or not isinstance(file, DataFile) or file.kind is not FileType.STANDARD:
        return
    offset, payload = number(received[1:4]), received[HEADER:]
    if offset + len(payload) <= len(file.data):
        file.data = file.data[:offset] + payload + file.data[offset + len(payload) :]


def payload_size(data: bytes) -> int:
    """How many bytes a writing command announces."""
    demand(len(data) >= HEADER, Status.LENGTH)
    return number(data[4:7])


def _data_file(picc: Picc, number: int) -> DataFile:
    file = file_of(picc, number)
    if not isinstance(file, DataFile):
        raise Refused(Status.PARAMETER)
    return file


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
    0xC7: Spec(run=commit_transaction, lengths={0, 1}),
    0xA7: Spec(run=abort_transaction, lengths={0}),
}
