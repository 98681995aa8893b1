"""``yika gates``: the gates that may speak to this centre, each with a key of its own.

Works on the server's database, beside the server. Only public keys come here; a gate's private key
never leaves the gate (``yika gate enrol`` there).
"""

from typing import TYPE_CHECKING, Any, Final

import click

from cardserver.cli_options import keyring_options, with_options
from cardserver.domain.ids import MAX_CARD_NUMBER

if TYPE_CHECKING:
    from cardserver.services.turn import Estate
    from cardserver.wire_gatesync import GateView

_OPENING: Final = (
    click.option(
        "--database",
        default="sqlite:///yika.db",
        show_default=True,
        envvar="YIKA_DATABASE",
        show_envvar=True,
        help="sqlite:///FILE or postgresql+psycopg://…",
    ),
    *keyring_options("The estate's keyring: gates are kept under its id."),
)
_with_store = with_options(_OPENING)

_KEY_IS_NO_OPTION: Final = {"ignore_unknown_options": True, "help_option_names": ["--help"]}
"""One public key of sixty-four begins with a dash, and some of them go on with an h."""


@click.group()
def gates() -> None:
    """Keep the gates that may speak to this centre."""


@gates.command(context_settings=_KEY_IS_NO_OPTION)
@click.argument("name")
@click.argument("public_key")
@_with_store
def enrol(name: str, public_key: str, **opening: Any) -> None:
    """Let the gate NAME in under the PUBLIC_KEY that `yika gate enrol` printed there.

    Compare the fingerprint over the telephone: it is what makes the key that gate's. A token the
    gate had before ends.
    """
    from cardserver.clientsigning import fingerprint
    from cardserver.domain.gatesignature import GateSignatureInvalid, read_public_key
    from cardserver.services.enrolling import enrol as put
    from cardserver.services.errors import Conflict

    try:
        key = read_public_key(public_key)
    except GateSignatureInvalid:
        raise click.BadParameter(
            "that is no public key: copy the whole line", param_hint="PUBLIC_KEY"
        ) from None
    try:
        key_id = put(_open(opening), _caller(), name, key)
    except Conflict as conflict:
        raise click.ClickException(str(conflict)) from None
    click.echo(f"{name} may come with key {key_id}.")
    click.echo(f"Its fingerprint, to be the same on the gate: {fingerprint(key)}")


@gates.command("list")
@_with_store
def list_(**opening: Any) -> None:
    """Show every gate, its keys and which version of the list it enforces."""
    from cardserver.services.gateseen import gates as everyone

    found = everyone(_open(opening), _caller())
    click.echo(f"The list is at version {found.version}.")
    for each in found.gates:
        click.echo(_line(each))


@gates.command()
@click.argument("name")
@click.option("--key", "key_id", default="", help="Only this key; all of the gate's otherwise.")
@_with_store
def revoke(name: str, key_id: str, **opening: Any) -> None:
    """Take the key of the gate NAME away; it counts from its next call on."""
    from cardserver.services.enrolling import revoke as take
    from cardserver.services.errors import NotFound

    try:
        gone = take(_open(opening), _caller(), name, key_id)
    except NotFound:
        raise click.ClickException(f"{name} has no such key; see yika gates list") from None
    click.echo(f"{name} comes in no more with: {', '.join(gone)}")


@gates.command()
@click.argument("card", type=click.IntRange(1, MAX_CARD_NUMBER))
@_with_store
def reach(card: int, **opening: Any) -> None:
    """Say since when the standing of CARD counts at every gate: "revoked everywhere at"."""
    from cardserver.services.errors import NotFound
    from cardserver.services.gateseen import reach_of_card

    estate = _open(opening)
    try:
        found = reach_of_card(estate, _caller(), card)
    except NotFound:
        raise click.ClickException(f"there is no card {card}") from None
    for each in found.gates:
        since = "not yet" if each.at is None else f"{each.at.astimezone(estate.zone):%F %T}"
        click.echo(f"{each.station}: {since}")
    if found.everywhere_at is None:
        click.echo(f"Card {card} is {found.status}; missing: {', '.join(found.missing) or '-'}")
    else:
        when = f"{found.everywhere_at.astimezone(estate.zone):%F %T}"
        click.echo(f"Card {card} is {found.status} everywhere since {when}.")


def _caller() -> Any:
    from cardserver.services.setup import SETUP

    return SETUP


def _open(opening: dict[str, Any]) -> "Estate":
    from cardserver.services.opening import open_beside
    from cardserver.vault import KeyFile, Passphrase, open_vault

    if opening["keyfile"] and opening["passphrase_file"]:
        raise click.UsageError("give a passphrase file or a key file, not both")
    if opening["keyfile"]:
        secret: KeyFile | Passphrase = KeyFile(opening["keyfile"].read_bytes())
    elif opening["passphrase_file"]:
        secret = Passphrase(opening["passphrase_file"].read_text("utf-8-sig").rstrip("\r\n"))
    else:
        secret = Passphrase(click.prompt("Passphrase or PIN", hide_input=True, err=True))
    vault = open_vault(opening["keyring"], secret, pkcs11_library=opening["pkcs11_library"])
    return open_beside(opening["database"], vault)


def _line(each: "GateView") -> str:
    keys = f"keys {' '.join(each.key_ids)}" if each.key_ids else "no key: see yika gates enrol"
    if each.seen_at is None:
        return f"{each.station}: never seen; {keys}"
    version = "no list" if each.version is None else f"version {each.version}"
    return (
        f"{each.station}: {version}, seen {each.seen_at:%F %T} UTC, "
        f"{each.waiting} lines waiting, clock {each.drift_ms:+d} ms; {keys}"
    )
