"""Per-card keys against published vectors and against AN10922 written out step by step.

Vectors: RFC 4493 section 4 (AES-CMAC), NXP AN10922 Rev. 2.2 table 2 (AES-128), and the AES-128
example of NXP AN10957 with a short input, which shows why short inputs are refused.
"""

import re

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from hypothesis import given
from hypothesis import strategies as st

from cardserver.domain import keys
from cardserver.domain.demokeys import any_demo, demo_master, demo_signing_key
from cardserver.domain.keys import (
    DEFAULT_CLASSIC_KEYS,
    EstateId,
    KeyInputInvalid,
    KeyPurpose,
    WeakKey,
    aes_cmac,
    card_key,
    check_estate_id,
    cmac_input,
    diversification_input,
    diversify,
)
from drivers.api.cards import KeyRole
from drivers.cards.desfire_layout import AID

ESTATE = EstateId("SUNNY01")
UIDS = st.one_of(st.binary(min_size=4, max_size=4), st.binary(min_size=7, max_size=7))
KEYS = st.binary(min_size=16, max_size=16)


def block(key: bytes, data: bytes) -> bytes:
    return Cipher(algorithms.AES(key), modes.CBC(bytes(16))).encryptor().update(data)


def doubled(value: bytes) -> bytes:
    shifted = int.from_bytes(value, "big") << 1
    carry = 0x87 if value[0] & 0x80 else 0
    return ((shifted & (1 << 128) - 1) ^ carry).to_bytes(16, "big")


def xor(left: bytes, right: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(left, right, strict=True))


def an10922_aes128(master: bytes, message: bytes) -> bytes:
    """The application note's own steps: always two blocks, K2 when padded, K1 when full."""
    k1 = doubled(block(master, bytes(16)))
    k2 = doubled(k1)
    data = b"\x01" + message
    full = len(data) == 32
    padded = data if full else (data + b"\x80").ljust(32, b"\0")
    last = xor(padded[16:], k1 if full else k2)
    return block(master, xor(block(master, padded[:16]), last))


AN10922_MASTER = bytes.fromhex("00112233445566778899AABBCCDDEEFF")
AN10922_INPUT = bytes.fromhex("04782E21801D80" + "3042F5" + "4E585020416275")
AN10922_KEY = bytes.fromhex("A8DD63A3B89D54B37CA802473FDA9175")


@pytest.mark.parametrize(
    ("length", "tag"),
    [
        (0, "bb1d6929e95937287fa37d129b756746"),
        (16, "070a16b46b4d4144f79bdd9dd04a287c"),
        (40, "dfa66747de9ae63030ca32611497c827"),
        (64, "51f0bebf7e3b9d92fc49741779363cfe"),
    ],
)
def test_the_cmac_is_that_of_rfc_4493(length: int, tag: str) -> None:
    key = bytes.fromhex("2b7e151628aed2a6abf7158809cf4f3c")
    message = bytes.fromhex(
        "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51"
        "30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710"
    )
    assert aes_cmac(key, message[:length]).hex() == tag


def test_the_published_example_of_an10922_is_met() -> None:
    assert aes_cmac(AN10922_MASTER, cmac_input(AN10922_INPUT)) == AN10922_KEY


def test_the_subkeys_and_steps_of_an10922_lead_to_the_same_key() -> None:
    assert block(AN10922_MASTER, bytes(16)).hex().upper() == "FDE4FBAE4A09E020EFF722969F83832B"
    assert an10922_aes128(AN10922_MASTER, AN10922_INPUT) == AN10922_KEY


@given(master=KEYS, message=st.binary(min_size=16, max_size=31))
def test_a_plain_cmac_is_an10922_for_every_length_we_allow(master: bytes, message: bytes) -> None:
    assert aes_cmac(master, cmac_input(message)) == an10922_aes128(master, message)


def test_a_plain_cmac_is_not_an10922_for_a_short_input() -> None:
    master = bytes.fromhex("F3F9377698707B688EAF84ABE39E3791")
    uid = bytes.fromhex("04DEADBEEFFEED")
    published = bytes.fromhex("0BB408BAFF98B6EE9F2E1585777F6A51")
    assert an10922_aes128(master, uid) == published
    assert aes_cmac(master, b"\x01" + uid) != published


@pytest.mark.parametrize("length", [0, 7, 15, 32, 33])
def test_an_input_where_both_would_differ_is_refused(length: int) -> None:
    with pytest.raises(KeyInputInvalid):
        cmac_input(bytes(length))


@given(uid=UIDS, purpose=st.sampled_from(KeyPurpose))
def test_our_own_input_always_has_two_blocks(uid: bytes, purpose: KeyPurpose) -> None:
    data = diversification_input(purpose, uid, ESTATE)
    assert 17 <= len(data) <= 32
    assert data[:1] == b"\x01"


