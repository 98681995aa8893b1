"""Virtual cards through the real pcscd, by bare pyscard: the same bytes as in process.

pcscd, libpcsclite, vpcd and pyscard are other people's; nothing of our drivers is used here.
"""

import itertools
import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest

from simulators.cards.api import VirtualCard
from simulators.cards.catalogue import make
from simulators.cards.classic import VirtualClassic
from simulators.cards.desfire import VirtualDesfire
from simulators.faults import Fault, FaultKind, FaultPlan
from simulators.pcscd import Pcscd
from simulators.reader import VirtualReader
from simulators.vpcd import Attachment, attach

pytestmark = [pytest.mark.pcscd, pytest.mark.together("pcscd")]

UID = bytes.fromhex("04A1B2C3D4E5F6")
SHORT_UID = bytes.fromhex("DEADBEEF")
SOON_MS = 15_000
GET_UID = "FFCA000000"

DESFIRE_DIALOGUE = [
    GET_UID,
    "FFCA010000",
    "00A4040007D2760000850100",
    "9060000000",
    "90AF000000",
    "90AF000000",
    "906E000000",
    "90CA000005 010203 0F81 00",
    "905A000003 010203 00",
    "90CD000007 01 00 EEEE 500000 00",
    "903D00003B 01 000000 500000" + "AA" * 52 + "00",
    "90AF00001C" + "BB" * 28 + "00",
    "90BD000007 01 000000 000000 00",
    "90AF000000",
    "90AA000001 00 00",
    "90AF000020" + "00" * 32 + "00",
    "9012000000",
    "00B0000000",
    "80CA000000",
]
CLASSIC_DIALOGUE = [
    GET_UID,
    "FFCA020000",
    "FFCA030000",
    "FF82000006FFFFFFFFFFFF",
    "FF860000050100046000",
    "FFB0000410",
    "FFD6000410" + "5A" * 16,
    "FFB0000410",
    "FFB0000710",
    "FFD7000505 00 000000FF",
    "FFB0000510",
    "FFB0000810",
    "FF82000006A0A1A2A3A4A5",
    "FF860000050100046000",
    "FFB0000410",
]


@pytest.fixture(scope="module")
def scard(pcscd: Pcscd) -> ModuleType:
    """pyscard's thinnest layer; the daemon runs."""
    assert len(pcscd.slots) == 2
    import smartcard.scard

    module: ModuleType = smartcard.scard
    return module


class Slot:
    """One slot of the virtual reader, seen through PC/SC."""

    def __init__(self, scard: ModuleType, name: str, port: int) -> None:
        self.scard, self.name, self.port = scard, name, port
        self.context = self._done(*scard.SCardEstablishContext(scard.SCARD_SCOPE_SYSTEM))[0]
        self.handle: int | None = None

    def _done(self, code: int, *results: object) -> tuple[object, ...]:
        assert code == self.scard.SCARD_S_SUCCESS, self.scard.SCardGetErrorMessage(code)
        return results

    def wait(self, *, present: bool) -> bytes:
        """Wait until pcscd has noticed; the ATR of the card."""
        wanted = self.scard.SCARD_STATE_PRESENT if present else self.scard.SCARD_STATE_EMPTY
        state = self.scard.SCARD_STATE_UNAWARE
        for _ in range(10):
            code, found = self.scard.SCardGetStatusChange(
                self.context, SOON_MS, [(self.name, state)]
            )
            self._done(code)
            _, state, atr = found[0]
            if state & wanted and not state & self.scard.SCARD_STATE_MUTE:
                return bytes(atr)
        raise AssertionError(f"state {state:X}")

    def connect(self) -> None:
        scard = self.scard
        self.handle = self._done(
            *scard.SCardConnect(
                self.context, self.name, scard.SCARD_SHARE_EXCLUSIVE, scard.SCARD_PROTOCOL_T1
            )
        )[0]  # type: ignore[assignment]

    def transmit(self, apdu: bytes) -> bytes:
        answer = self.exchange(apdu)
        assert answer
        return answer

    def exchange(self, apdu: bytes) -> bytes:
        """The answer; nothing when there was none (vpcd then calls it a success, if it sent)."""
        code, answer = self.scard.SCardTransmit(self.handle, self.scard.SCARD_PCI_T1, list(apdu))
        return bytes(answer) if code == self.scard.SCARD_S_SUCCESS else b""

    def disconnect(self) -> None:
        if self.handle is not None:
            self.scard.SCardDisconnect(self.handle, self.scard.SCARD_RESET_CARD)
            self.handle = None

    def reopen(self) -> None:
        """Begin anew with another daemon, which knows nothing of the handles of the first."""
        self.handle = None
        self.context = self._done(*self.scard.SCardEstablishContext(self.scard.SCARD_SCOPE_SYSTEM))[
            0
        ]

    def close(self) -> None:
        self.disconnect()
        self.scard.SCardReleaseContext(self.context)


