"""Mending the floor of time after a clock that was wrong for a while pushed it ahead.

The floor keeps a clock set back from selling old days again (FEE-28a). A clock that once ran
ahead leaves it in the future, and everything that takes money waits until then, unless somebody
who looked at a true clock says otherwise.
"""

from datetime import datetime

from cardserver.services.setup import SETUP
from cardserver.services.turn import Estate, writing


def mend_clock(estate: Estate) -> tuple[datetime, datetime]:
    """Let the machine's clock be the time from now on; returns the floor before and after."""
    with writing(estate, SETUP) as turn:
        before, after = turn.mend_clock()
        turn.note("mend-clock", "clock", f"{before.isoformat()} to {after.isoformat()}")
        return before, after
