"""A gate's file: opens, reads and verifies as the vault does, and holds nothing that writes."""

import base64
import json
from collections.abc import Mapping
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardserver.domain.errors import DomainError, RecordInvalid
from cardserver.domain.gatekeys import FORMAT, GateKeys, RecordKeyUnknown, load_public_key
from cardserver.domain.keys import (
    GATE_PURPOSES,
    KeyInputInvalid,
    KeyPurpose,
    KeyVersionUnknown,
    VaultError,
)
from cardserver.domain.record import CardRecord, Flaw, Medium
from cardserver.domain.sealed import (
    KeyFile,
    Passphrase,
    SealedFileGarbled,
    Work,
    WrongSecret,
    seal,
    unseal,
)
from cardserver.vault import DemoKeysRefused, Vault, demo_vault, export_gate
from cardserver.vault_file import FileStore, VersionKeys, new_keys
from tests.unit.cardserver.keys.record_strategies import EXAMPLE, media, records, uids

UID = bytes.fromhex("04A1B2C3D4E5F6")
KEY = KeyFile(bytes(range(32)))
DEMO = demo_vault(2)
GATE = GateKeys.open(export_gate(DEMO, KEY), KEY, allow_demo=True)
WRITING = set(KeyPurpose) - set(GATE_PURPOSES)


def test_a_gate_opens_its_file_with_its_passphrase(
    vault: Vault, passphrase: Passphrase, cheap: Work
) -> None:
    blob = export_gate(vault, passphrase, work=cheap)
    gate = GateKeys.open(blob, passphrase)
    assert gate.estate_id == vault.estate_id
    assert gate.versions == (2, 1)
    assert not gate.demo
    with pytest.raises(WrongSecret):
        GateKeys.open(blob, Passphrase("another"))


@pytest.mark.parametrize("medium", Medium)
def test_a_gate_reads_a_card_with_the_key_the_station_gave_it(vault: Vault, medium: Medium) -> None:
    gate = GateKeys.open(export_gate(vault, KEY), KEY)
    name = f"{medium.value}-read"
    for version in (1, 2):
        expected = vault.card_keys(UID, medium, version)[name]
        assert gate.read_keys(UID, medium, version) == {name: expected}


@given(record=records(versions=st.sampled_from([1, 2])), uid=uids, medium=media)
def test_a_gate_verifies_what_the_vault_sealed(
    record: CardRecord, uid: bytes, medium: Medium
) -> None:
    assert GATE.open_record(DEMO.seal_record(record, uid, medium), uid, medium) == record


@given(
    record=records(versions=st.just(1)),
    medium=media,
    at=st.integers(min_value=0),
    bit=st.integers(0, 7),
)
def test_a_record_with_one_bit_flipped_is_refused(
    record: CardRecord, medium: Medium, at: int, bit: int
) -> None:
    data = bytearray(DEMO.seal_record(record, UID, medium))
    data[at % len(data)] ^= 1 << bit
    with pytest.raises(RecordInvalid):
        GATE.open_record(bytes(data), UID, medium)


@given(data=st.binary(max_size=100), uid=st.binary(max_size=10), medium=media)
def test_any_bytes_from_a_card_are_refused_as_an_invalid_record(
    data: bytes, uid: bytes, medium: Medium
) -> None:
    with pytest.raises(RecordInvalid):
        GATE.open_record(data, uid, medium)


@given(data=st.binary(min_size=28, max_size=28), uid=st.binary(max_size=10))
def test_a_classic_record_from_a_card_with_an_odd_uid_is_refused(data: bytes, uid: bytes) -> None:
    forged = data[:2] + b"\x01" + data[3:]
    with pytest.raises(RecordInvalid):
        GATE.open_record(forged, uid, Medium.CLASSIC)


