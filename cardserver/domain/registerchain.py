"""The chain that holds the register together (IC-19d).

Each row bears the SHA-256 over the hash of the row before it and its own content, so that a row
that was altered, left out or put in later is found by reading the chain from its beginning.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import fields
from datetime import UTC, date, datetime
from typing import Any, Final

from cardserver.domain.register import Amendment, EnteredRight, Proof

NO_ROW: Final = bytes(32)
"""What stands before the first row of a chain."""

Plain = str | int | bool | None | list["Plain"] | dict[str, "Plain"]


def canonical(content: Mapping[str, object]) -> bytes:
    """The one way to write a row's content down: JSON, keys sorted, UTF-8, days and instants ISO.

    Instants are written in UTC to the microsecond, bytes in hex. Raises TypeError for a value
    that has no such form.
    """
    plain = {name: _plain(value) for name, value in content.items()}
    return _WRITTEN(plain).encode()


def chained(previous: bytes, content: Mapping[str, object]) -> bytes:
    """SHA-256 of a row: over the hash of the row before it and its own canonical content."""
    return hashlib.sha256(previous + canonical(content)).digest()


_WRITTEN: Final = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode

_PLAIN: Final = frozenset({str, int, bool, type(None)})
"""Most values are of these very types; words of a closed set are not."""


def _plain(value: Any) -> Plain:
    if type(value) in _PLAIN:
        plain: Plain = value
        return plain
    if isinstance(value, Mapping):
        return {str(name): _plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return _grain(value)


def _grain(value: object) -> str | int | bool | None:
    match value:
        case None | bool():
            return value
        case str():
            return str(value)  # a word of a closed set is its text
        case int():
            return int(value)
        case datetime():
            return instant_text(value)
        case date():
            return value.isoformat()
        case bytes():
            return value.hex()
    raise TypeError(f"{type(value).__name__} has no canonical form")


def instant_text(instant: datetime) -> str:
    """An instant in UTC, always with six digits of a second: ``2025-06-09T01:00:00.000000Z``."""
    if instant.tzinfo is None:
        raise TypeError("an instant needs an offset")
    utc = instant.astimezone(UTC)
    return f"{utc:%Y-%m-%dT%H:%M:%S.%f}Z"


def plain_of(value: EnteredRight | Proof | Amendment) -> dict[str, object]:
    """One of the values above as it is stored: a flat object of plain values."""
    return {each.name: _plain(getattr(value, each.name)) for each in fields(value)}
