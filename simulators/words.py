"""Words of the demo's own pages: one TOML file per page, every text in three languages.

[reader]
lift = { zh-Hans = "拿走", zh-Hant = "拿走", en = "Take away" }
"""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Final

from kiosk.station.i18n import DEFAULT_LANGUAGE, LANGUAGE_NAMES

LANGUAGES: Final = frozenset(LANGUAGE_NAMES)

Texts = Mapping[str, Mapping[str, str]]
"""Dotted key, then language."""


def _flatten(table: Mapping[str, object], prefix: str = "") -> dict[str, dict[str, str]]:
    flat: dict[str, dict[str, str]] = {}
    for name, value in table.items():
        if isinstance(value, Mapping) and not value.keys() <= LANGUAGES:
            flat |= _flatten(value, f"{prefix}{name}.")
        elif isinstance(value, Mapping):
            flat[prefix + name] = {language: str(text) for language, text in value.items()}
    return flat


@cache
def texts(name: str) -> Texts:
    """All texts of one page, e.g. ``panel_texts``."""
    source = files("simulators") / f"{name}.toml"
    return _flatten(tomllib.loads(source.read_text(encoding="utf-8")))


def word(name: str, language: str, key: str, /, **values: object) -> str:
    """The text `key` of page `name`; a key nobody wrote is shown as itself, and a test fails."""
    said = texts(name).get(key, {})
    found = said.get(language) or said.get(DEFAULT_LANGUAGE) or key
    return found.format(**values) if values else found


def section(name: str, language: str, prefix: str) -> dict[str, str]:
    """The texts whose key begins with ``prefix.``, without it: what a page's script says itself."""
    start = f"{prefix}."
    keys = [key for key in texts(name) if key.startswith(start)]
    return {key.removeprefix(start): word(name, language, key) for key in keys}
