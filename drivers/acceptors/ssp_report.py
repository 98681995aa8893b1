"""What an SSP banknote validator tells about itself: setup, counters and poll events, from bytes.

Source: ITL GA138, "Banknote Validator" (setup table), "Get Counters" and the event pages.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum, unique
from typing import Final

from drivers.acceptors.notes import check_notes_of
from drivers.api.acceptors import RejectReason
from drivers.errors import AcceptorUnsuitable, FrameError

LOWEST_PROTOCOL: Final = 6
"""From this version on the setup data name country and value of every channel."""

_VALIDATOR: Final = 0x00
_COUNTERS: Final = 5
_HEAD: Final = 12  # type, firmware 4, country 3, multiplier 3, number of channels


@unique
class EventCode(IntEnum):
    """Poll events of a validator without a payout unit."""

    SLAVE_RESET = 0xF1
    READ = 0xEF
    CREDIT = 0xEE
    REJECTING = 0xED
    REJECTED = 0xEC
    STACKED = 0xEB
    SAFE_JAM = 0xEA
    UNSAFE_JAM = 0xE9
    DISABLED = 0xE8
    STACKER_FULL = 0xE7
    FRAUD = 0xE6
    TICKET_READ = 0xE5
    CASHBOX_REPLACED = 0xE4
    CASHBOX_REMOVED = 0xE3
    CLEARED_TO_CASHBOX = 0xE2
    CLEARED_FROM_FRONT = 0xE1
    PATH_OPEN = 0xE0
    TICKET_STACKED = 0xD1
    STACKING = 0xCC
    INITIALISING = 0xB6
    CHANNELS_DISABLED = 0xB5


REJECT_REASONS: Final[Mapping[int, RejectReason]] = {
    **dict.fromkeys(range(0x01, 0x06), RejectReason.NOT_RECOGNISED),
    0x06: RejectReason.NOT_WANTED,
    0x07: RejectReason.SEVERAL_AT_ONCE,
    0x09: RejectReason.NOT_RECOGNISED,
    0x0B: RejectReason.NOT_RECOGNISED,
    0x0C: RejectReason.NOT_WANTED,
    0x10: RejectReason.PULLED_BACK,
    0x11: RejectReason.NOT_RECOGNISED,
    0x12: RejectReason.LAID_CROOKED,
    0x19: RejectReason.NOT_RECOGNISED,
    0x1A: RejectReason.NOT_RECOGNISED,
}
"""Answers to LAST REJECT that a payer can do something about (GA138, "Reject codes")."""

NAMES_A_CHANNEL: Final = frozenset(
    {
        EventCode.READ,
        EventCode.CREDIT,
        EventCode.FRAUD,
        EventCode.CLEARED_TO_CASHBOX,
        EventCode.CLEARED_FROM_FRONT,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RawEvent:
    """One poll event; `channel` is 0 where the event names none or does not know it."""

    code: EventCode
    channel: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """A validator's dataset: `values_fen` has one value a channel, 0 where it is not `country`."""

    firmware: str
    country: str
    values_fen: tuple[int, ...]

    def value_fen(self, channel: int) -> int:
        """Value of the note on `channel`, counted from 1; 0 when there is no such channel."""
        return self.values_fen[channel - 1] if 1 <= channel <= len(self.values_fen) else 0


def parse_setup(data: bytes) -> Setup:
    """Read the answer to SETUP REQUEST, without its OK byte.

    Raises:
        FrameError: the table is shorter than its own counts say, or its text is not ASCII.
        AcceptorUnsuitable: not a banknote validator, or a protocol version below 6.
    """
    if len(data) < _HEAD:
        raise FrameError(f"setup data of {len(data)} bytes")
    if data[0] != _VALIDATOR:
        raise AcceptorUnsuitable(
            f"unit type {data[0]:02X}h is not a plain banknote validator", status="unit-type"
        )
    channels = data[11]
    head = _HEAD + 2 * channels
    if len(data) < head + 4:
        raise FrameError(f"setup data end inside their {channels} channels")
    version = data[head + 3]
    if version < LOWEST_PROTOCOL:
        raise AcceptorUnsuitable(
            f"protocol version {version} does not name its notes; version 6 is needed",
            status="protocol",
        )
    countries, values = head + 4, head + 4 + 3 * channels
    if len(data) < values + 4 * channels:
        raise FrameError(f"setup data end inside their {channels} channels")
    country = _text(data[5:8])
    multiplier = int.from_bytes(data[head : head + 3], "big")
    return Setup(
        firmware=_text(data[1:5]),
        country=country,
        values_fen=tuple(
            int.from_bytes(data[values + 4 * n : values + 4 * n + 4], "little") * multiplier
            if _text(data[countries + 3 * n : countries + 3 * n + 3]) == country
            else 0
            for n in range(channels)
        ),
    )


def check_notes(setup: Setup, currency: str) -> None:
    """Make sure that the dataset's notes are ours. Raises AcceptorUnsuitable when not."""
    check_notes_of(setup.country, setup.values_fen, currency)


def _text(data: bytes) -> str:
    try:
        return data.decode("ascii")
    except UnicodeDecodeError as error:
        raise FrameError("setup data hold text that is not ASCII") from error


def parse_stacked_count(data: bytes) -> int:
    """Notes ever stacked, from the answer to COUNTERS without its OK byte; wraps at 2**32.

    Raises:
        FrameError: not the five counters of a validator.
    """
    if len(data) < 1 + 4 * _COUNTERS or data[0] < _COUNTERS:
        raise FrameError(f"counters of {len(data)} bytes")
    return int.from_bytes(data[1:5], "little")


def parse_events(data: bytes) -> tuple[tuple[RawEvent, ...], bytes]:
    """The events of a poll answer without its OK byte, oldest first, and what was left over.

    Reading ends at the first code we do not know, because its length is not known either: a byte
    after it could look like a credit and be none.
    """
    events: list[RawEvent] = []
    at = 0
    while at < len(data):
        try:
            code = EventCode(data[at])
        except ValueError:
            break
        named = code in NAMES_A_CHANNEL
        after = at + 1 + named
        if after > len(data):
            break
        events.append(RawEvent(code=code, channel=data[at + 1] if named else 0))
        at = after
    return tuple(events), data[at:]
