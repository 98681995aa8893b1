"""The keyring in a PKCS#11 token, with SoftHSM2 as the token.

SoftHSM2 computes CMACs and signatures by its own code, so that equal results judge both sides.
"""

import json
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Protocol

import pkcs11
import pytest
from pkcs11 import Attribute

from cardserver.domain.gatekeys import GateKeys
from cardserver.domain.keys import GATE_PURPOSES, EstateId, KeyPurpose, KeyVersionUnknown
from cardserver.domain.record import Medium
from cardserver.domain.sealed import KeyFile, Passphrase, SealedFileGarbled, WrongSecret
from cardserver.vault import (
    DemoKeysRefused,
    KeyringExists,
    KeyringMissing,
    TokenFault,
    Vault,
    create_vault_in_token,
    export_gate,
    new_estate_id,
    open_vault,
    rotate_vault,
)
from cardserver.vault_file import FileStore, VersionKeys, new_keys
from cardserver.vault_pkcs11 import TokenStore, create_token_keyring, open_token_keyring
from tests.unit.cardserver.keys.record_strategies import EXAMPLE

UID = bytes.fromhex("04A1B2C3D4E5F6")


class SoftToken(Protocol):
    """See the fixture."""

    library: str
    label: str
    pin: Passphrase


class Create(Protocol):
    """Makes a keyring in the token; everything opened is closed after the test."""

    def __call__(
        self, *, imported: VersionKeys | None = None, sign_in_token: bool = True
    ) -> TokenStore:
        """As `create_token_keyring`."""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "token.json"


@pytest.fixture
def estate() -> EstateId:
    """One of its own for each test: keys of all tests lie in one token."""
    return new_estate_id()


@pytest.fixture
def create(path: Path, soft_token: SoftToken, estate: EstateId) -> Iterator[Create]:
    stores: list[TokenStore] = []

    def make(*, imported: VersionKeys | None = None, sign_in_token: bool = True) -> TokenStore:
        store = create_token_keyring(
            path,
            soft_token.pin,
            library=soft_token.library,
            token_label=soft_token.label,
            estate_id=estate,
            imported=imported,
            sign_in_token=sign_in_token,
        )
        stores.append(store)
        return store

    yield make
    for store in stores:
        store.close()


@pytest.fixture
def reopen(path: Path, soft_token: SoftToken) -> Iterator[Callable[[], Vault]]:
    vaults: list[Vault] = []

    def make() -> Vault:
        vault = open_vault(path, soft_token.pin, pkcs11_library=soft_token.library)
        vaults.append(vault)
        return vault

    yield make
    for vault in vaults:
        vault.close()


@pytest.mark.parametrize("sign_in_token", [True, False])
def test_a_token_gives_exactly_what_a_file_with_the_same_keys_gives(
    create: Create, estate: EstateId, sign_in_token: bool
) -> None:
    keys = new_keys(1)
    in_file = Vault(FileStore([keys], estate_id=estate, demo=False))
    in_token = Vault(create(imported=keys, sign_in_token=sign_in_token))
    for medium in Medium:
        for uid in (UID, UID[:4]):
            assert in_token.card_keys(uid, medium, 1) == in_file.card_keys(uid, medium, 1)
        data = in_token.seal_record(EXAMPLE, UID, medium)
        assert data == in_file.seal_record(EXAMPLE, UID, medium)
        assert in_token.open_record(data, UID, medium) == EXAMPLE
    for purpose in KeyPurpose:
        assert in_token.fingerprint(purpose, 1) == in_file.fingerprint(purpose, 1)
    assert in_token.public_key_fingerprint(1) == in_file.public_key_fingerprint(1)
    assert in_token.gate_versions() == in_file.gate_versions()


