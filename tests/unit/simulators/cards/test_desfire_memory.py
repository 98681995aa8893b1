"""Room on the card, what gives it back, and a card kept in a file."""

import json

import pytest

from simulators.cards.desfire import VirtualDesfire
from simulators.cards.desfire_crypto import KeyKind, blank_key
from simulators.cards.desfire_status import Status
from tests.unit.simulators.cards.desfire_host import (
    AID,
    creation,
    log_in_ev1,
    log_in_ev2,
    send,
    status,
    with_aes_application,
)


def free(card: VirtualDesfire) -> int:
    code, data = send(card, 0x6E)
    assert code == 0
    return int.from_bytes(data, "little")


@pytest.mark.parametrize(
    ("storage_kb", "code", "room"), [(2, 0x16, 2304), (4, 0x18, 4864), (8, 0x1A, 7936)]
)
def test_a_blank_card_has_the_room_of_its_size(storage_kb: int, code: int, room: int) -> None:
    card = VirtualDesfire(bytes(7), "ev1", storage_kb=storage_kb)
    assert send(card, 0x60)[1][5] == code
    assert free(card) == room


@pytest.mark.parametrize(
    ("generation", "hardware"), [("ev1", "0100"), ("ev2", "1200"), ("ev3", "3300")]
)
def test_get_version_tells_the_generation(generation: str, hardware: str) -> None:
    card = VirtualDesfire(bytes.fromhex("04112233445566"), generation)
    version = send(card, 0x60)[1]
    assert version[:5].hex() == "040101" + hardware
    assert version[14:21] == card.uid
    assert len(version) == 28


def test_files_take_whole_blocks_and_backup_files_twice() -> None:
    card = with_aes_application()
    before = free(card)
    assert status(card, 0xCD, creation(1, 0, "EEEE", 33)) == 0
    assert before - free(card) == 32 + 64
    before = free(card)
    assert status(card, 0xCB, creation(2, 0, "EEEE", 33)) == 0
    assert before - free(card) == 32 + 128


def test_a_deleted_file_gives_its_room_back_with_its_application() -> None:
    card = with_aes_application("ev2")
    assert status(card, 0xCD, creation(1, 0, "EEEE", 100)) == 0
    before = free(card)
    assert status(card, 0xDF, b"\x01") == 0
    assert free(card) == before
    log_in_ev1(card)
    assert status(card, 0xDA, AID) == 0
    assert free(card) == 7936


def test_an_ev1_gives_room_back_only_when_formatted() -> None:
    card = with_aes_application("ev1")
    before = free(card)
    log_in_ev1(card)
    assert status(card, 0xDA, AID) == 0
    assert free(card) == before
    card.picc.master.keys, card.picc.master.kind = [blank_key(KeyKind.AES)], KeyKind.AES
    host = log_in_ev1(card)
    host.plain(0xFC)
    assert host.plain(0x6E) == (7936).to_bytes(3, "little")
    assert host.plain(0x6A) == b""


def test_an_application_needs_room_too() -> None:
    card = with_aes_application(storage_kb=2)
    assert status(card, 0xCD, creation(1, 0, "EEEE", free(card) - 32)) == 0
    assert free(card) == 0
    assert status(card, 0x5A, b"\0\0\0") == 0
    assert status(card, 0xCA, b"\x09\0\0\x0f\x81") == Status.OUT_OF_MEMORY


def test_a_dumped_card_lives_on_in_another_object() -> None:
    card = with_aes_application()
    host = log_in_ev2(card)
    host.plain(0xCB, creation(1, 3, "0000", 40))
    host.plain(0xCC, b"\x02\x00\x00\x00" + bytes(12) + b"\x01")
    host.plain(0xC0, bytes.fromhex("0300EEEE020000030000"))
    host.bare(0x3B, bytes.fromhex("03000000020000") + b"ab")
    host.plain(0xC7)
    host.change_key(1, bytes(range(16)), b"\x07", bytes(16))
    kept = json.loads(json.dumps(card.dump()))
    again = VirtualDesfire(card.uid, "ev2")
    again.load(kept)
    assert again.dump() == card.dump()
    assert status(again, 0x5A, AID) == 0
    log_in_ev2(again, 1, bytes(range(16)))


def test_uncommitted_writes_are_not_dumped() -> None:
    card = with_aes_application()
    assert status(card, 0xCB, creation(1, 0, "EEEE", 2)) == 0
    before = card.dump()
    assert status(card, 0x3D, bytes.fromhex("01000000020000") + b"ab") == 0
    assert card.dump() == before


@pytest.mark.parametrize(
    "state",
    [
        {},
        {"kind": "desfire-ev2", "uid": "00" * 7},
        {"kind": "desfire-ev1", "uid": "04112233445566"},
        {"kind": "desfire-ev2", "uid": "04112233445566"},
        {"kind": "desfire-ev2", "uid": "04112233445566", "master": 5},
    ],
)
def test_a_dump_of_another_card_is_refused(state: dict[str, object]) -> None:
    card = with_aes_application()
    with pytest.raises(ValueError, match=r"dump|memory"):
        card.load(state)
    assert AID in card.picc.applications


@pytest.mark.parametrize(("uid", "generation"), [(b"1234", "ev2"), (bytes(7), "ev9")])
def test_no_card_is_made_of_wrong_words(uid: bytes, generation: str) -> None:
    with pytest.raises(ValueError, match=r"UID|ev9"):
        VirtualDesfire(uid, generation)
