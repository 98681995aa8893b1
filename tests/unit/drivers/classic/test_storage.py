"""The storage-card commands byte by byte, on scripted exchanges.

The bytes of load key, authenticate, read and update are those of PC/SC part 3, 3.2.2.1, and of the
traffic of LibLogicalAccess through pcscd (commands/mifarepcsccommands.cpp at 10956e1).
"""

import pytest

from drivers.cards.mifare_classic_access import KeyType
from drivers.cards.mifare_classic_storage import (
    BlockStorage,
    first_block,
    sector_of,
    trailer_block,
)
from drivers.errors import (
    ApduRefused,
    CardAuthenticationFailed,
    CardRemoved,
    DeviceError,
    FrameError,
)
from drivers.transcript import ReplayChannel

ATR = "atr 3B8F8001804F0CA000000306030001000000006A"
UID = bytes.fromhex("04A1B2C3D4E5F6")
KEY = bytes.fromhex("A0A1A2A3A4A5")
UID_ASKED = ["> FFCA000000", "< 04A1B2C3D4E5F69000"]


def storage_on(*lines: str) -> tuple[BlockStorage, ReplayChannel]:
    channel = ReplayChannel([ATR, *lines])
    return BlockStorage(channel, UID), channel


def test_a_block_is_read_after_loading_the_key_and_opening_the_sector() -> None:
    storage, channel = storage_on(
        "> FF82000006A0A1A2A3A4A5",
        "< 9000",
        "> FF860000050100046000",
        "< 9000",
        "> FFB0000510",
        "< 000102030405060708090A0B0C0D0E0F9000",
    )
    storage.authenticate(1, KeyType.A, KEY)
    assert storage.read(5) == bytes(range(16))
    channel.finish()


def test_key_b_goes_into_the_second_slot_and_a_block_is_replaced() -> None:
    storage, channel = storage_on(
        "> FF82000106A0A1A2A3A4A5",
        "< 9000",
        "> FF860000050100086101",
        "< 9000",
        "> FFD600081000000000000000000000000000000000",
        "< 9000",
    )
    storage.authenticate(2, KeyType.B, KEY)
    storage.write(8, bytes(16))
    channel.finish()


def test_an_open_sector_and_a_loaded_key_cost_nothing_again() -> None:
    storage, channel = storage_on(
        "> FF82000006A0A1A2A3A4A5",
        "< 9000",
        "> FF860000050100046000",
        "< 9000",
        "> FF860000050100086000",
        "< 9000",
    )
    storage.authenticate(1, KeyType.A, KEY)
    storage.authenticate(1, KeyType.A, KEY)
    storage.authenticate(2, KeyType.A, KEY)
    channel.finish()


@pytest.mark.parametrize("refusal", ["6386", "6300", "6A86", "6982"])
def test_a_reader_without_volatile_keys_is_offered_the_stored_form_once(refusal: str) -> None:
    storage, channel = storage_on(
        "> FF82000006A0A1A2A3A4A5",
        f"< {refusal}",
        "> FF82200006A0A1A2A3A4A5",
        "< 9000",
        "> FF860000050100046000",
        "< 9000",
        "> FF82200006000000000000",
        "< 9000",
        "> FF860000050100086000",
        "< 9000",
    )
    storage.authenticate(1, KeyType.A, KEY)
    storage.authenticate(2, KeyType.A, bytes(6))
    channel.finish()


def test_a_reader_that_takes_no_key_at_all_is_named() -> None:
    storage, _ = storage_on(
        "> FF82000006A0A1A2A3A4A5", "< 6386", "> FF82200006A0A1A2A3A4A5", "< 6A81"
    )
    with pytest.raises(ApduRefused) as refused:
        storage.authenticate(1, KeyType.A, KEY)
    assert refused.value.sw == 0x6A81
    assert refused.value.uid == UID


