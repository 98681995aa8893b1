"""The body of a panel's call: one JSON object whose fields are asked for one by one.

A missing or mistyped field, or one nobody asked for, is a `BadCall` with a sentence about it.
"""

import json
from collections.abc import Collection, Sequence
from datetime import date, time
from http import HTTPStatus
from typing import Any, Final

from flask import request

_ABSENT: Final = object()


class BadCall(Exception):
    """A call that makes no sense: what a script's author reads."""

    def __init__(
        self, message: str, *, code: str = "bad-value", status: int = HTTPStatus.BAD_REQUEST
    ) -> None:
        super().__init__(message)
        self.code = code
        self.status = status


class Body:
    """An object's fields. `finish` refuses those that are left over."""

    def __init__(self, fields: object, what: str = "the body") -> None:
        if not isinstance(fields, dict):
            raise BadCall(f"{what} is one JSON object, such as {{}}", code="not-json")
        self._left: dict[str, Any] = dict(fields)

    def has(self, name: str) -> bool:
        """Whether the field is there and not asked for yet."""
        return name in self._left

    def flag(self, name: str) -> bool:
        """A field that is true or false."""
        value = self._take(name)
        if not isinstance(value, bool):
            raise BadCall(f"{name} is true or false")
        return value

    def only_flags(self, names: Sequence[str]) -> dict[str, bool]:
        """The whole object: at least one of these fields, each true or false."""
        flags = {each: self.flag(each) for each in names if self.has(each)}
        self.finish()
        if not flags:
            raise BadCall(f"one or more of {', '.join(names)}", code="missing-field")
        return flags

    def integer(self, name: str, *, low: int, high: int, default: int | None = None) -> int:
        """A whole number within `low` and `high`."""
        value = self._take(name, _ABSENT if default is None else default)
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise BadCall(f"{name} is a whole number from {low} to {high}")
        return value

    def text(self, name: str, *, limit: int = 80) -> str:
        """A text of 1 to `limit` characters."""
        value = self._take(name)
        if not isinstance(value, str) or not 0 < len(value) <= limit:
            raise BadCall(f"{name} is a text of 1 to {limit} characters")
        return value

    def choice(self, name: str, choices: Collection[str]) -> str:
        """One of `choices`."""
        value = self._take(name)
        if not isinstance(value, str) or value not in choices:
            raise BadCall(f"{name} is one of {', '.join(choices)}")
        return value

    def hexadecimal(self, name: str, *, limit: int = 16) -> bytes:
        """Bytes as hex digits."""
        value = self.text(name, limit=2 * limit)
        try:
            return bytes.fromhex(value)
        except ValueError as wrong:
            raise BadCall(f"{name} is made of hex digits, two for a byte") from wrong

    def day(self, name: str) -> date:
        """A day such as 2026-06-09."""
        value = self.text(name)
        try:
            return date.fromisoformat(value)
        except ValueError as wrong:
            raise BadCall(f"{name} is a day such as 2026-06-09") from wrong

    def time_of_day(self, name: str) -> time:
        """A time such as 23:59 or 23:59:30."""
        value = self.text(name)
        try:
            moment = time.fromisoformat(value)
        except ValueError as wrong:
            raise BadCall(f"{name} is a time such as 23:59") from wrong
        if moment.tzinfo is not None:
            raise BadCall(f"{name} is the estate's own time, without a zone")
        return moment

    def objects(self, name: str, *, limit: int) -> list["Body"]:
        """A list of at most `limit` objects."""
        value = self._take(name)
        if not isinstance(value, list) or len(value) > limit:
            raise BadCall(f"{name} is a list of at most {limit} objects")
        return [Body(each, f"each of {name}") for each in value]

    def finish(self) -> None:
        """Nothing may be left: a misspelt field is an error, not a silence."""
        if self._left:
            raise BadCall(f"unknown: {', '.join(sorted(self._left))}", code="unknown-field")

    def _take(self, name: str, default: object = _ABSENT) -> object:
        value = self._left.pop(name, default)
        if value is _ABSENT:
            raise BadCall(f"{name} is missing", code="missing-field")
        return value


def body() -> Body:
    """The present request's body; an empty one counts as ``{}``."""
    sent = request.get_data()
    if not sent.strip():
        return Body({})
    try:
        return Body(json.loads(sent))
    except (ValueError, RecursionError) as wrong:
        raise BadCall("the body is not JSON", code="not-json") from wrong
