"""The safe: the accounts with payment providers as a sealed file, opened by the keyring alone.

A file of `cardserver.domain.sealed`, format ``yika-payments``, head ``{"estate", "key_version",
"salt"}``, body ``{"wechat": {...}, "alipay": {...}}`` with the members of
`cardserver.payments.accounts`. Its key follows from the keyring's masters of that version and the
salt, which is fresh for every sealing.
"""

import json
import secrets
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Final, Protocol

from cardserver.domain.keys import ACCOUNT_SALT_SIZE, EstateId
from cardserver.domain.sealed import (
    NONCE_SIZE,
    SALT_SIZE,
    KeyFile,
    SealedFileGarbled,
    WrongSecret,
    hex_bytes,
    parse_frame,
    parse_json,
    seal,
    unseal,
    whole_number,
)
from cardserver.payments.accounts import Account, AccountInvalid, AlipayAccount, WechatAccount
from cardserver.payments.api import ProviderName
from cardserver.vault_disk import one_writer, read_file, replace_file
from cardserver.vault_store import MAX_VERSION

FORMAT: Final = "yika-payments"
_SHAPES: Final[Mapping[ProviderName, type[WechatAccount] | type[AlipayAccount]]] = {
    ProviderName.WECHAT: WechatAccount,
    ProviderName.ALIPAY: AlipayAccount,
}

Accounts = Mapping[ProviderName, Account]


class KeySource(Protocol):
    """What opens the safe; `cardserver.vault.Vault` is one."""

    @property
    def estate_id(self) -> EstateId:
        """The estate whose keys these are."""

    @property
    def current_version(self) -> int:
        """The active key version."""

    def account_key(self, salt: bytes, version: int) -> KeyFile:
        """The safe's key."""


def read_accounts(path: Path, keys: KeySource) -> Accounts:
    """The accounts at `path`, none where there is no file.

    Raises SealedFileGarbled, WrongSecret (other keys, another estate, a changed file),
    KeyVersionUnknown, AccountInvalid, KeyringMissing where the file can't be read.
    """
    if not path.exists():
        return {}
    blob = read_file(path)
    head = _head(parse_frame(blob, kind=FORMAT).get("head"))
    if head.get("estate") != keys.estate_id:
        raise WrongSecret("these payment accounts are another estate's")
    version = whole_number(head.get("key_version"), 1, MAX_VERSION)
    salt = hex_bytes(head.get("salt"), ACCOUNT_SALT_SIZE)
    _, body = unseal(blob, keys.account_key(salt, version), kind=FORMAT)
    return {name: _account(name, fields) for name, fields in _named(parse_json(body))}


def put_account(path: Path, keys: KeySource, account: Account) -> Accounts:
    """Keep an account, in the place of an older one with its provider.

    Raises KeyringUnwritable and what `read_accounts` raises.
    """
    with one_writer(path):
        accounts = {**read_accounts(path, keys), provider_of(account): account}
        replace_file(path, _sealed(accounts, keys))
    return accounts


def remove_account(path: Path, keys: KeySource, name: ProviderName) -> bool:
    """Forget an account; whether there was one. Raises like `put_account`."""
    with one_writer(path):
        accounts = dict(read_accounts(path, keys))
        if accounts.pop(name, None) is None:
            return False
        replace_file(path, _sealed(accounts, keys))
    return True


def provider_of(account: Account) -> ProviderName:
    """Whose account it is."""
    return ProviderName.WECHAT if isinstance(account, WechatAccount) else ProviderName.ALIPAY


def _sealed(accounts: Accounts, keys: KeySource) -> bytes:
    salt, version = secrets.token_bytes(ACCOUNT_SALT_SIZE), keys.current_version
    body = {name.value: asdict(account) for name, account in accounts.items()}
    return seal(
        json.dumps(body).encode(),
        keys.account_key(salt, version),
        kind=FORMAT,
        head={"estate": keys.estate_id, "key_version": version, "salt": salt.hex()},
        salt=secrets.token_bytes(SALT_SIZE),
        nonce=secrets.token_bytes(NONCE_SIZE),
    )


def _head(value: object) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise SealedFileGarbled("the file is cut off or garbled")
    return value


def _named(body: Mapping[str, object]) -> list[tuple[ProviderName, object]]:
    try:
        return [(ProviderName(name), fields) for name, fields in body.items()]
    except ValueError:
        raise SealedFileGarbled("an account with an unknown provider") from None


def _account(name: ProviderName, fields: object) -> Account:
    if not isinstance(fields, dict) or not all(isinstance(v, str) for v in fields.values()):
        raise SealedFileGarbled("the file is cut off or garbled")
    try:
        return _SHAPES[name](**fields)
    except TypeError:
        raise AccountInvalid(str(name), "written by another version of the program") from None
