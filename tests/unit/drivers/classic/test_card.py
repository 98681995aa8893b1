"""The Classic driver on virtual cards, 1K and 4K (written by another hand, from the data sheet)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.api.cards import CardKind, CardState, KeyRole, KeySet, StepState
from drivers.api.readers import Channel
from drivers.cards import mad
from drivers.cards.mifare_classic import DRIVER, ClassicCard
from drivers.cards.opening import open_card
from drivers.errors import (
    CardAuthenticationFailed,
    CardForeign,
    CardRemoved,
    RecordMismatch,
    RecordTorn,
)
from drivers.identify import identify
from simulators.cards.classic import ReaderQuirks, VirtualClassic
from simulators.faults import Fault, FaultKind, FaultPlan
from simulators.reader import VirtualReader
from tests.unit.drivers.classic.classic_desk import Desk, MemoryJournal

DOOR, PARKING = 0, 1
OLD, NEW, OTHER = (bytes([number]) * 28 for number in (1, 2, 3))
TRANSPORT = bytes.fromhex("FFFFFFFFFFFFFF078069FFFFFFFFFFFF")


def test_a_card_from_the_factory_is_blank(desk: Desk, keys: KeySet) -> None:
    assert desk.card().state(keys) is CardState.BLANK


def test_finding_out_the_state_changes_nothing(desk: Desk, keys: KeySet, next_keys: KeySet) -> None:
    before = desk.virtual.dump()
    desk.card().state(keys)
    assert desk.virtual.dump() == before
    desk.ours(keys)
    before = desk.virtual.dump()
    for asked in (keys, next_keys):
        desk.card().state(asked)
    assert desk.virtual.dump() == before


def test_a_card_taken_into_use_is_ours_and_empty(
    desk: Desk, keys: KeySet, journal: MemoryJournal
) -> None:
    card = desk.card()
    card.personalise(keys, journal)
    assert desk.card().state(keys) is CardState.OURS
    assert desk.card().read_slot(DOOR, keys) == b""
    assert desk.card().read_slot(PARKING, keys) == b""
    assert set(journal.steps.items()) == {(f"sector-{n}", StepState.DONE) for n in range(4)}


def test_a_card_taken_into_use_holds_no_default_key_in_our_sectors(
    desk: Desk, keys: KeySet
) -> None:
    desk.ours(keys)
    for sector in range(4):
        trailer = desk.block(4 * sector + 3)
        assert trailer[6:9].hex() == ("687789" if sector == 3 else "787788")
        assert trailer[10:] == keys[KeyRole.CLASSIC_WRITE]
        assert trailer[:6] == (keys[KeyRole.CLASSIC_READ] if sector else mad.PUBLIC_KEY)


def test_sectors_of_others_stay_as_they_were(desk: Desk, keys: KeySet) -> None:
    before = desk.virtual.dump()["blocks"][16:]
    card = desk.ours(keys)
    card.write_slot(DOOR, OLD, keys)
    assert desk.virtual.dump()["blocks"][16:] == before


def test_the_directory_announces_our_sectors(desk: Desk, keys: KeySet) -> None:
    desk.ours(keys)
    directory = mad.decode(desk.block(1) + desk.block(2))
    assert directory.aids == dict.fromkeys([1, 2, 3], mad.OUR_AID)
    assert desk.block(3)[9] == 0xC1


def test_two_slots_are_written_read_and_emptied_independently(desk: Desk, keys: KeySet) -> None:
    card = desk.ours(keys)
    card.write_slot(DOOR, OLD, keys)
    card.write_slot(PARKING, OTHER, keys)
    card.write_slot(DOOR, NEW, keys)
    card.restart()
    assert (card.read_slot(DOOR, keys), card.read_slot(PARKING, keys)) == (NEW, OTHER)
    card.write_slot(DOOR, b"", keys)
    assert (card.read_slot(DOOR, keys), card.read_slot(PARKING, keys)) == (b"", OTHER)


def test_an_emptied_slot_keeps_no_trace_of_its_record(desk: Desk, keys: KeySet) -> None:
    card = desk.ours(keys)
    card.write_slot(DOOR, OLD, keys)
    card.write_slot(DOOR, NEW, keys)
    card.write_slot(DOOR, b"", keys)
    assert desk.block(4)[:12] == bytes(12)
    assert desk.block(5) == desk.block(6) == bytes(16)


@given(st.lists(st.binary(min_size=28, max_size=28) | st.just(b""), max_size=6))
def test_what_was_written_last_is_what_is_read(contents: list[bytes]) -> None:
    reader = VirtualReader()
    reader.insert(VirtualClassic(bytes(7), "1k"))
    channel = reader.connect()
    card = ClassicCard(channel, identify(channel))
    keys = KeySet(1, {KeyRole.CLASSIC_READ: b"reader", KeyRole.CLASSIC_WRITE: b"writer"})
    card.personalise(keys, MemoryJournal())
    for content in contents:
        card.write_slot(DOOR, content, keys)
        card.restart()
        assert card.read_slot(DOOR, keys) == content


def test_a_gate_reads_but_does_not_write(
    desk: Desk, keys: KeySet, reading_keys: KeySet, journal: MemoryJournal
) -> None:
    desk.ours(keys).write_slot(DOOR, OLD, keys)
    before = desk.virtual.dump()
    card = desk.card()
    assert card.read_slot(DOOR, reading_keys) == OLD
    assert card.state(reading_keys) is CardState.OURS
    with pytest.raises(CardAuthenticationFailed):
        card.write_slot(DOOR, NEW, reading_keys)
    with pytest.raises(CardAuthenticationFailed):
        card.personalise(reading_keys, journal)
    with pytest.raises(CardAuthenticationFailed):
        card.format(reading_keys, journal)
    assert desk.virtual.dump() == before


def test_the_card_itself_refuses_a_write_with_the_gates_key(desk: Desk, keys: KeySet) -> None:
    """A stolen gate's key, used outside our driver."""
    desk.ours(keys)
    desk.reader.insert(desk.virtual)
    channel = desk.reader.connect()
    key = keys[KeyRole.CLASSIC_READ]
    assert channel.transmit(bytes.fromhex("FF82000006") + key) == b"\x90\x00"
    assert channel.transmit(bytes.fromhex("FF860000050100046000")) == b"\x90\x00"
    before = desk.virtual.dump()
    for block in (4, 5, 6, 7):
        answer = channel.transmit(bytes([0xFF, 0xD6, 0, block, 16, *bytes(16)]))
        assert answer != b"\x90\x00"
        channel.reset()
        channel.transmit(bytes.fromhex("FF82000006") + key)
        channel.transmit(bytes.fromhex("FF860000050100046000"))
    assert desk.virtual.dump() == before


