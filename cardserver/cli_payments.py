"""``yika payments``: the estate's accounts with WeChat Pay and Alipay, sealed by the keyring.

Secrets come from files or standard input (``-``), never from the command line. Faults leave as
`VaultError`, `AccountInvalid` or `PaymentError`; the ``yika`` command turns them into a sentence.
"""

import hashlib
import secrets
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, TextIO

import click

from cardserver.cli_options import FILE, keyring_options, with_options
from cardserver.keyringpath import (
    ACCOUNTS_VARIABLE,
    default_accounts,
)

if TYPE_CHECKING:
    from cardserver.payments.accounts import Account
    from cardserver.vault import Vault

_NAMES: Final = ("wechat", "alipay")
_PRINT_SIZE: Final = 8
_TEXT: Final = click.File("r", encoding="utf-8-sig")
_OPENING: Final = (
    click.option(
        "--payments",
        "accounts",
        type=FILE,
        envvar=ACCOUNTS_VARIABLE,
        show_envvar=True,
        default=default_accounts,
        show_default="payments.json beside the keyring",
        help="The sealed file of accounts.",
    ),
    *keyring_options("The keyring that seals them."),
)
_with_keyring = with_options(_OPENING)


@click.group()
def payments() -> None:
    """Keep the accounts with WeChat Pay and Alipay."""


@payments.group()
def add() -> None:
    """Seal an account; an older one with the same provider gives way."""


@add.command()
@_with_keyring
@click.option("--mchid", required=True, help="Merchant number (商户号).")
@click.option("--appid", required=True, help="App bound to the merchant.")
@click.option("--serial", required=True, help="Serial number of the merchant's certificate.")
@click.option("--private-key", type=_TEXT, required=True, help="apiclient_key.pem, or - for stdin.")
@click.option("--api-v3-key", type=_TEXT, help="File with the APIv3 key; asked for when left out.")
@click.option("--public-key-id", required=True, help="PUB_KEY_ID_… of WeChat Pay's public key.")
@click.option("--public-key", type=_TEXT, required=True, help="WeChat Pay's public key.")
@click.option("--notify-url", required=True, help="Where notices reach this server, https://…")
@click.option("--base-url", help="Another address of the provider: its second one, or a trial's.")
def wechat(
    *,
    private_key: TextIO,
    public_key: TextIO,
    api_v3_key: TextIO | None,
    base_url: str | None,
    **said: Any,
) -> None:
    """Seal an account with WeChat Pay (API v3, public key mode)."""
    from cardserver.payments.accounts import WechatAccount

    opening, values = _parted(said)
    account = WechatAccount(
        private_key=private_key.read(),
        public_key=public_key.read(),
        api_v3_key=api_v3_key.read().strip() if api_v3_key else _asked("APIv3 key").strip(),
        **values,
        **({"base_url": base_url} if base_url else {}),
    )
    _put(opening, account)


@add.command()
@_with_keyring
@click.option("--app-id", required=True, help="The app at the open platform.")
@click.option("--seller-id", required=True, help="The merchant's PID, 2088…")
@click.option("--private-key", type=_TEXT, required=True, help="The app's private key, or -.")
@click.option("--public-key", type=_TEXT, required=True, help="Alipay's public key, not the app's.")
@click.option("--notify-url", default="", help="Where notices reach this server, https://…")
@click.option("--base-url", help="Another gateway: the sandbox, or a trial's.")
def alipay(*, private_key: TextIO, public_key: TextIO, base_url: str | None, **said: Any) -> None:
    """Seal an account with Alipay (face to face, public key mode, RSA2)."""
    from cardserver.payments.accounts import AlipayAccount

    opening, values = _parted(said)
    account = AlipayAccount(
        private_key=private_key.read(),
        public_key=public_key.read(),
        **values,
        **({"base_url": base_url} if base_url else {}),
    )
    _put(opening, account)


@payments.command("list")
@_with_keyring
def list_(**opening: Any) -> None:
    """Show the accounts; of keys only the fingerprints of the public ones."""
    from cardserver.payments.safe import read_accounts

    with_keys = _vault(opening)
    accounts = read_accounts(opening["accounts"], with_keys)
    with_keys.close()
    if not accounts:
        click.echo("There are no payment accounts. Put one in: yika payments add wechat …")
    for name, account in accounts.items():
        click.echo(name.value)
        for label, value in _shown(account).items():
            click.echo(f"  {label:<18} {value}")


@payments.command()
@click.argument("provider", type=click.Choice(_NAMES))
@_with_keyring
def remove(*, provider: str, **opening: Any) -> None:
    """Forget an account. Money under way there can then only be followed at the provider's."""
    from cardserver.payments.api import ProviderName
    from cardserver.payments.safe import remove_account

    with_keys = _vault(opening)
    was_there = remove_account(opening["accounts"], with_keys, ProviderName(provider))
    with_keys.close()
    click.echo(f"{provider}: forgotten" if was_there else f"{provider}: there was none")


@payments.command()
@_with_keyring
def check(**opening: Any) -> None:
    """Ask every provider about an order that does not exist: keys, numbers and line are right."""
    from cardserver.payments.api import PaymentError
    from cardserver.payments.loader import open_providers

    with_keys = _vault(opening)
    found = open_providers(opening["accounts"], with_keys)
    with_keys.close()
    wrong = 0
    for name, provider in found.items():
        try:
            provider.query(f"yika-check-{secrets.token_hex(8)}")
            click.echo(f"{name}: answers, and knows us")
        except PaymentError as fault:
            wrong += 1
            click.echo(f"{name}: {fault}")
    if wrong or not found:
        raise click.ClickException(f"{wrong} of {len(found)} accounts do not work")


def _parted(said: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """What opens the safe, and what goes into it."""
    names = {"accounts", "keyring", "passphrase_file", "keyfile", "pkcs11_library"}
    opening = {name: value for name, value in said.items() if name in names}
    return opening, {name: value for name, value in said.items() if name not in names}


def _put(opening: Mapping[str, Any], account: "Account") -> None:
    from cardserver.payments.safe import provider_of, put_account

    with_keys = _vault(opening)
    put_account(opening["accounts"], with_keys, account)
    with_keys.close()
    click.echo(f"Sealed the account with {provider_of(account)} in {opening['accounts']}.")
    click.echo("Start the server again, and delete the files the keys came from.")


def _vault(opening: Mapping[str, Any]) -> "Vault":
    """Open the keyring. Demo keys are refused: they would protect no account."""
    from cardserver.vault import KeyFile, Passphrase, open_vault

    keyfile, passphrase_file = opening["keyfile"], opening["passphrase_file"]
    if keyfile and passphrase_file:
        raise click.UsageError("give a passphrase file or a key file, not both")
    if keyfile:
        secret: KeyFile | Passphrase = KeyFile(keyfile.read_bytes())
    elif passphrase_file:
        secret = Passphrase(passphrase_file.read_text(encoding="utf-8-sig").rstrip("\r\n"))
    else:
        secret = Passphrase(_asked("Passphrase or PIN"))
    return open_vault(opening["keyring"], secret, pkcs11_library=opening["pkcs11_library"])


def _asked(what: str) -> str:
    typed: str = click.prompt(what, hide_input=True, err=True)
    return typed


def _shown(account: "Account") -> dict[str, str]:
    from dataclasses import asdict

    hidden = {"private_key", "api_v3_key"}
    facts = {name: value for name, value in asdict(account).items() if name not in hidden}
    digest = hashlib.sha256(facts.pop("public_key").encode()).digest()
    return {**facts, "public key": digest[:_PRINT_SIZE].hex().upper()}
