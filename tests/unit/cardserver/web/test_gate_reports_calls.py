"""The gates' reports over the line: days and instants that are none are told; nothing breaks."""

from datetime import date

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

REPORTS = ("denied", "openings", "checks", "availability")
FAR_OFF = ("0001-01-01", "0001-04-01", "1999-12-31", "2200-01-01", "9999-12-31")


def answer(http: FlaskClient, report: str, **asked: str) -> tuple[int, str]:
    """Status and reason."""
    found = http.get(f"/api/gates/{report}", query_string=asked)
    return found.status_code, (found.get_json() or {}).get("reason", "")


@pytest.mark.parametrize("day", FAR_OFF)
def test_days_at_the_ends_of_the_calendar_are_refused_in_words(http: FlaskClient, day: str) -> None:
    for report in REPORTS:
        assert answer(http, report, first=day, last=day) == (409, "days-far-off")
    assert answer(http, "occupancy", day=day) == (409, "days-far-off")


@pytest.mark.parametrize(
    "before",
    ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59-12:00", "2025-06-09T00:00:00", "yesterday", ""],
)
def test_an_instant_that_is_none_is_bad_input(http: FlaskClient, before: str) -> None:
    assert answer(http, "lines", before=before) == (422, "fields")


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(first=st.dates(), last=st.dates() | st.text(max_size=12), report=st.sampled_from(REPORTS))
def test_whatever_days_are_asked_for_the_server_does_not_fail(
    http: FlaskClient, first: date, last: object, report: str
) -> None:
    status, _ = answer(http, report, first=str(first), last=str(last))
    assert status in {200, 409, 422}
    status, _ = answer(http, "occupancy", day=str(first))
    assert status in {200, 409}
