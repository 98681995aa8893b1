"""One exchange with a provider's simulator, free of any web server."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A request as it came: the target is path and query, undecoded."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What goes back."""

    status: int
    body: bytes = b""
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)


class Dropped(Exception):
    """The connection goes without an answer."""


PROXY_PAGE = Answer(
    status=200, body=b"<html><body>Welcome to the hotel</body></html>", content_type="text/html"
)
"""What a captive portal answers to everything."""
