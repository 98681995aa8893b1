"""The record's codec: round trip, the byte layout of docs/card-format.md, hostile bytes.

The layout is judged by bytes written out by hand; the CMAC by RFC 4493 through `aes_cmac`, whose
vectors stand beside the key tests; Ed25519 by RFC 8032 section 7.1, test 1.
"""

from dataclasses import replace
from datetime import date

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import example, given
from hypothesis import strategies as st

from cardserver.domain.errors import RecordInvalid
from cardserver.domain.ids import MAX_CARD_NUMBER, CardNumber
from cardserver.domain.keys import aes_cmac
from cardserver.domain.record import (
    CLASSIC_SIZE,
    DESFIRE_SIZE,
    EPOCH,
    PAYLOAD_SIZE,
    CardRecord,
    Flaw,
    cmac_seal,
    open_classic,
    open_desfire,
    parse_payload,
    payload,
    sealed_message,
)
from cardserver.domain.rights import HolderClass, RightKind
from cardserver.domain.validity import ValidityPeriod
from tests.unit.cardserver.keys.record_strategies import EXAMPLE, LAST_DAY, records, uids

KEY = bytes(range(16))
UID = bytes.fromhex("04A1B2C3D4E5F6")
SIGNER = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
ANY = records(versions=st.integers(1, 255))

BY_HAND = bytes.fromhex(
    "11"  # format 1, door
    "01"  # owner
    "01"  # key version
    "00"
    "000004D2"  # card 1234
    "00000003"  # zones 0 and 1
    "07C2"  # 2025-06-09 is day 1986 after 2020-01-01
    "0A9B"  # 2027-06-08 is day 2715
    "00000001"
)


def classic(record: CardRecord, uid: bytes = UID) -> bytes:
    data = payload(record)
    return data + cmac_seal(uid, data, KEY)


def desfire(record: CardRecord, uid: bytes = UID) -> bytes:
    data = payload(record)
    return data + SIGNER.sign(sealed_message(uid, data))


def opened(data: bytes, uid: bytes = UID) -> CardRecord:
    if len(data) > CLASSIC_SIZE:
        return open_desfire(data, uid, SIGNER.public_key())
    return open_classic(data, uid, KEY)


def flaw_of(data: bytes, uid: bytes = UID) -> Flaw:
    with pytest.raises(RecordInvalid) as caught:
        opened(data, uid)
    return Flaw(caught.value.why)


# --- layout --------------------------------------------------------------------------------------


def test_the_layout_is_the_documented_one() -> None:
    assert (date(2025, 6, 9) - EPOCH).days == 5 * 365 + 2 + 159 == 0x07C2
    assert (date(2027, 6, 8) - EPOCH).days == 7 * 365 + 2 + 158 == 0x0A9B
    assert payload(EXAMPLE) == BY_HAND
    assert parse_payload(BY_HAND) == EXAMPLE


@pytest.mark.parametrize(
    ("kind", "code"), [(RightKind.DOOR, 0x11), (RightKind.PARKING, 0x12)], ids=str
)
def test_the_first_byte_is_format_and_right(kind: RightKind, code: int) -> None:
    assert payload(replace(EXAMPLE, kind=kind))[0] == code


def test_holder_classes_have_the_documented_codes() -> None:
    codes = {each: payload(replace(EXAMPLE, holder_class=each))[1] for each in HolderClass}
    assert codes == {
        HolderClass.OWNER: 1,
        HolderClass.FAMILY: 2,
        HolderClass.TENANT: 3,
        HolderClass.MERCHANT: 4,
        HolderClass.STAFF: 5,
    }


def test_the_seal_covers_tag_uid_and_payload() -> None:
    message = b"yika-record-1" + b"\x07" + UID + BY_HAND
    assert sealed_message(UID, BY_HAND) == message
    assert cmac_seal(UID, BY_HAND, KEY) == aes_cmac(KEY, message)[:8]


def test_ed25519_here_is_that_of_rfc_8032() -> None:
    key = Ed25519PrivateKey.from_private_bytes(
        bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
    )
    public = key.public_key().public_bytes_raw().hex()
    assert public == "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
    assert key.sign(b"").hex().startswith("e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873")


# --- round trip ----------------------------------------------------------------------------------


@given(record=ANY)
@example(record=replace(EXAMPLE, period=ValidityPeriod.inclusive(first=EPOCH, last=LAST_DAY)))
def test_a_payload_comes_back(record: CardRecord) -> None:
    data = payload(record)
    assert len(data) == PAYLOAD_SIZE
    assert parse_payload(data) == record


@given(data=st.binary(min_size=PAYLOAD_SIZE, max_size=PAYLOAD_SIZE))
@example(data=BY_HAND)
def test_twenty_bytes_are_a_record_in_its_only_spelling_or_refused(data: bytes) -> None:
    try:
        record = parse_payload(data)
    except RecordInvalid as refusal:
        why = refusal.why
    else:
        assert payload(record) == data
        return
    assert why in {Flaw.VERSION, Flaw.FIELDS}


@given(left=ANY, right=ANY)
def test_two_records_have_two_payloads(left: CardRecord, right: CardRecord) -> None:
    assert (payload(left) == payload(right)) is (left == right)


@given(record=ANY, uid=uids)
def test_a_sealed_record_opens_on_its_own_card(record: CardRecord, uid: bytes) -> None:
    assert open_classic(classic(record, uid), uid, KEY) == record
    assert open_desfire(desfire(record, uid), uid, SIGNER.public_key()) == record


