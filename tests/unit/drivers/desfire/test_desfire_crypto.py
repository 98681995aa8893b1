"""Calculations, against RFC 4493, proxmark3's DES table, NXP AN12196 and the CRC catalogue."""

from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.cmac import CMAC
from hypothesis import given
from hypothesis import strategies as st

from drivers.cards.desfire_crypto import (
    aes,
    crc32,
    pad_80,
    pad_zero,
    rotate_left,
    single_des,
    unpad_80,
    xor,
)
from drivers.errors import CardIntegrityError

KEY = bytes.fromhex("2b7e151628aed2a6abf7158809cf4f3c")
MESSAGE = bytes.fromhex(
    "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51"
    "30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710"
)


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        (0, "bb1d6929e95937287fa37d129b756746"),
        (16, "070a16b46b4d4144f79bdd9dd04a287c"),
        (40, "dfa66747de9ae63030ca32611497c827"),
        (64, "51f0bebf7e3b9d92fc49741779363cfe"),
    ],
)
def test_the_aes_cmac_is_that_of_rfc_4493(size: int, expected: str) -> None:
    assert aes(KEY).cmac(MESSAGE[:size]).hex() == expected


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        (0, "86f79c13fd306e67"),
        (16, "bea4212292462a85"),
        (20, "3e2f8310c569275e"),
        (32, "9d1fc4d4c0259132"),
    ],
)
def test_the_des_cmac_is_that_of_proxmark3(size: int, expected: str) -> None:
    assert single_des(bytes.fromhex("0123456789abcdef")).cmac(MESSAGE[:size]).hex() == expected


@given(key=st.binary(min_size=16, max_size=16), message=st.binary(max_size=100))
def test_the_cmac_agrees_with_an_independent_implementation(key: bytes, message: bytes) -> None:
    independent = CMAC(AES(key))
    independent.update(message)
    assert aes(key).cmac(message) == independent.finalize()


@given(message=st.binary(min_size=1, max_size=100), iv=st.binary(min_size=16, max_size=16))
def test_an_iv_acts_like_a_first_block_before_it(message: bytes, iv: bytes) -> None:
    cipher = aes(KEY)
    before = cipher.decrypt(cipher.zero_iv, iv)
    assert cipher.cmac(message, iv) == cipher.cmac(before + message)


def test_the_crc_is_the_catalogues_and_nxps() -> None:
    assert crc32(b"123456789") == bytes.fromhex("340bc6d9")[::-1]  # CRC-32/JAMCRC check value
    new_key = bytes.fromhex("f3847d627727ed3bc9c4cc050489b966")  # AN12196 Rev. 2.0, table 25
    assert crc32(new_key) == bytes.fromhex("789dfadc")


@given(data=st.binary(max_size=70), size=st.sampled_from([8, 16]))
def test_padding_comes_off_again_and_always_fills_blocks(data: bytes, size: int) -> None:
    assert unpad_80(pad_80(data, size)) == data
    assert len(pad_80(data, size)) % size == len(pad_zero(data, size)) % size == 0
    assert pad_zero(data, size).startswith(data)


@given(st.binary(max_size=48))
def test_any_ciphered_bytes_give_data_or_the_integrity_error(data: bytes) -> None:
    try:
        clear = unpad_80(data)
    except CardIntegrityError:
        assert not data.rstrip(b"\x00").endswith(b"\x80")
    else:
        assert data.rstrip(b"\x00") == clear + b"\x80"


def test_rotation_moves_one_byte() -> None:
    assert rotate_left(b"\x01\x02\x03") == b"\x02\x03\x01"


def test_different_lengths_have_no_difference() -> None:
    with pytest.raises(ValueError):
        xor(b"\x01", b"\x01\x02")


@pytest.mark.parametrize(("make", "size"), [(aes, 15), (aes, 17), (single_des, 16)])
def test_a_key_of_another_length_is_refused_without_being_shown(
    make: Callable[[bytes], object], size: int
) -> None:
    with pytest.raises(ValueError) as caught:
        make(b"\x5a" * size)
    assert "Z" not in str(caught.value)
    assert "5a" not in str(caught.value)


def test_a_cipher_does_not_show_its_key() -> None:
    shown = repr(aes(KEY)) + str(aes(KEY))
    assert KEY.hex() not in shown
    assert repr(KEY)[2:-1] not in shown
