"""A card of the issue list as a row of 50 bytes, and back.

::

    0      size of the UID
    1-10   UID, zeros behind it
    11-14  card number
    15     status (bits 0-3) | secure channel (bits 4-7)
    16     key version
    17-18  last day of the holder, days since 2020-01-01; 65535 for none
    19-22  parking space, 0 for none
    23-    door, then parking: lowest sequence (4), holder class (1, 0 for no such right),
           zones (4), first day (2), last day (2)

Numbers are little endian. Days before 2020 or after 2199 are kept as the nearest there is room for:
no gate of ours decides on a day out there.
"""

import struct
from collections.abc import Iterator, Mapping
from dataclasses import fields
from datetime import date, timedelta
from functools import lru_cache
from typing import Final, Protocol

from cardserver.domain.admission import CardEntry, ListedRight
from cardserver.domain.errors import RuleViolation
from cardserver.domain.ids import CardNumber
from cardserver.domain.record import EPOCH
from cardserver.domain.rights import CardStatus, HolderClass, RightKind
from cardserver.domain.validity import ValidityPeriod

ROW: Final = struct.Struct("<B10sIBBHIIBIHHIBIHH")
MAX_UID: Final = 10
_UID_SIZE: Final = 0
_UID: Final = 1
_NUMBER: Final = 2
_STATE: Final = 3
_KEY: Final = 4
_UNTIL: Final = 5
_SPACE: Final = 6
_RIGHT_AT: Final = {RightKind.DOOR: 7, RightKind.PARKING: 12}
_NO_DAY: Final = 0xFFFF
_LAST_DAY: Final = _NO_DAY - 1

_STATUSES: Final = tuple(CardStatus)
_CLASSES: Final = (None, *HolderClass)
_CHANNELS: Final = (None, "ev1", "ev2")

RightLine = tuple[HolderClass, int, date, date]
"""A right as it is listed: holder class, zones as a mask, first and last day."""

Fields = tuple[
    int, bytes, int, int, int, int, int, int, int, int, int, int, int, int, int, int, int
]
"""A row as `ROW` unpacks it."""


class Card(Protocol):
    """What a row holds of a card beside its UID, its number and its rights."""

    @property
    def status(self) -> CardStatus:
        """Whether it is live."""

    @property
    def sequences(self) -> Mapping[RightKind, int]:
        """The lowest record sequence still good for each right."""

    @property
    def key_version(self) -> int:
        """The version of its keys."""

    @property
    def secure_channel(self) -> str | None:
        """The secure messaging it is read with."""

    @property
    def until(self) -> date | None:
        """The last day its holder belongs here."""

    @property
    def space(self) -> int:
        """Its parking space, 0 for none."""


def pack(uid: bytes, entry: CardEntry) -> bytes:
    """The row of a card. What stands beside the block (`pending`, `before`) is not in it.

    Raises ValueError for what no card of ours has: a UID above 10 bytes, a strange channel.
    """
    rights = {
        kind: (each.holder_class, each.zones, each.period.first, each.period.last)
        for kind, each in entry.rights.items()
    }
    return pack_card(uid, entry.card_number, entry, rights)


def pack_card(uid: bytes, number: int, card: Card, rights: Mapping[RightKind, RightLine]) -> bytes:
    """The same of any card with its rights as lines.

    Raises ValueError as `pack`, and RuleViolation for a right that ends before it begins.
    """
    if len(uid) > MAX_UID:
        raise ValueError(f"a UID has at most {MAX_UID} bytes")
    sequences = card.sequences
    return ROW.pack(
        len(uid),
        uid,
        number,
        _STATUSES.index(card.status) | _CHANNELS.index(card.secure_channel) << 4,
        card.key_version,
        _NO_DAY if card.until is None else _days(card.until),
        card.space,
        sequences.get(RightKind.DOOR, 0),
        *_packed(rights.get(RightKind.DOOR)),
        sequences.get(RightKind.PARKING, 0),
        *_packed(rights.get(RightKind.PARKING)),
    )


def uid_of(fields: Fields) -> bytes:
    """The UID in a row."""
    return fields[_UID][: fields[_UID_SIZE]]


def space_of(fields: Fields) -> int:
    """The parking space in a row, 0 for none."""
    return fields[_SPACE]


def number_of(fields: Fields) -> CardNumber:
    """The card number in a row."""
    return CardNumber(fields[_NUMBER])


def is_live(fields: Fields) -> bool:
    """True for a row of a live card."""
    return _STATUSES[fields[_STATE] & 0x0F] is CardStatus.LIVE


