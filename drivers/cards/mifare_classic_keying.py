"""Taking a MIFARE Classic card into use, rolling its keys, and giving it back blank.

    sector 0   directory        key A public (A0..A5), key B ours
    sector 1   slot 0 (door)    key A reads, key B writes
    sector 2   slot 1 (parking)
    sector 3   a counter            key A reads and counts down (`mifare_classic_counter`)

Sectors 4 and up stay as they are, factory keys included: they belong to other applications of the
card. Nothing of ours is ever stored there.

Per sector the contents are written first and the trailer last, so that a sector which opens with
the new keys is finished. What the card opens with is the evidence; the journal (steps ``sector-0``
to ``sector-3``) tells which key to try first, and that we were the ones who began. A sector is
changed only after all four have opened: a card that is partly somebody else's stays untouched.

One thing cannot be resumed: a trailer whose own 16 bytes were torn by the chip. If its access bits
contradict themselves, the chip has blocked that sector for good.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Final

from drivers.api.cards import CardState, KeyingJournal, KeyRole, KeySet, StepState
from drivers.cards.mad import OUR_AID, PUBLIC_KEY, Directory
from drivers.cards.mad import USER_BYTE as DIRECTORY_USER_BYTE
from drivers.cards.mifare_classic_access import (
    BLOCK_SIZE,
    FACTORY_KEY,
    FACTORY_TRAILER,
    FACTORY_USER_BYTE,
    LOCKED_ACCESS,
    KeyType,
    Trailer,
)
from drivers.cards.mifare_classic_counter import COUNTER_ACCESS, START, parse_value, value_block
from drivers.cards.mifare_classic_slot import SlotIndex, parse_index
from drivers.cards.mifare_classic_storage import BlockStorage, first_block, trailer_block
from drivers.errors import CardAuthenticationFailed, CardForeign, RecordTorn

DIRECTORY_SECTOR: Final = 0
SLOT_SECTORS: Final = (1, 2)
COUNTER_SECTOR: Final = 3
# The directory comes last: it announces sectors that are already locked.
OUR_SECTORS: Final = (*SLOT_SECTORS, COUNTER_SECTOR, DIRECTORY_SECTOR)


class Opener(Enum):
    """Whose keys open a sector."""

    TARGET = auto()
    PREVIOUS = auto()
    FACTORY = auto()


@dataclass(frozen=True, slots=True)
class Way:
    """A way into a sector."""

    opener: Opener
    key_type: KeyType
    key: bytes = field(repr=False)


def step_name(sector: int) -> str:
    """Return the name of a sector's step in the keying journal."""
    return f"sector-{sector}"


def state(storage: BlockStorage, keys: KeySet) -> CardState:
    """See `drivers.api.cards.Card.state`. A key set that cannot write judges by the reading key."""
    found: set[Opener | None] = set()
    favourite = Opener.TARGET
    for sector in OUR_SECTORS:
        ways = [_way(Opener.TARGET, sector, keys), _way(Opener.FACTORY, sector, keys)]
        way = _first_that_opens(storage, sector, _prefer(favourite, ways))
        if way is None:
            return CardState.FOREIGN
        favourite = way.opener
        found.add(way.opener)
    if found == {Opener.TARGET}:
        return CardState.OURS
    return CardState.BLANK if found == {Opener.FACTORY} else CardState.HALF_KEYED


def personalise(
    storage: BlockStorage, keys: KeySet, journal: KeyingJournal, previous: KeySet | None
) -> None:
    """See `drivers.api.cards.Card.personalise`. Slots survive a roll of the keys."""
    source = Opener.FACTORY if previous is None else Opener.PREVIOUS
    ways: dict[int, Way] = {}
    for sector in OUR_SECTORS:
        candidates = [_way(Opener.TARGET, sector, keys), _way(Opener.FACTORY, sector, keys)]
        if previous is not None:
            candidates.insert(1, _way(Opener.PREVIOUS, sector, previous))
        begun = journal.state(step_name(sector)) is not None
        ordered = _prefer(Opener.TARGET if begun else source, candidates)
        ways[sector] = _open_or_refuse(storage, sector, ordered)
    for sector, way in ways.items():
        _bring_to(storage, sector, way, keys, journal)
    if any(way.opener is not Opener.TARGET for way in ways.values()):
        _prove_keys(storage, keys)


def _prove_keys(storage: BlockStorage, keys: KeySet) -> None:
    # Keys can't be read back; that they open is the only proof. The first slot, where a record is
    # written next, comes last and stays open.
    for sector in reversed(OUR_SECTORS):
        _open_or_refuse(storage, sector, [_way(Opener.TARGET, sector, keys)])