@pytest.mark.parametrize("refusal", ["6300", "6982", "6983", "6400", "6F04"])
def test_after_a_refused_key_the_card_is_selected_anew_and_the_key_loaded_again(
    refusal: str,
) -> None:
    storage, channel = storage_on(
        "> FF82000006A0A1A2A3A4A5",
        "< 9000",
        "> FF860000050100046000",
        f"< {refusal}",
        ATR,
        *UID_ASKED,
        "> FF82000006A0A1A2A3A4A5",
        "< 9000",
        "> FF860000050100046000",
        "< 9000",
    )
    with pytest.raises(CardAuthenticationFailed) as failed:
        storage.authenticate(1, KeyType.A, KEY)
    assert failed.value.key_no == 0
    assert not storage.is_open(1, KeyType.A, KEY)
    storage.authenticate(1, KeyType.A, KEY)
    channel.finish()


@pytest.mark.parametrize("status", ["6A81", "6D00", "6B00", "6986", "6988"])
def test_a_reader_that_cannot_authenticate_is_not_taken_for_a_wrong_key(status: str) -> None:
    storage, _ = storage_on(
        "> FF82000006A0A1A2A3A4A5", "< 9000", "> FF860000050100046000", f"< {status}"
    )
    with pytest.raises(ApduRefused):
        storage.authenticate(1, KeyType.A, KEY)


def test_another_card_laid_on_in_between_is_noticed_at_the_reset() -> None:
    storage, _ = storage_on(
        "> FF82000006A0A1A2A3A4A5",
        "< 9000",
        "> FF860000050100046000",
        "< 6300",
        ATR,
        "> FFCA000000",
        "< 04FFFFFFFFFFFF9000",
    )
    with pytest.raises(CardRemoved, match="another card"):
        storage.authenticate(1, KeyType.A, KEY)


def test_a_failed_read_of_a_card_that_has_gone_is_a_removal() -> None:
    storage, _ = storage_on("> FFB0000410", "< 6300", "! card-removed")
    with pytest.raises(CardRemoved):
        storage.read(4)


def test_a_failed_read_of_a_card_that_is_there_is_a_refusal() -> None:
    storage, channel = storage_on("> FFB0000410", "< 6982", ATR, *UID_ASKED)
    with pytest.raises(ApduRefused) as refused:
        storage.read(4)
    assert refused.value.sw == 0x6982
    channel.finish()


@pytest.mark.parametrize("error", ["device-timeout", "card-removed"])
def test_after_an_exchange_in_doubt_the_card_is_selected_anew_before_more(error: str) -> None:
    storage, channel = storage_on(
        "> FF82000006A0A1A2A3A4A5",
        "< 9000",
        "> FF860000050100046000",
        "< 9000",
        "> FFB0000410",
        f"! {error}",
        ATR,
        *UID_ASKED,
        "> FF82000006A0A1A2A3A4A5",
        "< 9000",
        "> FF860000050100046000",
        "< 9000",
    )
    storage.authenticate(1, KeyType.A, KEY)
    with pytest.raises(DeviceError) as doubtful:
        storage.read(4)
    assert doubtful.value.code == error
    storage.authenticate(1, KeyType.A, KEY)
    channel.finish()


def test_a_block_of_another_length_is_no_block() -> None:
    storage, _ = storage_on("> FFB0000410", "< 00009000")
    with pytest.raises(FrameError):
        storage.read(4)


@pytest.mark.parametrize("size", [0, 15, 17])
def test_only_whole_blocks_are_written(size: int) -> None:
    storage, channel = storage_on()
    with pytest.raises(ValueError, match="16 bytes"):
        storage.write(4, bytes(size))
    channel.finish()


@pytest.mark.parametrize(
    ("sector", "first", "trailer"),
    [(0, 0, 3), (1, 4, 7), (15, 60, 63), (31, 124, 127), (32, 128, 143), (39, 240, 255)],
)
def test_blocks_of_a_sector_are_the_published_ones(sector: int, first: int, trailer: int) -> None:
    """NXP MF1S70yyX/V1, 8.6, figure 6."""
    assert (first_block(sector), trailer_block(sector)) == (first, trailer)
    assert {sector_of(block) for block in range(first, trailer + 1)} == {sector}