class PackedCard(CardEntry):
    """A card of the list; what decisions seldom ask for is read in its row when they do."""

    __slots__ = ("_fields",)
    _fields: Fields

    def __init__(
        self,
        row: Fields,
        pending: Mapping[RightKind, ValidityPeriod],
        before: tuple[CardNumber, ...],
    ) -> None:
        """Over a row as it was unpacked, with what stands beside the block."""
        _keep_fields(self, row)
        _keep_number(self, row[_NUMBER])
        _keep_status(self, _STATUSES[row[_STATE] & 0x0F])
        _keep_space(self, row[_SPACE])
        _keep_pending(self, pending)
        _keep_before(self, before)

    def whole(self) -> CardEntry:
        """The same card as a value that stands by itself."""
        return CardEntry(**{each.name: getattr(self, each.name) for each in fields(CardEntry)})

    def __eq__(self, other: object) -> bool:
        """Equal to any card that says the same."""
        return self.whole() == (other.whole() if isinstance(other, PackedCard) else other)

    __hash__ = None  # type: ignore[assignment]

    @property
    def sequences(self) -> Mapping[RightKind, int]:
        """The lowest record sequence still good for each right."""
        door, parking = self._fields[7], self._fields[12]
        return _KNOWN.get((door, parking)) or _sequences(door, parking)

    @property
    def key_version(self) -> int:
        """The version of its keys."""
        return self._fields[_KEY]

    @property
    def secure_channel(self) -> str | None:
        """The secure messaging it is read with."""
        return _CHANNELS[self._fields[_STATE] >> 4]

    @property
    def until(self) -> date | None:
        """The last day its holder belongs here."""
        until = self._fields[_UNTIL]
        return None if until == _NO_DAY else _day(until)

    @property
    def rights(self) -> Mapping[RightKind, ListedRight]:
        """What lanes decide by that get a number only."""
        return ListedRights(self._fields)


_keep_fields = PackedCard.__dict__["_fields"].__set__
_keep_number = CardEntry.__dict__["card_number"].__set__
_keep_status = CardEntry.__dict__["status"].__set__
_keep_space = CardEntry.__dict__["space"].__set__
_keep_pending = CardEntry.__dict__["pending"].__set__
_keep_before = CardEntry.__dict__["before"].__set__


class ListedRights(Mapping[RightKind, ListedRight]):
    """The rights in a row, made only when a lane asks for one."""

    __slots__ = ("_fields",)

    def __init__(self, fields: Fields) -> None:
        """Over a row as it was unpacked."""
        self._fields = fields

    def __getitem__(self, kind: RightKind) -> ListedRight:
        """The listed right of a kind. Raises KeyError where the card has none."""
        at = _RIGHT_AT[kind]
        holder_class, zones, first, last = self._fields[at + 1 : at + 5]
        found = _CLASSES[int(holder_class)]
        if found is None:
            raise KeyError(kind)
        return ListedRight(
            holder_class=found,
            zones=int(zones),
            period=ValidityPeriod.inclusive(first=_day(int(first)), last=_day(int(last))),
        )

    def __iter__(self) -> Iterator[RightKind]:
        """The kinds there are."""
        return (kind for kind, at in _RIGHT_AT.items() if self._fields[at + 1])

    def __len__(self) -> int:
        """How many rights there are."""
        return sum(1 for _ in self)


_KNOWN: Final[dict[tuple[int, int], Mapping[RightKind, int]]] = {}
_KNOWN_UP_TO: Final = 16


def _sequences(door: int, parking: int) -> Mapping[RightKind, int]:
    """Most cards were written a few times: they share these."""
    pairs = ((RightKind.DOOR, door), (RightKind.PARKING, parking))
    found = {kind: sequence for kind, sequence in pairs if sequence}
    if max(door, parking) < _KNOWN_UP_TO:
        _KNOWN[door, parking] = found
    return found


@lru_cache(maxsize=4096)
def _packed(line: RightLine | None) -> tuple[int, int, int, int]:
    """A right in its row; those of one estate have few different lines."""
    if line is None:
        return 0, 0, 0, 0
    holder_class, zones, first, last = line
    if last < first:
        raise RuleViolation("period-empty", rule="CAL-01")
    return _CLASSES.index(holder_class), zones, _days(first), _days(last)


def _days(day: date) -> int:
    return min(max((day - EPOCH).days, 0), _LAST_DAY)


def _day(days: int) -> date:
    return EPOCH + timedelta(days=days)
