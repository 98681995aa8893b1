"""What a monitoring program hears of the server."""

from collections.abc import Callable

from apiflask import APIFlask
from prometheus_client.parser import text_string_to_metric_families

from cardserver.domain.station import StationKind


def test_a_monitor_with_an_office_token_hears_calls_and_books(
    app: APIFlask, token: Callable[[StationKind], str]
) -> None:
    http = app.test_client()
    headers = {"Authorization": f"Bearer {token(StationKind.OFFICE)}"}
    http.get("/api/health")
    answer = http.get("/api/metrics", headers=headers)
    assert answer.content_type.startswith("text/plain")
    heard = {
        (sample.name, sample.labels.get("call", "")): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }
    assert heard["yika_call_seconds_count", "books.health"] >= 1
    assert heard["yika_ledger_balanced", ""] == 1
    assert heard["yika_clock_ok", ""] == 1
    assert heard["yika_suspense_fen", ""] == 0
    assert heard["yika_differences_open", ""] == 0
