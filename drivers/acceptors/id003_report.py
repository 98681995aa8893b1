"""What an ID-003 acceptor tells: its status, and the table of notes that it knows, from bytes.

Source: ID03-001E rev. 05, "Status" (6-2) and "Currency assign data" (6-7); country codes and the
table's rows also as in AlexObukhoff/TerminalClient.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum, unique
from typing import Final

from drivers.acceptors.id003_frame import Frame
from drivers.errors import FrameError

_ROW: Final = 4  # escrow code, country, value, number of zeros
_MOST_ZEROS: Final = 6
FIRST_CODE: Final = 0x61
PLACES: Final = 16
"""Escrow code of the first denomination; the mask of C0 has a bit each for so many."""

COUNTRIES: Final[Mapping[int, str]] = {
    0x01: "USD",
    0x08: "CAD",
    0x16: "CHF",
    0x27: "RUB",
    0x2D: "CNY",
    0x51: "KZT",
    0x63: "INR",
    0xE0: "EUR",
}


@unique
class Status(IntEnum):
    """First byte of the answer to a status request."""

    IDLE = 0x11
    ACCEPTING = 0x12
    ESCROW = 0x13
    STACKING = 0x14
    VEND_VALID = 0x15
    STACKED = 0x16
    REJECTING = 0x17
    RETURNING = 0x18
    HOLDING = 0x19
    DISABLED = 0x1A
    INITIALISING = 0x1B
    POWER_UP = 0x40
    POWER_UP_NOTE_IN_HEAD = 0x41
    POWER_UP_NOTE_IN_STACKER = 0x42
    STACKER_FULL = 0x43
    STACKER_OPEN = 0x44
    JAM_IN_HEAD = 0x45
    JAM_IN_STACKER = 0x46
    PAUSE = 0x47
    CHEATED = 0x48
    FAILURE = 0x49
    LINE_ERROR = 0x4A


AT_REST: Final = frozenset({Status.IDLE, Status.DISABLED})
POWER_UPS: Final = frozenset(
    {Status.POWER_UP, Status.POWER_UP_NOTE_IN_HEAD, Status.POWER_UP_NOTE_IN_STACKER}
)
TROUBLES: Final = frozenset(
    {
        Status.STACKER_FULL,
        Status.STACKER_OPEN,
        Status.JAM_IN_HEAD,
        Status.JAM_IN_STACKER,
        Status.CHEATED,
        Status.FAILURE,
        Status.LINE_ERROR,
    }
)
IN_ESCROW: Final = frozenset({Status.ESCROW, Status.HOLDING})
GOING_BACK: Final = frozenset({Status.REJECTING, Status.RETURNING})


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A status; `detail` is the denomination (61h to 68h), the reason of a rejection (71h on) or
    of a failure, and 0 where there is none.
    """

    status: Status
    detail: int = 0


def parse_report(frame: Frame) -> Report | None:
    """The status in a frame, None when it holds none."""
    try:
        return Report(status=Status(frame.code), detail=frame.data[0] if frame.data else 0)
    except ValueError:
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteTable:
    """Which notes an acceptor knows: value in fen by escrow code, all of one currency."""

    currency: str = ""
    values_fen: Mapping[int, int]

    def value_fen(self, code: int) -> int:
        """Value of the note of an escrow code; 0 when the table does not name it."""
        return self.values_fen.get(code, 0)

    def refused(self, wanted_fen: frozenset[int]) -> bytes:
        """The two bytes of C0 that let in these values only: a bit that is set keeps a note out."""
        mask = 0xFFFF
        for code, value in self.values_fen.items():
            place = code - FIRST_CODE
            if value in wanted_fen and place in range(PLACES):
                mask &= ~(1 << place)
        return mask.to_bytes(2, "little")


def parse_table(data: bytes) -> NoteTable:
    """Read the answer to the currency request: a row of four bytes a denomination.

    Rows without a country or a value are places that this acceptor does not use. Amounts are whole
    units of the currency (yuan) and a number of zeros.

    Raises:
        FrameError: not whole rows, two countries, or one denomination twice.
    """
    if len(data) % _ROW or not data:
        raise FrameError(f"a currency table of {len(data)} bytes")
    values: dict[int, int] = {}
    countries: set[int] = set()
    for at in range(0, len(data), _ROW):
        code, country, value, zeros = data[at : at + _ROW]
        if not country or not value:
            continue
        if zeros > _MOST_ZEROS or code in values:
            raise FrameError(f"denomination {code:02X} is not told clearly")
        values[code] = value * 10**zeros * 100
        countries.add(country)
    if len(countries) > 1:
        raise FrameError("a currency table of several countries")
    return NoteTable(
        currency=", ".join(COUNTRIES.get(each, f"country {each:02X}") for each in countries),
        values_fen=values,
    )
