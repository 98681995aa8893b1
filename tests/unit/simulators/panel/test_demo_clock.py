"""The estate's clock: real time and an offset."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.clock import EARLIEST, LATEST, DemoClock

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
MOMENTS = st.integers(0, 36_000 * 86_400).map(lambda s: EARLIEST + timedelta(seconds=s))


class RealTime:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def real() -> RealTime:
    return RealTime()


def test_at_first_it_is_real_time(real: RealTime) -> None:
    clock = DemoClock(real)
    assert clock() == clock.now() == NOON
    assert clock.offset == timedelta(0)


@given(MOMENTS, st.timedeltas(timedelta(0), timedelta(hours=1)))
def test_after_a_journey_time_goes_on_from_there(moment: datetime, passed: timedelta) -> None:
    real = RealTime()
    clock = DemoClock(real)
    clock.travel_to(moment)
    real.now += passed
    assert clock.now() == moment + passed
    assert clock.now().utcoffset() == timedelta(0)


def test_it_can_be_set_back(real: RealTime) -> None:
    clock = DemoClock(real)
    clock.advance(timedelta(days=-1))
    assert clock.offset == timedelta(days=-1)


def test_journeys_add_up_and_end(real: RealTime) -> None:
    clock = DemoClock(real)
    clock.advance(timedelta(days=1))
    clock.advance(timedelta(hours=2))
    assert clock.now() == NOON + timedelta(days=1, hours=2)
    clock.back_to_present()
    assert clock.now() == NOON


def test_another_zone_is_the_same_instant(real: RealTime) -> None:
    clock = DemoClock(real)
    clock.travel_to(datetime(2026, 6, 9, 8, tzinfo=timezone(timedelta(hours=8))))
    assert clock.now() == datetime(2026, 6, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "moment",
    [
        datetime(2026, 6, 9),  # noqa: DTZ001 -- that is the point
        EARLIEST - timedelta(seconds=1),
        LATEST + timedelta(seconds=1),
        datetime.min.replace(tzinfo=timezone(timedelta(hours=8))),
        datetime.max.replace(tzinfo=timezone(timedelta(hours=-8))),
    ],
)
def test_a_moment_without_a_zone_or_beyond_the_calendar_is_refused(
    real: RealTime, moment: datetime
) -> None:
    clock = DemoClock(real)
    with pytest.raises(ValueError, match=r"zone|within"):
        clock.travel_to(moment)
    assert clock.now() == NOON


@pytest.mark.parametrize("by", [timedelta.max, timedelta.min, timedelta(days=200 * 366)])
def test_a_journey_beyond_the_calendar_is_refused(real: RealTime, by: timedelta) -> None:
    clock = DemoClock(real)
    with pytest.raises(ValueError, match=r"calendar|within"):
        clock.advance(by)
    assert clock.offset == timedelta(0)
