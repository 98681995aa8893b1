"""MIFARE Classic behind a part 3 reader: keys, access bits, value blocks, identification.

The expected rights are those of NXP MF1S50YYX_V1, tables 7 and 8, written out here a second time as
the data sheet prints them.
"""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.cards.classic import ReaderQuirks, VirtualClassic
from simulators.cards.classic_chip import pack_value, unpack_value

UID = bytes.fromhex("DEADBEEF")
DEFAULT = bytes.fromhex("FFFFFFFFFFFF")
KEY_A = bytes.fromhex("A0A1A2A3A4A5")
KEY_B = bytes.fromhex("B0B1B2B3B4B5")
OK, FAILED, DENIED = "9000", "6300", "6982"
ROWS = ["000", "010", "100", "110", "001", "011", "101", "111"]


def sent(card: VirtualClassic, apdu: str) -> str:
    return card.transmit(bytes.fromhex(apdu)).hex().upper()


def open_sector(card: VirtualClassic, block: int, key: bytes = DEFAULT, slot: str = "A") -> str:
    assert sent(card, f"FF82000006{key.hex()}") == OK
    return sent(card, f"FF860000050100{block:02X}{'60' if slot == 'A' else '61'}00")


def read(card: VirtualClassic, block: int) -> str:
    return sent(card, f"FFB000{block:02X}10")


def write(card: VirtualClassic, block: int, data: bytes) -> str:
    return sent(card, f"FFD600{block:02X}10{data.hex()}")


def access_bytes(*areas: str) -> bytes:
    """Bytes 6 to 8 from four strings C1C2C3, area 0 first."""
    c1, c2, c3 = (
        sum(int(area[column]) << place for place, area in enumerate(areas)) for column in range(3)
    )
    return bytes([(~c2 & 15) << 4 | (~c1 & 15), c1 << 4 | (~c3 & 15), c3 << 4 | c2])


def with_access(*areas: str, size: str = "1k", block: int = 7) -> VirtualClassic:
    card = VirtualClassic(UID, size)
    card.power_on()
    assert open_sector(card, block) == OK
    assert write(card, block, KEY_A + access_bytes(*areas) + b"\x69" + KEY_B) == OK
    return card


def reachable(card: VirtualClassic, slot: str, block: int = 4) -> bool:
    """Open with a key that is one; a key B that can be read is none."""
    card.power_on()
    return open_sector(card, block, KEY_A if slot == "A" else KEY_B, slot) == OK


def test_the_transport_bits_are_the_factory_ones() -> None:
    assert access_bytes("000", "000", "000", "001").hex() == "ff0780"
    assert access_bytes("100", "100", "100", "011").hex() == "787788"


# --- identification ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("uid", "size", "sak", "atqa", "atr"),
    [
        ("DEADBEEF", "1k", "08", "0004", "3B8F8001804F0CA000000306030001000000006A"),
        ("DEADBEEF", "4k", "18", "0002", "3B8F8001804F0CA0000003060300020000000069"),
        ("04112233445566", "1k", "08", "0044", "3B8F8001804F0CA000000306030001000000006A"),
        ("04112233445566", "4k", "18", "0042", "3B8F8001804F0CA0000003060300020000000069"),
    ],
)
def test_a_card_is_identified(uid: str, size: str, sak: str, atqa: str, atr: str) -> None:
    card = VirtualClassic(bytes.fromhex(uid), size)
    assert card.power_on().hex().upper() == atr
    assert sent(card, "FFCA000000") == uid + OK
    assert sent(card, "FFCA020000") == sak + OK
    assert sent(card, "FFCA030000") == atqa + OK
    assert sent(card, "FFCA010000") == "6A81"


@pytest.mark.parametrize(
    ("size", "blocks", "trailers"), [("1k", 64, [3, 7, 63]), ("4k", 256, [3, 127, 143, 255])]
)
def test_a_factory_card_opens_everywhere(size: str, blocks: int, trailers: list[int]) -> None:
    card = VirtualClassic(UID, size)
    for block in range(blocks):
        assert open_sector(card, block) == OK
    for block in trailers:
        assert open_sector(card, block) == OK
        assert read(card, block) == "000000000000FF078069FFFFFFFFFFFF" + OK
    assert open_sector(card, blocks - 1) == OK
    assert sent(card, f"FF860000050100{blocks & 0xFF:02X}6000") == ("6A82" if size == "1k" else OK)


def test_the_manufacturer_block_is_read_only() -> None:
    card = VirtualClassic(UID)
    assert open_sector(card, 0) == OK
    assert read(card, 0)[:16] == "DEADBEEF22080400"
    assert write(card, 0, bytes(16)) == DENIED
    assert open_sector(card, 0) == OK
    assert read(card, 0).startswith("DEADBEEF")


