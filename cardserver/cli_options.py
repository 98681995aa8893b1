"""Options that several commands of the server share: what opens the estate's keyring."""

from collections.abc import Callable, Sequence
from functools import reduce
from pathlib import Path
from typing import Any, Final

import click

from cardserver.keyringpath import KEYRING_VARIABLE, default_keyring

FILE: Final = click.Path(path_type=Path, dir_okay=False)

Option = Callable[[Any], Any]
"""What adds one option to a command, as click makes it."""


def with_options(options: Sequence[Option]) -> Option:
    """A decorator that adds these options, in this order, to a command."""
    return lambda command: reduce(lambda made, option: option(made), reversed(options), command)


def keyring_options(what_for: str) -> tuple[Option, ...]:
    """Where the keyring is and what opens it; `what_for` is the help of ``--keyring``."""
    return (
        click.option(
            "--keyring",
            type=FILE,
            envvar=KEYRING_VARIABLE,
            show_envvar=True,
            default=default_keyring,
            show_default="keyring.json in the account's application folder",
            help=what_for,
        ),
        click.option("--passphrase-file", type=FILE, help="Read its passphrase (or the PIN) here."),
        click.option("--keyfile", type=FILE, help="Open it with this key file."),
        click.option(
            "--pkcs11-library", default="", help="The PKCS#11 module, for keys in a token."
        ),
    )
