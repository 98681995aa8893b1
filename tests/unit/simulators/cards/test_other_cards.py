"""Cards that are recognised by what they say and left untouched; the catalogue of all."""

import pytest

from simulators.cards.catalogue import CATALOGUE, make
from simulators.cards.others import VirtualType2, bank_card, unknown_iso_card

UID = bytes.fromhex("04112233445566")
PPSE = "00A404000E325041592E5359532E444446303100"


def sent(card: object, apdu: str) -> str:
    return card.transmit(bytes.fromhex(apdu)).hex().upper()  # type: ignore[attr-defined, no-any-return]


@pytest.mark.parametrize(
    ("kind", "pages", "capability"),
    [("ultralight", 16, "00000000"), ("ntag213", 45, "E1101200"), ("ntag215", 135, "E1103E00")],
)
def test_a_type_2_tag_is_told_by_its_capability_container(
    kind: str, pages: int, capability: str
) -> None:
    card = VirtualType2(UID, kind)
    assert card.power_on().hex() == "3b8f8001804f0ca0000003060300030000000068"
    assert sent(card, "FFCA000000") == "041122334455669000"
    assert sent(card, "FFCA020000") == "009000"
    assert sent(card, "FFB0000310")[:8] == capability
    assert sent(card, f"FFB000{pages - 1:02X}04") == "000000009000"
    assert sent(card, f"FFB000{pages:02X}04") == "6A82"


def test_the_first_pages_hold_the_uid_with_its_check_bytes() -> None:
    """ISO/IEC 14443-3: cascade tag 88 enters the first check byte."""
    assert sent(VirtualType2(UID, "ultralight"), "FFB0000010")[:18] == "041122BF3344556644"


def test_an_ntag_tells_its_version_and_an_ultralight_does_not() -> None:
    assert sent(VirtualType2(UID, "ntag213"), "FFEF00000160") == "0004040201000F039000"
    assert sent(VirtualType2(UID, "ntag215"), "FF0000000160") == "00040402010011039000"
    assert sent(VirtualType2(UID, "ultralight"), "FFEF00000160") == "6D00"


def test_a_write_to_a_tag_works_and_is_counted() -> None:
    card = VirtualType2(UID, "ntag213")
    assert card.writes_attempted == 0
    assert sent(card, "FFD6000404AABBCCDD") == "9000"
    assert sent(card, "FFD6000204AABBCCDD") == "6A82"
    assert sent(card, "FFD6000405AABBCCDDEE") == "6700"
    assert card.writes_attempted == 3
    again = VirtualType2(UID, "ntag213")
    again.load(card.dump())
    assert sent(again, "FFB0000404") == "AABBCCDD9000"
    with pytest.raises(ValueError, match="dump"):
        again.load({"uid": "00", "pages": ""})


def test_a_bank_card_answers_for_its_directory_only() -> None:
    card = bank_card(UID[:4])
    assert card.power_on()[:4].hex() == "3b8b8001"
    fci = bytes.fromhex(sent(card, PPSE))
    assert fci.startswith(b"\x6f\x24\x84\x0e2PAY.SYS.DDF01")
    assert fci[1] == len(fci) - 2 - 2
    assert sent(card, "00A4040008A00000033301010100").endswith("9000")
    assert sent(card, "00A4040007D276000085010000") == "6A82"
    assert sent(card, "00B2010C00") == "6D00"
    assert sent(card, "9060000000") == "6E00"
    assert sent(card, "FFCA010000").endswith("9000")
    assert card.writes_attempted == 0


def test_an_unknown_card_knows_nothing_and_counts_writes() -> None:
    card = unknown_iso_card(UID)
    assert sent(card, PPSE) == "6A82"
    assert sent(card, "00A4040007D276000085010000") == "6A82"
    assert sent(card, "FFB0000410") == "6D00"
    assert sent(card, "00D6000001AA") == "6D00"
    assert sent(card, "90CA00000101") == "6E00"
    assert sent(card, "00") == "6700"
    assert card.writes_attempted == 2
    card.load(card.dump())
    with pytest.raises(ValueError, match="dump"):
        card.load({})


@pytest.mark.parametrize("kind", CATALOGUE)
def test_every_kind_of_the_catalogue_is_made_and_lives_on(kind: str) -> None:
    uid = UID if 7 in CATALOGUE[kind].uid_sizes else UID[:4]
    card = make(kind, uid)
    assert (card.kind, card.uid) == (kind, uid)
    assert card.power_on() == card.atr
    assert card.transmit(bytes.fromhex("FFCA000000")) == uid + b"\x90\x00"
    card.power_off()
    again = make(kind, uid)
    again.load(card.dump())
    assert again.dump() == card.dump()


@pytest.mark.parametrize("kind", CATALOGUE)
def test_every_atr_has_its_check_byte(kind: str) -> None:
    """ISO/IEC 7816-3, 8.2.5: exclusive-or from T0 to TCK is zero."""
    check = 0
    for byte in make(kind, UID).atr[1:]:
        check ^= byte
    assert check == 0


@pytest.mark.parametrize(
    ("kind", "uid", "words"),
    [("felica", UID, "no card kind"), ("desfire-ev2", UID[:4], "has 7 bytes, not 4")],
)
def test_a_card_that_cannot_be_is_not_made(kind: str, uid: bytes, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        make(kind, uid)


@pytest.mark.parametrize("kind", ["ntag213", "ultralight"])
def test_a_tag_needs_seven_bytes(kind: str) -> None:
    with pytest.raises(ValueError, match="7 bytes"):
        VirtualType2(b"1234", kind)