# --- keys and authentication ---------------------------------------------------------------------


def test_a_block_of_a_closed_sector_is_neither_read_nor_written() -> None:
    card = VirtualClassic(UID)
    assert read(card, 4) == DENIED
    assert open_sector(card, 8) == OK
    assert write(card, 4, bytes(16)) == DENIED


def test_opening_another_sector_closes_the_first() -> None:
    card = VirtualClassic(UID)
    assert open_sector(card, 4) == OK
    assert open_sector(card, 8) == OK
    assert read(card, 5) == DENIED


def test_a_card_shown_a_wrong_key_is_silent_until_activated_anew() -> None:
    card = VirtualClassic(UID)
    assert open_sector(card, 4, KEY_A) == FAILED
    assert open_sector(card, 4) == FAILED
    assert read(card, 4) == DENIED
    card.power_off()
    card.power_on()
    assert open_sector(card, 4) == OK


def test_power_off_closes_the_sector() -> None:
    card = VirtualClassic(UID)
    assert open_sector(card, 4) == OK
    card.power_off()
    card.power_on()
    assert read(card, 4) == DENIED


def test_a_denied_command_closes_the_sector() -> None:
    card = VirtualClassic(UID)
    assert open_sector(card, 0) == OK
    assert write(card, 0, bytes(16)) == DENIED
    assert read(card, 1) == DENIED
    assert open_sector(card, 1) == OK


def test_key_slots_are_the_readers_and_outlive_the_card() -> None:
    card = VirtualClassic(UID)
    assert sent(card, f"FF82201F06{DEFAULT.hex()}") == OK
    card.power_off()
    card.power_on()
    assert sent(card, "FF8600000501000460" + "1F") == OK
    assert sent(card, "FF880004601F") == OK
    assert read(card, 4) == "00" * 16 + OK


@pytest.mark.parametrize(
    ("apdu", "expected"),
    [
        ("FF82002006FFFFFFFFFFFF", "6988"),
        ("FF82000005FFFFFFFFFF", "6989"),
        ("FF860000050100046005", "6988"),
        ("FF860000050100046200", "6986"),
        ("FF860000050200046000", "6A81"),
        ("FF860000050101046000", "6A82"),
        ("FF860100050100046000", "6B00"),
        ("FF860000040100046000", "6700"),
        ("FF8800", "6700"),
        ("FF8800046000AABB", "6700"),
        ("FFB0000411", "6700"),
        ("FFB0010410", "6A82"),
        ("FFD600040F" + "00" * 15, "6700"),
        ("FF00480000", "6D00"),
        ("00A4040000", "6E00"),
        ("FFB0", "6700"),
        ("", "6700"),
    ],
)
def test_wrong_commands_get_their_own_status(apdu: str, expected: str) -> None:
    card = VirtualClassic(UID)
    assert sent(card, f"FF82000006{DEFAULT.hex()}") == OK
    assert sent(card, apdu) == expected


def test_a_reader_without_lasting_key_memory_says_so() -> None:
    card = VirtualClassic(UID, quirks=ReaderQuirks(key_structures=frozenset({0})))
    assert sent(card, f"FF82200006{DEFAULT.hex()}") == "6386"
    assert sent(card, f"FF82000006{DEFAULT.hex()}") == OK


def test_a_reader_may_have_one_word_for_every_failure() -> None:
    card = VirtualClassic(UID, quirks=ReaderQuirks(one_error=True))
    assert read(card, 4) == FAILED
    assert sent(card, "FF86000005010004600F") == FAILED
    assert sent(card, "FF860000040100046000") == FAILED


def test_several_blocks_are_read_at_once() -> None:
    card = VirtualClassic(UID)
    assert open_sector(card, 4) == OK
    assert write(card, 5, b"\x11" * 16) == OK
    assert sent(card, "FFB0000420") == "00" * 16 + "11" * 16 + OK
    assert sent(card, "FFB0000600") == "00" * 16 + OK
    assert sent(card, "FFB0000730") == DENIED


# --- access bits of data blocks ------------------------------------------------------------------

DATA_TABLE = {  # read, write, increment, decrement: with which keys
    "000": ("AB", "AB", "AB", "AB"),
    "010": ("AB", "", "", ""),
    "100": ("AB", "B", "", ""),
    "110": ("AB", "B", "B", "AB"),
    "001": ("AB", "", "", "AB"),
    "011": ("B", "B", "", ""),
    "101": ("B", "", "", ""),
    "111": ("", "", "", ""),
}


