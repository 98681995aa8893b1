"""Reminders on the wire: what is due, and for whom."""

from datetime import date
from typing import Literal

from cardserver.domain.rights import HolderClass
from cardserver.wirebase import Wire

ReminderWord = Literal[
    "expired", "in-7-days", "in-15-days", "in-30-days", "lease-ended", "contract-ending"
]


class Reminder(Wire):
    """One thing that waits for somebody, and whose it is."""

    holder_id: int
    name: str
    holder_class: HolderClass
    unit: str
    card_number: int | None
    day: date


class ReminderList(Wire):
    """One list of reminders: how many in all, and the first of them."""

    word: ReminderWord
    total: int
    rows: tuple[Reminder, ...]


class Reminders(Wire):
    """All lists, in the order of the page."""

    lists: tuple[ReminderList, ...]


class DueCounts(Wire):
    """What the counter's footer says beyond papers owed."""

    expiring: int
