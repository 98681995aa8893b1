"""Every operation × 1K and 4K × every exchange × every way it can break.

Faults between exchanges come from the simulator's fault plan. Block writes torn inside the chip are
made here: a channel that lets a write arrive half, or erases the block, and then loses the card.
After each break the card is laid on again with a fresh driver; the journal is all that survives.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product

import pytest

from drivers.api.cards import CardState, KeySet
from drivers.cards.mifare_classic import ClassicCard
from drivers.errors import CardForeign, CardRemoved, DeviceError, DeviceTimeout, RecordTorn
from drivers.identify import identify
from simulators.cards.api import CardDump
from simulators.faults import Fault, FaultKind, FaultPlan, PowerCut
from tests.unit.drivers.classic.classic_desk import Desk, MemoryJournal

DOOR, PARKING = 0, 1
OLD, NEW, OTHER = (bytes(range(number, number + 28)) for number in (1, 101, 201))
TORN = None

BREAKS = sorted(FaultKind)


@dataclass
class Scene:
    """A card's memory before an operation, and the operation."""

    before: CardDump
    act: Callable[[ClassicCard], None]


def broken_in_every_way(desk: Desk, scene: Scene) -> Iterator[tuple[FaultKind, int, bool]]:
    """Run the scene once per exchange and kind of break; yields after each break."""
    for kind in BREAKS:
        at = 0
        while True:
            desk.virtual.load(scene.before)
            plan = FaultPlan(Fault(kind=kind, at=at))
            try:
                scene.act(desk.card(plan))
                survived = True
            except (DeviceError, PowerCut):
                survived = False
            if not plan.fired:
                break
            yield kind, at, survived
            at += 1
        assert at > 0


def read(desk: Desk, slot: int, keys: KeySet) -> bytes | None:
    try:
        return desk.card().read_slot(slot, keys)
    except RecordTorn:
        return TORN


def our_card(desk: Desk, keys: KeySet, door: bytes) -> CardDump:
    card = desk.ours(keys)
    card.write_slot(PARKING, OTHER, keys)
    if door:
        card.write_slot(DOOR, OLD, keys)
        card.write_slot(DOOR, door, keys)
    return desk.virtual.dump()


WRITES = [
    pytest.param(OLD, NEW, id="renew"),
    pytest.param(b"", NEW, id="first"),
    pytest.param(OLD, b"", id="empty"),
    pytest.param(OLD, OLD, id="same again"),
]


@pytest.mark.parametrize(("old", "new"), WRITES)
def test_a_broken_write_leaves_old_or_new_and_the_other_slot(
    desk: Desk, keys: KeySet, old: bytes, new: bytes
) -> None:
    scene = Scene(our_card(desk, keys, old), lambda card: card.write_slot(DOOR, new, keys))
    seen = set()
    for kind, at, survived in broken_in_every_way(desk, scene):
        found = read(desk, DOOR, keys)
        assert found in {old, new}, (kind, at)
        assert not survived or found == new, (kind, at)
        assert read(desk, PARKING, keys) == OTHER, (kind, at)
        seen.add(found)
        desk.card().write_slot(DOOR, new, keys)
        assert read(desk, DOOR, keys) == new, (kind, at)
    assert seen == {old, new}


def test_a_misread_index_does_not_cost_the_old_record(desk: Desk, keys: KeySet) -> None:
    """The index arrives with a wrong bit, looks torn, and the write then breaks off anywhere."""
    index_read, last = 2, 8
    copies = set()
    for turn, at in product(range(2), range(index_read + 1, last)):
        desk.virtual.load(our_card(desk, keys, OLD))
        for _ in range(turn):
            desk.card().write_slot(DOOR, OLD, keys)
        copies.add(desk.block(4)[12])
        flip = Fault(kind=FaultKind.BIT_FLIP, at=index_read, bit=5)
        card = desk.card(FaultPlan(flip, Fault(kind=FaultKind.TEAR_AFTER, at=at)))
        try:
            card.write_slot(DOOR, NEW, keys)
        except CardRemoved:
            assert read(desk, DOOR, keys) in {OLD, NEW}, at
    assert copies == {0, 1}


def test_a_card_that_fell_silent_is_selected_anew_before_the_next_try(
    desk: Desk, keys: KeySet
) -> None:
    before = our_card(desk, keys, OLD)
    for at in range(4):
        desk.virtual.load(before)
        card = desk.card(FaultPlan(Fault(kind=FaultKind.SILENCE, at=at)))
        with pytest.raises(DeviceTimeout):
            card.read_slot(DOOR, keys)
        desk.virtual.power_off()
        assert card.read_slot(DOOR, keys) == OLD