@pytest.mark.parametrize("sign_in_token", [True, False])
def test_keys_made_in_the_token_are_there_again_after_reopening(
    create: Create, reopen: Callable[[], Vault], sign_in_token: bool
) -> None:
    store = create(sign_in_token=sign_in_token)
    made = Vault(store)
    keys = made.card_keys(UID, Medium.DESFIRE, 1)
    data = made.seal_record(EXAMPLE, UID, Medium.DESFIRE)
    made.close()
    again = reopen()
    assert again.card_keys(UID, Medium.DESFIRE, 1) == keys
    assert again.open_record(data, UID, Medium.DESFIRE) == EXAMPLE
    assert again.seal_record(EXAMPLE, UID, Medium.DESFIRE) == data
    assert len(set(keys.values())) == 4


def test_rotating_keeps_the_older_keys_and_makes_new_ones(
    create: Create, path: Path, soft_token: SoftToken, reopen: Callable[[], Vault]
) -> None:
    made = Vault(create())
    before = made.card_keys(UID, Medium.CLASSIC, 1)
    made.close()
    rotated = rotate_vault(path, soft_token.pin, pkcs11_library=soft_token.library)
    assert rotated.current_version == 2
    rotated.close()
    again = reopen()
    assert again.card_keys(UID, Medium.CLASSIC, 1) == before
    assert again.card_keys(UID, Medium.CLASSIC, 2) != before
    assert again.sign(b"m", 1) != again.sign(b"m", 2)
    with pytest.raises(KeyVersionUnknown):
        again.sign(b"m", 3)


def test_a_gate_file_from_a_token_reads_and_verifies(create: Create, key_file: KeyFile) -> None:
    vault = Vault(create())
    gate = GateKeys.open(export_gate(vault, key_file), key_file)
    for medium in Medium:
        data = vault.seal_record(EXAMPLE, UID, medium)
        assert gate.open_record(data, UID, medium) == EXAMPLE
        assert gate.read_keys(UID, medium, 1).items() <= vault.card_keys(UID, medium, 1).items()


def test_writing_and_signing_keys_cannot_leave_the_token(
    create: Create, soft_token: SoftToken, estate: EstateId
) -> None:
    """Asked of the token itself, by its own attributes and by trying to read and to wrap."""
    create().close()
    token = pkcs11.lib(soft_token.library).get_token(token_label=soft_token.label)
    with token.open(user_pin=soft_token.pin.text) as session:
        found: list[Any] = list(session.get_objects({Attribute.PRIVATE: True}))
        keys = [
            key
            for key in found
            if key.label.startswith(f"yika-{estate}-")
            and key.object_class is not pkcs11.ObjectClass.PUBLIC_KEY
        ]
        assert len(keys) == len(KeyPurpose) + 2
        wrapping: Any = session.generate_key(pkcs11.KeyType.AES, 256)
        for key in keys:
            assert key[Attribute.SENSITIVE]
            value = Attribute.VALUE
            with pytest.raises(pkcs11.AttributeSensitive):
                key[value]
            leaves = any(purpose.value in key.label for purpose in GATE_PURPOSES)
            assert key[Attribute.EXTRACTABLE] is leaves
            if not leaves:
                with pytest.raises(pkcs11.PKCS11Error):
                    wrapping.wrap_key(key, mechanism=pkcs11.Mechanism.AES_KEY_WRAP)


def test_the_description_holds_no_key(create: Create, path: Path) -> None:
    keys = new_keys(1)
    create(imported=keys, sign_in_token=False)
    text = path.read_bytes()
    assert b'"signing": "' in text
    for key in (*keys.masters.values(), keys.signing_key):
        assert key not in text
        assert key.hex().encode() not in text


def test_a_creation_that_broke_off_is_finished_with_the_keys_already_made(
    create: Create, path: Path
) -> None:
    first = create()
    expected = Vault(first).card_keys(UID, Medium.CLASSIC, 1)
    first.close()
    path.unlink()  # as if the power had failed before the description was written
    assert Vault(create()).card_keys(UID, Medium.CLASSIC, 1) == expected


