"""The desk's other pages: one row each in the menu, one blueprint each beside the counter's."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One entry of the menu: where it leads, and the key of its name (``desk.pages.<word>``)."""

    endpoint: str
    word: str


PAGES: Final[tuple[Page, ...]] = (Page(endpoint="desk.page", word="counter"),)
"""In the order of the menu."""