def _bring_to(
    storage: BlockStorage, sector: int, way: Way, keys: KeySet, journal: KeyingJournal
) -> None:
    if way.opener is not Opener.TARGET:
        journal.record(step_name(sector), StepState.BEGUN)
        storage.authenticate(sector, way.key_type, way.key)
        if way.opener is Opener.FACTORY:
            _write_contents(storage, sector, keys.version)
        elif sector == COUNTER_SECTOR:
            _mend_contents(storage, sector, keys.version)  # a card of before the counter was used
        storage.write(trailer_block(sector), _locked_trailer(sector, keys).encode())
    elif journal.state(step_name(sector)) is StepState.BEGUN:
        storage.authenticate(sector, way.key_type, way.key)
        _mend_contents(storage, sector, keys.version)
    journal.record(step_name(sector), StepState.DONE)


def _mend_contents(storage: BlockStorage, sector: int, key_version: int) -> None:
    """A formatting that broke off erases the contents before the keys: put them there again."""
    if sector in SLOT_SECTORS:
        try:
            parse_index(storage.read(first_block(sector)))
        except RecordTorn:
            pass
        else:
            return
    elif sector == COUNTER_SECTOR and parse_value(storage.read(first_block(sector))) is not None:
        return  # it goes on from where it was: a number that went up would look like a clone
    _write_contents(storage, sector, key_version)


def _write_contents(storage: BlockStorage, sector: int, key_version: int) -> None:
    block = first_block(sector)
    if sector in SLOT_SECTORS:
        storage.write(block, SlotIndex(key_version=key_version).encode())
    elif sector == COUNTER_SECTOR:
        storage.write(block, value_block(START, block))
    elif sector == DIRECTORY_SECTOR:
        ours = dict.fromkeys((*SLOT_SECTORS, COUNTER_SECTOR), OUR_AID)
        directory = Directory(aids=ours).encode()
        storage.write(block + 1, directory[:BLOCK_SIZE])
        storage.write(block + 2, directory[BLOCK_SIZE:])


def _locked_trailer(sector: int, keys: KeySet) -> Trailer:
    is_directory = sector == DIRECTORY_SECTOR
    return Trailer(
        key_a=PUBLIC_KEY if is_directory else keys[KeyRole.CLASSIC_READ],
        access=COUNTER_ACCESS if sector == COUNTER_SECTOR else LOCKED_ACCESS,
        user_byte=DIRECTORY_USER_BYTE if is_directory else FACTORY_USER_BYTE,
        key_b=keys[KeyRole.CLASSIC_WRITE],
    )


def format_card(storage: BlockStorage, keys: KeySet, journal: KeyingJournal) -> None:
    """See `drivers.api.cards.Card.format`: data zero, transport keys and access bits."""
    ways: dict[int, Way] = {}
    for sector in reversed(OUR_SECTORS):
        candidates = [_way(Opener.TARGET, sector, keys), _way(Opener.FACTORY, sector, keys)]
        begun = journal.state(step_name(sector)) is not None
        ordered = _prefer(Opener.FACTORY if begun else Opener.TARGET, candidates)
        ways[sector] = _open_or_refuse(storage, sector, ordered)
    for sector, way in ways.items():
        _bring_back(storage, sector, way, journal)


def _bring_back(storage: BlockStorage, sector: int, way: Way, journal: KeyingJournal) -> None:
    journal.record(step_name(sector), StepState.BEGUN)
    storage.authenticate(sector, way.key_type, way.key)
    manufacturer_blocks = 1 if sector == DIRECTORY_SECTOR else 0
    for block in range(first_block(sector) + manufacturer_blocks, trailer_block(sector)):
        storage.write(block, bytes(BLOCK_SIZE))
    if way.opener is not Opener.FACTORY:
        storage.write(trailer_block(sector), FACTORY_TRAILER.encode())
    journal.record(step_name(sector), StepState.DONE)


def _way(opener: Opener, sector: int, keys: KeySet) -> Way:
    if opener is Opener.FACTORY:
        # Key B of a factory trailer can be read, so the card does not take it as a key.
        return Way(opener, KeyType.A, FACTORY_KEY)
    if KeyRole.CLASSIC_WRITE in keys:
        return Way(opener, KeyType.B, keys[KeyRole.CLASSIC_WRITE])
    if sector == DIRECTORY_SECTOR:
        return Way(opener, KeyType.A, PUBLIC_KEY)
    return Way(opener, KeyType.A, keys[KeyRole.CLASSIC_READ])


def _prefer(opener: Opener, ways: Sequence[Way]) -> list[Way]:
    return sorted(ways, key=lambda way: way.opener is not opener)


def _open_or_refuse(storage: BlockStorage, sector: int, ways: Sequence[Way]) -> Way:
    way = _first_that_opens(storage, sector, ways)
    if way is None:
        raise CardForeign(f"sector {sector} opens with no key known here", uid=storage.uid)
    return way


def _first_that_opens(storage: BlockStorage, sector: int, ways: Sequence[Way]) -> Way | None:
    for way in ways:
        try:
            storage.authenticate(sector, way.key_type, way.key)
        except CardAuthenticationFailed:
            continue
        return way
    return None
