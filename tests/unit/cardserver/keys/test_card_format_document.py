"""docs/card-format.md tells the truth: every number in it is computed anew by the code.

The page is for strangers, so its numbers are looked up in its text and not taken from it.
"""

from pathlib import Path

import pytest

from cardserver.domain.demokeys import demo_master, demo_signing_key
from cardserver.domain.keys import LABELS, KeyPurpose, aes_cmac, diversification_input
from cardserver.domain.record import Medium, payload, sealed_message
from cardserver.vault import demo_vault
from drivers.cards import desfire_layout
from drivers.cards.mad import OUR_AID, Directory
from drivers.cards.mifare_classic_access import FACTORY_USER_BYTE, LOCKED_ACCESS
from drivers.cards.mifare_classic_counter import COUNTER_ACCESS, START, value_block
from drivers.cards.mifare_classic_keying import COUNTER_SECTOR, SLOT_SECTORS
from drivers.cards.mifare_classic_slot import HEAD_SIZE, SlotIndex
from tests.unit.cardserver.keys.record_strategies import EXAMPLE

ROOT = Path(__file__).parents[4]
PAGE = (ROOT / "docs" / "card-format.md").read_text(encoding="utf-8")
LINES = [" ".join(line.split()) for line in PAGE.splitlines()]
UID = bytes.fromhex("04A1B2C3D4E5F6")
VAULT = demo_vault()


def spelled(data: bytes, separator: str = "") -> str:
    return data.hex(separator).upper() if separator else data.hex().upper()


@pytest.mark.parametrize("purpose", KeyPurpose)
def test_the_derivation_of_each_key_is_shown_as_it_is(purpose: KeyPurpose) -> None:
    master, data = demo_master(purpose, 1), diversification_input(purpose, UID, VAULT.estate_id)
    cells = [purpose.value, spelled(master), spelled(data), spelled(aes_cmac(master, data))]
    assert "| " + " | ".join(f"`{cell}`" for cell in cells) + " |" in LINES
    assert any(
        line.startswith(f"| `{purpose.value}` | `{LABELS[purpose].decode()}` |") for line in LINES
    )
    assert f"`{VAULT.fingerprint(purpose, 1)}`" in PAGE


def test_the_sector_keys_and_the_short_uid_are_shown_as_they_are() -> None:
    keys = VAULT.card_keys(UID, Medium.CLASSIC, 1)
    assert f"key A of sectors 1 to 3 is `{spelled(keys['classic-read'])}`" in PAGE
    assert f"key B `{spelled(keys['classic-write'])}`" in PAGE
    purpose = KeyPurpose.CLASSIC_READ
    data = diversification_input(purpose, bytes.fromhex("01020304"), VAULT.estate_id)
    assert f"`{spelled(data)}`" in PAGE
    assert f"`{spelled(aes_cmac(demo_master(purpose, 1), data))}`" in PAGE


def test_the_record_and_its_seals_are_shown_as_they_are() -> None:
    data = payload(EXAMPLE)
    classic = VAULT.seal_record(EXAMPLE, UID, Medium.CLASSIC)
    desfire = VAULT.seal_record(EXAMPLE, UID, Medium.DESFIRE)
    index = SlotIndex(head=classic[:HEAD_SIZE], copy=0, key_version=1)
    assert f"record {spelled(data)}" in LINES
    assert f"sealed message {spelled(sealed_message(UID, data))}" in LINES
    assert f"CMAC, 8 bytes {spelled(classic[20:])}" in LINES
    assert f"index {spelled(index.encode())}" in LINES
    assert f"copy 0 {spelled(classic[HEAD_SIZE:])}" in LINES
    assert f"empty index {spelled(SlotIndex(key_version=1).encode())}" in LINES
    assert f"public key {spelled(VAULT.public_key(1).public_bytes_raw())}" in LINES
    assert f"signature {spelled(desfire[20:52])}" in LINES
    assert spelled(desfire[52:]) in LINES
    assert VAULT.public_key_fingerprint(1) in PAGE
    assert demo_signing_key(1).decode() in PAGE


def test_the_classic_layout_is_that_of_the_driver() -> None:
    assert (SLOT_SECTORS, COUNTER_SECTOR) == ((1, 2), 3)
    assert f"Access bytes are `{spelled(LOCKED_ACCESS, ' ')}` in sectors 0 to 2" in PAGE
    assert f"In sector 3 they are `{spelled(COUNTER_ACCESS, ' ')}`" in PAGE
    assert f"first number {spelled(value_block(START, 12))}" in LINES
    assert f"{START:,}" in PAGE
    assert f"`{FACTORY_USER_BYTE:02X}` elsewhere" in PAGE
    assert f"application id `{OUR_AID:04X}`" in PAGE
    directory = Directory(aids=dict.fromkeys((1, 2, 3), OUR_AID)).encode()
    assert spelled(directory[:16], " ") in LINES
    assert spelled(directory[16:], " ") in LINES


def test_the_desfire_layout_is_that_of_the_driver() -> None:
    wire = desfire_layout.AID
    assert f"`{spelled(wire[::-1])}`, sent lowest byte first: `{spelled(wire, ' ')}`" in PAGE
    assert f"`desfire-picc`; key settings `{desfire_layout.PICC_SETTINGS:02X}`" in PAGE
    settings, keys = desfire_layout.APPLICATION_SETTINGS, desfire_layout.APPLICATION_KEYS
    assert f"3 AES keys (`{keys:02X}`), key settings `{settings:02X}`" in PAGE
    for role, number in desfire_layout.KEY_NUMBERS.items():
        assert f"| key {number} | `{role.value}` |" in LINES
    created = desfire_layout.FILE.settings()
    assert f"backup data files of {desfire_layout.SLOT_SIZE} bytes" in PAGE
    assert f"communication mode MAC (`{created[0]:02X}`)" in PAGE
    assert f"On the wire `{spelled(created[1:3], ' ')}`" in PAGE