@pytest.mark.parametrize("new", [NEW, b""], ids=["filled", "empty"])
def test_a_broken_repair_of_a_torn_slot_leaves_it_torn_or_new(
    desk: Desk, keys: KeySet, new: bytes
) -> None:
    before = our_card(desk, keys, OLD)
    before["blocks"][4] = bytes(range(16)).hex()
    scene = Scene(before, lambda card: card.write_slot(DOOR, new, keys))
    seen = set()
    for kind, at, _survived in broken_in_every_way(desk, scene):
        found = read(desk, DOOR, keys)
        assert found in {TORN, new}, (kind, at)
        assert read(desk, PARKING, keys) == OTHER, (kind, at)
        seen.add(found)
    assert seen == {TORN, new}


def test_a_broken_read_changes_nothing_and_lies_in_no_way(desk: Desk, keys: KeySet) -> None:
    before = our_card(desk, keys, OLD)
    got: list[bytes] = []
    scene = Scene(before, lambda card: got.append(card.read_slot(DOOR, keys)))
    for kind, at, survived in broken_in_every_way(desk, scene):
        if survived and kind is not FaultKind.BIT_FLIP:
            assert got[-1] == OLD, (kind, at)
        assert desk.virtual.dump() == before, (kind, at)


def test_a_card_torn_while_keying_is_resumed(
    desk: Desk, keys: KeySet, new_journal: Callable[[], MemoryJournal]
) -> None:
    """By any break; and found to be blank, half keyed or ours at every moment."""
    factory = desk.virtual.dump()
    journals: list[MemoryJournal] = []

    def act(card: ClassicCard) -> None:
        journals.append(new_journal())
        card.personalise(keys, journals[-1])

    states = set()
    for kind, at, _survived in broken_in_every_way(desk, Scene(factory, act)):
        states.add(desk.card().state(keys))
        desk.card().personalise(keys, journals[-1])
        assert desk.card().state(keys) is CardState.OURS, (kind, at)
        assert read(desk, DOOR, keys) == read(desk, PARKING, keys) == b"", (kind, at)
    assert states == {CardState.BLANK, CardState.HALF_KEYED, CardState.OURS}


def test_a_card_torn_while_keying_can_be_formatted_instead(
    desk: Desk, keys: KeySet, new_journal: Callable[[], MemoryJournal]
) -> None:
    factory = desk.virtual.dump()
    journals: list[MemoryJournal] = []

    def act(card: ClassicCard) -> None:
        journals.append(new_journal())
        card.personalise(keys, journals[-1])

    for kind, at, _survived in broken_in_every_way(desk, Scene(factory, act)):
        desk.card().format(keys, journals[-1])
        assert desk.virtual.dump() == factory, (kind, at)


def test_a_card_torn_while_keying_is_resumed_without_its_journal(
    desk: Desk, keys: KeySet, new_journal: Callable[[], MemoryJournal]
) -> None:
    """The journal steers, the card is the evidence."""
    factory = desk.virtual.dump()
    scene = Scene(factory, lambda card: card.personalise(keys, new_journal()))
    for kind, at, _survived in broken_in_every_way(desk, scene):
        desk.card().personalise(keys, new_journal())
        assert desk.card().state(keys) is CardState.OURS, (kind, at)


def test_a_card_torn_while_its_keys_are_rolled_is_resumed(
    desk: Desk, keys: KeySet, next_keys: KeySet, new_journal: Callable[[], MemoryJournal]
) -> None:
    before = our_card(desk, keys, OLD)
    journals: list[MemoryJournal] = []

    def act(card: ClassicCard) -> None:
        journals.append(new_journal())
        card.personalise(next_keys, journals[-1], previous=keys)

    for kind, at, _survived in broken_in_every_way(desk, Scene(before, act)):
        desk.card().personalise(next_keys, journals[-1], previous=keys)
        assert desk.card().state(next_keys) is CardState.OURS, (kind, at)
        assert read(desk, DOOR, next_keys) == OLD, (kind, at)
        assert read(desk, PARKING, next_keys) == OTHER, (kind, at)


def test_a_card_torn_while_formatting_is_resumed(
    desk: Desk, keys: KeySet, new_journal: Callable[[], MemoryJournal]
) -> None:
    factory = desk.virtual.dump()
    before = our_card(desk, keys, OLD)
    journals: list[MemoryJournal] = []

    def act(card: ClassicCard) -> None:
        journals.append(new_journal())
        card.format(keys, journals[-1])

    for kind, at, _survived in broken_in_every_way(desk, Scene(before, act)):
        desk.card().format(keys, journals[-1])
        assert desk.virtual.dump() == factory, (kind, at)


def test_the_break_twice_in_a_row_is_resumed_too(
    desk: Desk, keys: KeySet, new_journal: Callable[[], MemoryJournal]
) -> None:
    """The resuming itself breaks off, at many exchanges after many of the first try."""
    factory = desk.virtual.dump()
    for first in range(16, 40, 3):
        for second in range(0, 40, 3):
            desk.virtual.load(factory)
            journal = new_journal()
            for at in (first, second):
                plan = FaultPlan(Fault(kind=FaultKind.TEAR_AFTER, at=at))
                try:
                    desk.card(plan).personalise(keys, journal)
                except CardRemoved:
                    continue
            desk.card().personalise(keys, journal)
            assert desk.card().state(keys) is CardState.OURS, (first, second)


