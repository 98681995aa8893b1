"""Wiegand messages: an identifier between two parity bits, or bare.

::

    E dddd .. dddd dddd .. dddd O      E makes the ones of the first half even, itself counted;
    |<- first half ->|<- second ->|    O makes those of the second half odd. First bit sent first.

| bits | identifier | parity | source |
|---|---|---|---|
| 26 | 24 (8 of them a facility code) | yes | SIA AC-01-1996.10, "26-bit Wiegand reader interface" |
| 34, 50, 58 | 32, 48, 56 | yes | Civintec CN56 reader manual 6.4; STid ULTRYS manual, format 3Eb |
| 32, 40, 56 | the same | no | Civintec CN56 reader manual 6.4 ("32e", "40", "56") |
| 4 | a key: 0 to 9, 10 is ``*``, 11 is ``#`` | no | Baltech "PinMessageFormat", SingleDigit4Bit |
| 8 | the same; the high half is its complement | yes | the same, SingleDigitWithBcc |

A UID of seven bytes needs 56 or 58 bits; of a shorter message only a part of it could be meant, and
nothing here guesses which.
"""

from dataclasses import dataclass
from typing import Final

WITH_PARITY: Final = frozenset({26, 34, 50, 58})
BARE: Final = frozenset({32, 40, 56})
KEYS: Final = "0123456789*#"
_KEY_BITS: Final = 4
_CHECKED_KEY_BITS: Final = 8
_LONGEST: Final = max(WITH_PARITY)


@dataclass(frozen=True, slots=True, kw_only=True)
class Identifier:
    """What a card said: `code` is whole bytes of `bits` bits."""

    code: bytes
    bits: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """A key of the reader's pad."""

    digit: str


class Damaged(ValueError):
    """A message of a length that is not known, or with a wrong parity."""


def read_message(bits: str) -> Identifier | Key:
    """What a message of ``0`` and ``1`` says, in the order they were sent. Raises Damaged."""
    if not bits or len(bits) > _LONGEST or not set(bits) <= {"0", "1"}:
        raise Damaged("no Wiegand message")
    count = len(bits)
    if count in WITH_PARITY:
        return _checked(bits)
    if count in BARE:
        return Identifier(code=int(bits, 2).to_bytes(count // 8, "big"), bits=count)
    if count in {_KEY_BITS, _CHECKED_KEY_BITS}:
        return _key(bits)
    raise Damaged(f"a message of {count} bits is not known")


def write_message(code: bytes) -> str:
    """The message with parity of an identifier of whole bytes, as a reader would send it."""
    data = f"{int.from_bytes(code, 'big'):0{len(code) * 8}b}"
    first, second = data[: len(data) // 2], data[len(data) // 2 :]
    even, odd = first.count("1") % 2, 1 - second.count("1") % 2
    return f"{even}{data}{odd}"


def _checked(bits: str) -> Identifier:
    first, second = bits[: len(bits) // 2], bits[len(bits) // 2 :]
    if first.count("1") % 2 or not second.count("1") % 2:
        raise Damaged("wrong parity")
    data = bits[1:-1]
    return Identifier(code=int(data, 2).to_bytes(len(data) // 8, "big"), bits=len(data))


def _key(bits: str) -> Key:
    value = int(bits[-_KEY_BITS:], 2)
    if len(bits) == _CHECKED_KEY_BITS and int(bits[:_KEY_BITS], 2) != value ^ 0xF:
        raise Damaged("a key without its complement")
    if value >= len(KEYS):
        raise Damaged("no key of the pad")
    return Key(digit=KEYS[value])
