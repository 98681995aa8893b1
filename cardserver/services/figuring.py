"""What people would rather look at than read: cards by state, expiries ahead, takings by day."""

from collections import Counter
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Final

from cardserver.db.reminders import cards_by_state, earned, lapsed_cards, rights_ending
from cardserver.domain.errors import RuleViolation
from cardserver.domain.ledger import INCOME
from cardserver.domain.rights import CardStatus, RightKind
from cardserver.domain.tariff import ChargeItem
from cardserver.services.turn import Caller, Estate, Turn, reading
from cardserver.wire_figures import CardCount, DayTakings, FiguresView, MonthCount

MAX_DAYS: Final = 366
MONTHS_AHEAD: Final = 12
_ONE_DAY: Final = timedelta(days=1)
_EXPIRED: Final = "expired"
_CARD_COST: Final = INCOME + ChargeItem.CARD_COST
_PARKING: Final = INCOME + ChargeItem.PARKING


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
            days=_takings(turn, first, last),
        )


def _cards(turn: Turn) -> tuple[CardCount, ...]:
    """A live card past its last day counts as expired."""
    lapsed = lapsed_cards(turn.session, turn.today)
    counts = {
        (holder_class, str(status)): number
        for (holder_class, status), number in cards_by_state(turn.session).items()
    }
    for holder_class, number in lapsed.items():
        counts[holder_class, CardStatus.LIVE] -= number
        counts[holder_class, _EXPIRED] = number
    return tuple(
        CardCount(holder_class=holder_class, state=state, number=number)
        for (holder_class, state), number in sorted(counts.items())
        if number
    )


def _months(turn: Turn) -> tuple[MonthCount, ...]:
    """This month from today on, and the ones after it."""
    starts = [turn.today.replace(day=1)]
    while len(starts) <= MONTHS_AHEAD:
        starts.append((starts[-1] + timedelta(days=31)).replace(day=1))
    found: Counter[tuple[date, RightKind]] = Counter()
    ending = rights_ending(turn.session, turn.today, starts[-1])
    for (after_last, kind), number in ending.items():
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


def _takings(turn: Turn, first: date, last: date) -> tuple[DayTakings, ...]:
    """What the ledger says was earned on each local day; an entry has the moment it was settled."""
    found = earned(turn.session, first, last)
    return tuple(_of_day(day, found.get(day, {})) for day in _days(first, last))


def _of_day(day: date, accounts: Mapping[str, int]) -> DayTakings:
    cards, parking = accounts.get(_CARD_COST, 0), accounts.get(_PARKING, 0)
    rest = sum(accounts.values()) - cards - parking
    return DayTakings(day=day, cards_fen=cards, parking_fen=parking, other_fen=rest)
