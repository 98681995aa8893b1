"""ATRs from pcsc-tools smartcard_list.txt and PC/SC part 3; and any bytes at all."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.api.cards import CardKind
from drivers.atr import read_atr

PUBLISHED = [
    ("3B8F8001804F0CA000000306030001000000006A", CardKind.CLASSIC_1K, "MIFARE Classic 1K"),
    ("3B8F8001804F0CA0000003060300020000000069", CardKind.CLASSIC_4K, "MIFARE Classic 4K"),
    ("3B8F8001804F0CA0000003060300030000000068", CardKind.ULTRALIGHT, "MIFARE Ultralight"),
    ("3B8F8001804F0CA00000030603003A0000000051", CardKind.ULTRALIGHT, "MIFARE Ultralight C"),
    ("3B8F8001804F0CA00000030603F004000000009F", CardKind.OTHER, "Topaz"),
    ("3B8F8001804F0CA00000030603F011000000008A", CardKind.OTHER, "FeliCa 212K"),
    (
        "3B8F8001804F0CA00000030603FF2000000000B4",
        CardKind.ISO_14443_4,
        "ISO 14443-4 card that was not activated",
    ),
    (
        "3B8F8001804F0CA00000030603FF88000000001C",
        CardKind.CLASSIC_1K,
        "MIFARE Classic 1K (Infineon)",
    ),
    (
        "3B8F8001804F0CA000000306030000000000006B",
        CardKind.OTHER,
        "ISO 14443 type A storage card 0000",
    ),
    (
        "3B8F8001804F0CA00000030607FFB00000000020",
        CardKind.OTHER,
        "ISO 14443 type B storage card FFB0",
    ),
    ("3B8F8001804F0CA00000030611003B0000000042", CardKind.OTHER, "FeliCa"),
    ("3B8F8001804F0CA0000003060B00140000000077", CardKind.OTHER, "ISO 15693 storage card 0014"),
    ("3B8180018080", CardKind.ISO_14443_4, "ISO 14443-4 card"),
    ("3BFF1300FF10000031C173C8211064474D3137079000", CardKind.OTHER, "unknown card"),
]


@pytest.mark.parametrize(("atr", "kind", "name"), PUBLISHED)
def test_a_published_atr_is_recognised(atr: str, kind: CardKind, name: str) -> None:
    facts = read_atr(bytes.fromhex(atr))
    assert (facts.kind, facts.name) == (kind, name)


def test_the_historical_bytes_of_a_desfire_are_found() -> None:
    assert read_atr(bytes.fromhex("3B8180018080")).historical == b"\x80"
    assert read_atr(bytes.fromhex("3B80800101")).historical == b""


def test_a_storage_card_has_no_historical_bytes_of_its_own() -> None:
    assert read_atr(bytes.fromhex(PUBLISHED[0][0])).historical is None


@given(st.binary(max_size=40))
def test_any_bytes_are_judged(atr: bytes) -> None:
    assert read_atr(atr).name


@given(st.sampled_from([bytes.fromhex(atr) for atr, _, _ in PUBLISHED[:-1]]), st.data())
def test_an_atr_with_a_wrong_check_byte_is_an_unknown_card(atr: bytes, data: st.DataObject) -> None:
    wrong = data.draw(st.integers(1, 255))
    assert read_atr(atr[:-1] + bytes([atr[-1] ^ wrong])).name == "unknown card"