# --- block writes torn inside the chip ------------------------------------------------------------

Half = Callable[[bytes, bytes], bytes]
HALVES: dict[str, Half] = {
    "erased to zeros": lambda _old, _new: bytes(16),
    "erased to ones": lambda _old, _new: b"\xff" * 16,
    "first byte arrived": lambda old, new: new[:1] + old[1:],
    "half arrived": lambda old, new: new[:8] + old[8:],
    "all but one byte arrived": lambda old, new: new[:15] + old[15:],
    "bits cleared, not yet set": lambda old, new: bytes(
        a & b for a, b in zip(old, new, strict=True)
    ),
    "bits set, not yet cleared": lambda old, new: bytes(
        a | b for a, b in zip(old, new, strict=True)
    ),
}


class TearingChannel:
    """Lets block write number `at` arrive as `half` makes it, and then the card is gone."""

    def __init__(self, desk: Desk, at: int, half: Half) -> None:
        self._desk = desk
        self._channel = desk.reader.connect()
        self._at = at
        self._half = half
        self.block = -1

    @property
    def atr(self) -> bytes:
        return self._channel.atr

    def transmit(self, apdu: bytes) -> bytes:
        if apdu[:2] != b"\xff\xd6":
            return self._channel.transmit(apdu)
        self._at -= 1
        if self._at >= 0:
            return self._channel.transmit(apdu)
        self.block = apdu[3]
        state = self._desk.virtual.dump()
        old = bytes.fromhex(state["blocks"][self.block])
        state["blocks"][self.block] = self._half(old, apdu[5:]).hex()
        self._desk.reader.remove()
        self._desk.virtual.load(state)
        raise CardRemoved

    def reset(self) -> bytes:
        return self._channel.reset()

    def close(self) -> None:
        self._channel.close()


def torn_inside_the_chip(desk: Desk, scene: Scene, half: Half) -> Iterator[int]:
    """Run the scene once per block write; yields the block that was torn."""
    at = 0
    while True:
        desk.virtual.load(scene.before)
        desk.reader.plan(None)
        desk.reader.insert(desk.virtual)
        channel = TearingChannel(desk, at, half)
        try:
            scene.act(ClassicCard(channel, identify(channel)))
        except CardRemoved:
            yield channel.block
            at += 1
            continue
        assert at > 0
        return


@pytest.mark.parametrize("half", HALVES.values(), ids=HALVES)
@pytest.mark.parametrize(("old", "new"), WRITES)
def test_a_write_torn_inside_a_block_gives_old_new_or_torn(
    desk: Desk, keys: KeySet, old: bytes, new: bytes, half: Half
) -> None:
    scene = Scene(our_card(desk, keys, old), lambda card: card.write_slot(DOOR, new, keys))
    for block in torn_inside_the_chip(desk, scene, half):
        found = read(desk, DOOR, keys)
        assert found in {old, new} or (found is TORN and block == 4), block
        assert read(desk, PARKING, keys) == OTHER, block
        desk.card().write_slot(DOOR, new, keys)
        assert read(desk, DOOR, keys) == new, block


@pytest.mark.parametrize("half", HALVES.values(), ids=HALVES)
def test_keying_torn_inside_a_block_is_resumed_unless_a_trailer_tore(
    desk: Desk, keys: KeySet, new_journal: Callable[[], MemoryJournal], half: Half
) -> None:
    """A trailer with contradicting access bits is blocked by the chip for ever."""
    factory = desk.virtual.dump()
    journals: list[MemoryJournal] = []

    def act(card: ClassicCard) -> None:
        journals.append(new_journal())
        card.personalise(keys, journals[-1])

    for block in torn_inside_the_chip(desk, Scene(factory, act), half):
        if block % 4 != 3:
            desk.card().personalise(keys, journals[-1])
            assert desk.card().state(keys) is CardState.OURS, block
            assert read(desk, DOOR, keys) == read(desk, PARKING, keys) == b"", block
            continue
        try:
            desk.card().personalise(keys, journals[-1])
        except CardForeign:
            assert desk.card().state(keys) is CardState.FOREIGN, block
        else:
            assert desk.card().state(keys) is CardState.OURS, block


@pytest.mark.parametrize("half", HALVES.values(), ids=HALVES)
def test_formatting_torn_inside_a_data_block_is_resumed(
    desk: Desk, keys: KeySet, new_journal: Callable[[], MemoryJournal], half: Half
) -> None:
    factory = desk.virtual.dump()
    before = our_card(desk, keys, OLD)
    journals: list[MemoryJournal] = []

    def act(card: ClassicCard) -> None:
        journals.append(new_journal())
        card.format(keys, journals[-1])

    for block in torn_inside_the_chip(desk, Scene(before, act), half):
        if block % 4 != 3:
            desk.card().format(keys, journals[-1])
            assert desk.virtual.dump() == factory, block
