"""The pure rules of signing in: waiting, lasting, and what is no password."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardserver.domain.errors import RuleViolation
from cardserver.domain.signin import (
    DEMO_PASSWORD,
    FREE_TRIES,
    LONGEST_WAIT,
    SessionLimits,
    check_password,
    wait_until,
)

NOON = datetime(2025, 6, 9, 4, 0, tzinfo=UTC)


def waits(count: int) -> timedelta:
    """How long the next try has to wait after so many wrong ones at noon."""
    until = wait_until([NOON] * count)
    return timedelta(0) if until is None else until - NOON


def test_the_wait_grows_and_ends_at_a_quarter_of_an_hour() -> None:
    assert [waits(count).total_seconds() for count in range(9)] == [
        *(0, 0, 0),
        *(30, 60, 120, 240, 480, 900),
    ]


@given(st.integers(0, 200))
def test_one_more_wrong_try_never_shortens_the_wait(count: int) -> None:
    assert waits(count) <= waits(count + 1) <= LONGEST_WAIT
    assert (waits(count) > timedelta(0)) == (count >= FREE_TRIES)


@pytest.mark.parametrize(
    ("idle_min", "age_min", "over"),
    [(0, 0, False), (59, 59, False), (60, 60, True), (1, 719, False), (0, 720, True)],
)
def test_a_session_runs_out_idle_or_whole(idle_min: int, age_min: int, *, over: bool) -> None:
    made, seen = NOON - timedelta(minutes=age_min), NOON - timedelta(minutes=idle_min)
    assert SessionLimits().is_over(made, seen, NOON) is over


@pytest.mark.parametrize(
    ("password", "reason"),
    [
        ("", "password-length"),
        ("kurz-9-ab", "password-length"),
        ("x" * 201, "password-length"),
        ("zwei\nzeilen hier", "password-length"),
        (DEMO_PASSWORD.ljust(10, "!")[:9], "password-length"),
        ("1234567890", "password-common"),
        ("Password123", "password-common"),
        ("aaaaaaaaaaaa", "password-common"),
        ("ababababababab", "password-common"),
        ("abcdefghijkl", "password-common"),
        ("何静 2025 ok", "password-has-name"),
    ],
)
def test_a_poor_password_is_refused(password: str, reason: str) -> None:
    with pytest.raises(RuleViolation) as caught:
        check_password(password, "何静")
    assert caught.value.reason == reason


@pytest.mark.parametrize("password", ["翠湖边上的三只白鹭飞", "correct horse", "x7-Rabbit!pond"])
def test_a_good_password_passes(password: str) -> None:
    check_password(password, "何静")
