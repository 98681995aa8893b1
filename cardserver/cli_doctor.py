"""The server's part of `yika doctor`: keyring and store, where `yika serve` finds them."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from functools import partial
from typing import Any

import click

from cardserver.cli_serve import serve
from cardserver.domain.finding import Finding, guarded, wrong


def findings(words: Sequence[str], now: Callable[[], datetime]) -> Iterator[Finding]:
    """Look at what `yika serve` with these words would open; neither is made, opened or changed.

    Its settings count here as there: words, then YIKA_…, then the file of ``--config``. A faulty
    setting is a finding too.
    """
    try:
        settings = serve.make_context("yika serve", list(words)).params
    except click.UsageError as error:
        advice = "Correct it; `yika serve --help` explains every setting."
        yield wrong("settings", error.format_message(), advice)
        return
    yield from guarded("keyring", partial(_keyring, settings))
    yield from guarded("database", partial(_store, settings, now))


def _keyring(settings: dict[str, Any]) -> Iterator[Finding]:
    from cardserver.checkup_keys import KeyPlace, keyring

    place = KeyPlace(
        keyring=settings["keyring"],
        passphrase_file=settings["passphrase_file"],
        keyfile=settings["keyfile"],
        pkcs11_library=settings["pkcs11_library"],
    )
    yield from keyring(place)


def _store(settings: dict[str, Any], now: Callable[[], datetime]) -> Iterator[Finding]:
    from cardserver.checkup_store import store

    yield from store(settings["database"], now)
