"""The in-process reader: what a station sees when hands and faults interfere."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from drivers.api.readers import CardReader, Channel
from drivers.errors import CardAbsent, CardRemoved, DeviceBusy, DeviceNotFound, DeviceTimeout
from simulators.cards.classic import VirtualClassic
from simulators.cards.desfire import VirtualDesfire
from simulators.faults import Fault, FaultKind, FaultPlan, PowerCut
from simulators.reader import VirtualReader
from simulators.timing import ACR122, EMBEDDED, NONE, TIMINGS

GET_UID = bytes.fromhex("FFCA000000")
VERSION = bytes.fromhex("9060000000")
LOAD_KEY = bytes.fromhex("FF82000006FFFFFFFFFFFF")
OPEN = bytes.fromhex("FF860000050100046000")
READ = bytes.fromhex("FFB0000410")
WRITE = bytes.fromhex("FFD6000410") + b"\xaa" * 16
WAIT_S = 5.0


@pytest.fixture
def card() -> VirtualClassic:
    return VirtualClassic(bytes.fromhex("DEADBEEF"))


@pytest.fixture
def reader(card: VirtualClassic) -> VirtualReader:
    reader = VirtualReader("Test Reader 00 00")
    reader.insert(card)
    return reader


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(2) as executor:
        yield executor


def opened(reader: VirtualReader) -> Channel:
    channel = reader.connect()
    for apdu in (LOAD_KEY, OPEN):
        assert channel.transmit(apdu) == b"\x90\x00"
    return channel


def test_it_is_a_card_reader(reader: CardReader) -> None:
    assert reader.name == "Test Reader 00 00"
    channel = reader.connect()
    assert channel.atr.hex() == "3b8f8001804f0ca000000306030001000000006a"
    assert channel.transmit(GET_UID) == bytes.fromhex("DEADBEEF9000")


def test_an_empty_field_is_absence() -> None:
    reader = VirtualReader()
    assert not reader.wait_card(0)
    assert reader.wait_removed(0)
    assert reader.card is None
    with pytest.raises(CardAbsent):
        reader.connect()


def test_a_card_is_held_by_one_channel_only(reader: VirtualReader) -> None:
    first = reader.connect()
    with pytest.raises(DeviceBusy):
        reader.connect()
    first.close()
    first.close()
    reader.connect()
    reader.close()
    reader.close()
    reader.connect()


def test_closing_a_channel_takes_the_cards_power(reader: VirtualReader) -> None:
    opened(reader).close()
    assert reader.connect().transmit(READ) == b"\x69\x82"


def test_a_reset_loses_the_authentication_and_keeps_the_channel(reader: VirtualReader) -> None:
    channel = opened(reader)
    assert channel.transmit(READ).endswith(b"\x90\x00")
    assert channel.reset() == channel.atr
    assert channel.transmit(READ) == b"\x69\x82"


def test_an_arrival_ends_the_wait(reader: VirtualReader, pool: ThreadPoolExecutor) -> None:
    card = reader.remove()
    assert card is not None
    waiting = pool.submit(reader.wait_card, WAIT_S)
    reader.insert(card)
    assert waiting.result(WAIT_S)


def test_a_removal_ends_the_wait(reader: VirtualReader, pool: ThreadPoolExecutor) -> None:
    waiting = pool.submit(reader.wait_removed, WAIT_S)
    reader.remove()
    assert waiting.result(WAIT_S)


def test_a_channel_is_dead_once_its_card_was_pulled(reader: VirtualReader) -> None:
    channel = opened(reader)
    card = reader.remove()
    assert card is not None
    with pytest.raises(CardRemoved) as removed:
        channel.transmit(READ)
    assert removed.value.uid == bytes.fromhex("DEADBEEF")
    reader.insert(card)
    with pytest.raises(CardRemoved):
        channel.transmit(READ)
    with pytest.raises(CardRemoved):
        channel.reset()
    channel.close()
    assert reader.connect().transmit(READ) == b"\x69\x82"


def test_a_card_laid_on_another_takes_its_place(reader: VirtualReader) -> None:
    channel = reader.connect()
    reader.insert(VirtualDesfire(bytes.fromhex("04112233445566")))
    with pytest.raises(CardRemoved):
        channel.transmit(GET_UID)
    assert reader.connect().transmit(GET_UID) == bytes.fromhex("041122334455669000")


def test_a_card_laid_in_place_of_another_is_a_removal_and_then_an_arrival(
    reader: VirtualReader,
) -> None:
    reader.connect().close()
    assert not reader.wait_removed(0)
    reader.insert(VirtualClassic(bytes.fromhex("04000000000002")))
    assert reader.wait_removed(0)
    assert reader.wait_card(0)
    assert not reader.wait_removed(0), "the new one lies still"


def test_a_pull_from_another_thread_in_mid_transaction_is_a_removal(
    card: VirtualClassic, pool: ThreadPoolExecutor
) -> None:
    on_air, pulled = threading.Event(), threading.Event()

    def on_the_air(command: bytes, _answer: bytes) -> None:
        if command == READ:
            on_air.set()
            assert pulled.wait(WAIT_S)

    reader = VirtualReader(listener=on_the_air)
    reader.insert(card)
    reading = pool.submit(opened(reader).transmit, READ)
    assert on_air.wait(WAIT_S)
    reader.remove()
    pulled.set()
    with pytest.raises(CardRemoved):
        reading.result(WAIT_S)


def test_an_unplugged_reader_is_not_found_until_it_is_replugged(reader: VirtualReader) -> None:
    channel = opened(reader)
    reader.unplug()
    for missing in (
        lambda: channel.transmit(READ),
        channel.reset,
        reader.connect,
        lambda: reader.wait_card(0),
        lambda: reader.wait_removed(0),
    ):
        with pytest.raises(DeviceNotFound):
            missing()
    reader.replug()
    with pytest.raises(CardRemoved):
        channel.transmit(READ)
    assert reader.wait_card(0)
    assert reader.connect().transmit(READ) == b"\x69\x82"


def test_unplugging_ends_a_wait(reader: VirtualReader, pool: ThreadPoolExecutor) -> None:
    waiting = pool.submit(reader.wait_removed, WAIT_S)
    reader.unplug()
    with pytest.raises(DeviceNotFound):
        waiting.result(WAIT_S)


# --- faults --------------------------------------------------------------------------------------


def planned(kind: FaultKind, at: int, bit: int = 0) -> FaultPlan:
    return FaultPlan(Fault(kind=kind, at=at, bit=bit))


@pytest.mark.parametrize(
    ("kind", "written"), [(FaultKind.TEAR_BEFORE, False), (FaultKind.TEAR_AFTER, True)]
)
def test_a_torn_card_is_gone_and_has_or_has_not_obeyed(
    reader: VirtualReader, card: VirtualClassic, kind: FaultKind, written: bool
) -> None:
    plan = planned(kind, 2)
    reader.plan(plan)
    channel = opened(reader)
    with pytest.raises(CardRemoved):
        channel.transmit(WRITE)
    assert reader.card is None
    assert card.chip.blocks[4] == (b"\xaa" * 16 if written else bytes(16))
    assert (plan.seen, [fault.kind for fault in plan.fired]) == (3, [kind])
    reader.plan(None)
    reader.insert(card)
    assert opened(reader).transmit(READ).endswith(b"\x90\x00")


def test_silence_is_a_timeout_after_which_the_card_goes_on(reader: VirtualReader) -> None:
    reader.plan(planned(FaultKind.SILENCE, 2))
    channel = opened(reader)
    with pytest.raises(DeviceTimeout):
        channel.transmit(WRITE)
    assert channel.transmit(READ) == b"\xaa" * 16 + b"\x90\x00"


def test_garbage_has_another_status_and_other_data(reader: VirtualReader) -> None:
    reader.plan(planned(FaultKind.GARBAGE, 2))
    channel = opened(reader)
    garbage = channel.transmit(READ)
    assert len(garbage) == 18
    assert garbage[:16] != bytes(16)
    assert garbage[16:] == b"\x5a\xa5"
    assert channel.transmit(READ) == bytes(16) + b"\x90\x00"


@pytest.mark.parametrize(
    ("bit", "place", "mask"), [(0, 0, 1), (9, 1, 2), (127, 15, 128), (128, 0, 1)]
)
def test_a_flipped_bit_leaves_the_status_alone(
    reader: VirtualReader, bit: int, place: int, mask: int
) -> None:
    reader.plan(planned(FaultKind.BIT_FLIP, 2, bit))
    answer = opened(reader).transmit(READ)
    expected = bytearray(16)
    expected[place] = mask
    assert answer == bytes(expected) + b"\x90\x00"


def test_an_answer_without_data_has_no_bit_to_flip(reader: VirtualReader) -> None:
    reader.plan(planned(FaultKind.BIT_FLIP, 0))
    opened(reader)


def test_a_power_cut_gets_past_everything_that_handles_errors(
    reader: VirtualReader, card: VirtualClassic
) -> None:
    reader.plan(planned(FaultKind.POWER_CUT, 2))
    channel = opened(reader)
    with pytest.raises(PowerCut):
        _careless(channel)
    assert not issubclass(PowerCut, Exception)
    assert card.chip.blocks[4] == bytes(16)
    assert reader.card is card
    reader.plan(None)
    assert reader.connect().transmit(READ) == b"\x69\x82"


def _careless(channel: Channel) -> None:
    try:
        channel.transmit(WRITE)
    except Exception as caught:  # noqa: BLE001 -- what careless code does
        pytest.fail(f"{caught!r} was caught")


def test_several_faults_meet_their_own_apdus(reader: VirtualReader) -> None:
    plan = FaultPlan(
        Fault(kind=FaultKind.SILENCE, at=0), Fault(kind=FaultKind.BIT_FLIP, at=1, bit=0)
    )
    reader.plan(plan)
    channel = reader.connect()
    with pytest.raises(DeviceTimeout):
        channel.transmit(GET_UID)
    assert channel.transmit(GET_UID) == bytes.fromhex("DFADBEEF9000")
    assert channel.transmit(GET_UID) == bytes.fromhex("DEADBEEF9000")
    assert len(plan.fired) == 2


# --- counting, listening, timing -----------------------------------------------------------------


def test_every_apdu_is_counted_and_heard(card: VirtualClassic) -> None:
    heard: list[tuple[bytes, bytes]] = []
    reader = VirtualReader(listener=lambda command, answer: heard.append((command, answer)))
    reader.insert(card)
    channel = reader.connect()
    channel.transmit(GET_UID)
    reader.plan(planned(FaultKind.TEAR_AFTER, 0))
    with pytest.raises(CardRemoved):
        channel.transmit(LOAD_KEY)
    assert heard == [(GET_UID, bytes.fromhex("DEADBEEF9000")), (LOAD_KEY, b"")]
    assert reader.exchanges == 2


def test_time_is_taken_from_the_model_and_slept_by_the_given_sleeper(card: VirtualClassic) -> None:
    slept: list[float] = []
    reader = VirtualReader(timing=ACR122, sleep=slept.append)
    reader.insert(card)
    channel = reader.connect()
    channel.transmit(GET_UID)
    assert slept == [ACR122.of_activation(), ACR122.of_exchange(5, 6)]
    assert 0.1 < slept[0] < 0.3
    assert 0.026 < slept[1] < 0.040


def test_a_reader_without_timing_never_sleeps(card: VirtualClassic) -> None:
    slept: list[float] = []
    reader = VirtualReader(timing=NONE, sleep=slept.append)
    reader.insert(card)
    reader.connect().transmit(GET_UID)
    assert slept == []


def test_a_tap_costs_what_was_measured() -> None:
    """An embedded reader: select, authenticate and read behind it in 40 to 150 ms."""
    five_exchanges = EMBEDDED.of_activation() + 5 * EMBEDDED.of_exchange(20, 40)
    assert 0.040 < five_exchanges < 0.150
    assert set(TIMINGS) == {"none", "embedded", "acr122"}
