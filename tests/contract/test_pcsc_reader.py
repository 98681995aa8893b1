"""The PC/SC driver against the real pcscd, with virtual cards on vsmartcard's virtual reader.

Independent of our simulator's reader: pcscd, libpcsclite and the vpcd driver are other people's.
pcscd looks for cards every 0.4 s, so that each arrival and removal takes as long.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import Future
from threading import Thread
from typing import TypeVar

import pytest

from drivers.api.cards import CardKind, CardState, KeyRole, KeySet, StepState
from drivers.cards.opening import open_card
from drivers.errors import CardAbsent, CardRemoved, DeviceBusy, DeviceError, DeviceNotFound
from drivers.loader import load
from drivers.readers.pcsc import PcscReader, list_names
from drivers.transcript import WIRE
from simulators.cards.classic import VirtualClassic
from simulators.faults import Fault, FaultKind, FaultPlan
from simulators.pcscd import Pcscd
from simulators.vpcd import FIRST_PORT, SECOND_PORT, Attachment, attach

pytestmark = [pytest.mark.pcscd, pytest.mark.together("pcscd")]

FIRST, SECOND = "Virtual PCD 00 00", "Virtual PCD 00 01"
UID, OTHER_UID = bytes.fromhex("04A1B2C3D4E5F6"), bytes.fromhex("04000000000002")
GET_UID = bytes.fromhex("FFCA000000")
KEYS = KeySet(1, {KeyRole.CLASSIC_READ: b"reader", KeyRole.CLASSIC_WRITE: b"writer"})
SOON_S = 15.0

Result = TypeVar("Result")


class MemoryJournal:
    def __init__(self) -> None:
        self._steps: dict[str, StepState] = {}

    def state(self, step: str) -> StepState | None:
        return self._steps.get(step)

    def record(self, step: str, state: StepState) -> None:
        self._steps[step] = state


@pytest.fixture
def lay(pcscd: Pcscd) -> Iterator[Callable[..., Attachment]]:
    """Lay a card on a slot; whatever still lies there at the end is taken away."""
    laid: list[Attachment] = []

    def lay_on(
        card: VirtualClassic, port: int = FIRST_PORT, plan: FaultPlan | None = None
    ) -> Attachment:
        laid.append(attach(card, port, plan=plan))
        return laid[-1]

    yield lay_on
    for attachment in laid:
        attachment.remove()
    for name in (FIRST, SECOND):
        slot = PcscReader(name)
        assert slot.wait_removed(SOON_S)
        slot.close()


@pytest.fixture
def reader(lay: Callable[..., Attachment]) -> Iterator[PcscReader]:
    """Closed before the card is taken away, as pcscd has no event for the other order."""
    made = PcscReader(FIRST)
    yield made
    made.close()


def at_the_same_time(call: Callable[[], Result]) -> Future[Result]:
    """Run a blocking call in its own thread."""
    future: Future[Result] = Future()

    def run() -> None:
        try:
            future.set_result(call())
        except DeviceError as error:
            future.set_exception(error)

    Thread(target=run, daemon=True).start()
    return future


def card_on(reader: PcscReader) -> None:
    assert reader.wait_card(SOON_S)


def test_the_readers_of_the_service_are_listed(pcscd: Pcscd) -> None:
    assert {FIRST, SECOND} <= set(list_names())
    assert set(load("readers", "pcsc").list_names()) == set(list_names())


def test_a_part_of_the_name_is_enough_and_a_wrong_one_names_those_there_are(pcscd: Pcscd) -> None:
    reader = load("readers", "pcsc").open({"reader": "pcd 00 01"})
    assert not reader.wait_card(0)
    assert reader.name == SECOND
    with pytest.raises(DeviceNotFound, match=FIRST):
        PcscReader("OMNIKEY").wait_card(0)
    reader.close()


def test_a_card_laid_on_during_the_wait_ends_it(
    reader: PcscReader, lay: Callable[..., Attachment]
) -> None:
    assert not reader.wait_card(0.01)
    waiting = at_the_same_time(lambda: reader.wait_card(SOON_S))
    lay(VirtualClassic(UID))
    assert waiting.result(SOON_S)
    channel = reader.connect()
    assert channel.transmit(GET_UID) == UID + b"\x90\x00"
    channel.close()
    channel.close()


def test_a_card_taken_away_during_the_wait_ends_it(
    reader: PcscReader, lay: Callable[..., Attachment]
) -> None:
    attachment = lay(VirtualClassic(UID))
    card_on(reader)
    assert not reader.wait_removed(0.01)
    waiting = at_the_same_time(lambda: reader.wait_removed(SOON_S))
    attachment.remove()
    assert waiting.result(SOON_S)
    with pytest.raises(CardAbsent):
        reader.connect()


def test_two_slots_hold_two_cards_at_once(
    reader: PcscReader, lay: Callable[..., Attachment]
) -> None:
    second = PcscReader(SECOND)
    lay(VirtualClassic(UID))
    lay(VirtualClassic(OTHER_UID, "4k"), SECOND_PORT)
    card_on(reader)
    card_on(second)
    here, there = open_card(reader.connect()), open_card(second.connect())
    assert (here.identity.uid, here.identity.kind) == (UID, CardKind.CLASSIC_1K)
    assert (there.identity.uid, there.identity.kind) == (OTHER_UID, CardKind.CLASSIC_4K)
    second.close()
    reader.close()


def test_a_card_lives_its_whole_life_through_the_service(
    reader: PcscReader, lay: Callable[..., Attachment]
) -> None:
    virtual = VirtualClassic(UID)
    factory = virtual.dump()
    lay(virtual)
    card_on(reader)
    card = open_card(reader.connect())
    assert card.state(KEYS) is CardState.BLANK
    card.personalise(KEYS, MemoryJournal())
    card.write_slot(0, b"D" * 28, KEYS)
    card.write_slot(1, b"P" * 28, KEYS)
    card.restart()
    assert (card.read_slot(0, KEYS), card.read_slot(1, KEYS)) == (b"D" * 28, b"P" * 28)
    card.format(KEYS, MemoryJournal())
    assert card.state(KEYS) is CardState.BLANK
    assert virtual.dump() == factory


def test_a_card_held_by_one_is_busy_for_another(
    reader: PcscReader, lay: Callable[..., Attachment]
) -> None:
    lay(VirtualClassic(UID))
    card_on(reader)
    channel = reader.connect()
    other = PcscReader(FIRST)
    assert other.wait_card(SOON_S)
    with pytest.raises(DeviceBusy):
        other.connect()
    channel.close()
    taken = other.connect()
    assert taken.transmit(GET_UID) == UID + b"\x90\x00"
    taken.close()
    other.close()


def test_no_authentication_outlives_its_channel(
    reader: PcscReader, lay: Callable[..., Attachment]
) -> None:
    lay(VirtualClassic(UID))
    card_on(reader)
    channel = reader.connect()
    channel.transmit(bytes.fromhex("FF82000006FFFFFFFFFFFF"))
    assert channel.transmit(bytes.fromhex("FF860000050100046000")) == b"\x90\x00"
    assert channel.transmit(bytes.fromhex("FFB0000410"))[-2:] == b"\x90\x00"
    channel.close()
    channel = reader.connect()
    assert channel.transmit(bytes.fromhex("FFB0000410"))[-2:] != b"\x90\x00"
    channel.close()


def test_a_closed_channel_reaches_no_card(
    reader: PcscReader, lay: Callable[..., Attachment]
) -> None:
    lay(VirtualClassic(UID))
    card_on(reader)
    channel = reader.connect()
    reader.close()
    with pytest.raises(CardRemoved):
        channel.transmit(GET_UID)


@pytest.mark.parametrize("at", [0, 2, 3, 4])
def test_a_card_pulled_in_mid_work_is_a_removal_and_the_next_one_is_welcome(
    reader: PcscReader, lay: Callable[..., Attachment], at: int
) -> None:
    virtual = VirtualClassic(UID)
    torn = lay(virtual, plan=FaultPlan(Fault(kind=FaultKind.TEAR_AFTER, at=at)))
    card_on(reader)
    channel = reader.connect()
    with pytest.raises(CardRemoved):
        open_card(channel).personalise(KEYS, MemoryJournal())
    channel.close()
    torn.remove()
    assert reader.wait_removed(SOON_S)
    lay(virtual)
    card_on(reader)
    card = open_card(reader.connect())
    card.personalise(KEYS, MemoryJournal())
    assert card.state(KEYS) is CardState.OURS


def test_a_card_exchanged_in_mid_work_is_a_removal(
    reader: PcscReader, lay: Callable[..., Attachment]
) -> None:
    first = lay(VirtualClassic(UID))
    card_on(reader)
    card = open_card(reader.connect())
    first.remove()
    second = PcscReader(FIRST)
    assert second.wait_removed(SOON_S)
    lay(VirtualClassic(OTHER_UID))
    assert second.wait_card(SOON_S)
    with pytest.raises(CardRemoved):
        card.restart()
    second.close()


def test_keys_are_blanked_in_the_wire_log(
    reader: PcscReader, lay: Callable[..., Attachment], caplog: pytest.LogCaptureFixture
) -> None:
    lay(VirtualClassic(UID))
    card_on(reader)
    with caplog.at_level(WIRE, "drivers.readers.pcsc"):
        card = open_card(reader.connect())
        card.personalise(KEYS, MemoryJournal())
        assert card.read_slot(0, KEYS) == b""
    assert "> FFCA000000" in caplog.text
    assert "> FF82000006************" in caplog.text
    assert "************787788" in caplog.text
    for key in KEYS.keys.values():
        assert key.hex().upper() not in caplog.text


def test_a_reader_without_lights_gives_no_signal_and_no_error(
    reader: PcscReader, lay: Callable[..., Attachment]
) -> None:
    lay(VirtualClassic(UID))
    card_on(reader)
    assert not reader.signal(accepted=True)


# --- the service itself comes and goes ------------------------------------------------------------


def test_a_service_killed_in_mid_work_is_survived(
    pcscd: Pcscd, reader: PcscReader, lay: Callable[..., Attachment]
) -> None:
    lay(VirtualClassic(UID))
    card_on(reader)
    card = open_card(reader.connect())
    pcscd.kill()
    try:
        with pytest.raises(DeviceNotFound):
            card.state(KEYS)
        with pytest.raises(DeviceNotFound):
            reader.wait_card(0)
        with pytest.raises(DeviceNotFound):
            reader.connect()
        with pytest.raises(DeviceNotFound):
            list_names()
    finally:
        pcscd.start()
    card_on(reader)
    assert open_card(reader.connect()).state(KEYS) is CardState.BLANK


def test_a_service_killed_during_a_wait_is_waited_for(
    pcscd: Pcscd, reader: PcscReader, lay: Callable[..., Attachment]
) -> None:
    waiting = at_the_same_time(lambda: reader.wait_card(SOON_S))
    pcscd.kill()
    pcscd.start()
    lay(VirtualClassic(UID))
    assert waiting.result(SOON_S)