def test_a_tap_costs_five_exchanges(desk: Desk, keys: KeySet, reading_keys: KeySet) -> None:
    desk.ours(keys).write_slot(DOOR, OLD, keys)
    desk.reader.insert(desk.virtual)
    desk.reader.plan(None)
    before = desk.reader.exchanges
    assert open_card(desk.reader.connect()).read_slot(DOOR, reading_keys) == OLD
    assert desk.reader.exchanges - before == 5


def test_a_write_costs_six_exchanges(desk: Desk, keys: KeySet) -> None:
    desk.ours(keys).write_slot(DOOR, OLD, keys)
    card = desk.card()
    before = desk.reader.exchanges
    card.write_slot(DOOR, NEW, keys)
    assert desk.reader.exchanges - before == 6


def test_another_estates_card_is_foreign_and_stays_untouched(
    desk: Desk, keys: KeySet, next_keys: KeySet, journal: MemoryJournal
) -> None:
    desk.ours(next_keys)
    before = desk.virtual.dump()
    card = desk.card()
    assert card.state(keys) is CardState.FOREIGN
    with pytest.raises(CardForeign):
        card.personalise(keys, journal)
    with pytest.raises(CardForeign):
        card.format(keys, journal)
    with pytest.raises(CardAuthenticationFailed):
        card.read_slot(DOOR, keys)
    assert desk.virtual.dump() == before


