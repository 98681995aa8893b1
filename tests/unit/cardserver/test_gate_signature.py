"""Signatures between gate and centre: nothing that a stranger changes is taken for the gate's word.

GB/T 37078-2018, 6.6: one changed byte of any message is seen.
"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import example, given
from hypothesis import strategies as st

from cardserver.domain.gatesignature import (
    AnswerSeal,
    Credential,
    GateSignatureInvalid,
    SignedRequest,
    check,
    key_id_of,
    read_public_key,
    write_public_key,
)

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = KEY.public_key().public_bytes_raw()
AT = datetime(2025, 6, 9, 1, 0, 0, 123456, tzinfo=UTC)
REQUEST = SignedRequest(
    site="LAKE01",
    station="gate-1",
    key_id=key_id_of(PUBLIC),
    at=AT,
    nonce="0f" * 16,
    record_keys=2,
    method="POST",
    target="/api/gates/events?x=1",
    body=b"{}",
)
SEAL = AnswerSeal(
    site="LAKE01",
    station="gate-1",
    nonce="0f" * 16,
    target="/api/gates/feed?after=3",
    at=AT,
    key_version=1,
    status=200,
)
BODY = b'{"version": 4}'

stations = st.text(
    st.characters(min_codepoint=33, exclude_categories=["C", "Z"]), min_size=1, max_size=60
)
instants = st.integers(1, 7_000_000_000_000_000).map(
    lambda micros: datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=micros)
)


def headed() -> str:
    return Credential(
        station=REQUEST.station,
        key_id=REQUEST.key_id,
        at=REQUEST.at,
        nonce=REQUEST.nonce,
        record_keys=REQUEST.record_keys,
        signature=KEY.sign(REQUEST.message()),
    ).header()


def take(header: str) -> None:
    """What the centre does with a header."""
    read = Credential.read(header)
    told = replace(
        REQUEST,
        station=read.station,
        key_id=read.key_id,
        at=read.at,
        nonce=read.nonce,
        record_keys=read.record_keys,
    )
    check(PUBLIC, told.message(), read.signature)


@given(station=stations, at=instants, nonce=st.binary(min_size=16, max_size=16))
def test_what_is_written_in_the_header_is_read_from_it(
    station: str, at: datetime, nonce: bytes
) -> None:
    written = Credential(
        station=station,
        key_id="0123456789abcdef",
        at=at,
        nonce=nonce.hex(),
        record_keys=7,
        signature=bytes(64),
    )
    assert Credential.read(written.header()) == written


@given(text=st.one_of(st.text(), st.text().map(lambda rest: f"YikaGate {rest}")))
@example(text="YikaGate " + "." * 5)
@example(text="YikaGate Z2F0ZQ.0123456789abcdef.99999999999999999999." + "0" * 32 + ".1.")
def test_a_header_of_a_stranger_is_refused_and_nothing_else(text: str) -> None:
    with pytest.raises(GateSignatureInvalid):
        Credential.read(text)


@given(data=st.data())
def test_s6_one_changed_character_of_the_header_makes_it_another_or_none(
    data: st.DataObject,
) -> None:
    header = headed()
    place = data.draw(st.integers(9, len(header) - 1))
    other = data.draw(st.sampled_from("0aZ_-.~"))
    changed = header[:place] + other + header[place + 1 :]
    if changed == header:
        return
    with pytest.raises(GateSignatureInvalid):
        take(changed)


@pytest.mark.parametrize(
    "change",
    [
        {"site": "LAKE02"},
        {"station": "gate-2"},
        {"key_id": "0" * 16},
        {"at": AT + timedelta(microseconds=1)},
        {"nonce": "0e" * 16},
        {"record_keys": 1},
        {"method": "GET"},
        {"target": "/api/gates/events?x=2"},
        {"body": b"{ }"},
    ],
)
def test_s6_every_part_of_a_request_is_under_its_signature(change: dict[str, object]) -> None:
    signature = KEY.sign(REQUEST.message())
    check(PUBLIC, REQUEST.message(), signature)
    with pytest.raises(GateSignatureInvalid, match="forged"):
        check(PUBLIC, replace(REQUEST, **change).message(), signature)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "change",
    [
        {"site": "LAKE02"},
        {"station": "gate-2"},
        {"nonce": "0e" * 16},
        {"target": "/api/gates/feed?after=2"},
        {"at": AT - timedelta(microseconds=1)},
        {"key_version": 2},
        {"status": 409},
    ],
)
def test_s6_every_part_of_an_answer_is_under_its_signature(change: dict[str, object]) -> None:
    signature = KEY.sign(SEAL.message(BODY))
    check(PUBLIC, SEAL.message(BODY), signature)
    with pytest.raises(GateSignatureInvalid, match="forged"):
        check(PUBLIC, replace(SEAL, **change).message(BODY), signature)  # type: ignore[arg-type]
    with pytest.raises(GateSignatureInvalid, match="forged"):
        check(PUBLIC, SEAL.message(BODY + b" "), signature)


def test_a_request_and_an_answer_are_never_taken_for_each_other() -> None:
    with pytest.raises(GateSignatureInvalid, match="forged"):
        check(PUBLIC, SEAL.message(BODY), KEY.sign(REQUEST.message()))


@given(text=st.text(max_size=600))
def test_a_seal_of_a_stranger_is_refused_and_nothing_else(text: str) -> None:
    with pytest.raises(GateSignatureInvalid):
        AnswerSeal.read(text, site="S", station="g", nonce="", target="/", status=200)


def test_an_answers_seal_is_written_and_read() -> None:
    sealed = replace(SEAL, signature=KEY.sign(SEAL.message(BODY)))
    known = {"site": SEAL.site, "station": SEAL.station, "nonce": SEAL.nonce}
    read = AnswerSeal.read(sealed.header(), **known, target=SEAL.target, status=200)
    assert read == sealed


@given(seed=st.binary(min_size=32, max_size=32))
def test_a_public_key_is_read_out_in_one_line(seed: bytes) -> None:
    key = Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()
    assert len(write_public_key(key)) == 43
    assert read_public_key(f" {write_public_key(key)}\n") == key


@pytest.mark.parametrize("text", ["", "abc", "a" * 42, "a" * 44, "é" * 43, "AAAA BBBB"])
def test_what_is_no_public_key_is_refused(text: str) -> None:
    with pytest.raises(GateSignatureInvalid):
        read_public_key(text)
