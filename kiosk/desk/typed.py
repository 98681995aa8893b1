"""What was typed or chosen in a form, read in one way by every page of the desk."""

import re
import unicodedata
from collections.abc import Iterable
from typing import Final

_ROW: Final = re.compile(r"[0-9]{1,18}")


def plain(typed: str) -> str:
    """As typed, full-width figures made plain, without spaces around."""
    return unicodedata.normalize("NFKC", typed).strip()


def row_of(typed: str) -> int | None:
    """The number of a row or card, or 0, which nothing bears; None for any other text."""
    match = _ROW.fullmatch(plain(typed))
    return None if match is None else int(match.group())


def rows_of(typed: Iterable[str]) -> tuple[int, ...]:
    """The rows that were ticked, in their order; what is none is passed over."""
    return tuple(row for each in typed if (row := row_of(each)))