@pytest.mark.parametrize("slot", ["A", "B"])
@pytest.mark.parametrize("row", ROWS)
@pytest.mark.parametrize(("size", "block", "area"), [("1k", 5, 1), ("4k", 136, 1), ("4k", 142, 2)])
def test_a_data_block_follows_its_access_bits(
    row: str, slot: str, size: str, block: int, area: int
) -> None:
    trailer = 7 if size == "1k" else 143
    card = VirtualClassic(UID, size)
    assert open_sector(card, block) == OK
    assert sent(card, f"FFD700{block:02X}05" + "00" + "00000064") == OK
    areas = ["000", "000", "000", "011"]
    areas[area] = row
    assert write(card, trailer, KEY_A + access_bytes(*areas) + b"\x69" + KEY_B) == OK
    may_read, may_write, may_increment, may_decrement = DATA_TABLE[row]

    def outcome(apdu: str) -> bool:
        card.power_on()
        assert open_sector(card, block, KEY_A if slot == "A" else KEY_B, slot) == OK
        return sent(card, apdu).endswith(OK)

    value = pack_value(100, block).hex()
    assert outcome(f"FFB000{block:02X}10") == (slot in may_read)
    assert outcome(f"FFD700{block:02X}0501" + "00000001") == (slot in may_increment)
    assert outcome(f"FFD700{block:02X}0502" + "00000001") == (slot in may_decrement)
    assert outcome(f"FFD600{block:02X}10" + value) == (slot in may_write)


# --- access bits of trailers ---------------------------------------------------------------------

TRAILER_TABLE = {  # write key A, read access, write access, read key B, write key B
    "000": ("A", "A", "", "A", "A"),
    "010": ("", "A", "", "A", ""),
    "100": ("B", "AB", "", "", "B"),
    "110": ("", "AB", "", "", ""),
    "001": ("A", "A", "A", "A", "A"),
    "011": ("B", "AB", "B", "", "B"),
    "101": ("", "AB", "B", "", ""),
    "111": ("", "AB", "", "", ""),
}


@pytest.mark.parametrize("slot", ["A", "B"])
@pytest.mark.parametrize("row", ROWS)
def test_a_trailer_follows_its_access_bits(row: str, slot: str) -> None:
    write_a, read_bits, write_bits, read_b, write_b = TRAILER_TABLE[row]
    card = with_access("000", "000", "000", row)
    assert reachable(card, slot) == (slot == "A" or not read_b)
    if slot == "B" and read_b:
        return
    before = card.chip.blocks[7]
    expected = bytes(6) + before[6:10] + (KEY_B if slot in read_b else bytes(6))
    assert read(card, 7) == (expected.hex().upper() + OK if slot in read_bits else DENIED)
    assert reachable(card, slot)
    fresh = bytes.fromhex("111111111111") + bytes.fromhex("FF078042") + bytes.fromhex("2222" * 3)
    answer = write(card, 7, fresh)
    after = card.chip.blocks[7]
    assert answer == (OK if slot in write_a + write_bits + write_b else DENIED)
    assert after[:6] == (fresh if slot in write_a else before)[:6]
    assert after[6:10] == (fresh if slot in write_bits else before)[6:10]
    assert after[10:] == (fresh if slot in write_b else before)[10:]


@pytest.mark.parametrize("row", ["110", "111", "010", "000", "100"])
def test_access_bits_that_nobody_may_write_stay_for_ever(row: str) -> None:
    card = with_access("000", "000", "000", row)
    for slot in "AB":
        if reachable(card, slot):
            write(card, 7, KEY_A + access_bytes("000", "000", "000", "001") + b"\x69" + KEY_B)
    assert card.chip.blocks[7][6:9] == access_bytes("000", "000", "000", row)


