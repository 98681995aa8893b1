"""The vault: one card's keys, seals, and the refusal of demo keys."""

import hashlib
import json
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidSignature
from hypothesis import given
from hypothesis import strategies as st

from cardserver.domain.demokeys import DEMO_PASSPHRASE
from cardserver.domain.errors import DomainError, RecordInvalid
from cardserver.domain.gatekeys import RecordKeyUnknown
from cardserver.domain.keys import EstateId, KeyPurpose, aes_cmac, check_estate_id, diversify
from cardserver.domain.record import CardRecord, Flaw, Medium
from cardserver.domain.sealed import KeyFile, Passphrase
from cardserver.vault import (
    DemoKeysRefused,
    KeyringMissing,
    KeyVersionUnknown,
    SealedFileGarbled,
    Vault,
    VaultError,
    VersionState,
    WrongSecret,
    create_vault,
    demo_vault,
    new_estate_id,
    open_vault,
    rotate_vault,
)
from cardserver.vault_file import FileStore, encode, new_keys
from drivers.api.cards import KeyRole
from tests.unit.cardserver.keys.record_strategies import media, records, uids

UID = bytes.fromhex("04A1B2C3D4E5F6")
DEMO = demo_vault(2)


def test_a_card_gets_a_key_for_each_role_of_its_family(vault: Vault) -> None:
    classic = vault.card_keys(UID, Medium.CLASSIC, 1)
    desfire = vault.card_keys(UID, Medium.DESFIRE, 1)
    assert {KeyRole(role) for role in (*classic, *desfire)} == set(KeyRole)
    assert {len(key) for key in classic.values()} == {6}
    assert {len(key) for key in desfire.values()} == {16}
    every = [*classic.values(), *desfire.values()]
    assert len(set(every)) == len(every)


def test_a_vault_gives_what_the_pure_derivation_gives(vault: Vault, store: FileStore) -> None:
    for purpose in KeyPurpose:
        expected = diversify(purpose, store.keys[1].masters[purpose], UID, vault.estate_id)
        assert vault.diversified(purpose, UID, 2) == expected


def test_versions_cards_and_estates_have_keys_of_their_own(vault: Vault, store: FileStore) -> None:
    other = Vault(FileStore(store.keys, estate_id=EstateId("MOON0001"), demo=False))
    keys = {
        vault.diversified(KeyPurpose.DESFIRE_APP, UID, 1),
        vault.diversified(KeyPurpose.DESFIRE_APP, UID, 2),
        vault.diversified(KeyPurpose.DESFIRE_APP, UID[::-1], 1),
        other.diversified(KeyPurpose.DESFIRE_APP, UID, 1),
    }
    assert len(keys) == 4


def test_the_highest_version_is_the_current_one(vault: Vault) -> None:
    assert vault.current_version == 2
    assert [(each.version, each.state) for each in vault.versions()] == [
        (1, VersionState.RETIRED),
        (2, VersionState.ACTIVE),
    ]


def test_a_signature_is_proved_by_the_public_key_of_its_version(vault: Vault) -> None:
    signature = vault.sign(b"message", 1)
    vault.public_key(1).verify(signature, b"message")
    with pytest.raises(InvalidSignature):
        vault.public_key(2).verify(signature, b"message")


@given(record=records(versions=st.sampled_from([1, 2])), uid=uids, medium=media)
def test_a_sealed_record_opens_again(record: CardRecord, uid: bytes, medium: Medium) -> None:
    data = DEMO.seal_record(record, uid, medium)
    assert DEMO.open_record(data, uid, medium) == record


@given(record=records(versions=st.sampled_from([1, 2])), uid=uids, other=uids, medium=media)
def test_a_record_copied_to_another_card_does_not_open(
    record: CardRecord, uid: bytes, other: bytes, medium: Medium
) -> None:
    data = DEMO.seal_record(record, uid, medium)
    if uid != other:
        with pytest.raises(RecordInvalid) as caught:
            DEMO.open_record(data, other, medium)
        assert caught.value.why == Flaw.SEAL


@given(record=records(versions=st.integers(3, 255)), medium=media)
def test_a_record_of_a_key_version_that_is_not_here_is_told_apart(
    record: CardRecord, medium: Medium
) -> None:
    with pytest.raises(KeyVersionUnknown):
        DEMO.seal_record(record, UID, medium)
    elsewhere = Vault(
        FileStore([new_keys(record.key_version)], estate_id=DEMO.estate_id, demo=False)
    )
    data = elsewhere.seal_record(record, UID, medium)
    with pytest.raises(RecordKeyUnknown) as caught:
        DEMO.open_record(data, UID, medium)
    assert caught.value.version == record.key_version


@given(data=st.binary(max_size=100), uid=st.binary(max_size=10), medium=media)
def test_any_bytes_from_a_card_are_refused_by_the_domains_error(
    data: bytes, uid: bytes, medium: Medium
) -> None:
    with pytest.raises(DomainError):
        DEMO.open_record(data, uid, medium)


