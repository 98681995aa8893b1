"""Does this request come from one of our own pages? A browser says where it comes from."""

from http import HTTPMethod
from typing import Final
from urllib.parse import urlsplit

from werkzeug.wrappers import Request

_READING: Final = frozenset({HTTPMethod.GET, HTTPMethod.HEAD})
_OUR_PAGES: Final = frozenset({"same-origin", "none"})


def from_our_pages(request: Request) -> bool:
    """False for a form that a page of another site posts into ours. Reading is always allowed.

    A program that names no origin, such as a script on this machine, is no browser and may ask.
    """
    if request.method in _READING:
        return True
    origin = request.headers.get("Origin")
    if origin is None:
        return request.headers.get("Sec-Fetch-Site", "none") in _OUR_PAGES
    return _host_of(origin) == request.host


def _host_of(origin: str) -> str | None:
    try:
        return urlsplit(origin).netloc
    except ValueError:  # such as an address with half a bracket
        return None