@given(place=st.integers(0, 23))
def test_a_trailer_with_a_contradicting_bit_locks_its_sector(place: int) -> None:
    card = VirtualClassic(UID)
    assert open_sector(card, 7) == OK
    bad = bytearray(access_bytes("000", "000", "000", "001"))
    bad[place // 8] ^= 1 << (place % 8)
    assert write(card, 7, KEY_A + bytes(bad) + b"\x69" + KEY_B) == OK
    assert read(card, 4) == DENIED
    for key, slot in ((KEY_A, "A"), (KEY_B, "B"), (DEFAULT, "A")):
        card.power_on()
        assert open_sector(card, 4, key, slot) == FAILED
    card.power_on()
    assert open_sector(card, 8) == OK


def test_the_five_block_areas_of_a_large_sector_have_their_own_bits() -> None:
    card = with_access("000", "010", "000", "011", size="4k", block=143)
    assert open_sector(card, 128, KEY_B, "B") == OK
    for block, expected in ((128, OK), (132, OK), (138, OK), (142, OK)):
        assert write(card, block, bytes(16)) == expected
    for block in (133, 137):
        assert write(card, block, bytes(16)) == DENIED
        assert open_sector(card, 128, KEY_B, "B") == OK


# --- value blocks --------------------------------------------------------------------------------


def value_card() -> VirtualClassic:
    card = VirtualClassic(UID)
    assert open_sector(card, 5) == OK
    assert sent(card, "FFD70005050000000064") == OK
    return card


def test_a_stored_value_has_three_copies_and_its_address() -> None:
    card = value_card()
    assert read(card, 5) == "640000009BFFFFFF6400000005FA05FA" + OK
    assert sent(card, "FFB1000504") == "00000064" + OK


@pytest.mark.parametrize(
    ("apdu", "value"),
    [
        ("FFD7000505" + "01" + "00000001", 101),
        ("FFD7000505" + "02" + "00000065", -1),
        ("FFD4000504" + "02000000", 102),
        ("FFD8000504" + "02000000", 98),
        ("FFC200030B" + "A009800105810403000000", 103),
        ("FFC200030B" + "A109800105810403000000", 97),
    ],
)
def test_every_readers_way_to_count_is_understood(apdu: str, value: int) -> None:
    card = value_card()
    assert sent(card, apdu) == OK
    assert sent(card, "FFB1000504") == (value & 0xFFFFFFFF).to_bytes(4, "big").hex().upper() + OK


@pytest.mark.parametrize(
    ("apdu", "expected"),
    [
        ("FFD7000505" + "01" + "7FFFFFFF", DENIED),
        ("FFD7000605" + "01" + "00000001", DENIED),
        ("FFD7000705" + "01" + "00000001", DENIED),
        ("FFD7000505" + "07" + "00000001", "6A81"),
        ("FFD7000504" + "01" + "000000", "6700"),
        ("FFD4000503" + "020000", "6700"),
        ("FFC200030B" + "A209800105810403000000", "6A81"),
        ("FFC200030B" + "A009800205810403000000", "6700"),
        ("FFC200020B" + "A009800105810403000000", "6A81"),
        ("FFB1000604", DENIED),
    ],
)
def test_what_is_no_value_is_not_counted(apdu: str, expected: str) -> None:
    card = value_card()
    before = list(card.chip.blocks)
    assert sent(card, apdu) == expected
    assert card.chip.blocks == before


@given(value=st.integers(-(2**31), 2**31 - 1), address=st.integers(0, 255))
def test_a_value_block_packs_and_unpacks(value: int, address: int) -> None:
    assert unpack_value(pack_value(value, address)) == (value, address)


@given(
    value=st.integers(-(2**31), 2**31 - 1), place=st.integers(0, 127), address=st.integers(0, 255)
)
def test_a_value_block_with_a_flipped_bit_is_none(value: int, place: int, address: int) -> None:
    block = bytearray(pack_value(value, address))
    block[place // 8] ^= 1 << (place % 8)
    assert unpack_value(bytes(block)) is None


# --- a card kept in a file, hostile bytes --------------------------------------------------------


def test_a_dumped_card_lives_on() -> None:
    card = with_access("100", "100", "100", "011")
    again = VirtualClassic(UID)
    again.load(json.loads(json.dumps(card.dump())))
    assert again.chip.blocks == card.chip.blocks
    assert open_sector(again, 4, KEY_B, "B") == OK


@pytest.mark.parametrize("changed", [{"uid": "00"}, {"kind": "classic-4k"}, {"blocks": ["00"]}])
def test_a_dump_of_another_card_is_refused(changed: dict[str, object]) -> None:
    card = VirtualClassic(UID)
    with pytest.raises(ValueError, match=r"dump|blocks"):
        card.load({**card.dump(), **changed})


@pytest.mark.parametrize(("uid", "size"), [(b"12345", "1k"), (UID, "2k")])
def test_no_card_is_made_of_wrong_words(uid: bytes, size: str) -> None:
    with pytest.raises(ValueError, match=r"UID|2k"):
        VirtualClassic(uid, size)


@given(st.lists(st.binary(max_size=30), max_size=10))
def test_no_bytes_upset_the_card(apdus: list[bytes]) -> None:
    card = VirtualClassic(UID)
    for apdu in apdus:
        assert len(card.transmit(apdu)) >= 2
        assert len(card.transmit(b"\xff" + apdu)) >= 2