def test_fingerprints_tell_keys_apart_and_are_computed_as_documented(
    vault: Vault, store: FileStore
) -> None:
    master = store.keys[0].masters[KeyPurpose.CLASSIC_READ]
    print_ = vault.fingerprint(KeyPurpose.CLASSIC_READ, 1)
    assert print_ == aes_cmac(master, bytes(16))[:3].hex().upper()
    raw = vault.public_key(1).public_bytes_raw()
    assert vault.public_key_fingerprint(1) == hashlib.sha256(raw).digest()[:8].hex().upper()
    assert vault.public_key_fingerprint(1) != vault.public_key_fingerprint(2)


@pytest.mark.usefixtures("light")
def test_a_vault_is_made_rotated_and_opened_under_one_passphrase(
    tmp_path: Path, passphrase: Passphrase, estate: EstateId
) -> None:
    path = tmp_path / "keyring.json"
    made = create_vault(path, passphrase, estate_id=estate)
    before = made.card_keys(UID, Medium.CLASSIC, 1)
    assert rotate_vault(path, passphrase).current_version == 2
    opened = open_vault(path, passphrase)
    assert opened.card_keys(UID, Medium.CLASSIC, 1) == before
    assert opened.card_keys(UID, Medium.CLASSIC, 2) != before
    assert opened.estate_id == estate
    with pytest.raises(WrongSecret):
        open_vault(path, Passphrase("something else"))


def test_demo_keys_open_in_the_demo_only(tmp_path: Path, key_file: KeyFile) -> None:
    path = tmp_path / "keyring.json"
    create_vault(path, key_file, estate_id=EstateId("DEMO"), demo=True)
    with pytest.raises(DemoKeysRefused, match="published"):
        open_vault(path, key_file)
    opened = open_vault(path, key_file, allow_demo=True)
    assert opened.demo
    assert opened.card_keys(UID, Medium.DESFIRE, 1) == DEMO.card_keys(UID, Medium.DESFIRE, 1)


def test_demo_keys_under_a_false_name_are_refused_too(tmp_path: Path, key_file: KeyFile) -> None:
    path = tmp_path / "keyring.json"
    masters = dict(new_keys(4).masters)
    masters[KeyPurpose.CLASSIC_WRITE] = new_keys(1, demo=True).masters[KeyPurpose.CLASSIC_WRITE]
    smuggled = type(new_keys(4))(version=4, masters=masters, signing_key=bytes(32))
    store = FileStore([smuggled], estate_id=EstateId("SUNNY01"), demo=False)
    frame = json.loads(encode(store, key_file))
    assert frame["head"]["demo"] is True
    path.write_bytes(encode(store, key_file))
    with pytest.raises(DemoKeysRefused):
        open_vault(path, key_file)


def test_taking_the_mark_off_a_demo_file_breaks_its_seal(tmp_path: Path, key_file: KeyFile) -> None:
    path = tmp_path / "keyring.json"
    create_vault(path, key_file, estate_id=EstateId("DEMO"), demo=True)
    path.write_bytes(path.read_bytes().replace(b'"demo": true', b'"demo": false'))
    with pytest.raises(WrongSecret):
        open_vault(path, key_file)


@pytest.mark.parametrize("blob", [b"", b"{", b"[]", b"null", b'{"format": 1}', b"\xff\xfe", b"{}"])
def test_a_file_that_is_no_keyring_is_garbled(
    tmp_path: Path, blob: bytes, key_file: KeyFile
) -> None:
    path = tmp_path / "keyring.json"
    path.write_bytes(blob)
    with pytest.raises(SealedFileGarbled):
        open_vault(path, key_file)
    with pytest.raises(SealedFileGarbled):
        rotate_vault(path, key_file)
    assert path.read_bytes() == blob


def test_a_keyring_that_is_not_there_is_named(tmp_path: Path, key_file: KeyFile) -> None:
    with pytest.raises(KeyringMissing):
        open_vault(tmp_path / "keyring.json", key_file)


def test_every_fault_has_a_stable_code_of_its_own() -> None:
    def family(root: type[VaultError]) -> set[type[VaultError]]:
        return {root}.union(*(family(each) for each in root.__subclasses__()))

    faults = family(VaultError)
    assert len({fault.code for fault in faults}) == len(faults) >= 12
    assert issubclass(VaultError, DomainError)


def test_a_random_estate_id_is_one() -> None:
    ids = {new_estate_id() for _ in range(20)}
    assert len(ids) == 20
    assert all(check_estate_id(each) == each for each in ids)


def test_the_published_passphrase_is_long_enough_to_be_accepted() -> None:
    assert len(DEMO_PASSPHRASE) >= 12


def test_a_closed_vault_has_no_key_left(vault: Vault) -> None:
    vault.close()
    with pytest.raises(KeyVersionUnknown):
        vault.card_keys(UID, Medium.CLASSIC, 1)
