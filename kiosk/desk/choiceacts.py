"""Acts up to the price: whose sheet is open, which business is begun, what was shown for it."""

from cardserver.client import ServerRefused
from cardserver.domain.parking import Gap
from kiosk.desk.business import Business, Phase
from kiosk.desk.counter import Counter, act
from kiosk.desk.preparing import keep_verification, prepare, want_full_period
from kiosk.desk.shown import Shown


@act
def show(counter: Counter, holder_id: int) -> None:
    """Open a holder's sheet."""
    counter.holder = counter.server.holder(holder_id)


@act
def choose(counter: Counter, business: Business) -> None:
    """Begin a business (IC-01): the server says what it costs and whether it may be.

    Where it may not, somebody may have changed what the open sheet shows: it is looked up again.
    """
    if not counter.idle:
        counter.notice = "business-open"
        return
    if not business.complete:
        counter.notice = "nobody-chosen"
        return
    try:
        prepare(business, counter.server)
    except ServerRefused:
        counter.show_holder(business.holder.holder_id)
        raise
    business.phase = business.first_phase()
    counter.business = business


@act
def verify(counter: Counter, shown: Shown) -> None:
    """Record that the holder was checked against the record (IC-02..06, PARK-01)."""
    if business := counter.at(Phase.VERIFY):
        keep_verification(business, counter.server, shown)
        business.phase = business.after_verification()


@act
def choose_full_period(counter: Counter, *, wanted: bool) -> None:
    """A replacement for a new full period, or for the days that remain (IC-11a)."""
    if business := counter.at(Phase.VERIFY):
        want_full_period(business, counter.server, wanted=wanted)


@act
def choose_gap(counter: Counter, gap: Gap) -> None:
    """The days the car stood inside unpaid: paid too, or let go by a head (PARK-05b)."""
    if business := counter.at(Phase.PRICE):
        business.gap = gap
        business.quote = counter.server.quote(business.request())