@pytest.mark.parametrize("sector", range(4))
def test_a_card_with_one_foreign_sector_stays_untouched(
    desk: Desk, keys: KeySet, journal: MemoryJournal, sector: int
) -> None:
    state = desk.virtual.dump()
    state["blocks"][4 * sector + 3] = "414141414141" + "787788" + "69" + "424242424242"
    desk.virtual.load(state)
    card = desk.card()
    assert card.state(keys) is CardState.FOREIGN
    with pytest.raises(CardForeign, match=f"sector {sector}"):
        card.personalise(keys, journal)
    assert desk.virtual.dump() == state
    assert journal.steps == {}


def test_keys_are_rolled_and_records_stay(
    desk: Desk, keys: KeySet, next_keys: KeySet, journal: MemoryJournal
) -> None:
    card = desk.ours(keys)
    card.write_slot(DOOR, OLD, keys)
    card.write_slot(PARKING, OTHER, keys)
    desk.card().personalise(next_keys, journal, previous=keys)
    card = desk.card()
    assert card.state(next_keys) is CardState.OURS
    assert card.state(keys) is CardState.FOREIGN
    assert card.read_slot(DOOR, next_keys) == OLD
    assert card.read_slot(PARKING, next_keys) == OTHER


def test_taking_our_own_card_into_use_again_keeps_its_records(
    desk: Desk, keys: KeySet, journal: MemoryJournal
) -> None:
    card = desk.ours(keys)
    card.write_slot(DOOR, OLD, keys)
    desk.card().personalise(keys, journal)
    assert desk.card().read_slot(DOOR, keys) == OLD


def test_a_formatted_card_is_as_it_left_the_factory(
    desk: Desk, keys: KeySet, journal: MemoryJournal
) -> None:
    factory = desk.virtual.dump()
    card = desk.ours(keys)
    card.write_slot(DOOR, OLD, keys)
    card.write_slot(PARKING, OTHER, keys)
    desk.card().format(keys, journal)
    assert desk.virtual.dump() == factory
    assert desk.block(7) == TRANSPORT
    assert desk.card().state(keys) is CardState.BLANK


def test_one_journal_may_serve_several_turns_of_a_card(
    desk: Desk, keys: KeySet, journal: MemoryJournal
) -> None:
    for _ in range(2):
        desk.card().personalise(keys, journal)
        assert desk.card().state(keys) is CardState.OURS
        desk.card().format(keys, journal)
        assert desk.card().state(keys) is CardState.BLANK


def test_formatting_a_blank_card_writes_no_trailer(
    desk: Desk, keys: KeySet, journal: MemoryJournal
) -> None:
    """A trailer write is the one risk that cannot be taken back; none is taken for nothing."""
    written: list[int] = []
    card = desk.card()
    desk.reader.listener = lambda apdu, _: (
        written.append(apdu[3]) if apdu[:2] == b"\xff\xd6" else None
    )
    card.format(keys, journal)
    assert sorted(written) == [1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14]


@pytest.mark.parametrize("garbage", [bytes(16), b"\xff" * 16, bytes(range(16))])
def test_a_torn_slot_is_said_to_be_torn_and_repaired_by_writing(
    desk: Desk, keys: KeySet, garbage: bytes
) -> None:
    card = desk.ours(keys)
    card.write_slot(DOOR, OLD, keys)
    card.write_slot(PARKING, OTHER, keys)
    state = desk.virtual.dump()
    state["blocks"][4] = garbage.hex()
    desk.virtual.load(state)
    for content in (NEW, b""):
        desk.virtual.load(state)
        with pytest.raises(RecordTorn):
            desk.card().read_slot(DOOR, keys)
        assert desk.card().read_slot(PARKING, keys) == OTHER
        desk.card().write_slot(DOOR, content, keys)
        assert desk.card().read_slot(DOOR, keys) == content


