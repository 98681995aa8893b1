"""``yika operators`` and ``yika roles``: who may sign in, and what their offices carry.

The first works on the server's database, beside the server, and so needs nobody signed in: whoever
can write that file holds the house anyway. It is the way in for the first administrator.
Passwords are asked for; they never stand on a command line and never in a log.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Final
from uuid import uuid4

import click

from cardserver.domain.permits import ROLE_PERMITS, Action, Role

if TYPE_CHECKING:
    from cardserver.services.turn import Estate
    from cardserver.wire_operators import OperatorView

_LONGEST_NAME: Final = 60
_DATABASE = click.option(
    "--database",
    default="sqlite:///yika.db",
    show_default=True,
    envvar="YIKA_DATABASE",
    show_envvar=True,
    help="sqlite:///FILE or postgresql+psycopg://…",
)
_ROLE = click.Choice([str(role) for role in Role])
_ROLES = click.option("--role", "roles", type=_ROLE, multiple=True, help="May be given again.")
_PASSWORD_FILE = click.option(
    "--password-file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Read the new password from the first line of this file.",
)


@click.command()
def roles() -> None:
    """Print which office carries which right (requirements, section 0.1)."""
    for line in role_table():
        click.echo(line)


def role_table() -> Iterable[str]:
    """The table role × action, as plain text: a row an action, a column a role, x where it may."""
    widest = max(len(action) for action in Action)
    for number, role in enumerate(Role, start=1):
        yield f"{number:>2} {role}"
    yield ""
    yield " " * widest + "".join(f"{number:>3}" for number, _ in enumerate(Role, start=1))
    for action in Action:
        cells = "".join("  x" if action in ROLE_PERMITS[role] else "  ." for role in Role)
        yield f"{action:<{widest}}{cells}"


@click.group()
def operators() -> None:
    """Keep the people who may sign in at the desk."""


@operators.command("list")
@_DATABASE
def list_(database: str) -> None:
    """Show everybody with a log-in."""
    from cardserver.services.operators import everybody
    from cardserver.services.setup import SETUP

    for each in everybody(_open(database), SETUP).operators:
        click.echo(_line(each))


@operators.command()
@click.argument("name")
@_ROLES
@click.option(
    "--holder",
    "holder_id",
    type=click.IntRange(1, 2**63 - 1),
    help="The person's own number as a holder.",
)
@_PASSWORD_FILE
@_DATABASE
def add(
    name: str,
    roles: tuple[str, ...],
    holder_id: int | None,
    password_file: Path | None,
    *,
    database: str,
) -> None:
    """Put a person on file, with a password that is asked for."""
    from pydantic import SecretStr

    from cardserver.services import operators as keeping
    from cardserver.services.setup import SETUP
    from cardserver.wire_operators import NewOperator

    if not 1 <= len(name.strip()) <= _LONGEST_NAME or not name.isprintable():
        raise click.BadParameter("a name has 1 to 60 printable characters", param_hint="NAME")
    estate = _open(database, first=True)
    request = NewOperator(
        request_id=str(uuid4()),
        name=name,
        roles=tuple(Role(role) for role in roles),
        holder_id=holder_id,
        password=SecretStr(_new_password(password_file)),
    )
    click.echo(_line(keeping.add(estate, SETUP, request)))


@operators.command("roles")
@click.argument("name")
@_ROLES
@_DATABASE
def set_roles(name: str, roles: tuple[str, ...], *, database: str) -> None:
    """Give a person these offices instead of the ones before."""
    from cardserver.services import operators as keeping
    from cardserver.services.setup import SETUP
    from cardserver.wire_operators import RolesRequest

    estate = _open(database)
    request = RolesRequest(request_id=str(uuid4()), roles=tuple(Role(role) for role in roles))
    click.echo(_line(keeping.set_roles(estate, SETUP, _number(estate, name), request)))


@operators.command()
@click.argument("name")
@_PASSWORD_FILE
@_DATABASE
def password(name: str, password_file: Path | None, *, database: str) -> None:
    """Give a person a new password; sessions under the old one end."""
    from pydantic import SecretStr

    from cardserver.services import operators as keeping
    from cardserver.services.setup import SETUP
    from cardserver.wire_operators import PasswordRequest

    estate = _open(database)
    number = _number(estate, name)
    request = PasswordRequest(password=SecretStr(_new_password(password_file)))
    click.echo(_line(keeping.set_password(estate, SETUP, number, request)))


@operators.command()
@click.argument("name")
@_DATABASE
def disable(name: str, *, database: str) -> None:
    """Let a person sign in no longer; what they did stays under their name."""
    _set_active(name, database, active=False)


@operators.command()
@click.argument("name")
@_DATABASE
def enable(name: str, *, database: str) -> None:
    """Let a person sign in again."""
    _set_active(name, database, active=True)


@operators.command()
@click.argument("name")
@_DATABASE
def unlock(name: str, *, database: str) -> None:
    """Let a person wait no longer after wrong passwords."""
    from cardserver.services import operators as keeping
    from cardserver.services.setup import SETUP
    from cardserver.wire_operators import UnlockRequest

    estate = _open(database)
    request = UnlockRequest(request_id=str(uuid4()))
    click.echo(_line(keeping.unlock(estate, SETUP, _number(estate, name), request)))


def _set_active(name: str, database: str, *, active: bool) -> None:
    from cardserver.services import operators as keeping
    from cardserver.services.setup import SETUP
    from cardserver.wire_operators import ActiveRequest

    estate = _open(database)
    request = ActiveRequest(request_id=str(uuid4()), active=active)
    click.echo(_line(keeping.set_active(estate, SETUP, _number(estate, name), request)))


def _open(database: str, *, first: bool = False) -> "Estate":
    """The server's store; the `first` person may be put on file before it was ever opened.

    Log-ins need no card keys, so the estate's own stay locked away.
    """
    from cardserver.services.opening import open_beside, open_estate
    from cardserver.vault import demo_vault

    if first:
        return open_estate(database, demo_vault(), name="Yika")
    return open_beside(database, demo_vault())


def _number(estate: "Estate", name: str) -> int:
    from cardserver.services.operators import everybody
    from cardserver.services.setup import SETUP

    for each in everybody(estate, SETUP).operators:
        if each.name == name:
            return each.operator_id
    raise click.ClickException(f"nobody called {name} has a log-in; see yika operators list")


def _line(each: "OperatorView") -> str:
    state = "" if each.active else "  (disabled)"
    state += "  (waits after wrong passwords)" if each.waits else ""
    return f"{each.name}: {' '.join(each.roles) or 'no role'}{state}"


def _new_password(path: Path | None) -> str:
    if path is None:
        return str(
            click.prompt("New password", hide_input=True, confirmation_prompt=True, err=True)
        )
    try:
        return path.read_text(encoding="utf-8-sig").partition("\n")[0].rstrip("\r")
    except (OSError, UnicodeDecodeError):
        raise click.UsageError(f"{path} can't be read as text in UTF-8") from None