def test_a_record_newer_than_the_gates_keys_says_so(vault: Vault, store: FileStore) -> None:
    old = Vault(FileStore(store.keys[:1], estate_id=store.head.estate_id, demo=False))
    gate = GateKeys.open(export_gate(old, KEY), KEY)
    record = replace(EXAMPLE, key_version=2)
    with pytest.raises(RecordKeyUnknown) as caught:
        gate.open_record(vault.seal_record(record, UID, Medium.DESFIRE), UID, Medium.DESFIRE)
    assert caught.value.version == 2
    with pytest.raises(KeyVersionUnknown):
        gate.read_keys(UID, Medium.DESFIRE, 2)


def test_a_gate_file_without_the_older_versions_refuses_their_cards(vault: Vault) -> None:
    gate = GateKeys.open(export_gate(vault, KEY, since=2), KEY)
    assert gate.versions == (2,)
    with pytest.raises(RecordKeyUnknown):
        gate.open_record(vault.seal_record(EXAMPLE, UID, Medium.CLASSIC), UID, Medium.CLASSIC)
    with pytest.raises(KeyVersionUnknown):
        export_gate(vault, KEY, since=3)


def test_a_card_of_another_estate_is_refused(vault: Vault, store: FileStore) -> None:
    neighbours = Vault(
        FileStore([new_keys(1), new_keys(2)], estate_id=store.head.estate_id, demo=False)
    )
    gate = GateKeys.open(export_gate(vault, KEY), KEY)
    record = EXAMPLE
    for medium in Medium:
        with pytest.raises(RecordInvalid) as caught:
            gate.open_record(neighbours.seal_record(record, UID, medium), UID, medium)
        assert caught.value.why == Flaw.SEAL


def test_an_odd_uid_gives_no_key() -> None:
    with pytest.raises(KeyInputInvalid):
        GATE.read_keys(bytes(10), Medium.CLASSIC, 1)


# --- what is not in it ---------------------------------------------------------------------------


def spellings(secret: bytes) -> list[bytes]:
    return [
        secret,
        secret.hex().encode(),
        secret.hex().upper().encode(),
        base64.b64encode(secret).rstrip(b"="),
        base64.urlsafe_b64encode(secret).rstrip(b"="),
    ]


def test_no_writing_and_no_signing_key_is_in_the_file(vault: Vault, store: FileStore) -> None:
    blob = export_gate(vault, KEY)
    _, body = unseal(blob, KEY, kind=FORMAT)
    for each in store.keys:
        held = [each.masters[purpose] for purpose in GATE_PURPOSES]
        withheld = [each.signing_key, *(each.masters[purpose] for purpose in WRITING)]
        assert all(key.hex().encode() in body for key in held)
        for spelling in (form for key in withheld for form in spellings(key)):
            assert spelling not in body
            assert spelling not in blob


def test_the_file_says_nothing_about_the_writing_keys(store: FileStore) -> None:
    """Two keyrings that differ only in what writes give the same file but for the public keys.

    So nothing about those keys follows from it, by any calculation.
    """
    others = [_with_other_writing_keys(each) for each in store.keys]
    estate = store.head.estate_id
    twin = FileStore(others, estate_id=estate, demo=False)
    same_signing = FileStore(
        [
            VersionKeys(version=o.version, masters=o.masters, signing_key=each.signing_key)
            for o, each in zip(others, store.keys, strict=True)
        ],
        estate_id=estate,
        demo=False,
    )
    bodies = [
        unseal(export_gate(Vault(each), KEY), KEY, kind=FORMAT) for each in (store, same_signing)
    ]
    assert bodies[0] == bodies[1]
    _, body = unseal(export_gate(Vault(twin), KEY), KEY, kind=FORMAT)
    assert _without_public_keys(body) == _without_public_keys(bodies[0][1])


