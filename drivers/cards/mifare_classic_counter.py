"""The clone trap of a MIFARE Classic card: a number that a gate can only count down.

    sector 3, block 0   value block (NXP MF1S50yyX/V1, clause 8.6.2.1), from START downwards
    access bits         block 0: key A reads and decrements, key B also writes (condition 110);
                        blocks 1 and 2: key A reads, key B writes (100); trailer: key B (011)

    value block         v (4) | not v (4) | v (4) | a | not a | a | not a    v lowest byte first

The number holds no right. Two cards that were one count down from the same number: as soon as both
have been used, a number is seen twice, or goes up, somewhere in the estate. A number counts as used
when the card confirmed the decrement. One that was torn off before that shows the same number once
more and has used none; one whose answer was lost shows a lower one, and a gap means nothing.

A block write that itself tears leaves copies that disagree: the card then has no counter until it
is keyed anew, which the gate reports.
"""

import struct
from typing import Final

from drivers.cards.mifare_classic_access import encode_access

START: Final = 1_000_000
"""First number of a new card: more taps than the chip's memory cells are rated for."""

COUNTER_ACCESS: Final = encode_access((0b110, 0b100, 0b100, 0b011))

_VALUE: Final = struct.Struct("<iii4B")


def value_block(value: int, address: int) -> bytes:
    """The 16 bytes of a value block.

    Raises:
        ValueError: not a signed number of 32 bits, or the address is not a byte.
    """
    try:
        back = address ^ 0xFF
        return _VALUE.pack(value, ~value, value, address, back, address, back)
    except struct.error as error:
        raise ValueError(f"{value} at {address} is no value block") from error


def parse_value(block: bytes) -> int | None:
    """The number in a value block; None where its copies disagree, or there is none."""
    if len(block) != _VALUE.size:
        return None
    value, _, _, address, *_ = _VALUE.unpack(block)
    return value if block == value_block(value, address) else None