def test_a_description_is_never_overwritten(create: Create, path: Path) -> None:
    create().close()
    before = path.read_bytes()
    with pytest.raises(KeyringExists):
        create()
    assert path.read_bytes() == before


def test_keys_are_not_brought_in_over_others(create: Create, path: Path) -> None:
    create().close()
    path.unlink()
    with pytest.raises(TokenFault, match="already"):
        create(imported=new_keys(1))


def test_demo_keys_are_not_brought_into_a_token(create: Create) -> None:
    with pytest.raises(DemoKeysRefused):
        create(imported=new_keys(1, demo=True))


def test_many_threads_may_ask_one_token_at_once(create: Create, estate: EstateId) -> None:
    keys = new_keys(1)
    in_file = Vault(FileStore([keys], estate_id=estate, demo=False))
    in_token = Vault(create(imported=keys))
    cards = [number.to_bytes(7, "big") for number in range(60)]

    def ask(uid: bytes) -> tuple[dict[str, bytes], bytes]:
        return in_token.card_keys(uid, Medium.CLASSIC, 1), in_token.sign(uid, 1)

    with ThreadPoolExecutor(max_workers=6) as threads:
        answers = list(threads.map(ask, cards))
    assert answers == [(in_file.card_keys(u, Medium.CLASSIC, 1), in_file.sign(u, 1)) for u in cards]


# --- refusals ------------------------------------------------------------------------------------


def test_a_wrong_pin_is_a_wrong_secret(create: Create, path: Path, soft_token: SoftToken) -> None:
    create().close()
    for wrong in (Passphrase("000000"), Passphrase(""), KeyFile(bytes(32))):
        with pytest.raises(WrongSecret):
            open_vault(path, wrong, pkcs11_library=soft_token.library)


@pytest.mark.parametrize("library", ["", "no-such-library.so"])
def test_a_missing_library_is_a_token_fault(
    create: Create, path: Path, soft_token: SoftToken, library: str
) -> None:
    create().close()
    with pytest.raises(TokenFault):
        open_vault(path, soft_token.pin, pkcs11_library=library)


def test_a_token_that_is_not_attached_is_named_in_plain_words(
    path: Path, soft_token: SoftToken, estate: EstateId
) -> None:
    with pytest.raises(TokenFault, match="no token of this name"):
        create_vault_in_token(
            path,
            soft_token.pin,
            estate_id=estate,
            pkcs11_library=soft_token.library,
            token_label="in a drawer",
        )
    assert not path.exists()


def test_a_closed_token_gives_a_token_fault(create: Create) -> None:
    vault = Vault(create())
    vault.close()
    vault.close()
    for ask in (
        lambda: vault.card_keys(UID, Medium.CLASSIC, 1),
        lambda: vault.sign(b"", 1),
        vault.gate_versions,
    ):
        with pytest.raises(TokenFault):
            ask()


def test_two_keys_of_one_label_are_a_token_fault(
    create: Create, soft_token: SoftToken, estate: EstateId, path: Path
) -> None:
    create().close()
    token = pkcs11.lib(soft_token.library).get_token(token_label=soft_token.label)
    with token.open(user_pin=soft_token.pin.text, rw=True) as session:
        label = f"yika-{estate}-classic-read-001"
        session.generate_key(pkcs11.KeyType.AES, 128, label=label, store=True)
    vault = open_vault(path, soft_token.pin, pkcs11_library=soft_token.library)
    with pytest.raises(TokenFault, match="more than one key"):
        vault.card_keys(UID, Medium.CLASSIC, 1)
    vault.close()


def test_a_key_put_there_by_someone_to_take_it_out_again_is_not_used(
    create: Create, soft_token: SoftToken, estate: EstateId, path: Path
) -> None:
    token = pkcs11.lib(soft_token.library).get_token(token_label=soft_token.label)
    label = f"yika-{estate}-classic-write-001"
    with token.open(user_pin=soft_token.pin.text, rw=True) as session:
        open_key = {Attribute.SENSITIVE: False, Attribute.EXTRACTABLE: True}
        session.generate_key(pkcs11.KeyType.AES, 128, label=label, store=True, template=open_key)
    with pytest.raises(TokenFault, match="taken out"):
        create()
    assert not path.exists()


