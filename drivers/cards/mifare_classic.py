"""MIFARE Classic 1K and 4K as cards with two atomic slots (NXP MF1S50yyX/V1, MF1S70yyX/V1).

    supported            1K and 4K, 4- and 7-byte UIDs, any PC/SC part 3 reader
    not supported        random UIDs, Mini, Plus in its own levels
    slot 0, slot 1       door in sector 1, parking in sector 2, 28 bytes each
    exchanges per read   load key, authenticate, index, copy: 4; with the UID 5
    counter              in sector 3, to trap clones: authenticate, read, count down: 3 more
    medium               ``classic``: the record is sealed with a CMAC under a per-card key

Crypto1 is broken: the keys of a card can be found out with cheap tools, and a full clone of a card,
UID included, looks like the card. The record's seal tells copied data from the card's own, not a
clone; a clone and its card give themselves away by their counters (docs/security.md).
"""

from typing import Final

from drivers.api.cards import (
    CLASSIC_KINDS,
    Card,
    CardDriver,
    CardIdentity,
    CardState,
    KeyingJournal,
    KeyRole,
    KeySet,
    SecureChannel,
)
from drivers.api.readers import Channel
from drivers.cards import mifare_classic_keying as keying
from drivers.cards.mifare_classic_access import BLOCK_SIZE, KeyType
from drivers.cards.mifare_classic_counter import parse_value
from drivers.cards.mifare_classic_slot import HEAD_SIZE, SLOT_SIZE, SlotIndex, parse_index
from drivers.cards.mifare_classic_storage import BlockStorage, first_block
from drivers.errors import ApduRefused, CardAuthenticationFailed, RecordMismatch, RecordTorn


class ClassicCard:
    """A MIFARE Classic card on a reader. Its methods promise what `drivers.api.cards.Card` says."""

    def __init__(self, channel: Channel, identity: CardIdentity) -> None:
        self._identity = identity
        self._storage = BlockStorage(channel, identity.uid)

    @property
    def identity(self) -> CardIdentity:
        """The card as recognised."""
        return self._identity

    @property
    def slot_size(self) -> int:
        """Bytes in a filled slot: 28."""
        return SLOT_SIZE

    @property
    def secure_channel(self) -> SecureChannel | None:
        """Classic has none: its Crypto1 runs in the reader."""
        return None

    def state(self, keys: KeySet) -> CardState:
        """Find out whether the card is blank, ours, half keyed or foreign, changing nothing."""
        return keying.state(self._storage, keys)

    def read_slot(self, slot: int, keys: KeySet) -> bytes:
        """Read one slot; ``b""`` when it is empty. Raises RecordTorn, CardAuthenticationFailed."""
        block = self._open(slot, keys, for_writing=False)
        index = self._index(block)
        if index.copy is None:
            return b""
        return index.head + self._storage.read(_copy_block(block, index.copy))

    def write_slot(self, slot: int, data: bytes, keys: KeySet) -> None:
        """Replace the slot atomically; a torn slot is repaired by it.

        Raises:
            ValueError: neither empty nor 28 bytes, or no such slot.
            RecordMismatch: the new body did not arrive; the old slot still stands.
        """
        if data and len(data) != SLOT_SIZE:
            raise ValueError(f"a slot holds {SLOT_SIZE} bytes or none")
        block = self._open(slot, keys, for_writing=True)
        if not data:
            self._empty(block, keys.version)
            return
        copy = self._idle_copy(block)
        self._write_body(_copy_block(block, copy), data[HEAD_SIZE:])
        index = SlotIndex(head=data[:HEAD_SIZE], copy=copy, key_version=keys.version)
        self._storage.write(block, index.encode())

    def count_down(self, keys: KeySet) -> int | None:
        """Use up the next number of the card's counter: what it showed before; see `drivers.api`.

        None where the card has none, its copies disagree, or the reader can't count.
        """
        sector = keying.COUNTER_SECTOR
        block = first_block(sector)
        self._storage.authenticate(sector, KeyType.A, keys[KeyRole.CLASSIC_READ])
        number = parse_value(self._storage.read(block))
        if number is None:
            return None
        try:
            self._storage.decrement(block)
        except ApduRefused:
            return None
        return number

    def _idle_copy(self, block: int) -> int:
        # Looked at twice before it is called torn: on a misread the copy that counts would be lost.
        for _ in range(2):
            try:
                return self._index(block).idle_copy
            except RecordTorn:
                continue
        return 0  # no copy counts, and none will until the index says so

    def _write_body(self, block: int, body: bytes) -> None:
        # Read back first: once the index points here there is no way back to the old slot.
        self._storage.write(block, body)
        if self._storage.read(block) != body:
            raise RecordMismatch("the new body did not arrive", uid=self._identity.uid)

    def _empty(self, block: int, key_version: int) -> None:
        # The index first: it alone makes the slot empty, the old bodies are only tidied away.
        self._storage.write(block, SlotIndex(key_version=key_version).encode())
        for copy in (0, 1):
            self._storage.write(_copy_block(block, copy), bytes(BLOCK_SIZE))

    def _open(self, slot: int, keys: KeySet, *, for_writing: bool) -> int:
        """Authenticate to the slot's sector and return its first block."""
        if slot not in range(len(keying.SLOT_SECTORS)):
            raise ValueError(f"no slot {slot}")
        sector = keying.SLOT_SECTORS[slot]
        writing_key = keys.keys.get(KeyRole.CLASSIC_WRITE)
        if for_writing:
            self._storage.authenticate(sector, KeyType.B, self._required(writing_key))
        elif writing_key is None or not self._storage.is_open(sector, KeyType.B, writing_key):
            self._storage.authenticate(sector, KeyType.A, keys[KeyRole.CLASSIC_READ])
        return first_block(sector)

    def _required(self, writing_key: bytes | None) -> bytes:
        if writing_key is None:
            raise CardAuthenticationFailed(
                "these keys read and cannot write", uid=self._identity.uid, key_no=1
            )
        return writing_key

    def _index(self, block: int) -> SlotIndex:
        return parse_index(self._storage.read(block))

    def personalise(
        self, keys: KeySet, journal: KeyingJournal, *, previous: KeySet | None = None
    ) -> None:
        """Lock sectors 0 to 3 with `keys`, resuming where it broke off. Raises CardForeign."""
        self._required(keys.keys.get(KeyRole.CLASSIC_WRITE))
        keying.personalise(self._storage, keys, journal, previous)

    def format(self, keys: KeySet, journal: KeyingJournal) -> None:
        """Bring sectors 0 to 3 back to factory keys and zeros, resumable. Raises CardForeign."""
        self._required(keys.keys.get(KeyRole.CLASSIC_WRITE))
        keying.format_card(self._storage, keys, journal)

    def restart(self) -> None:
        """Reset the card and make sure it is still the same one."""
        self._storage.reset()


def _copy_block(block: int, copy: int) -> int:
    return block + 1 + copy


def _open_card(
    channel: Channel, identity: CardIdentity, _secure_channel: SecureChannel | None
) -> Card:
    return ClassicCard(channel, identity)


DRIVER: Final = CardDriver(
    name="mifare_classic",
    medium="classic",
    kinds=CLASSIC_KINDS,
    slot_size=SLOT_SIZE,
    open=_open_card,
)
