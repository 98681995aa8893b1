"""The kiosk's screens as one table: which event leads from which screen to which.

Pure. What a screen does stands in the modules that `kiosk.selfservice.kiosk` names. Money never
depends on this table: it lives in the sale on the server; the table only says what is shown.
"""

from enum import StrEnum, unique
from typing import Final


@unique
class Screen(StrEnum):
    """One idea a screen."""

    ATTRACT = "attract"  # what can be done here, in three languages
    READING = "reading"  # the card is being looked at
    MONTHS = "months"  # plate, space, last day; how many months?
    CONFIRM = "confirm"  # new period and amount; go on?
    PAY = "pay"  # notes go in, or a provider is chosen
    SCAN = "scan"  # a code to be scanned with the phone
    WRITING = "writing"  # do not lift the card
    LAY_BACK = "lay-back"  # the card left too early; lay it back
    DONE = "done"  # new last day; take slip and card
    OWED = "owed"  # money is safe, the card waits for its next visit; slip says so
    SORRY = "sorry"  # this card can't be served here; why, and where to go
    CLOSED = "closed"  # the kiosk itself can't serve; what is out, and where to go


@unique
class Event(StrEnum):
    """What can happen."""

    CARD_LAID = "card-laid"
    CARD_WELCOME = "card-welcome"
    CARD_REFUSED = "card-refused"
    CARD_UNFINISHED = "card-unfinished"  # a paid top-up waits for this card
    CARD_PART_PAID = "card-part-paid"  # some of a top-up was paid before the power went
    CARD_CODE_OPEN = "card-code-open"  # a code for it could still be paid when the power went
    CARD_LIFTED = "card-lifted"
    MONTHS_CHOSEN = "months-chosen"
    CONFIRMED = "confirmed"
    BACK = "back"
    CANCELLED = "cancelled"  # before any money
    STOPPED = "stopped"  # after some money: what went in stays booked for this card
    QR_CHOSEN = "qr-chosen"
    EXACT_AMOUNT = "exact-amount"  # no note beyond what is missing
    KEEP_REST = "keep-rest"  # …or its rest stays on the card as credit (FEE-04a)
    PAID = "paid"
    WRITTEN = "written"
    BROKEN_OFF = "broken-off"  # the card left while it was written
    TIME_OVER = "time-over"
    DEVICE_LOST = "device-lost"
    DEVICE_BACK = "device-back"


TABLE: Final = {
    (Screen.ATTRACT, Event.CARD_LAID): Screen.READING,
    (Screen.ATTRACT, Event.DEVICE_LOST): Screen.CLOSED,
    (Screen.CLOSED, Event.DEVICE_BACK): Screen.ATTRACT,
    (Screen.READING, Event.CARD_WELCOME): Screen.MONTHS,
    (Screen.READING, Event.CARD_REFUSED): Screen.SORRY,
    (Screen.READING, Event.CARD_UNFINISHED): Screen.WRITING,
    (Screen.READING, Event.CARD_PART_PAID): Screen.PAY,
    (Screen.READING, Event.CARD_CODE_OPEN): Screen.SCAN,
    (Screen.READING, Event.CARD_LIFTED): Screen.ATTRACT,
    (Screen.MONTHS, Event.MONTHS_CHOSEN): Screen.CONFIRM,
    (Screen.MONTHS, Event.CANCELLED): Screen.ATTRACT,
    (Screen.MONTHS, Event.CARD_LIFTED): Screen.ATTRACT,
    (Screen.MONTHS, Event.TIME_OVER): Screen.ATTRACT,
    (Screen.MONTHS, Event.CARD_REFUSED): Screen.SORRY,
    (Screen.CONFIRM, Event.CONFIRMED): Screen.PAY,
    (Screen.CONFIRM, Event.BACK): Screen.MONTHS,
    (Screen.CONFIRM, Event.CANCELLED): Screen.ATTRACT,
    (Screen.CONFIRM, Event.CARD_LIFTED): Screen.ATTRACT,
    (Screen.CONFIRM, Event.TIME_OVER): Screen.ATTRACT,
    (Screen.CONFIRM, Event.CARD_REFUSED): Screen.SORRY,
    (Screen.PAY, Event.PAID): Screen.WRITING,
    (Screen.PAY, Event.QR_CHOSEN): Screen.SCAN,
    (Screen.PAY, Event.EXACT_AMOUNT): Screen.PAY,
    (Screen.PAY, Event.KEEP_REST): Screen.PAY,
    (Screen.PAY, Event.CANCELLED): Screen.ATTRACT,
    (Screen.PAY, Event.STOPPED): Screen.OWED,
    (Screen.PAY, Event.DEVICE_LOST): Screen.OWED,
    (Screen.SCAN, Event.PAID): Screen.WRITING,
    (Screen.SCAN, Event.BACK): Screen.PAY,
    (Screen.SCAN, Event.CANCELLED): Screen.ATTRACT,
    (Screen.SCAN, Event.STOPPED): Screen.OWED,
    (Screen.WRITING, Event.WRITTEN): Screen.DONE,
    (Screen.WRITING, Event.BROKEN_OFF): Screen.LAY_BACK,
    (Screen.WRITING, Event.CARD_REFUSED): Screen.OWED,
    (Screen.WRITING, Event.DEVICE_LOST): Screen.OWED,
    (Screen.LAY_BACK, Event.CARD_LAID): Screen.WRITING,
    (Screen.LAY_BACK, Event.TIME_OVER): Screen.OWED,
    (Screen.DONE, Event.CARD_LIFTED): Screen.ATTRACT,
    (Screen.OWED, Event.TIME_OVER): Screen.ATTRACT,
    (Screen.OWED, Event.CARD_LIFTED): Screen.ATTRACT,
    (Screen.SORRY, Event.CARD_LIFTED): Screen.ATTRACT,
    (Screen.SORRY, Event.TIME_OVER): Screen.ATTRACT,
}

MONEY_MAY_MOVE: Final = frozenset({Screen.PAY, Screen.SCAN, Screen.WRITING, Screen.LAY_BACK})
"""Screens on which the idle time-out of the other screens doesn't count."""


def next_screen(screen: Screen, event: Event) -> Screen:
    """The screen after `event`; an event that means nothing here leaves the screen as it is."""
    return TABLE.get((screen, event), screen)


def drawing() -> str:
    """The table as a Mermaid state diagram; docs/kiosk.md shows it."""
    steps: dict[tuple[Screen, Screen], list[Event]] = {}
    for (screen, event), after in TABLE.items():
        steps.setdefault((screen, after), []).append(event)
    lines = ["stateDiagram-v2", f"    [*] --> {_node(Screen.CLOSED)}"]
    for (before, after), events in steps.items():
        lines.append(f"    {_node(before)} --> {_node(after)}: {', '.join(events)}")
    return "\n".join(lines)


def _node(screen: Screen) -> str:
    return screen.value.replace("-", "_")