Lay = Callable[..., tuple[Slot, Attachment]]


@pytest.fixture
def lay(pcscd: Pcscd, scard: ModuleType) -> Iterator[Lay]:
    """Lay a card on a slot and connect to it; both slots are empty again afterwards."""
    laid: list[tuple[Slot, Attachment]] = []

    def lay_on(
        card: VirtualCard, *, slot: int = 0, plan: FaultPlan | None = None
    ) -> tuple[Slot, Attachment]:
        name, port = list(pcscd.slots.items())[slot]
        seen = Slot(scard, name, port)
        laid.append((seen, attach(card, port, plan=plan)))
        assert seen.wait(present=True) == card.atr
        seen.connect()
        return laid[-1]

    yield lay_on
    for seen, attachment in laid:
        seen.disconnect()
        attachment.remove()
    for seen, _ in laid:
        seen.wait(present=False)
        seen.close()


def in_process(card: VirtualCard, dialogue: list[str]) -> list[bytes]:
    reader = VirtualReader()
    reader.insert(card)
    channel = reader.connect()
    return [channel.transmit(bytes.fromhex(apdu)) for apdu in dialogue]


def counted() -> Callable[[int], bytes]:
    """Challenges that two cards draw alike."""
    numbers = itertools.count(1)
    return lambda size: bytes([next(numbers)]) * size


@pytest.mark.parametrize("generation", ["ev1", "ev2", "ev3"])
def test_a_desfire_answers_through_pcscd_as_in_process(lay: Lay, generation: str) -> None:
    slot, attachment = lay(VirtualDesfire(UID, generation, random=counted()))
    answers = [slot.transmit(bytes.fromhex(apdu)) for apdu in DESFIRE_DIALOGUE]
    assert answers == in_process(
        VirtualDesfire(UID, generation, random=counted()), DESFIRE_DIALOGUE
    )
    assert answers[0] == UID + b"\x90\x00"
    assert [answer[-1] for answer in answers[3:6]] == [0xAF, 0xAF, 0x00]
    assert answers[5][:7] == UID
    assert answers[12][:-2] + answers[13][:-2] == b"\xaa" * 52 + b"\xbb" * 28
    assert attachment.exchanges == len(DESFIRE_DIALOGUE)


@pytest.mark.parametrize("size", ["1k", "4k"])
@pytest.mark.parametrize("uid", [SHORT_UID, UID], ids=["4-byte", "7-byte"])
def test_a_classic_answers_through_pcscd_as_in_process(lay: Lay, size: str, uid: bytes) -> None:
    slot, _ = lay(VirtualClassic(uid, size))
    answers = [slot.transmit(bytes.fromhex(apdu)) for apdu in CLASSIC_DIALOGUE]
    assert answers == in_process(VirtualClassic(uid, size), CLASSIC_DIALOGUE)
    assert answers[0] == uid + b"\x90\x00"
    assert answers[7] == b"\x5a" * 16 + b"\x90\x00"


@pytest.mark.parametrize("kind", ["bank-card", "ntag213"])
def test_cards_of_somebody_else_show_their_atr_and_uid(lay: Lay, kind: str) -> None:
    slot, _ = lay(make(kind, UID))
    assert slot.transmit(bytes.fromhex(GET_UID)) == UID + b"\x90\x00"


