"""What people would rather look at than read: cards by state, expiries ahead, takings by day."""

from collections import Counter
from datetime import date, timedelta
from typing import Final

from cardserver.db.reminders import cards_by_state, earned, rights_ending
from cardserver.domain.errors import RuleViolation
from cardserver.domain.ledger import INCOME
from cardserver.domain.rights import RightKind
from cardserver.domain.tariff import ChargeItem
from cardserver.services.blanks import moment
from cardserver.services.turn import Caller, Estate, Turn, reading
from cardserver.wire_review import CardCount, DayTakings, FiguresView, MonthCount

MAX_DAYS: Final = 366
MONTHS_AHEAD: Final = 12
_ONE_DAY: Final = timedelta(days=1)


def figures(estate: Estate, caller: Caller, first: date, last: date) -> FiguresView:
    """Cards as of now, expiries of the coming twelve months, takings of these days.

    Raises RuleViolation ``range-turned`` and ``range-too-long``.
    """
    if last < first:
        raise RuleViolation("range-turned")
    if (last - first).days >= MAX_DAYS:
        raise RuleViolation("range-too-long")
    with reading(estate, caller) as turn:
        return FiguresView(
            first=first,
            last=last,
            cards=_cards(turn),
            months=_months(turn),
            days=tuple(_takings(turn, day) for day in _days(first, last)),
        )


def _cards(turn: Turn) -> tuple[CardCount, ...]:
    rows = cards_by_state(turn.session, turn.today)
    counts = [
        CardCount(holder_class=holder_class, state=str(state), number=number)
        for holder_class, state, number in rows
    ]
    return tuple(sorted(counts, key=lambda each: (each.holder_class, each.state)))


def _months(turn: Turn) -> tuple[MonthCount, ...]:
    """This month from today on, and the ones after it."""
    starts = [turn.today.replace(day=1)]
    while len(starts) <= MONTHS_AHEAD:
        starts.append((starts[-1] + timedelta(days=31)).replace(day=1))
    found: Counter[tuple[date, RightKind]] = Counter()
    for after_last, kind, number in rights_ending(turn.session, turn.today, starts[-1]):
        found[(after_last - _ONE_DAY).replace(day=1), kind] += number
    return tuple(
        MonthCount(
            month=month,
            door=found[month, RightKind.DOOR],
            parking=found[month, RightKind.PARKING],
        )
        for month in starts[:-1]
    )


def _days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


def _takings(turn: Turn, day: date) -> DayTakings:
    """What the ledger says was earned on a local day; an entry has the moment it was settled."""
    accounts = earned(turn.session, moment(turn, day), moment(turn, day + _ONE_DAY))
    cards = accounts.pop(INCOME + ChargeItem.CARD_COST, 0)
    parking = accounts.pop(INCOME + ChargeItem.PARKING, 0)
    return DayTakings(
        day=day, cards_fen=cards, parking_fen=parking, other_fen=sum(accounts.values())
    )
