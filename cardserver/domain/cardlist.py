"""The issue list in few bytes: a million cards in some 70 MB, a lookup in microseconds.

Each card is a row in one block (`cardserver.domain.cardrow`), found by the hash of its UID through
a table of row numbers; what few cards have, a paid period not yet written or cards they replaced,
lies beside. A list is never changed: `with_changes` gives another one that shares the block, so
that lanes go on deciding with the one they hold.
"""

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, Final, Self, cast

from cardserver.domain.admission import CardEntry
from cardserver.domain.cardrow import (
    ROW,
    Fields,
    PackedCard,
    is_live,
    number_of,
    pack,
    space_of,
    uid_of,
)
from cardserver.domain.ids import CardNumber
from cardserver.domain.rights import CardStatus, RightKind
from cardserver.domain.validity import ValidityPeriod

_SIZE: Final = ROW.size
_BESIDE_AT_MOST: Final = 4096
"""So many changes lie beside the block; with more a new block is made."""

Cards = Iterable[tuple[bytes, CardEntry]]
_Pending = Mapping[RightKind, ValidityPeriod]
_Before = tuple[CardNumber, ...]
ListRow = tuple[bytes, bytes, _Pending, _Before]
"""A card as it is kept: UID, row, and what stands beside the block."""

_NOTHING: Final[_Pending] = MappingProxyType({})