def test_two_cards_lie_on_the_two_slots_at_once(lay: Lay) -> None:
    first, _ = lay(VirtualDesfire(UID))
    second, _ = lay(VirtualClassic(SHORT_UID), slot=1)
    for _ in range(3):
        assert first.transmit(bytes.fromhex(GET_UID)) == UID + b"\x90\x00"
        assert second.transmit(bytes.fromhex(GET_UID)) == SHORT_UID + b"\x90\x00"


def test_a_native_command_of_one_byte_reaches_the_card(lay: Lay) -> None:
    slot, _ = lay(VirtualDesfire(UID, "ev1"))
    assert slot.transmit(b"\x60").hex() == "af04010101001a05"


def test_a_reset_by_the_daemon_drops_the_authentication(lay: Lay) -> None:
    slot, _ = lay(VirtualClassic(SHORT_UID))
    for apdu in CLASSIC_DIALOGUE[3:6]:
        assert slot.transmit(bytes.fromhex(apdu)).endswith(b"\x90\x00")
    slot.disconnect()
    slot.connect()
    assert slot.transmit(bytes.fromhex("FFB0000410")) == b"\x69\x82"


def test_a_card_pulled_and_laid_on_again_kept_its_memory(lay: Lay) -> None:
    card = VirtualDesfire(UID)
    slot, attachment = lay(card)
    create, select = (bytes.fromhex(apdu) for apdu in DESFIRE_DIALOGUE[7:9])
    assert slot.transmit(create) == b"\x91\x00"
    attachment.remove()
    assert slot.exchange(select) == b""
    slot.disconnect()
    slot.wait(present=False)
    again, _ = lay(card)
    assert again.transmit(create) == b"\x91\xde"
    assert again.transmit(select) == b"\x91\x00"


@pytest.mark.parametrize(
    ("kind", "created"), [(FaultKind.TEAR_BEFORE, False), (FaultKind.TEAR_AFTER, True)]
)
def test_a_planned_tear_is_a_removed_card(lay: Lay, kind: FaultKind, created: bool) -> None:
    card = VirtualDesfire(UID)
    slot, _ = lay(card, plan=FaultPlan(Fault(kind=kind, at=1)))
    slot.transmit(bytes.fromhex(GET_UID))
    assert slot.exchange(bytes.fromhex(DESFIRE_DIALOGUE[7])) == b""
    slot.disconnect()
    slot.wait(present=False)
    assert (b"\1\2\3" in card.picc.applications) == created


def test_a_card_comes_back_by_itself_when_the_daemon_was_killed(pcscd: Pcscd, lay: Lay) -> None:
    slot, attachment = lay(VirtualDesfire(UID))
    pcscd.kill()
    pcscd.start()
    again = Slot(slot.scard, slot.name, slot.port)
    again.wait(present=True)
    again.connect()
    assert again.transmit(bytes.fromhex(GET_UID)) == UID + b"\x90\x00"
    again.close()
    attachment.remove()
    slot.reopen()


def test_the_command_line_lays_a_card_and_keeps_it(
    pcscd: Pcscd, scard: ModuleType, tmp_path: Path
) -> None:
    state = tmp_path / "card.json"
    name, port = next(iter(pcscd.slots.items()))
    words = ["card", "--type", "classic-1k", "--uid", SHORT_UID.hex(), "--port", str(port)]
    code = "from simulators.cli import sim; sim()"
    process = subprocess.Popen(
        [sys.executable, "-c", code, *words, "--state", str(state)], stderr=subprocess.DEVNULL
    )
    slot = Slot(scard, name, port)
    try:
        slot.wait(present=True)
        slot.connect()
        for apdu in CLASSIC_DIALOGUE[3:7]:
            assert slot.transmit(bytes.fromhex(apdu)).endswith(b"\x90\x00")
        slot.disconnect()
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
        slot.wait(present=False)
    finally:
        process.kill()
        process.wait()
        slot.close()
    card = VirtualClassic(SHORT_UID)
    card.load(json.loads(state.read_text(encoding="utf-8")))
    assert card.chip.blocks[4] == b"\x5a" * 16
