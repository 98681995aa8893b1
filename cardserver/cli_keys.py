"""``yika keys``: make, roll and hand out the estate's keys, and show everything but the keys.

Faults leave as `VaultError`; the ``yika`` command turns them into a sentence and exit code 1.
"""

import json
import secrets
from pathlib import Path
from typing import Any, Final

import click

from cardserver.domain.demokeys import DEMO_ESTATE, DEMO_PASSPHRASE
from cardserver.domain.gatekeys import FORMAT as GATE_FORMAT
from cardserver.domain.keys import KeyPurpose, check_estate_id
from cardserver.domain.sealed import KEY_FILE_SIZE, parse_frame, parse_json
from cardserver.keyringpath import KEYRING_VARIABLE, default_keyring
from cardserver.vault import (
    KeyFile,
    KeyringExists,
    Passphrase,
    SealedFileGarbled,
    Secret,
    Vault,
    create_vault,
    create_vault_in_token,
    export_gate,
    new_estate_id,
    open_vault,
    rotate_vault,
)
from cardserver.vault_disk import create_file, read_file, replace_file, require_absent

LIBRARY_VARIABLE: Final = "YIKA_PKCS11_LIBRARY"
LEAST_PASSPHRASE: Final = 12
"""The file can be tried offline without end, so a short passphrase protects nothing."""


_FILE: Final = click.Path(path_type=Path, dir_okay=False)
_keyring = click.option(
    "--keyring",
    type=_FILE,
    envvar=KEYRING_VARIABLE,
    default=default_keyring,
    show_default="keyring.json in the account's application folder",
    show_envvar=True,
    help="The keyring file.",
)
_passphrase_file = click.option(
    "--passphrase-file", type=_FILE, help="Read the passphrase (or the token's PIN) from here."
)
_keyfile = click.option("--keyfile", type=_FILE, help="Open with this key file of 32 bytes.")
_library = click.option(
    "--pkcs11-library",
    envvar=LIBRARY_VARIABLE,
    show_envvar=True,
    default="",
    help="The PKCS#11 module, for keys that live in a token.",
)


@click.group()
def keys() -> None:
    """Make, roll and hand out the estate's keys."""


@keys.command()
@_keyring
@_passphrase_file
@_keyfile
@_library
@click.option("--estate", help="4 to 8 capital letters and digits; random when left out.")
@click.option("--token", help="Make the keys inside the PKCS#11 token of this label.")
@click.option("--demo", is_flag=True, help="The published demo keys: for trying out only.")
def init(
    *,
    keyring: Path,
    passphrase_file: Path | None,
    keyfile: Path | None,
    pkcs11_library: str,
    estate: str | None,
    token: str | None,
    demo: bool,
) -> None:
    """Make a new keyring with key version 1. An existing one is never overwritten.

    A key file that does not exist is made. Keep a copy of the keyring and, apart from it, of the
    passphrase or key file: without both, no card can ever be changed again.
    """
    if demo and (token or estate):
        raise click.UsageError("--demo takes neither --token nor --estate")
    require_absent(keyring)
    estate_id = DEMO_ESTATE if demo else check_estate_id(estate or new_estate_id())
    if token:
        pin = _secret(passphrase_file, keyfile, prompt="PIN of the token")
        vault = create_vault_in_token(
            keyring, pin, estate_id=estate_id, pkcs11_library=pkcs11_library, token_label=token
        )
    else:
        secret = _new_secret(passphrase_file, keyfile, prompt="New passphrase", demo=demo)
        vault = create_vault(keyring, secret, estate_id=estate_id, demo=demo)
    vault.close()
    click.echo(f"Made {keyring} for estate {estate_id}, key version 1.")
    if demo:
        click.echo("These are the published demo keys. They protect nothing.")


@keys.command()
@_keyring
@_passphrase_file
@_keyfile
@_library
def rotate(
    *, keyring: Path, passphrase_file: Path | None, keyfile: Path | None, pkcs11_library: str
) -> None:
    """Add a key version and make it the active one.

    Older versions stay, for the cards that carry them. Start the server again afterwards, and hand
    every gate a new file (export-gate) before the first card is keyed anew.
    """
    secret = _secret_for(keyring, passphrase_file, keyfile)
    vault = rotate_vault(keyring, secret, pkcs11_library=pkcs11_library)
    click.echo(f"{keyring}: key version {vault.current_version} is active now.")
    vault.close()


