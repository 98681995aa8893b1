"""A demo that is started again on its folder: its calendar is where the last run left it."""

from datetime import timedelta
from pathlib import Path

from simulators.clock import DemoClock
from simulators.estate import OFFICE
from tests.databases.sites import SettledSite, put_away


def test_an_estate_that_was_sent_ahead_goes_on_from_there(tmp_path: Path) -> None:
    ahead, now = DemoClock(), DemoClock()
    ahead.advance(timedelta(days=40))
    for clock, clock_is_right in ((ahead, True), (now, False)):
        site = SettledSite(tmp_path, clock=clock)
        assert site.client(OFFICE).health().clock_ok is clock_is_right
        site.go_on_in_time()
        assert site.client(OFFICE).health().clock_ok
        put_away(site)
    assert abs(ahead.offset - now.offset) < timedelta(minutes=1)
