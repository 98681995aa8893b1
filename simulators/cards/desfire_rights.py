"""Who may do what with a file, and how the exchange is then protected (NXP MF3ICDx21_41_81).

The file's mode holds when one of the keys named by its rights is proved. A right that is free for
all is used in plain, whatever the file's mode (libfreefare on real cards; EV3 data sheet).
"""

from typing import Final

from simulators.cards.desfire_file_commands import file_of
from simulators.cards.desfire_memory import FREE, NEVER, AnyFile, Comm, Picc, ValueFile
from simulators.cards.desfire_session import Mode
from simulators.cards.desfire_status import Refused, Status, demand

_MODES: Final = {Comm.PLAIN: Mode.PLAIN, Comm.PLAIN_2: Mode.PLAIN, Comm.MAC: Mode.MAC}


def value_file(picc: Picc, number: int) -> ValueFile:
    """A value file of the selected application."""
    file = file_of(picc, number)
    if not isinstance(file, ValueFile):
        raise Refused(Status.PARAMETER)
    return file


def _mode(picc: Picc, file: AnyFile, rights: tuple[int, ...]) -> Mode:
    """The file's mode when one of its keys is proved; plain where the right is free."""
    if picc.key_no is not None and picc.key_no in rights:
        return _MODES.get(file.comm, Mode.FULL)
    demand(set(rights) != {NEVER}, Status.PERMISSION)
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
    file = value_file(picc, data[0])
    access = file.access
    free = (FREE,) if file.free_get else ()
    return _mode(picc, file, (access.read, access.write, access.read_write, *free))


def mode_of_debit(picc: Picc, data: bytes) -> Mode:
    """Any of the three."""
    demand(data, Status.LENGTH)
    file = value_file(picc, data[0])
    return _mode(picc, file, (file.access.read, file.access.write, file.access.read_write))


def mode_of_credit(picc: Picc, data: bytes) -> Mode:
    """Only read-and-write."""
    demand(data, Status.LENGTH)
    file = value_file(picc, data[0])
    return _mode(picc, file, (file.access.read_write,))


def mode_of_limited_credit(picc: Picc, data: bytes) -> Mode:
    """Write or read-and-write."""
    demand(data, Status.LENGTH)
    file = value_file(picc, data[0])
    return _mode(picc, file, (file.access.write, file.access.read_write))