def test_a_key_missing_from_the_token_is_named(
    create: Create, soft_token: SoftToken, estate: EstateId, path: Path
) -> None:
    create().close()
    label = f"yika-{estate}-classic-write-001"
    token = pkcs11.lib(soft_token.library).get_token(token_label=soft_token.label)
    with token.open(user_pin=soft_token.pin.text, rw=True) as session:
        session.get_key(label=label).destroy()
    vault = open_vault(path, soft_token.pin, pkcs11_library=soft_token.library)
    with pytest.raises(TokenFault, match=label):
        vault.card_keys(UID, Medium.CLASSIC, 1)
    vault.close()


def test_a_station_without_python_pkcs11_says_so(
    soft_token: SoftToken, path: Path, estate: EstateId, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, "cardserver.vault_token", raising=False)
    monkeypatch.setitem(sys.modules, "pkcs11", None)
    with pytest.raises(TokenFault, match="not installed"):
        create_vault_in_token(
            path,
            soft_token.pin,
            estate_id=estate,
            pkcs11_library=soft_token.library,
            token_label=soft_token.label,
        )


def test_a_token_open_elsewhere_in_the_program_is_a_token_fault(
    create: Create, path: Path, soft_token: SoftToken
) -> None:
    create()
    with pytest.raises(TokenFault, match="another part"):
        open_vault(path, soft_token.pin, pkcs11_library=soft_token.library)


def test_a_changed_description_is_noticed(
    create: Create, path: Path, soft_token: SoftToken
) -> None:
    create().close()
    frame = json.loads(path.read_bytes())
    frame["head"]["versions"][0]["public_key"] = "11" * 32
    path.write_text(json.dumps(frame), encoding="utf-8")
    with pytest.raises(SealedFileGarbled, match="was changed"):
        open_vault(path, soft_token.pin, pkcs11_library=soft_token.library)
    with pytest.raises(SealedFileGarbled, match="was changed"):
        rotate_vault(path, soft_token.pin, pkcs11_library=soft_token.library)


def test_a_description_of_keys_the_token_has_not_got_is_a_token_fault(
    create: Create, path: Path, soft_token: SoftToken, estate: EstateId
) -> None:
    create().close()
    text = path.read_text(encoding="utf-8").replace(estate, "OTHER001")
    path.write_text(text, encoding="utf-8")
    with pytest.raises(TokenFault, match="no key yika-OTHER001-seal"):
        open_vault(path, soft_token.pin, pkcs11_library=soft_token.library)


@pytest.mark.parametrize(
    "head",
    [
        {},
        {"estate": "SUNNY01", "token": 1, "versions": [{}]},
        {"estate": "SUNNY01", "token": "t", "versions": []},
        {"estate": "SUNNY01", "token": "t", "versions": [1]},
        {"estate": "SUNNY01", "token": "t", "versions": [{"version": 0}]},
        {"estate": "nowhere", "token": "t", "versions": [{"version": 1, "public_key": "1" * 64}]},
    ],
)
def test_a_garbled_description_is_refused_before_the_token_is_asked(
    head: dict[str, object],
) -> None:
    blob = json.dumps({"format": "yika-token-keyring", "version": 1, "head": head}).encode()
    with pytest.raises(SealedFileGarbled):
        open_token_keyring(blob, Passphrase("pin"), library="no-such-library.so")


def test_a_description_that_is_not_there_is_named(path: Path, soft_token: SoftToken) -> None:
    with pytest.raises(KeyringMissing):
        open_vault(path, soft_token.pin, pkcs11_library=soft_token.library)
