"""Where keyring and payment accounts lie unless told otherwise; all commands must agree on it."""

from pathlib import Path
from typing import Final

import click

KEYRING_VARIABLE: Final = "YIKA_KEYRING"
ACCOUNTS_VARIABLE: Final = "YIKA_PAYMENTS"


def default_keyring() -> Path:
    """The keyring in the account's folder for applications."""
    return Path(click.get_app_dir("yika")) / "keyring.json"


def default_accounts() -> Path:
    """The sealed payment accounts, beside the keyring."""
    return default_keyring().with_name("payments.json")
