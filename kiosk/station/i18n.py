"""Words for people: a folder of TOML files per language, one file a topic, each key in one of them.

A language stands in `LANGUAGE_NAMES` by its own name.

A text is named by a dotted key (``desk.money.due``) and may hold ``{placeholders}``. Simplified
Chinese is complete by definition; a missing text in another language falls back to it, and a test
holds every catalogue complete with the same placeholders.
"""

import tomllib
from collections.abc import Mapping
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Final

DEFAULT_LANGUAGE: Final = "zh-Hans"
LANGUAGE_NAMES: Final = {"zh-Hans": "简体中文", "zh-Hant": "繁體中文", "en": "English"}


def _flatten(table: Mapping[str, object], prefix: str = "") -> dict[str, str]:
    flat: dict[str, str] = {}
    for name, value in table.items():
        key = f"{prefix}{name}"
        if isinstance(value, Mapping):
            flat |= _flatten(value, f"{key}.")
        else:
            flat[key] = str(value)
    return flat


@cache
def catalogue(language: str) -> Mapping[str, str]:
    """All texts of one language.

    Raises FileNotFoundError for a language without a folder, ValueError for a key written twice.
    """
    found: dict[str, str] = {}
    folder = files("kiosk") / "translations" / language
    for source in sorted(folder.iterdir(), key=lambda each: each.name):
        texts = _flatten(tomllib.loads(source.read_text(encoding="utf-8")))
        if twice := found.keys() & texts.keys():
            raise ValueError(
                f"{language}/{source.name}: written before: {', '.join(sorted(twice))}"
            )
        found |= texts
    return found


def choose_language(*wishes: str | None) -> str:
    """The first wish we have a catalogue for, else Simplified Chinese."""
    for wish in wishes:
        if wish in LANGUAGE_NAMES:
            return wish
    return DEFAULT_LANGUAGE


def text(language: str, key: str, /, **values: object) -> str:
    """The text `key` in `language` with its placeholders filled.

    A key nobody wrote a text for is shown as itself, so that a page still stands; the test of the
    catalogues fails on it.
    """
    found = catalogue(language).get(key) or catalogue(DEFAULT_LANGUAGE).get(key)
    if found is None:
        return key
    return found.format(**values) if values else found


def count_text(language: str, key: str, n: int) -> str:
    """`n` things in words: ``key.one`` for a single one, else ``key.other``."""
    return text(language, f"{key}.one" if n == 1 else f"{key}.other", n=n)


def day_text(language: str, day: date) -> str:
    """A day as people say it: ``2027年5月8日``, ``8 May 2027``."""
    month = text(language, "date.months").split()[day.month - 1]
    return text(language, "date.day", year=day.year, month=month, day=day.day)


def worded(language: str, table: str, code: str, /, **values: object) -> str:
    """What `table` says of a code: its own words, those of its family, else ``unexpected``.

    So a code nobody foresaw is an apology with a way on, and never a bare code.
    """
    known = catalogue(DEFAULT_LANGUAGE)
    wishes = (code, code.partition("-")[0], "unexpected")
    key = next(key for each in wishes if (key := f"{table}.{each}") in known)
    return text(language, key, **values)
