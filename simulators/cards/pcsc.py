"""What a PC/SC reader adds to a bare card: the ATR it makes up and its own FF CA command.

Interoperability Specification for ICCs and PCs, part 3, 3.1.3.2.3 (ATR) and 3.2.2.1.3 (Get Data).
The answers FF CA 02 (SAK) and FF CA 03 (ATQA) are an extension of Feitian readers.
"""

from collections.abc import Mapping
from enum import IntEnum, unique
from functools import reduce
from operator import xor
from typing import Final

from simulators.cards import apdu
from simulators.cards.apdu import Command

GET_DATA: Final = 0xCA
READER_CLASS: Final = 0xFF

STORAGE_CARD_PREFIX: Final = bytes.fromhex("804F0CA000000306")
ISO_14443_3_A: Final = 0x03


@unique
class CardName(IntEnum):
    """Card names of the part 3 supplement."""

    CLASSIC_1K = 0x0001
    CLASSIC_4K = 0x0002
    ULTRALIGHT = 0x0003


@unique
class GetData(IntEnum):
    """P1 of FF CA."""

    UID = 0x00
    HISTORICAL_BYTES = 0x01
    SAK = 0x02
    ATQA = 0x03


def atr(historical_bytes: bytes) -> bytes:
    """ATR of a contactless card around its historical bytes (at most 15), with the check byte."""
    body = bytes([0x80 | len(historical_bytes), 0x80, 0x01]) + historical_bytes
    return b"\x3b" + body + bytes([reduce(xor, body)])


def storage_card_atr(name: CardName) -> bytes:
    """ATR of a storage card of ISO/IEC 14443-3 type A."""
    identifier = bytes([ISO_14443_3_A]) + name.to_bytes(2, "big") + bytes(4)
    return atr(STORAGE_CARD_PREFIX + identifier)


def answer_get_data(command: Command, values: Mapping[int, bytes]) -> bytes:
    """Answer FF CA from `values` (P1 -> bytes), honouring Le as part 3 words it."""
    if command.p2 != 0 or command.data:
        return apdu.WRONG_PARAMETERS
    value = values.get(command.p1)
    if value is None:
        return apdu.FUNCTION_UNSUPPORTED
    if not command.le or command.le == len(value):
        return value + apdu.OK
    if command.le < len(value):
        return bytes([0x6C, len(value)])
    return value + apdu.END_OF_DATA
