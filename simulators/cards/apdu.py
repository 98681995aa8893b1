"""Command APDUs as the card side sees them (ISO/IEC 7816-4, short length fields), status words."""

from dataclasses import dataclass
from typing import Final

OK: Final = b"\x90\x00"
FAILED: Final = b"\x63\x00"
END_OF_DATA: Final = b"\x62\x82"
KEY_LOAD_UNSUPPORTED: Final = b"\x63\x86"
WRONG_LENGTH: Final = b"\x67\x00"
NOT_AUTHENTICATED: Final = b"\x69\x82"
KEY_TYPE_UNKNOWN: Final = b"\x69\x86"
KEY_NUMBER_UNKNOWN: Final = b"\x69\x88"
KEY_LENGTH_WRONG: Final = b"\x69\x89"
FUNCTION_UNSUPPORTED: Final = b"\x6a\x81"
NOT_FOUND: Final = b"\x6a\x82"
WRONG_PARAMETERS: Final = b"\x6b\x00"
INSTRUCTION_UNKNOWN: Final = b"\x6d\x00"
CLASS_UNKNOWN: Final = b"\x6e\x00"

HEADER_SIZE: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A parsed command. `le` is the answer length asked for, 0 standing for as much as there is."""

    cla: int
    ins: int
    p1: int
    p2: int
    data: bytes = b""
    le: int | None = None


def parse(apdu: bytes) -> Command | None:
    """Parse a short APDU; None when its length fields and its length disagree."""
    if len(apdu) < HEADER_SIZE:
        return None
    cla, ins, p1, p2 = apdu[:HEADER_SIZE]
    rest = apdu[HEADER_SIZE:]
    data: bytes = b""
    le: int | None = None
    if len(rest) == 1:
        le = rest[0]
    elif rest:
        size = rest[0]
        data, tail = rest[1 : 1 + size], rest[1 + size :]
        if size == 0 or len(data) != size or len(tail) > 1:
            return None
        le = tail[0] if tail else None
    return Command(cla=cla, ins=ins, p1=p1, p2=p2, data=data, le=le)
