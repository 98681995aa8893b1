"""The demo estate's clock: real time and an offset, so that the day after the last day is a click.

Only calendars follow it. Whatever takes its time (an arm, a note on its way, a time limit) runs on
monotonic clocks of its own and is not moved by a journey.
"""

import threading
from datetime import UTC, datetime, timedelta
from typing import Final

from kiosk.station.clock import Clock, system_clock

EARLIEST: Final = datetime(2000, 1, 1, tzinfo=UTC)
LATEST: Final = datetime(2099, 12, 31, tzinfo=UTC)


class DemoClock:
    """A `kiosk.station.clock.Clock` that can be set. All methods may be called from any thread."""

    def __init__(self, real: Clock = system_clock) -> None:
        self._real = real
        self._lock = threading.Lock()
        self._offset = timedelta(0)

    def __call__(self) -> datetime:
        """The present instant of the estate, aware, in UTC."""
        return self.now()

    def now(self) -> datetime:
        """The present instant of the estate, aware, in UTC."""
        return self._real().astimezone(UTC) + self.offset

    @property
    def offset(self) -> timedelta:
        """How far the estate is ahead of real time; negative when it is behind."""
        with self._lock:
            return self._offset

    def travel_to(self, moment: datetime) -> None:
        """Let it be `moment` now, in the future or in the past; time goes on from there.

        Raises:
            ValueError: a moment without a zone, or outside `EARLIEST` to `LATEST`.
        """
        if moment.tzinfo is None:
            raise ValueError("a moment needs its time zone")
        if not EARLIEST <= moment <= LATEST:
            raise ValueError(f"the estate's time stays within {EARLIEST.year} and {LATEST.year}")
        with self._lock:
            self._offset = moment.astimezone(UTC) - self._real().astimezone(UTC)

    def advance(self, by: timedelta) -> None:
        """Go on (or back, where `by` is negative) from the present instant.

        Raises:
            ValueError: the journey would end outside `EARLIEST` to `LATEST`.
        """
        try:
            moment = self.now() + by
        except OverflowError as far:
            raise ValueError("a journey beyond the calendar") from far
        self.travel_to(moment)

    def back_to_present(self) -> None:
        """Follow real time again."""
        with self._lock:
            self._offset = timedelta(0)