def test_a_body_that_does_not_arrive_leaves_the_old_slot(desk: Desk, keys: KeySet) -> None:
    """The card says yes to the write, and the read-back shows other bytes."""
    desk.ours(keys).write_slot(DOOR, OLD, keys)
    # load, authenticate, read index, write body, then the read-back with one bit wrong
    card = desk.card(FaultPlan(Fault(kind=FaultKind.BIT_FLIP, at=4)))
    with pytest.raises(RecordMismatch):
        card.write_slot(DOOR, NEW, keys)
    assert desk.card().read_slot(DOOR, keys) == OLD


def test_the_key_version_stands_in_the_index(
    desk: Desk, keys: KeySet, next_keys: KeySet, journal: MemoryJournal
) -> None:
    desk.ours(keys).write_slot(DOOR, OLD, keys)
    assert desk.block(4)[13] == 1
    desk.card().personalise(next_keys, journal, previous=keys)
    desk.card().write_slot(DOOR, NEW, next_keys)
    assert desk.block(4)[13] == 2


@pytest.mark.parametrize("slot", [-1, 2])
def test_a_slot_that_does_not_exist_is_a_mistake_of_the_caller(
    desk: Desk, keys: KeySet, slot: int
) -> None:
    with pytest.raises(ValueError, match="no slot"):
        desk.card().read_slot(slot, keys)


@pytest.mark.parametrize("length", [1, 27, 29])
def test_a_slot_of_another_length_is_a_mistake_of_the_caller(
    desk: Desk, keys: KeySet, length: int
) -> None:
    with pytest.raises(ValueError, match="28 bytes"):
        desk.card().write_slot(DOOR, bytes(length), keys)


def test_a_card_exchanged_for_a_blank_one_while_probing_is_not_keyed(
    desk: Desk, keys: KeySet, journal: MemoryJournal
) -> None:
    """Its keys would belong to the other card's UID."""
    desk.ours(keys)
    changeling = VirtualClassic(bytes.fromhex("04000000000001"), desk.virtual.kind[-2:])
    before = changeling.dump()

    class Swapping:
        def __init__(self, channel: Channel) -> None:
            self.channel = channel
            self.atr = channel.atr

        def transmit(self, apdu: bytes) -> bytes:
            return self.channel.transmit(apdu)

        def reset(self) -> bytes:
            desk.reader.insert(changeling)
            self.channel = desk.reader.connect()
            return self.channel.atr

        def close(self) -> None:
            self.channel.close()

    desk.reader.insert(desk.virtual)
    channel = desk.reader.connect()
    card = ClassicCard(Swapping(channel), identify(channel))
    with pytest.raises(CardRemoved, match="another card"):
        card.personalise(keys, journal)
    assert changeling.dump() == before


@pytest.mark.parametrize(
    "quirks",
    [
        ReaderQuirks(key_structures=frozenset({0x20})),
        ReaderQuirks(key_slots=2),
        ReaderQuirks(one_error=True),
    ],
    ids=["stored keys only", "two key slots", "one error for all"],
)
def test_odd_readers_are_got_along_with(
    keys: KeySet, next_keys: KeySet, journal: MemoryJournal, quirks: ReaderQuirks
) -> None:
    reader = VirtualReader()
    reader.insert(VirtualClassic(bytes.fromhex("04A1B2C3D4E5F6"), "1k", quirks))
    channel = reader.connect()
    card = DRIVER.open(channel, identify(channel), None)
    assert card.state(keys) is CardState.BLANK
    card.personalise(keys, journal)
    card.write_slot(DOOR, OLD, keys)
    card.restart()
    assert card.read_slot(DOOR, keys) == OLD
    assert card.state(next_keys) is CardState.FOREIGN
    card.format(keys, journal)
    assert card.state(keys) is CardState.BLANK


def test_the_driver_names_what_it_handles() -> None:
    assert DRIVER.kinds == {CardKind.CLASSIC_1K, CardKind.CLASSIC_4K}
    assert (DRIVER.name, DRIVER.medium, DRIVER.slot_size) == ("mifare_classic", "classic", 28)


def test_a_card_object_says_what_it_is(desk: Desk) -> None:
    card = desk.card()
    assert card.slot_size == 28
    assert card.secure_channel is None
    assert card.identity.supported
