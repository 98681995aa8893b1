"""Commands on value files (NXP MF3ICDx21_41_81)."""

from collections.abc import Callable, Mapping
from typing import Final

from simulators.cards.desfire_command import Answer, ModeOfFile, Spec
from simulators.cards.desfire_memory import Picc, ValueFile
from simulators.cards.desfire_rights import (
    mode_of_credit,
    mode_of_debit,
    mode_of_limited_credit,
    mode_of_reading_value,
    value_file,
)
from simulators.cards.desfire_status import Status, demand


def amount_size(_: bytes) -> int:
    """Amounts have four bytes."""
    return 4


def get_value(picc: Picc, data: bytes) -> Answer:
    """The committed value."""
    return value_file(picc, data[0]).value.to_bytes(4, "little", signed=True)


def credit(picc: Picc, data: bytes) -> Answer:
    """Add."""
    file, amount = _amount(picc, data)
    value, limited = _current(file)
    _put(file, value + amount, limited)
    return b""


def debit(picc: Picc, data: bytes) -> Answer:
    """Take away; what one transaction took may come back by one limited credit."""
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


def _amount(picc: Picc, data: bytes) -> tuple[ValueFile, int]:
    amount = int.from_bytes(data[1:5], "little", signed=True)
    demand(amount >= 0, Status.PARAMETER)
    return value_file(picc, data[0]), amount


def _current(file: ValueFile) -> tuple[int, int]:
    return (file.value, 0) if file.pending is None else file.pending


def _put(file: ValueFile, value: int, limited: int) -> None:
    demand(file.lower <= value <= file.upper, Status.BOUNDARY)
    file.pending = (value, limited)


def _amount_command(run: Callable[[Picc, bytes], Answer], mode: ModeOfFile) -> Spec:
    return Spec(run=run, lengths={5}, header=1, mode_of_file=mode, streams=amount_size)


COMMANDS: Final[Mapping[int, Spec]] = {
    0x6C: Spec(run=get_value, lengths={1}, header=1, mode_of_file=mode_of_reading_value),
    0x0C: _amount_command(credit, mode_of_credit),
    0xDC: _amount_command(debit, mode_of_debit),
    0x1C: _amount_command(limited_credit, mode_of_limited_credit),
}
