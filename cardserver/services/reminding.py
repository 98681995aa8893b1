"""What is about to end or has ended, so that nobody has to remember it (IC-12c)."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any, Final

from sqlalchemy import Row

from cardserver.db.reminders import (
    Asked,
    contracts_ending,
    doors_ending,
    first_of,
    how_many,
    leases_ended,
)
from cardserver.services.turn import Caller, Estate, Turn, reading
from cardserver.wire_reminders import DueCounts, Reminder, ReminderList, Reminders, ReminderWord

LONG_AGO: Final = timedelta(days=90)
"""Cards expired longer ago are the quarter review's, not the day's."""

CONTRACT_AHEAD: Final = timedelta(days=30)
_WEEK: Final = 7
_FORTNIGHT: Final = 15
_MONTH: Final = 30
_ONE_DAY: Final = timedelta(days=1)


def reminders(estate: Estate, caller: Caller, limit: int) -> Reminders:
    """All lists with their first rows: expired, expiring in 7, 15 and 30 days, leases, contracts.

    Each card stands in one of the four expiry lists.
    """
    with reading(estate, caller) as turn:
        return Reminders(
            lists=tuple(_list(turn, word, asked, limit) for word, asked in _asked(turn.today))
        )


def _asked(today: date) -> Sequence[tuple[ReminderWord, Asked]]:
    def within(days: int) -> date:
        return today + timedelta(days=days + 1)

    return (
        ("expired", doors_ending(today - LONG_AGO, today)),
        ("in-7-days", doors_ending(today, within(_WEEK))),
        ("in-15-days", doors_ending(within(_WEEK), within(_FORTNIGHT))),
        ("in-30-days", doors_ending(within(_FORTNIGHT), within(_MONTH))),
        ("lease-ended", leases_ended(today)),
        ("contract-ending", contracts_ending(today, today + CONTRACT_AHEAD)),
    )


def _list(turn: Turn, word: ReminderWord, asked: Asked, limit: int) -> ReminderList:
    of_doors = word not in {"lease-ended", "contract-ending"}
    rows, total = first_of(turn.session, asked, limit)
    return ReminderList(
        word=word,
        total=total,
        rows=tuple(_reminder(row, of_doors=of_doors) for row in rows),
    )


def _reminder(row: Row[Any], *, of_doors: bool) -> Reminder:
    """Doors are kept by the day after their last; everything else by its last day."""
    return Reminder(
        holder_id=row.id,
        name=row.name,
        holder_class=row.holder_class,
        unit=row.label or "",
        card_number=row.number,
        day=row.day - _ONE_DAY if of_doors else row.day,
    )


def due_counts(estate: Estate, caller: Caller) -> DueCounts:
    """What the counter's footer says: cards whose last day is today or in the next seven days."""
    with reading(estate, caller) as turn:
        week = doors_ending(turn.today, turn.today + timedelta(days=_WEEK + 1))
        return DueCounts(expiring=how_many(turn.session, week))
