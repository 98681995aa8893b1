"""The card's side of vpcd's wire, against a listener that plays the driver byte by byte.

The real pcscd with its vpcd is in tests/contract.
"""

import contextlib
import socket
from collections.abc import Iterator

import pytest

from simulators.cards.classic import VirtualClassic
from simulators.cards.desfire import VirtualDesfire
from simulators.faults import Fault, FaultKind, FaultPlan
from simulators.vpcd import FIRST_PORT, POWER_OFF, POWER_ON, RESET, SEND_ATR, Attachment, attach

WAIT_S = 5.0
GET_UID = bytes.fromhex("FFCA000000")
UID = bytes.fromhex("04112233445566")


class Driver:
    """vpcd's end of the line."""

    def __init__(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.listener.settimeout(WAIT_S)
        self.port: int = self.listener.getsockname()[1]
        self.line: socket.socket | None = None

    def accept(self) -> None:
        self.line, _ = self.listener.accept()
        self.line.settimeout(WAIT_S)

    def send(self, message: bytes) -> None:
        assert self.line is not None
        self.line.sendall(len(message).to_bytes(2, "big"))
        self.line.sendall(message)

    def ask(self, message: bytes) -> bytes:
        self.send(message)
        size = int.from_bytes(self._receive(2), "big")
        return self._receive(size)

    def _receive(self, size: int) -> bytes:
        assert self.line is not None
        received = b""
        while len(received) < size:
            piece = self.line.recv(size - len(received))
            if not piece:
                raise ConnectionResetError
            received += piece
        return received

    def hung_up(self) -> bool:
        assert self.line is not None
        with contextlib.suppress(ConnectionResetError):
            return self.line.recv(1) == b""
        return True

    def close(self) -> None:
        if self.line is not None:
            self.line.close()
        self.listener.close()


@pytest.fixture
def driver() -> Iterator[Driver]:
    driver = Driver()
    yield driver
    driver.close()


@pytest.fixture
def card() -> VirtualDesfire:
    return VirtualDesfire(UID)


@pytest.fixture
def attachment(driver: Driver, card: VirtualDesfire) -> Iterator[Attachment]:
    attachment = attach(card, driver.port)
    driver.accept()
    yield attachment
    attachment.remove()


def test_the_first_slot_is_vpcds_own_port() -> None:
    assert FIRST_PORT == 35963


@pytest.mark.usefixtures("attachment")
def test_atr_and_apdus_are_answered_and_power_is_not(driver: Driver) -> None:
    driver.send(POWER_ON)
    assert driver.ask(SEND_ATR).hex() == "3b8180018080"
    assert driver.ask(GET_UID) == UID + b"\x90\x00"


@pytest.mark.usefixtures("attachment")
def test_a_one_byte_payload_that_is_no_control_is_an_apdu(driver: Driver) -> None:
    assert driver.ask(b"\x60").hex() == "af04010112001a05"


@pytest.mark.parametrize("message", [POWER_OFF, RESET])
def test_power_and_reset_drop_what_the_card_held_in_ram(
    driver: Driver, attachment: Attachment, message: bytes
) -> None:
    driver.send(POWER_ON)
    assert driver.ask(bytes.fromhex("9060000000"))[-1] == 0xAF
    driver.send(message)
    assert driver.ask(bytes.fromhex("90AF000000")) == b"\x91\x1c"
    assert attachment.exchanges == 2


def test_a_removed_card_hangs_up(driver: Driver, card: VirtualDesfire) -> None:
    attachment = attach(card, driver.port)
    driver.accept()
    attachment.remove()
    attachment.remove()
    assert driver.hung_up()
    assert not attachment.connected.is_set()


def test_a_card_finds_its_way_back_after_a_restart(driver: Driver, card: VirtualDesfire) -> None:
    attachment = attach(card, driver.port)
    driver.accept()
    assert driver.ask(bytes.fromhex("9060000000"))[-1] == 0xAF
    assert driver.line is not None
    driver.line.close()
    driver.accept()
    assert driver.ask(bytes.fromhex("90AF000000")) == b"\x91\x1c"
    attachment.remove()


def test_a_card_waits_for_a_driver_that_is_not_there_yet(card: VirtualDesfire) -> None:
    placeholder = Driver()
    port = placeholder.port
    placeholder.close()
    attachment = attach(card, port)
    late = Driver.__new__(Driver)
    late.listener = socket.create_server(("127.0.0.1", port))
    late.listener.settimeout(WAIT_S)
    late.accept()
    assert late.ask(SEND_ATR) == card.atr
    attachment.remove()
    late.close()


@pytest.mark.parametrize("kind", [FaultKind.TEAR_BEFORE, FaultKind.TEAR_AFTER, FaultKind.SILENCE])
def test_a_tear_ends_the_line_for_good(driver: Driver, kind: FaultKind) -> None:
    card = VirtualClassic(bytes.fromhex("DEADBEEF"))
    attachment = attach(card, driver.port, plan=FaultPlan(Fault(kind=kind, at=1)))
    driver.accept()
    assert driver.ask(GET_UID).endswith(b"\x90\x00")
    driver.send(bytes.fromhex("FF82000006FFFFFFFFFFFF"))
    assert driver.hung_up()
    attachment.remove()


def test_the_card_is_kept_whenever_it_comes_to_rest(driver: Driver, card: VirtualDesfire) -> None:
    rests: list[int] = []
    attachment = Attachment(card, driver.port, at_rest=lambda: rests.append(1))
    driver.accept()
    driver.send(POWER_OFF)
    assert driver.ask(SEND_ATR) == card.atr
    assert len(rests) == 1
    attachment.remove()
    assert len(rests) == 2
