"""A typed plan of what goes wrong, counted in command APDUs.

`at` is the index of the APDU that meets the fault, 0 being the first one after the plan was set.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum, unique
from typing import Final

from drivers.errors import CardRemoved, DeviceTimeout


@unique
class FaultKind(StrEnum):
    """What can happen to one exchange."""

    TEAR_BEFORE = "tear-before"  # the card is gone before it hears the command
    TEAR_AFTER = "tear-after"  # the card obeys, its answer is lost, the card is gone
    SILENCE = "silence"  # the card obeys and stays, its answer is lost
    GARBAGE = "garbage"  # the card obeys, another answer arrives, with another status word
    BIT_FLIP = "bit-flip"  # one bit of the answer's data arrives inverted
    POWER_CUT = "power-cut"  # the station itself dies before the command is sent


TEARS: Final = frozenset({FaultKind.TEAR_BEFORE, FaultKind.TEAR_AFTER})


class PowerCut(BaseException):
    """The station lost its power. Nothing that handles errors may catch it, hence the base."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One fault at the APDU of index `at`. `bit` is the bit that a BIT_FLIP inverts."""

    kind: FaultKind
    at: int
    bit: int = 0


class FaultPlan:
    """Faults by APDU index and the count of APDUs so far."""

    def __init__(self, *faults: Fault) -> None:
        self._faults = {fault.at: fault for fault in faults}
        self.seen = 0
        self.fired: list[Fault] = []

    def exchange(self, send: Callable[[bytes], bytes], apdu: bytes) -> bytes:
        """Let one APDU meet its fault, or pass it on unharmed.

        Raises:
            CardRemoved: torn; the caller takes the card out of the field.
            DeviceTimeout: silence.
            PowerCut: the station dies here.
        """
        fault = self._faults.get(self.seen)
        self.seen += 1
        if fault is None:
            return send(apdu)
        self.fired.append(fault)
        return _suffer(fault, send, apdu)


def _suffer(fault: Fault, send: Callable[[bytes], bytes], apdu: bytes) -> bytes:
    if fault.kind is FaultKind.POWER_CUT:
        raise PowerCut(f"before APDU {fault.at}")
    if fault.kind is FaultKind.TEAR_BEFORE:
        raise CardRemoved(f"torn before APDU {fault.at}")
    answer = send(apdu)
    match fault.kind:
        case FaultKind.TEAR_AFTER:
            raise CardRemoved(f"torn after APDU {fault.at}")
        case FaultKind.SILENCE:
            raise DeviceTimeout(f"no answer to APDU {fault.at}")
        case FaultKind.GARBAGE:
            return _garbage(answer, fault.at)
        case FaultKind.BIT_FLIP:
            return _flip(answer, fault.bit)


def _garbage(answer: bytes, seed: int) -> bytes:
    noise = random.Random(seed).randbytes(max(0, len(answer) - 2))
    wrong_status = bytes([0x5A, 0xA5])  # no status word of ISO/IEC 7816-4 begins with 5
    return noise + wrong_status


def _flip(answer: bytes, bit: int) -> bytes:
    data, status = bytearray(answer[:-2]), answer[-2:]
    if data:
        place, mask = divmod(bit % (len(data) * 8), 8)
        data[place] ^= 1 << mask
    return bytes(data) + status
