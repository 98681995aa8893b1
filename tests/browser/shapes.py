"""A page without its words: what is left must be the same in every language.

So a page is examined in one of them: names, roles, order and classes (with the colours they stand
for) are those of all, and where one language has a word the others have one as well.
"""

from html.parser import HTMLParser
from typing import Final

import httpx

from simulators.site import Site

_WORDS: Final = {"alt", "aria-label", "aria-description", "placeholder", "title"}
_EXAMINED: Final = {"class", "for", "hidden", "id", "name", "role", "scope", "tabindex", "type"}
_SILENT: Final = {"script", "style"}

Piece = tuple[object, ...]


class _Shape(HTMLParser):
    """Collects the elements with what matters of their attributes, and where words stand."""

    def __init__(self) -> None:
        super().__init__()
        self.pieces: list[Piece] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = dict(attrs)
        chooses_language = "hreflang" in said
        kept = sorted(
            (name, _what_matters(name, value or ""))
            for name, value in said.items()
            if not (chooses_language and name == "aria-current")
        )
        self.pieces.append((tag, *kept))
        self._silent += tag in _SILENT

    def handle_endtag(self, tag: str) -> None:
        self.pieces.append(("end", tag))
        self._silent -= tag in _SILENT

    def handle_data(self, data: str) -> None:
        if data.strip() and not self._silent:
            self.pieces.append(("words",))


def _what_matters(name: str, value: str) -> object:
    if name in _WORDS:
        return bool(value.strip())
    if name in _EXAMINED or name.startswith("aria-"):
        return value
    return None


def shape_of(pages: httpx.Client, path: str, language: str) -> list[Piece]:
    """The shape of a page in a language, which it names as its own."""
    answer = pages.get(path, params={"lang": language})
    answer.raise_for_status()
    assert f'<html lang="{language}"' in answer.text
    shape = _Shape()
    shape.feed(answer.text)
    return shape.pieces


def visiting(site: Site) -> httpx.Client:
    """Somebody else before the site's pages, who may choose a language."""
    transport = httpx.WSGITransport(app=site.wsgi())
    return httpx.Client(transport=transport, base_url="http://localhost", follow_redirects=True)