class CardList(Mapping[bytes, CardEntry]):
    """Cards by UID. Made with `of` or `with_changes`."""

    def __init__(self, rows: bytearray, beside: "_Beside") -> None:
        """Over a block of rows; nobody changes it any more."""
        self._rows = rows
        self._beside = beside
        self._table, self._in_block = _hashed(rows)
        self._count = self._in_block
        self._spaces = _spaces(rows)
        self._changes: Mapping[bytes, CardEntry] = {}
        self._changed_of_space: Mapping[int, list[CardNumber]] = {}

    @classmethod
    def of(cls, cards: Cards) -> Self:
        """The list of these cards; of a UID that comes twice the later counts."""
        return cls.of_rows(
            (uid, pack(uid, entry), entry.pending, entry.before) for uid, entry in cards
        )

    @classmethod
    def of_rows(cls, cards: Iterable[ListRow]) -> Self:
        """The list of cards that are packed already."""
        rows, beside = bytearray(), _Beside()
        for uid, row, pending, before in cards:
            rows += row
            beside.put(uid, pending, before)
        return cls(rows, beside)

    def with_changes(self, cards: Cards) -> "CardList":
        """The list with these cards in place of what it had of them."""
        changes = {**self._changes, **dict(cards)}
        if len(changes) > max(_BESIDE_AT_MOST, self._in_block // 8):
            return self._anew(changes)
        other = object.__new__(type(self))
        other.__dict__.update(self.__dict__)
        other._changes = changes
        other._changed_of_space = _live_by_space(changes.values())
        other._count = self._in_block + sum(1 for uid in changes if self._row(uid) is None)
        return other

    def get(self, uid: bytes, default: Any = None) -> Any:
        """The card with a UID, or the default."""
        found = self._changes.get(uid)
        if found is not None:
            return found
        row = self._row(uid)
        if row is None:
            return default
        beside = self._beside
        return PackedCard(
            ROW.unpack_from(self._rows, row * _SIZE),
            beside.pending.get(uid, _NOTHING),
            beside.before.get(uid, ()),
        )

    def __getitem__(self, uid: bytes) -> CardEntry:
        """The card with a UID. Raises KeyError."""
        found = self.get(uid)
        if found is None:
            raise KeyError(uid)
        return cast("CardEntry", found)

    def __iter__(self) -> Iterator[bytes]:
        """Every UID once."""
        for row, fields in enumerate(_unpacked(self._rows)):
            uid = uid_of(fields)
            if uid not in self._changes and self._row(uid) == row:
                yield uid
        yield from self._changes

    def __len__(self) -> int:
        """How many cards there are."""
        return self._count

    def of_space(self, space: int) -> tuple[CardNumber, ...]:
        """The live cards of a parking space (GATE-02a); none for space 0."""
        if not space:
            return ()
        found = list(self._changed_of_space.get(space, ()))
        spaces, rows, changes = self._spaces, self._rows, self._changes
        for at in range(bisect_left(spaces, space << 32), len(spaces)):
            if spaces[at] >> 32 != space:
                break
            fields = ROW.unpack_from(rows, (spaces[at] & 0xFFFFFFFF) * _SIZE)
            if is_live(fields) and not (changes and uid_of(fields) in changes):
                found.append(number_of(fields))
        return tuple(found)

    def replacements(self) -> Iterator[tuple[CardNumber, CardNumber]]:
        """Old and new number of every card that replaced another."""
        for uid in (*self._beside.before, *self._changes):
            entry = self[uid]
            yield from ((old, entry.card_number) for old in entry.before)

    def _row(self, uid: bytes) -> int | None:
        """The row of a UID in the block."""
        table, rows = self._table, self._rows
        mask, size = len(table) - 1, len(uid)
        at = hash(uid) & mask
        while row := table[at]:
            start = (row - 1) * _SIZE
            if rows[start] == size and rows.startswith(uid, start + 1):
                return row - 1
            at = at + 1 & mask
        return None

    def _anew(self, changes: Mapping[bytes, CardEntry]) -> "CardList":
        rows, beside = bytearray(self._rows), self._beside.copy()
        for uid, entry in changes.items():
            row, packed = self._row(uid), pack(uid, entry)
            if row is None:
                rows += packed
            else:
                rows[row * _SIZE : (row + 1) * _SIZE] = packed
            beside.put(uid, entry.pending, entry.before)
        return CardList(rows, beside)


class _Beside:
    """What only few cards have, by UID."""

    def __init__(self) -> None:
        self.pending: dict[bytes, _Pending] = {}
        self.before: dict[bytes, _Before] = {}

    def put(self, uid: bytes, pending: _Pending, before: _Before) -> None:
        self.pending.pop(uid, None)
        self.before.pop(uid, None)
        if pending:
            self.pending[uid] = pending
        if before:
            self.before[uid] = before

    def copy(self) -> "_Beside":
        other = _Beside()
        other.pending, other.before = dict(self.pending), dict(self.before)
        return other


def cards_of_space(cards: Mapping[bytes, CardEntry], space: int) -> tuple[CardNumber, ...]:
    """The live cards of a parking space in any list; quickest in a `CardList`."""
    if isinstance(cards, CardList):
        return cards.of_space(space)
    return tuple(
        each.card_number
        for each in cards.values()
        if space and each.space == space and each.status is CardStatus.LIVE
    )


def _live_by_space(cards: Iterable[CardEntry]) -> dict[int, list[CardNumber]]:
    found: dict[int, list[CardNumber]] = {}
    for entry in cards:
        if entry.space and entry.status is CardStatus.LIVE:
            found.setdefault(entry.space, []).append(entry.card_number)
    return found


def _unpacked(rows: bytearray) -> Iterator[Fields]:
    return cast("Iterator[Fields]", ROW.iter_unpack(rows))


def _hashed(rows: bytearray) -> tuple["array[int]", int]:
    """Row numbers, from 1, by the hash of their UID: at least every third place is empty."""
    count = len(rows) // _SIZE
    size = 1 << max(4, (count * 3 // 2).bit_length())
    table, mask, found = array("I", bytes(4 * size)), size - 1, 0
    for row, fields in enumerate(_unpacked(rows), 1):
        uid = uid_of(fields)
        at = hash(uid) & mask
        while (held := table[at]) and uid_of(ROW.unpack_from(rows, (held - 1) * _SIZE)) != uid:
            at = at + 1 & mask
        found += not held
        table[at] = row
    return table, found


def _spaces(rows: bytearray) -> "array[int]":
    """Space and row of every card that has a space, in order, as ``space << 32 | row``."""
    found = array("Q")
    for row, fields in enumerate(_unpacked(rows)):
        if space := space_of(fields):
            found.append(space << 32 | row)
    return array("Q", sorted(found))
