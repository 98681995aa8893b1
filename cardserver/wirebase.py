"""The grain of the JSON between stations and server: base model, field types, the refusal.

Bytes are lower-case hex in JSON and `bytes` in Python; dates are ISO; instants carry an offset;
money is integer fen; ids made by a station are UUIDs in canonical text form.
"""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    StringConstraints,
    WithJsonSchema,
)

from cardserver.domain.ids import MAX_CARD_NUMBER
from cardserver.domain.money import MAX_FEN
from cardserver.domain.rights import MAX_ZONE

MAX_SLOT_BYTES = 512
"""More than any record of ours; bounds what a station can make the server keep."""


class Wire(BaseModel):
    """A value on the wire: frozen, and strange fields are refused.

    What checks it is built with the first value, in a few milliseconds at most and by one thread
    (pydantic 2.14 and later): three hundred kinds of it stood in the way of every start.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_bytes="hex", defer_build=True)


class Told(Wire):
    """What a centre tells its gates, some of which may run an earlier program.

    A field that a reader does not know is passed over: a gate goes on being told who was blocked.
    """

    model_config = ConfigDict(extra="ignore")


def _from_hex(value: object) -> object:
    if isinstance(value, str):
        return bytes.fromhex(value)
    return value


HexBytes = Annotated[
    bytes,
    BeforeValidator(_from_hex),
    PlainSerializer(bytes.hex, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "pattern": "^([0-9a-fA-F]{2})*$"}),
]
SlotBytes = Annotated[HexBytes, Field(max_length=MAX_SLOT_BYTES)]
"""Bytes of one slot; empty for an empty slot."""

Uid = Annotated[HexBytes, Field(min_length=4, max_length=10)]
Uuid = Annotated[
    str,
    StringConstraints(pattern=r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"),
]
Number = Annotated[int, Field(ge=1, le=MAX_CARD_NUMBER)]
Count = Annotated[int, Field(ge=0, le=2**63 - 1)]
"""A number that only rises; a database keeps 64 bits of it."""

RowId = Annotated[int, Field(ge=1, le=2**63 - 1)]
Zones = Annotated[tuple[Annotated[int, Field(ge=0, le=MAX_ZONE)], ...], Field(max_length=32)]
Fen = Annotated[int, Field(strict=True, ge=0, le=MAX_FEN)]
Amount = Annotated[Fen, Field(ge=1)]
"""Money taken, given or owed: at least one fen."""

SlotNumber = Annotated[int, Field(ge=0, le=1)]
KeyVersion = Annotated[int, Field(ge=1, le=255)]
_PRINTABLE = r"^[^\x00-\x1f\x7f]+$"
PLAIN = r"^[^\x00-\x1f\x7f]*$"
"""Control characters have no place in names and reasons; PostgreSQL can't even store a zero."""

Word = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=60, pattern=_PRINTABLE),
]
Text = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=400, pattern=_PRINTABLE),
]
Remark = Annotated[str, Field(max_length=400, pattern=PLAIN)]
"""Words that may be left out."""


def _in_utc(instant: datetime) -> datetime:
    """Refuse what lies outside the calendar once its offset is taken off."""
    try:
        instant.astimezone(UTC)
    except OverflowError:
        raise ValueError("no such instant in UTC") from None
    return instant


Instant = Annotated[AwareDatetime, AfterValidator(_in_utc)]


class Refusal(Wire):
    """Every answer but 2xx: `code` names the family, `reason` the case, `rule` its source."""

    code: str
    reason: str = ""
    rule: str = ""
    message: str
