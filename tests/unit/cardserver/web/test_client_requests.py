"""The station puts its requests together itself; they are what httpx would have made."""

from collections.abc import Mapping

import httpx
import pytest

from cardserver.clientbase import LEAVE_HEADER, SESSION_HEADER, Calls, Credentials


@pytest.mark.parametrize("base", ["http://centre", "http://centre:8080/yika", "https://centre/a/"])
@pytest.mark.parametrize(
    ("path", "params", "content"),
    [
        ("/api/cards", {"uid": "04A1"}, None),
        ("/api/holders", {"q": "王 芳&", "month": "2025-06"}, None),
        ("/api/holders/a b", None, None),
        ("/api/taps?after=1", None, None),
        ("/api/sales", None, '{"who": "王"}'),
    ],
)
def test_a_request_is_what_httpx_would_have_made(
    base: str, path: str, params: Mapping[str, str] | None, content: str | None
) -> None:
    http = httpx.Client(base_url=base, headers={"Authorization": "Bearer x"}, timeout=7)
    calls = Calls(http, credentials=Credentials(session="s", leaves={"act": "lent"}))
    headers = {SESSION_HEADER: "s", LEAVE_HEADER: "lent"}
    if content is not None:
        headers["Content-Type"] = "application/json"
    method = "GET" if content is None else "POST"
    theirs = http.build_request(method, path, params=params, content=content, headers=headers)
    ours = calls._request(method, path, params, content)
    assert (ours.method, ours.url, ours.read()) == (theirs.method, theirs.url, theirs.read())
    assert sorted(ours.headers.raw) == sorted(theirs.headers.raw)
    assert ours.extensions == theirs.extensions
