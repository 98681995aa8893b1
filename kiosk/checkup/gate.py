"""What a gate needs beside its lanes: the keys that read, and a place to write taps down."""

import os
from collections.abc import Iterator
from typing import Final

from cardserver.domain.finding import Finding, fine, wrong
from cardserver.domain.keys import DemoKeysRefused, VaultError
from cardserver.domain.sealed import WrongSecret
from kiosk.gate.station import open_keys
from kiosk.station.config import ConfigInvalid, GatePart

_EXPORT: Final = "Make it anew where the keyring is: yika keys export-gate --out … --gate-keyfile …"


def keys(part: GatePart) -> Iterator[Finding]:
    """Does the file with the reading keys open, and are they real ones?"""
    try:
        opened, _ = open_keys(part)
    except DemoKeysRefused as error:
        yield wrong("gate keys", str(error), "Export them from the estate's own keyring.")
    except WrongSecret as error:
        yield wrong("gate keys", str(error), "Give it the key file that it was exported with.")
    except (VaultError, ConfigInvalid) as error:
        yield wrong("gate keys", str(error), _EXPORT)
    else:
        versions = ", ".join(map(str, opened.versions))
        yield fine("gate keys", f"estate {opened.estate_id}, version {versions}, reading only")


def journal(part: GatePart) -> Iterator[Finding]:
    """Can taps be written down? Nothing opens without a record."""
    folder = part.journal.parent
    place = part.journal if part.journal.exists() else folder
    if folder.is_dir() and os.access(folder, os.W_OK) and os.access(place, os.W_OK):
        yield fine("journal", str(part.journal))
    else:
        advice = "Make the folder and let this account write in it."
        yield wrong("journal", f"{part.journal} can't be written", advice)
