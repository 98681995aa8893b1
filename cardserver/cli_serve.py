"""``yika serve``: run the card server.

What it needs can stand in a TOML file (``--config``) under the options' own names, in the
environment (``YIKA_…``) or on the command line; the later of these wins.
"""

import gc
import ipaddress
import logging
import re
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from cardserver.domain.uncollected import collect_seldom
from cardserver.keyringpath import default_accounts, default_keyring

if TYPE_CHECKING:
    from cardserver.services.turn import Estate
    from cardserver.vault import Vault

PREFIX: Final = "YIKA"
_FILE: Final = click.Path(path_type=Path, dir_okay=False)
_KINDS: Final = ("desk", "kiosk", "gate", "office", "panel")
_STATION: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9 _-]{0,58}[A-Za-z0-9_-])?")
_PORT: Final = re.compile(r"[0-9]{1,5}")
_THREADS: Final = 8
_WAITING_GATES: Final = 256

_ONCE: Final = frozenset({"add_station", "mend_clock"})
"""What is done once and then the command ends: no settings for a file."""


def _read_config(context: click.Context, _option: click.Parameter, path: Path | None) -> None:
    """Take the file's settings as defaults. Unknown ones are mistakes and are named."""
    if path is None:
        return
    try:
        settings = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise click.BadParameter(f"{path}: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise click.BadParameter(f"{path} is not TOML: {error}") from None
    except RecursionError:
        raise click.BadParameter(f"{path} is not TOML: nested too deeply") from None
    known = {option.name for option in context.command.params} - {"config", *_ONCE}
    unknown = sorted(set(settings) - known)
    if unknown:
        raise click.BadParameter(f"{path}: unknown settings: {', '.join(unknown)}")
    if wrong := sorted(name for name, value in settings.items() if _no_scalar(value)):
        raise click.BadParameter(f"{path}: not one plain value: {', '.join(wrong)}")
    context.default_map = settings


def _no_scalar(value: object) -> bool:
    return not isinstance(value, str | int | bool)


@click.command(context_settings={"auto_envvar_prefix": PREFIX})
@click.option(
    "--config",
    type=_FILE,
    is_eager=True,
    expose_value=False,
    callback=_read_config,
    help="TOML file with any of the settings below.",
)
@click.option(
    "--database",
    default="sqlite:///yika.db",
    show_default=True,
    help="sqlite:///FILE or postgresql+psycopg://…",
)
@click.option("--estate", default="Yika", show_default=True, help="Name of the estate.")
@click.option("--listen", default="127.0.0.1:8700", show_default=True, help="ADDRESS:PORT.")
@click.option(
    "--behind-tls",
    is_flag=True,
    help="A TLS proxy stands in front; needed to listen beyond loopback.",
)
@click.option(
    "--threads",
    type=click.IntRange(1, 64),
    default=_THREADS,
    show_default=True,
    help="Calls answered at a time.",
)
@click.option(
    "--waiting-gates",
    type=click.IntRange(0, 2000),
    default=_WAITING_GATES,
    show_default=True,
    help="Gates that may wait for news at a time; each takes a thread that sleeps.",
)
@click.option(
    "--bearer-gates",
    is_flag=True,
    help=(
        "Let gates of an earlier version in with their tokens until they sign: see yika gates "
        "enrol. A gate that has a key never comes in with a token again."
    ),
)
@click.option(
    "--lease-ends-card/--card-outlives-lease",
    default=True,
    show_default=True,
    help="A tenant's card ends with the lease (IC-05a).",
)
@click.option(
    "--staff-years",
    type=click.IntRange(1, 2),
    default=1,
    show_default=True,
    help="Length of a staff card, never beyond the employment (IC-13a).",
)
@click.option(
    "--temporary-day-fee",
    type=click.IntRange(0, 1000),
    default=0,
    show_default=True,
    metavar="YUAN",
    help="A day inside after a lapsed month, offered at the desk (PARK-05b); 0 offers none.",
)
@click.option(
    "--paper-images",
    type=click.IntRange(0, 60),
    default=0,
    show_default=True,
    metavar="MONTHS",
    help="Store pictures of papers, sealed, for so many months; 0 stores none.",
)
@click.option(
    "--check-notes-above",
    type=click.IntRange(0, 100),
    default=50,
    show_default=True,
    metavar="YUAN",
    help="Notes of a larger face value go through the note checker (FEE-03).",
)
@click.option(
    "--keep-rest/--no-keep-rest",
    "keep_rest",
    default=True,
    show_default=True,
    help="A kiosk may keep what a note is beyond the price as the card's credit (FEE-04a).",
)
@click.option(
    "--keyring",
    type=_FILE,
    default=default_keyring,
    show_default="keyring.json in the account's application folder",
    help="The keyring file (see yika keys).",
)
@click.option("--passphrase-file", type=_FILE, help="Read its passphrase (or the PIN) from here.")
@click.option("--keyfile", type=_FILE, help="Open it with this key file.")
@click.option("--pkcs11-library", default="", help="The PKCS#11 module, for keys in a token.")
@click.option(
    "--payments",
    type=_FILE,
    default=default_accounts,
    show_default="payments.json beside the keyring",
    help="The sealed accounts with WeChat Pay and Alipay (see yika payments).",
)
@click.option(
    "--add-station",
    type=(str, click.Choice(_KINDS)),
    metavar="NAME KIND",
    help="Put a station on file, or give it a new token; print the token and end.",
)
@click.option(
    "--mend-clock",
    is_flag=True,
    allow_from_autoenv=False,
    help=(
        "For a server that says its clock was set back when the clock is right: a wrong clock ran "
        "ahead once, and no sale is taken until that moment has come. Set the machine's clock "
        "right first; this makes it the time again, prints the old and the new, and ends."
    ),
)
def serve(**settings: Any) -> None:
    """Run the card server for one estate."""
    host, port = _address(settings["listen"], behind_tls=settings["behind_tls"])
    with _nothing_is_garbage_yet():
        estate = _open_estate(settings)
        if settings["add_station"] or settings["mend_clock"]:
            _do_and_end(estate, settings)
            return
        _tell_of_first_run(estate)
        # Imported here so that ``yika --help`` stays quick.
        from cardserver.services.daily import Daily
        from cardserver.services.settler import Settler
        from cardserver.web.app import create_app
        from cardserver.web.listening import listening

        app = create_app(estate)
        collect_seldom()  # no call waits while all that stands now is looked through
    places, waiting = settings["threads"], settings["waiting_gates"]
    logging.basicConfig()
    news = estate.gates.news
    server = listening(app, host=host, port=port, places=places, waiting=waiting, ending=news.close)
    click.echo(f"Serving {estate.name} on http://{host}:{port}", err=True)
    daily, settler = Daily(estate), Settler(estate)
    daily.start()
    settler.start()
    try:
        server.run()
    finally:
        server.close()
        settler.stop()
        daily.stop()


@contextmanager
def _nothing_is_garbage_yet() -> Iterator[None]:
    """Until the server stands, a fifth of the time would go into looking for garbage in vain."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _open_estate(settings: Mapping[str, Any]) -> "Estate":
    vault = _open_keys(settings)
    from cardserver.domain.cardrules import CardRules
    from cardserver.payments.loader import open_providers
    from cardserver.services.opening import open_estate

    estate = open_estate(
        settings["database"],
        vault,
        name=settings["estate"],
        check_above_fen=settings["check_notes_above"] * 100,
        keep_rest_as_credit=settings["keep_rest"],
        rules=CardRules(
            lease_ends_card=settings["lease_ends_card"],
            staff_years=settings["staff_years"],
            image_months=settings["paper_images"],
            temporary_day_fen=settings["temporary_day_fee"] * 100,
        ),
        providers=open_providers(Path(settings["payments"]), vault),
        bearer_gates=settings["bearer_gates"],
    )
    estate.gates.news.max_waiting = settings["waiting_gates"]
    return estate


def _do_and_end(estate: "Estate", settings: Mapping[str, Any]) -> None:
    """What is done beside a server, or before there is one."""
    if settings["add_station"]:
        from cardserver.domain.station import StationKind
        from cardserver.services.setup import register_station

        name, kind = settings["add_station"]
        if not _STATION.fullmatch(name):
            raise click.BadParameter(
                "a station's name is part of its token: up to 60 letters, digits, - and _",
                param_hint="--add-station",
            )
        if StationKind(kind) is StationKind.GATE and not settings["bearer_gates"]:
            raise click.UsageError("gates have keys instead of tokens: see yika gates enrol")
        click.echo(register_station(estate, name, StationKind(kind)))
        return
    from cardserver.services.clock import mend_clock

    before, after = mend_clock(estate)
    click.echo(f"The server's time was {before.isoformat()} and is {after.isoformat()} now.")


def _tell_of_first_run(estate: "Estate") -> None:
    """A new house: nobody can sign in until somebody is put on file."""
    from cardserver.services.operators import names
    from cardserver.services.setup import SETUP

    if not names(estate, SETUP).names:
        click.echo(
            "Nobody can sign in yet. The first person, beside this database:\n"
            "  yika operators add NAME --role administrator --database …",
            err=True,
        )


def _address(listen: str, *, behind_tls: bool) -> tuple[str, int]:
    host, _, port = listen.rpartition(":")
    host = host.strip("[]")
    if not host or not _PORT.fullmatch(port) or not 0 < int(port) < 2**16:
        raise click.BadParameter("say ADDRESS:PORT", param_hint="--listen")
    if not _is_loopback(host) and not behind_tls:
        raise click.BadParameter(
            "tokens and keys would cross the net in clear: put a TLS proxy in front, let the "
            "server listen on loopback, or say --behind-tls if it is there already",
            param_hint="--listen",
        )
    return host, int(port)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _open_keys(settings: Mapping[str, Any]) -> "Vault":
    """Open the keyring. Demo keys are refused here: they belong to ``yika demo`` alone."""
    from cardserver.vault import KeyFile, Passphrase, open_vault

    if settings["keyfile"] and settings["passphrase_file"]:
        raise click.UsageError("give a passphrase file or a key file, not both")
    if settings["keyfile"]:
        secret: KeyFile | Passphrase = KeyFile(settings["keyfile"].read_bytes())
    elif settings["passphrase_file"]:
        secret = Passphrase(_text(settings["passphrase_file"]))
    else:
        secret = Passphrase(click.prompt("Passphrase or PIN", hide_input=True, err=True))
    return open_vault(settings["keyring"], secret, pkcs11_library=settings["pkcs11_library"])


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig").rstrip("\r\n")
    except UnicodeDecodeError:
        raise click.UsageError(f"{path} is no text in UTF-8") from None
