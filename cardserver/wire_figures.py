"""The manager's figures of cards and takings, on the wire."""

from datetime import date

from cardserver.domain.rights import HolderClass
from cardserver.wirebase import Wire


class CardCount(Wire):
    """Cards of one class of holders in one state."""

    holder_class: HolderClass
    state: str
    number: int


class MonthCount(Wire):
    """Rights whose last day lies in a month."""

    month: date
    door: int
    parking: int


class DayTakings(Wire):
    """Money earned on one day in fen, and cash that moved on it."""

    day: date
    cards_fen: int
    parking_fen: int
    other_fen: int


class FiguresView(Wire):
    """What the charts show."""

    first: date
    last: date
    cards: tuple[CardCount, ...]
    months: tuple[MonthCount, ...]
    days: tuple[DayTakings, ...]