def test_the_input_is_uid_application_estate_and_label() -> None:
    uid = bytes.fromhex("04A1B2C3D4E5F6")
    data = diversification_input(KeyPurpose.CLASSIC_READ, uid, ESTATE)
    assert data == b"\x01" + uid + AID + b"SUNNY01\0" + b"CL-READ\0"


def test_no_two_cards_or_purposes_share_an_input() -> None:
    uids = [bytes(4), bytes(7), bytes(3) + AID + b"S", b"\x01\x02\x03\x04"]
    estates = [EstateId("SUNNY01"), EstateId("SUNNY02"), EstateId("SUNN")]
    inputs = [diversification_input(p, u, e) for p in KeyPurpose for u in uids for e in estates]
    assert len(set(inputs)) == len(inputs)


@given(left=UIDS, right=UIDS, master=KEYS)
def test_two_cards_never_share_a_key(left: bytes, right: bytes, master: bytes) -> None:
    mine = diversify(KeyPurpose.DESFIRE_READ, master, left, ESTATE)
    other = diversify(KeyPurpose.DESFIRE_READ, master, right, ESTATE)
    assert (mine == other) is (left == right)


def test_the_application_is_the_one_the_desfire_driver_creates() -> None:
    assert keys.APPLICATION_ID == AID


def test_every_key_role_of_the_drivers_has_a_purpose() -> None:
    purposes = {purpose.value for purpose in KeyPurpose}
    assert purposes - {role.value for role in KeyRole} == {"classic-record"}
    assert {role.value for role in KeyRole} <= purposes


@pytest.mark.parametrize("purpose", KeyPurpose)
def test_a_classic_sector_takes_the_first_six_bytes_and_all_else_sixteen(
    purpose: KeyPurpose,
) -> None:
    uid = bytes.fromhex("01020304")
    key = diversify(purpose, AN10922_MASTER, uid, ESTATE)
    whole = an10922_aes128(AN10922_MASTER, diversification_input(purpose, uid, ESTATE)[1:])
    sector_key = purpose in {KeyPurpose.CLASSIC_READ, KeyPurpose.CLASSIC_WRITE}
    assert key == (whole[:6] if sector_key else whole)


@pytest.mark.parametrize("default", sorted(DEFAULT_CLASSIC_KEYS))
def test_a_sector_key_that_is_a_published_default_is_refused(default: bytes) -> None:
    with pytest.raises(WeakKey):
        card_key(KeyPurpose.CLASSIC_WRITE, default + bytes(10))
    assert card_key(KeyPurpose.DESFIRE_READ, default + b"\x01" * 10)


def test_the_factory_keys_of_both_families_are_refused() -> None:
    with pytest.raises(WeakKey):
        card_key(KeyPurpose.CLASSIC_READ, b"\xff" * 16)
    with pytest.raises(WeakKey):
        card_key(KeyPurpose.DESFIRE_APP, bytes(16))


@given(
    uid=st.one_of(UIDS, st.binary(max_size=16)),
    master=st.one_of(KEYS, st.binary(max_size=40)),
    estate=st.one_of(st.just("SUNNY01"), st.text(max_size=12)),
)
def test_any_input_gives_a_key_or_the_one_error(uid: bytes, master: bytes, estate: str) -> None:
    possible = (
        len(uid) in {4, 7}
        and len(master) == 16
        and re.fullmatch("[A-Z0-9]{4,8}", estate) is not None
    )
    if possible:
        assert len(diversify(KeyPurpose.CLASSIC_READ, master, uid, EstateId(estate))) == 6
    else:
        with pytest.raises(KeyInputInvalid):
            diversify(KeyPurpose.CLASSIC_READ, master, uid, EstateId(estate))


@pytest.mark.parametrize("text", ["", "ABC", "ABCDEFGHI", "sunny", "SUN Y", "SUNNY\n", "阳光小区"])
def test_an_estate_id_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(KeyInputInvalid):
        check_estate_id(text)


def test_demo_keys_can_be_read_by_eye_and_are_known_by_their_bytes() -> None:
    assert demo_master(KeyPurpose.CLASSIC_READ, 1) == b"demoCL-READ- 001"
    assert len(demo_signing_key(7)) == 32
    masters = {purpose: demo_master(purpose, 3) for purpose in KeyPurpose}
    assert all(len(master) == 16 for master in masters.values())
    assert len(set(masters.values())) == len(masters)
    assert any_demo(masters.values())
    assert any_demo([bytes(16), masters[KeyPurpose.DESFIRE_APP]])
    assert not any_demo([bytes(16), b"demo" + bytes(12)])
