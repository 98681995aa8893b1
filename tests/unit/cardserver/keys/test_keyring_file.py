"""The keyring file on a real disk: made once, rotated, never lost, never readable by others."""

import json
import os
import stat
from pathlib import Path

import pytest

from cardserver import vault_disk
from cardserver.domain.keys import EstateId, KeyPurpose, KeyVersionUnknown
from cardserver.domain.sealed import (
    KeyFile,
    Passphrase,
    SealedFileGarbled,
    Work,
    WrongSecret,
    seal,
)
from cardserver.vault_file import (
    FileStore,
    create_keyring,
    decode,
    encode,
    load_keyring,
    new_keys,
    rotate_keyring,
)
from cardserver.vault_store import (
    KeyringExists,
    KeyringMissing,
    KeyringUnwritable,
    KeyVersionsExhausted,
    VersionState,
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "folder" / "keyring.json"


@pytest.fixture
def made(path: Path, key_file: KeyFile, estate: EstateId) -> FileStore:
    return create_keyring(path, key_file, estate_id=estate)


def test_a_keyring_that_was_made_opens_with_its_secret(
    path: Path, key_file: KeyFile, made: FileStore, estate: EstateId
) -> None:
    opened = load_keyring(path, key_file)
    assert opened.keys == made.keys
    assert opened.head == made.head
    assert opened.head.estate_id == estate
    assert not opened.head.demo


def test_a_keyring_opens_with_its_passphrase(
    path: Path, passphrase: Passphrase, cheap: Work, estate: EstateId
) -> None:
    made = create_keyring(path, passphrase, estate_id=estate, work=cheap)
    assert load_keyring(path, passphrase).keys == made.keys
    with pytest.raises(WrongSecret):
        load_keyring(path, Passphrase(passphrase.text + " "))


@pytest.mark.usefixtures("made")
def test_an_existing_keyring_is_never_overwritten(
    path: Path, key_file: KeyFile, estate: EstateId
) -> None:
    before = path.read_bytes()
    with pytest.raises(KeyringExists):
        create_keyring(path, key_file, estate_id=estate)
    assert path.read_bytes() == before


def test_rotating_adds_an_active_version_and_keeps_every_older_key(
    path: Path, key_file: KeyFile, made: FileStore
) -> None:
    rotated = rotate_keyring(path, key_file)
    opened = load_keyring(path, key_file)
    assert opened.keys == rotated.keys
    assert opened.keys[0] == made.keys[0]
    assert [(each.version, each.state) for each in opened.head.versions] == [
        (1, VersionState.RETIRED),
        (2, VersionState.ACTIVE),
    ]


def test_no_key_of_one_version_or_purpose_is_that_of_another(
    path: Path, key_file: KeyFile, made: FileStore
) -> None:
    store = rotate_keyring(path, key_file)
    secrets = [key for each in store.keys for key in (*each.masters.values(), each.signing_key)]
    assert len(set(secrets)) == len(secrets) == 2 * (len(KeyPurpose) + 1)
    assert made.keys[0].masters.keys() == set(KeyPurpose)


def test_sealing_twice_never_repeats_salt_or_nonce(made: FileStore, key_file: KeyFile) -> None:
    frames = [json.loads(encode(made, key_file)) for _ in range(2)]
    assert frames[0]["lock"]["salt"] != frames[1]["lock"]["salt"]
    assert frames[0]["nonce"] != frames[1]["nonce"]


def test_255_versions_fit_and_the_256th_is_refused(
    path: Path, key_file: KeyFile, estate: EstateId
) -> None:
    store = FileStore([new_keys(each) for each in range(1, 256)], estate_id=estate, demo=False)
    path.parent.mkdir()
    path.write_bytes(encode(store, key_file))
    assert load_keyring(path, key_file).keys == store.keys
    with pytest.raises(KeyVersionsExhausted):
        rotate_keyring(path, key_file)
    assert load_keyring(path, key_file).keys == store.keys


@pytest.mark.usefixtures("made")
@pytest.mark.skipif(os.name != "posix", reason="only POSIX has such permissions")
def test_only_the_owner_may_read_the_file(path: Path, key_file: KeyFile) -> None:
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.chmod(0o644)
    rotate_keyring(path, key_file)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.usefixtures("made")
@pytest.mark.parametrize("at", ["open", "fsync", "replace"])
def test_a_crash_while_rotating_leaves_the_old_keyring(
    at: str, path: Path, key_file: KeyFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The system refuses at each step in turn (disk full, power, another program)."""
    before = path.read_bytes()

    def refuse(*_args: object, **_named: object) -> None:
        raise OSError(28, "No space left on device")

    def open_but_not_the_new_file(name: str, *rest: int) -> int:
        if str(name).endswith(".new"):
            refuse()
        return real_open(name, *rest)

    real_open = os.open
    with monkeypatch.context() as patch:
        if at == "open":
            patch.setattr(os, "open", open_but_not_the_new_file)
        elif at == "fsync":
            patch.setattr(os, "fsync", refuse)
        else:
            patch.setattr(Path, "replace", refuse)
        with pytest.raises(KeyringUnwritable, match="No space left"):
            rotate_keyring(path, key_file)
    assert path.read_bytes() == before
    assert [each.name for each in path.parent.iterdir()] == [path.name]
    assert rotate_keyring(path, key_file).head.versions[-1].version == 2


@pytest.mark.usefixtures("made")
def test_a_half_written_new_file_of_an_earlier_crash_is_no_obstacle(
    path: Path, key_file: KeyFile
) -> None:
    path.with_name(f"{path.name}.new").write_bytes(b"{")
    assert rotate_keyring(path, key_file).head.versions[-1].version == 2


@pytest.mark.usefixtures("made")
def test_two_programs_never_make_the_same_version_at_once(path: Path, key_file: KeyFile) -> None:
    with vault_disk.one_writer(path), pytest.raises(KeyringUnwritable, match="another program"):
        rotate_keyring(path, key_file)
    assert rotate_keyring(path, key_file).head.versions[-1].version == 2


def test_a_missing_keyring_is_named(path: Path, key_file: KeyFile) -> None:
    with pytest.raises(KeyringMissing, match=r"keyring\.json"):
        load_keyring(path, key_file)
    with pytest.raises(KeyringMissing):
        rotate_keyring(path, key_file)


def test_a_folder_in_the_place_of_the_keyring_is_named(tmp_path: Path, key_file: KeyFile) -> None:
    with pytest.raises(KeyringMissing, match="cannot be read"):
        load_keyring(tmp_path, key_file)


def test_a_keyring_where_no_folder_can_be_made_is_refused(
    tmp_path: Path, key_file: KeyFile, estate: EstateId
) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(KeyringUnwritable):
        create_keyring(tmp_path / "file" / "keyring.json", key_file, estate_id=estate)


def test_a_body_without_all_keys_is_garbled(made: FileStore, key_file: KeyFile) -> None:
    versions = list(made.keys)
    masters = dict(versions[0].masters)
    del masters[KeyPurpose.DESFIRE_WRITE]
    broken = FileStore(
        [type(versions[0])(version=1, masters=masters, signing_key=bytes(32))],
        estate_id=made.head.estate_id,
        demo=False,
    )
    with pytest.raises(SealedFileGarbled):
        decode(encode(broken, key_file), key_file)


@pytest.mark.parametrize("versions", ["[]", "1", "[1]", "[{}]"])
def test_a_body_without_versions_is_garbled(versions: str, key_file: KeyFile) -> None:
    blob = seal(
        f'{{"versions": {versions}}}'.encode(),
        key_file,
        kind="yika-keyring",
        head={"estate": "SUNNY01", "demo": False},
        salt=bytes(16),
        nonce=bytes(12),
    )
    with pytest.raises(SealedFileGarbled):
        decode(blob, key_file)


def test_demo_keys_without_their_mark_are_still_demo_keys(
    key_file: KeyFile, estate: EstateId
) -> None:
    unmarked = FileStore([new_keys(1, demo=True)], estate_id=estate, demo=False)
    assert unmarked.head.demo
    assert decode(encode(unmarked, key_file), key_file).head.demo


def test_an_unknown_version_is_refused_everywhere(store: FileStore) -> None:
    for ask in (
        lambda: store.cmac(KeyPurpose.CLASSIC_READ, 3, b""),
        lambda: store.sign(b"", 3),
        lambda: store.public_key(3),
        lambda: store.gate_masters(3),
    ):
        with pytest.raises(KeyVersionUnknown) as caught:
            ask()
        assert caught.value.version == 3


def test_no_key_shows_in_what_is_printed(store: FileStore) -> None:
    shown = " ".join([repr(store), str(store), repr(store.keys), repr(store.head)])
    for each in store.keys:
        for key in (*each.masters.values(), each.signing_key):
            assert key.hex() not in shown
            assert repr(key) not in shown
