"""When somebody no longer belongs here, his cards end with him (IC-22a, IC-13a).

A last day to come is told to the gates with the issue list; one that has passed blocks the cards.
The gates' own call carries out what has come due since, once a day. Either is a row of the register
for each card, in the same transaction (IC-19).
"""

from dataclasses import replace
from datetime import date
from typing import Final

from cardserver.db.households import dependants_of, ended_with_cards, live_cards_of
from cardserver.db.tables import CardRow, CounterRow, HolderRow
from cardserver.domain.denial import Denial
from cardserver.domain.register import RegisterKind
from cardserver.domain.rights import CardStatus
from cardserver.services.registeracts import enter_blocked
from cardserver.services.registerentries import card_entry
from cardserver.services.registering import enter
from cardserver.services.turn import Caller, Estate, Turn, reading, writing

ENDED: Final = str(Denial.HOLDER_ENDED)
"""Why such a card is blocked (`card.status_reason`)."""

_SWEPT: Final = "rights-ended"
"""Counter with the day, as an ordinal, up to which ended holders' cards are blocked."""


def end_rights(turn: Turn, row: HolderRow, last_day: date | None) -> tuple[int, ...]:
    """Set the last day of a holder, and of the family on his lease. Numbers of cards blocked.

    None opens the file again; a card that was blocked stays so until somebody unblocks it.
    """
    blocked: list[int] = []
    for each in (row, *_lease_family(turn, row, last_day)):
        each.ends = last_day
        each.version += 1
        turn.session.flush()
        for card in live_cards_of(turn.session, [each.id]):
            if last_day is not None and last_day < turn.today:
                _block(turn, card)
                blocked.append(card.number)
                continue
            turn.changed(card)
            if last_day is not None:
                _announce(turn, card, last_day)
    return tuple(blocked)


def _announce(turn: Turn, card: CardRow, last_day: date) -> None:
    """The card's last day is another one from now on."""
    entry = card_entry(turn, card, RegisterKind.RIGHTS_ENDED, last_day.isoformat())
    if entry.valid_to is not None:
        entry = replace(entry, valid_to=min(entry.valid_to, last_day))
    enter(turn, entry)


def _lease_family(turn: Turn, row: HolderRow, last_day: date | None) -> list[HolderRow]:
    """IC-05b: never longer than the tenant himself. They are not opened again with him."""
    if last_day is None:
        return []
    family = dependants_of(turn.session, row.id)
    return [each for each in family if each.ends is None or each.ends > last_day]


def _block(turn: Turn, card: CardRow) -> None:
    card.status, card.status_reason = CardStatus.BLOCKED, ENDED
    turn.changed(card)
    enter_blocked(turn, card, ENDED)
    turn.note("block", f"card {card.number}", ENDED)


def carry_out_due(estate: Estate, caller: Caller) -> int:
    """Block the cards whose holders' last day has passed; how many. Cheap when none is due."""
    with reading(estate, caller) as turn:
        row = turn.session.get(CounterRow, _SWEPT)
        if row is not None and row.value >= turn.today.toordinal():
            return 0
    with writing(estate, caller) as turn:
        cards = ended_with_cards(turn.session, turn.today)
        for card in cards:
            _block(turn, card)
        counter = turn.session.get(CounterRow, _SWEPT)
        if counter is None:
            counter = turn.add(CounterRow(name=_SWEPT, value=0))
        counter.value = max(counter.value, turn.today.toordinal())
        return len(cards)
