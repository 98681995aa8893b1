"""Where the keyring lies unless told otherwise; `yika keys` and `yika serve` must agree on it."""

from pathlib import Path
from typing import Final

import click

KEYRING_VARIABLE: Final = "YIKA_KEYRING"


def default_keyring() -> Path:
    """The keyring in the account's folder for applications."""
    return Path(click.get_app_dir("yika")) / "keyring.json"