def test_a_gate_has_no_way_to_ask_for_a_writing_key_or_a_signature() -> None:
    offered = {name for name in dir(GateKeys) if not name.startswith("_")}
    reading = {"demo", "estate_id", "open", "open_record", "read_keys", "versions"}
    assert offered == reading | {"check_signature"}, (
        "the centre's answers are checked, none is made"
    )
    for medium in Medium:
        assert set(GATE.read_keys(UID, medium, 1)) <= {"classic-read", "desfire-read"}


def test_no_key_shows_in_what_is_printed() -> None:
    shown = repr(GATE) + str(GATE)
    assert "demo=True" in shown
    assert "demoCL" not in shown
    assert "6465" not in shown


# --- demo and damage -----------------------------------------------------------------------------


def test_a_demo_gate_file_opens_in_the_demo_only() -> None:
    blob = export_gate(DEMO, KEY)
    with pytest.raises(DemoKeysRefused):
        GateKeys.open(blob, KEY)
    assert GateKeys.open(blob, KEY, allow_demo=True).demo


def test_demo_keys_in_an_unmarked_gate_file_are_refused_too() -> None:
    head, body = unseal(export_gate(DEMO, KEY), KEY, kind=FORMAT)
    with pytest.raises(DemoKeysRefused):
        GateKeys.open(_sealed({**head, "demo": False}, body), KEY)


def test_a_keyring_is_no_gate_file(vault: Vault) -> None:
    blob = export_gate(vault, KEY).replace(FORMAT.encode(), b"yika-keyring")
    with pytest.raises(SealedFileGarbled, match="no yika-gate-keys file"):
        GateKeys.open(blob, KEY)


def _damaged(body: Mapping[str, object]) -> list[object]:
    versions = body["versions"]
    assert isinstance(versions, list)
    first = versions[0]
    return [
        {},
        {"versions": []},
        {"versions": "all"},
        {"versions": [1]},
        {"versions": [{**first, "version": 0}]},
        {"versions": [{**first, "version": 256}]},
        {"versions": [{**first, "public_key": "00"}]},
        {"versions": [{**first, "masters": {}}]},
        {"versions": [{**first, "masters": {**first["masters"], "classic-write": "00" * 16}}]},
        {"versions": [{**first, "masters": dict.fromkeys(first["masters"], "00" * 15)}]},
    ]


def test_a_body_that_is_not_what_it_should_be_is_garbled() -> None:
    head, body = unseal(export_gate(DEMO, KEY), KEY, kind=FORMAT)
    for damaged in _damaged(json.loads(body)):
        with pytest.raises(SealedFileGarbled):
            GateKeys.open(_sealed(head, json.dumps(damaged).encode()), KEY, allow_demo=True)
    with pytest.raises(SealedFileGarbled, match="names no estate"):
        GateKeys.open(_sealed({"demo": True}, body), KEY, allow_demo=True)


@pytest.mark.parametrize("size", [0, 31, 33])
def test_what_is_no_public_key_is_garbled(size: int) -> None:
    with pytest.raises(SealedFileGarbled, match="no public key"):
        load_public_key(bytes(size))


@given(blob=st.binary(max_size=200))
def test_any_bytes_give_the_one_error_family(blob: bytes) -> None:
    with pytest.raises(VaultError):
        GateKeys.open(blob, KEY)
    assert issubclass(VaultError, DomainError)


def _sealed(head: Mapping[str, object], body: bytes) -> bytes:
    return seal(body, KEY, kind=FORMAT, head=head, salt=bytes(16), nonce=bytes(12))


def _with_other_writing_keys(keys: VersionKeys) -> VersionKeys:
    fresh = new_keys(keys.version)
    held = {purpose: keys.masters[purpose] for purpose in GATE_PURPOSES}
    return VersionKeys(
        version=keys.version,
        masters={**fresh.masters, **held},
        signing_key=fresh.signing_key,
    )


def _without_public_keys(body: bytes) -> object:
    versions = json.loads(body)["versions"]
    return [{key: each[key] for key in each if key != "public_key"} for each in versions]
