"""The clone trap on a Classic card: a gate counts down, nobody else's key does, clones show up.

The value block is judged by the example of NXP's data sheet MF1S50yyX Rev. 3.0, table 4 (1234567
at address 17), which proxmark3's client prints in full; the access bits by the published table
(`test_access`).
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.api.cards import CardState, CountingCard, KeyRole, KeySet
from drivers.cards.mifare_classic_counter import COUNTER_ACCESS, START, parse_value, value_block
from drivers.cards.opening import open_card
from drivers.errors import DeviceError
from simulators.faults import Fault, FaultKind, FaultPlan, PowerCut
from tests.unit.drivers.classic.classic_desk import Desk, MemoryJournal

BLOCK = 12
OLD = bytes(range(28))
INT32 = st.integers(-(2**31), 2**31 - 1)


def test_the_value_block_is_the_one_of_the_data_sheet() -> None:
    published = bytes.fromhex("87D612007829EDFF87D6120011EE11EE")
    assert value_block(1234567, 17) == published
    assert parse_value(published) == 1234567


@given(INT32, st.integers(0, 255))
def test_every_number_survives_the_round_trip(value: int, address: int) -> None:
    assert parse_value(value_block(value, address)) == value


@given(INT32, st.integers(0, 127))
def test_one_wrong_bit_is_no_number(value: int, place: int) -> None:
    damaged = bytearray(value_block(value, BLOCK))
    damaged[place // 8] ^= 1 << place % 8
    assert parse_value(bytes(damaged)) is None


@given(st.binary(max_size=20))
def test_any_bytes_are_a_number_or_none(block: bytes) -> None:
    found = parse_value(block)
    assert found is None or value_block(found, block[12]) == block


@pytest.mark.parametrize(("value", "address"), [(2**31, 0), (0, 256), (0, -1)])
def test_what_is_no_value_block_is_a_mistake_of_the_caller(value: int, address: int) -> None:
    with pytest.raises(ValueError, match="no value block"):
        value_block(value, address)


def test_a_new_card_counts_down_from_the_start_with_a_gates_keys(
    desk: Desk, keys: KeySet, reading_keys: KeySet
) -> None:
    card = desk.ours(keys)
    assert isinstance(card, CountingCard)
    assert [desk.card().count_down(reading_keys) for _ in range(3)] == [START, START - 1, START - 2]
    assert desk.card().state(keys) is CardState.OURS


def test_counting_costs_three_exchanges_more_than_a_tap(
    desk: Desk, keys: KeySet, reading_keys: KeySet
) -> None:
    desk.ours(keys).write_slot(0, OLD, keys)
    card = desk.card()
    card.read_slot(0, reading_keys)
    before = desk.reader.exchanges
    card.count_down(reading_keys)
    assert desk.reader.exchanges - before == 3


@pytest.mark.parametrize(
    "apdu",
    [
        f"FFD600{BLOCK:02X}10" + value_block(START, BLOCK).hex(),
        f"FFD700{BLOCK:02X}050100000001",
        f"FFD700{BLOCK:02X}050000000001",
        f"FFD6000F10{'FF' * 16}",
        "FFD6000D1000000000000000000000000000000000",
    ],
    ids=["write", "increment", "store", "trailer", "neighbour"],
)
def test_with_a_gates_key_the_card_itself_refuses_all_but_counting_down(
    desk: Desk, keys: KeySet, apdu: str
) -> None:
    """A stolen gate's key, used outside our driver."""
    desk.ours(keys)
    before = desk.virtual.dump()
    desk.reader.insert(desk.virtual)
    channel = desk.reader.connect()
    key = keys[KeyRole.CLASSIC_READ]
    assert channel.transmit(bytes.fromhex("FF82000006") + key) == b"\x90\x00"
    assert channel.transmit(bytes.fromhex(f"FF8600000501{BLOCK:04X}6000")) == b"\x90\x00"
    assert channel.transmit(bytes.fromhex(apdu)) != b"\x90\x00"
    assert desk.virtual.dump() == before


def test_the_sector_is_locked_so_that_key_a_reads_and_decrements_only(
    desk: Desk, keys: KeySet
) -> None:
    desk.ours(keys)
    assert desk.block(15)[6:9] == COUNTER_ACCESS == bytes.fromhex("687789")


def test_the_number_goes_on_when_keys_are_rolled(
    desk: Desk, keys: KeySet, next_keys: KeySet, journal: MemoryJournal
) -> None:
    desk.ours(keys).count_down(keys)
    desk.card().personalise(next_keys, journal, previous=keys)
    assert desk.card().count_down(next_keys) == START - 1


def test_a_card_of_before_the_counter_has_none_until_its_keys_are_rolled(
    desk: Desk, keys: KeySet, next_keys: KeySet, journal: MemoryJournal
) -> None:
    desk.ours(keys)
    state = desk.virtual.dump()
    state["blocks"][BLOCK] = bytes(16).hex()
    state["blocks"][15] = state["blocks"][11]  # locked as the sectors of the slots are
    desk.virtual.load(state)
    assert desk.card().count_down(keys) is None
    desk.card().personalise(next_keys, journal, previous=keys)
    assert desk.card().count_down(next_keys) == START


def test_a_torn_number_is_none_and_reading_the_slot_goes_on(
    desk: Desk, keys: KeySet, reading_keys: KeySet
) -> None:
    desk.ours(keys).write_slot(0, OLD, keys)
    state = desk.virtual.dump()
    state["blocks"][BLOCK] = value_block(START, BLOCK)[:7].ljust(16, b"\0").hex()
    desk.virtual.load(state)
    card = desk.card()
    assert card.count_down(reading_keys) is None
    assert card.read_slot(0, reading_keys) == OLD


def test_a_card_and_its_clone_show_one_number_twice(desk: Desk, keys: KeySet) -> None:
    desk.ours(keys)
    clone = Desk("1k" if desk.virtual.kind.endswith("1k") else "4k")
    clone.virtual.load(desk.virtual.dump())
    assert desk.card().count_down(keys) == clone.card().count_down(keys)


@pytest.mark.parametrize("kind", sorted(FaultKind))
def test_a_card_torn_while_counting_never_shows_a_used_number_again(
    desk: Desk, keys: KeySet, reading_keys: KeySet, kind: FaultKind
) -> None:
    desk.ours(keys)
    used: set[int] = set()
    for at in range(4):
        card = desk.card(FaultPlan(Fault(kind=kind, at=at)))
        try:
            number = card.count_down(reading_keys)
        except (DeviceError, PowerCut):
            number = None
        if number is not None:
            assert number not in used
            used.add(number)
    number = desk.card().count_down(reading_keys)
    assert number is not None
    assert number not in used


def test_a_card_that_another_program_opened_is_still_a_counting_card(
    desk: Desk, keys: KeySet
) -> None:
    desk.ours(keys)
    desk.reader.insert(desk.virtual)
    card = open_card(desk.reader.connect())
    assert isinstance(card, CountingCard)
    assert card.count_down(keys) == START