# --- IC-21a: copied and hand-edited data fail ----------------------------------------------------


@given(record=ANY, mine=uids, theirs=uids)
def test_a_record_copied_to_another_card_fails(
    record: CardRecord, mine: bytes, theirs: bytes
) -> None:
    if mine != theirs:
        assert flaw_of(classic(record, mine), theirs) is Flaw.SEAL
        assert flaw_of(desfire(record, mine), theirs) is Flaw.SEAL


def _flaw_at(at: int, bit: int) -> Flaw:
    """The high nibble of byte 0 is the version, which is looked at before the seal."""
    return Flaw.VERSION if at == 0 and bit >= 4 else Flaw.SEAL


@given(record=ANY, at=st.integers(0, CLASSIC_SIZE - 1), bit=st.integers(0, 7))
def test_any_flipped_bit_on_classic_fails(record: CardRecord, at: int, bit: int) -> None:
    data = bytearray(classic(record))
    data[at] ^= 1 << bit
    assert flaw_of(bytes(data)) is _flaw_at(at, bit)


@given(record=ANY, at=st.integers(0, DESFIRE_SIZE - 1), bit=st.integers(0, 7))
def test_any_flipped_bit_on_desfire_fails(record: CardRecord, at: int, bit: int) -> None:
    data = bytearray(desfire(record))
    data[at] ^= 1 << bit
    assert flaw_of(bytes(data)) is _flaw_at(at, bit)


@given(record=ANY)
def test_a_record_of_another_estates_keys_fails(record: CardRecord) -> None:
    with pytest.raises(RecordInvalid):
        open_classic(classic(record), UID, KEY[::-1])
    stranger = Ed25519PrivateKey.from_private_bytes(bytes(32)).public_key()
    with pytest.raises(RecordInvalid):
        open_desfire(desfire(record), UID, stranger)


@given(data=st.binary(max_size=100), uid=st.binary(max_size=16))
def test_any_bytes_are_refused_by_the_one_error(data: bytes, uid: bytes) -> None:
    with pytest.raises(RecordInvalid):
        open_classic(data, uid, KEY)
    with pytest.raises(RecordInvalid):
        open_desfire(data, uid, SIGNER.public_key())


@pytest.mark.parametrize("size", [0, 1, 19, 20, 27, 29, 83, 85])
def test_another_length_is_said_to_be_one(size: int) -> None:
    with pytest.raises(RecordInvalid) as caught:
        open_classic(bytes(size), UID, KEY)
    assert caught.value.why == Flaw.LENGTH
    with pytest.raises(RecordInvalid) as caught:
        open_desfire(bytes(size), UID, SIGNER.public_key())
    assert caught.value.why == Flaw.LENGTH


def test_fewer_than_twenty_bytes_are_no_payload() -> None:
    with pytest.raises(RecordInvalid) as caught:
        parse_payload(BY_HAND[:-1])
    assert caught.value.why == Flaw.LENGTH


# --- sealed by us and still not a record ---------------------------------------------------------


@pytest.mark.parametrize(
    ("at", "value", "flaw"),
    [
        (0, 0x21, Flaw.VERSION),
        (0, 0x01, Flaw.VERSION),
        (0, 0x10, Flaw.FIELDS),
        (0, 0x13, Flaw.FIELDS),
        (1, 0, Flaw.FIELDS),
        (1, 6, Flaw.FIELDS),
        (2, 0, Flaw.FIELDS),
        (3, 1, Flaw.FIELDS),
        (14, 0x00, Flaw.FIELDS),
    ],
)
def test_a_sealed_record_with_a_bad_field_is_refused(at: int, value: int, flaw: Flaw) -> None:
    data = bytearray(BY_HAND)
    data[at] = value
    whole = bytes(data)
    assert flaw_of(whole + cmac_seal(UID, whole, KEY)) is flaw
    assert flaw_of(whole + SIGNER.sign(sealed_message(UID, whole))) is flaw


@pytest.mark.parametrize("field", [slice(4, 8), slice(16, 20)])
def test_a_zero_card_number_or_sequence_is_refused(field: slice) -> None:
    data = bytearray(BY_HAND)
    data[field] = bytes(4)
    with pytest.raises(RecordInvalid):
        parse_payload(bytes(data))


@pytest.mark.parametrize(
    "record",
    [
        replace(EXAMPLE, key_version=0),
        replace(EXAMPLE, key_version=256),
        replace(EXAMPLE, card_number=CardNumber(0)),
        replace(EXAMPLE, card_number=CardNumber(MAX_CARD_NUMBER + 1)),
        replace(EXAMPLE, zones=-1),
        replace(EXAMPLE, zones=2**32),
        replace(EXAMPLE, sequence=0),
        replace(EXAMPLE, sequence=2**32),
        replace(
            EXAMPLE,
            period=ValidityPeriod.inclusive(first=date(2019, 12, 31), last=date(2020, 1, 1)),
        ),
        replace(
            EXAMPLE, period=ValidityPeriod.inclusive(first=date(2199, 6, 6), last=date(2199, 6, 7))
        ),
    ],
)
def test_a_value_without_room_is_refused_when_written(record: CardRecord) -> None:
    with pytest.raises(RecordInvalid) as caught:
        payload(record)
    assert caught.value.why == Flaw.FIELDS
