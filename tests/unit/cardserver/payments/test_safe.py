"""The safe: accounts under the keyring's own keys; nobody else opens them, nothing half-done."""

import json
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cardserver.domain.keys import EstateId, KeyInputInvalid, VaultError
from cardserver.domain.sealed import SealedFileGarbled, WrongSecret, seal
from cardserver.payments.accounts import AccountInvalid, AlipayAccount, WechatAccount
from cardserver.payments.api import ProviderName
from cardserver.payments.loader import open_providers, providers
from cardserver.payments.safe import FORMAT, put_account, read_accounts, remove_account
from cardserver.vault import Vault, demo_vault
from cardserver.vault_file import FileStore, new_keys
from simulators.payments.merchant import Merchant

BASE = "http://127.0.0.1:8790"


@cache
def wechat() -> WechatAccount:
    return Merchant().wechat(BASE)


@cache
def alipay() -> AlipayAccount:
    return Merchant().alipay(BASE)


SUNNY = EstateId("SUNNY01")


def vault(estate: str = SUNNY) -> Vault:
    return Vault(FileStore([new_keys(1)], estate_id=EstateId(estate), demo=False))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "payments.json"


def test_accounts_are_kept_replaced_and_forgotten(path: Path) -> None:
    keys = vault()
    assert read_accounts(path, keys) == {}
    put_account(path, keys, wechat())
    put_account(path, keys, alipay())
    put_account(path, keys, wechat())
    both = {ProviderName.WECHAT: wechat(), ProviderName.ALIPAY: alipay()}
    assert read_accounts(path, keys) == both
    assert remove_account(path, keys, ProviderName.WECHAT)
    assert not remove_account(path, keys, ProviderName.WECHAT)
    assert read_accounts(path, keys) == {ProviderName.ALIPAY: alipay()}


def test_nothing_of_an_account_stands_readable_in_the_file(path: Path) -> None:
    put_account(path, vault(), wechat())
    text = path.read_text()
    assert "PRIVATE" not in text
    for value in (wechat().mchid, wechat().api_v3_key, wechat().private_key[40:80]):
        assert value not in text
        assert value.encode().hex() not in text
    assert path.stat().st_mode & 0o077 == 0


def test_other_keys_do_not_open_it(path: Path) -> None:
    put_account(path, vault(), wechat())
    with pytest.raises(WrongSecret):
        read_accounts(path, vault())
    with pytest.raises(WrongSecret):
        read_accounts(path, demo_vault())
    with pytest.raises(WrongSecret, match="another estate"):
        read_accounts(path, vault(estate="OTHER01"))


def test_a_rotated_keyring_still_opens_it_and_seals_with_the_new_version(path: Path) -> None:
    first = new_keys(1)
    old = Vault(FileStore([first], estate_id=SUNNY, demo=False))
    put_account(path, old, wechat())
    new = Vault(FileStore([first, new_keys(2)], estate_id=SUNNY, demo=False))
    assert read_accounts(path, new)[ProviderName.WECHAT] == wechat()
    put_account(path, new, alipay())
    assert json.loads(path.read_text())["head"]["key_version"] == 2
    with pytest.raises(VaultError):
        read_accounts(path, old)


def test_each_sealing_has_a_key_of_its_own(path: Path) -> None:
    keys = vault()
    put_account(path, keys, wechat())
    first = json.loads(path.read_text())
    put_account(path, keys, wechat())
    second = json.loads(path.read_text())
    assert first["head"]["salt"] != second["head"]["salt"]
    assert first["nonce"] != second["nonce"]


def test_every_salt_and_every_version_has_a_key_of_its_own() -> None:
    keys = Vault(FileStore([new_keys(1), new_keys(2)], estate_id=SUNNY, demo=False))
    salts = [bytes(16), bytes(15) + b"\1"]
    made = {keys.account_key(salt, version).data for salt in salts for version in (1, 2)}
    halves = {key[:16] for key in made} | {key[16:] for key in made}
    assert (len(made), len(halves)) == (4, 8)
    assert keys.image_key(salts[0], 1) not in halves
    assert keys.account_key(salts[0], 1).data in made
    with pytest.raises(KeyInputInvalid):
        keys.account_key(bytes(15), 1)


@settings(max_examples=20)
@given(place=st.integers(0, 20000), byte=st.integers(1, 255))
def test_a_changed_file_gives_nothing(
    tmp_path_factory: pytest.TempPathFactory, place: int, byte: int
) -> None:
    path = tmp_path_factory.mktemp("safe") / "payments.json"
    keys = vault()
    put_account(path, keys, alipay())
    data = bytearray(path.read_bytes())
    data[place % len(data)] ^= byte
    path.write_bytes(data)
    try:
        found = read_accounts(path, keys)
    except VaultError:
        return
    assert found == {ProviderName.ALIPAY: alipay()}  # white space, or the case of a hex digit


@pytest.mark.parametrize(
    "blob", [b"", b"{}", b"[]", b'{"format": "yika-keyring", "version": 1, "head": {}}', b"\xff"]
)
def test_another_file_is_no_safe(path: Path, blob: bytes) -> None:
    path.write_bytes(blob)
    with pytest.raises(SealedFileGarbled):
        read_accounts(path, vault())


def test_the_loader_gives_a_provider_for_each_account(path: Path) -> None:
    keys = vault()
    assert open_providers(path, keys) == {}
    put_account(path, keys, alipay())
    assert [each.name for each in open_providers(path, keys).values()] == [ProviderName.ALIPAY]
    assert sorted(providers([wechat(), alipay()])) == ["alipay", "wechat"]


def sealed(keys: Vault, body: object) -> bytes:
    """A safe of the right keys with this inside."""
    salt = bytes(16)
    return seal(
        json.dumps(body).encode(),
        keys.account_key(salt, 1),
        kind=FORMAT,
        head={"estate": SUNNY, "key_version": 1, "salt": salt.hex()},
        salt=bytes(16),
        nonce=bytes(12),
    )


@pytest.mark.parametrize(
    "body", [[], {"cash": {}}, {"wechat": []}, {"wechat": {"mchid": 1}}, {"alipay": None}]
)
def test_a_safe_with_something_else_inside_is_garbled(path: Path, body: object) -> None:
    keys = vault()
    path.write_bytes(sealed(keys, body))
    with pytest.raises(SealedFileGarbled):
        read_accounts(path, keys)


@pytest.mark.parametrize("fields", [{}, {"mchid": "1900000001", "colour": "red"}])
def test_an_account_of_another_version_of_the_program_is_named(
    path: Path, fields: dict[str, str]
) -> None:
    keys = vault()
    path.write_bytes(sealed(keys, {"wechat": fields}))
    with pytest.raises(AccountInvalid, match="wechat"):
        read_accounts(path, keys)


@pytest.mark.parametrize(
    "head",
    [{}, {"estate": SUNNY}, {"estate": SUNNY, "key_version": 1, "salt": "xx"}, {"estate": 7}],
)
def test_a_head_without_its_members_is_no_head(path: Path, head: dict[str, object]) -> None:
    keys = vault()
    whole = json.loads(sealed(keys, {}))
    path.write_text(json.dumps({**whole, "head": head}))
    with pytest.raises(VaultError):
        read_accounts(path, keys)