@keys.command("export-gate")
@_keyring
@_passphrase_file
@_keyfile
@_library
@click.option("--out", type=_FILE, required=True, help="The gate's file; an older one is replaced.")
@click.option("--gate-passphrase-file", type=_FILE, help="The gate's own passphrase.")
@click.option("--since", default=1, help="Leave out key versions older than this one.")
@click.option("--gate-keyfile", type=_FILE, help="The gate's own key file; made if not there.")
def export(
    *,
    keyring: Path,
    passphrase_file: Path | None,
    keyfile: Path | None,
    pkcs11_library: str,
    out: Path,
    gate_passphrase_file: Path | None,
    gate_keyfile: Path | None,
    since: int,
) -> None:
    """Write the sealed file with which a gate reads and verifies cards, and can write none.

    With --since, cards of older key versions are refused by that gate: the last step of leaving
    behind keys that were stolen.
    """
    _refuse_other_file(out)
    secret = _secret_for(keyring, passphrase_file, keyfile)
    vault = open_vault(keyring, secret, allow_demo=True, pkcs11_library=pkcs11_library)
    gate_secret = _new_secret(
        gate_passphrase_file, gate_keyfile, prompt="New passphrase for the gate", demo=vault.demo
    )
    if gate_secret == secret and not vault.demo:
        raise click.UsageError("a gate needs a secret of its own: its box can be stolen")
    replace_file(out, export_gate(vault, gate_secret, since=since))
    held = ", ".join(str(each.version) for each in vault.versions() if each.version >= since)
    vault.close()
    click.echo(f"Wrote {out}: reading keys of version {held}, no writing key.")


@keys.command()
@_keyring
@_passphrase_file
@_keyfile
@_library
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of a table.")
def show(
    *,
    keyring: Path,
    passphrase_file: Path | None,
    keyfile: Path | None,
    pkcs11_library: str,
    as_json: bool,
) -> None:
    """Show versions, states and fingerprints; never a key.

    A fingerprint of a master key is AES-CMAC of 16 zero bytes under it, first 3 bytes; of a public
    key SHA-256, first 8 bytes.
    """
    secret = _secret_for(keyring, passphrase_file, keyfile)
    vault = open_vault(keyring, secret, allow_demo=True, pkcs11_library=pkcs11_library)
    facts = _facts(vault, keyring)
    vault.close()
    if as_json:
        click.echo(json.dumps(facts, ensure_ascii=False, indent=1))
        return
    click.echo(f"{keyring}: estate {facts['estate']}{', DEMO KEYS' if facts['demo'] else ''}")
    for each in facts["versions"]:
        click.echo(f"version {each['version']} ({each['state']})")
        for name, value in each["fingerprints"].items():
            click.echo(f"  {name:<16} {value}")


def _facts(vault: Vault, keyring: Path) -> dict[str, Any]:
    return {
        "keyring": str(keyring),
        "estate": vault.estate_id,
        "demo": vault.demo,
        "current_version": vault.current_version,
        "versions": [
            {
                "version": each.version,
                "state": each.state.value,
                "fingerprints": {
                    **{p.value: vault.fingerprint(p, each.version) for p in KeyPurpose},
                    "public-key": vault.public_key_fingerprint(each.version),
                },
            }
            for each in vault.versions()
        ],
    }


def _secret_for(keyring: Path, passphrase_file: Path | None, keyfile: Path | None) -> Secret:
    """The secret of an existing keyring; the demo's is published and need not be typed."""
    head = parse_json(read_file(keyring)).get("head")
    is_demo = isinstance(head, dict) and head.get("demo") is True
    return _secret(passphrase_file, keyfile, prompt="Passphrase or PIN", demo=is_demo)


def _secret(
    passphrase_file: Path | None, keyfile: Path | None, *, prompt: str, demo: bool = False
) -> Secret:
    if passphrase_file and keyfile:
        raise click.UsageError("give a passphrase file or a key file, not both")
    if keyfile:
        return KeyFile(read_file(keyfile))
    if passphrase_file:
        return Passphrase(_read_passphrase(passphrase_file))
    if demo:
        return Passphrase(DEMO_PASSPHRASE)
    return Passphrase(click.prompt(prompt, hide_input=True, err=True))


def _new_secret(
    passphrase_file: Path | None, keyfile: Path | None, *, prompt: str, demo: bool
) -> Secret:
    if keyfile and not passphrase_file and not keyfile.exists():
        create_file(keyfile, secrets.token_bytes(KEY_FILE_SIZE))
    if keyfile or passphrase_file or demo:
        secret = _secret(passphrase_file, keyfile, prompt=prompt, demo=demo)
    else:
        typed = click.prompt(prompt, hide_input=True, confirmation_prompt=True, err=True)
        secret = Passphrase(typed)
    if isinstance(secret, Passphrase) and len(secret.text) < LEAST_PASSPHRASE:
        raise click.UsageError(f"a passphrase needs {LEAST_PASSPHRASE} characters at least")
    return secret


def _read_passphrase(path: Path) -> str:
    try:
        text = read_file(path).decode("utf-8-sig")
    except UnicodeDecodeError:
        raise click.UsageError(f"{path} is no text in UTF-8") from None
    return text.rstrip("\r\n")


def _refuse_other_file(out: Path) -> None:
    """A gate file may be replaced; anything else, the keyring above all, must not be."""
    if not out.exists():
        return
    try:
        parse_frame(read_file(out), kind=GATE_FORMAT)
    except SealedFileGarbled:
        raise KeyringExists(f"{out} exists and is no gate file; it is not overwritten") from None
