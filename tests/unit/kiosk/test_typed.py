"""What a form may carry, however strange, is a row or nothing; a page answers it in words."""

import re
from collections.abc import Iterator
from datetime import date

import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from cardserver.domain.errors import RuleViolation
from kiosk.station.typed import day, day_or_none, row_of, rows_of, yuan
from simulators.site import Site

ENDLESS = "9" * 5000
"""More digits than Python turns into a number."""


@given(st.integers(1, 10**16 - 1))
def test_a_row_is_read_as_it_was_written(number: int) -> None:
    wide = str(number).translate({ord("0") + digit: ord("0") + digit for digit in range(10)})
    assert row_of(f" {number} ") == row_of(f"00{number}") == row_of(wide) == number


@given(st.dates())
def test_a_day_is_read_in_plain_and_in_full_width_figures(meant: date) -> None:
    wide = meant.isoformat().translate({ord("0") + each: ord("0") + each for each in range(10)})
    assert day(f" {meant} ") == day(wide) == day_or_none(str(meant)) == meant


@given(st.text())
def test_anything_else_is_no_day_and_says_under_which_rule(typed: str) -> None:
    said = set()
    try:
        day(typed, rule="IC-05c")
    except RuleViolation as refused:
        said.add((refused.reason, refused.rule))
    assert said <= {("day-unreadable", "IC-05c")}


def test_an_empty_day_is_none() -> None:
    assert day_or_none("  ") is None


@given(st.integers(0, 999_999_99))
def test_an_amount_in_yuan_is_read_to_the_fen(fen: int) -> None:
    assert yuan(f"{fen // 100}.{fen % 100:02}") == fen
    assert yuan(f" {fen // 100} ") == fen // 100 * 100


@pytest.mark.parametrize("typed", ["", "-1", "1.234", "1,5", "1000000", "¥3", "9" * 60])
def test_what_is_no_amount_is_refused_by_its_own_word(typed: str) -> None:
    with pytest.raises(RuleViolation) as refused:
        yuan(typed)
    assert refused.value.reason == "amount-unreadable"


@given(st.text())
def test_anything_else_is_no_row(typed: str) -> None:
    found = row_of(typed)
    assert found is None or 0 <= found < 2**63


@pytest.mark.parametrize("typed", ["", "-1", "1.5", "٣x", ENDLESS, "1" * 19])
def test_what_no_row_can_have_is_none(typed: str) -> None:
    assert row_of(typed) is None
    assert rows_of(["3", typed, "0", "5"]) == (3, 5)


@pytest.fixture
def desk(site: Site) -> Iterator[FlaskClient]:
    client = site.stations["desk"].app.test_client()
    client.post("/holder", data={"holder_id": site.people.owner})
    client.post("/business", data={"kind": "issue"})
    yield client
    client.post("/act/cancel")


@pytest.mark.parametrize("number", [ENDLESS, "9" * 20])
@pytest.mark.parametrize(
    ("address", "field", "rest"),
    [
        ("/verify", "owner_present", {}),
        ("/verify", "lease_number", {}),
        ("/call", "owner_id", {"result": "confirmed"}),
        ("/report", "card_number", {"kind": "returned"}),
        ("/report", "for_holder_id", {"kind": "swapped", "card_number": "1"}),
        ("/papers/box", "found", {}),
        ("/parking/agreements", "holder_id", {}),
        ("/review/1/sign", "refers_to", {"counted": "1"}),
        ("/review/1/decide", "card", {"decision": "keep", "reason": "x"}),
        ("/charges/", "holder_id", {"amount": "5"}),
        ("/holder", "holder_id", {}),
    ],
)
def test_a_number_without_end_is_answered_with_a_page(
    desk: FlaskClient, address: str, field: str, rest: dict[str, str], number: str
) -> None:
    answer = desk.post(address, data={**rest, field: number}, follow_redirects=True)
    assert answer.status_code < 500
    assert re.search(r"<main", answer.text)
