"""Whose own door card may carry an agreement's parking right: the household's (PARK-03, PARK-04b).

The parking sheet of a person lists that person's agreements; here the agreement finds the cards of
the others who live in its unit.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from cardserver.domain.errors import RuleViolation
from cardserver.domain.operation import OperationKind
from cardserver.domain.rights import CardStatus, RightKind
from cardserver.wire_cards import AgreementView, CardView, HolderView
from cardserver.wire_parking import AgreementLine
from kiosk.desk.business import Business
from kiosk.desk.counter import Counter

_HOUSEHOLD: Final = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Carrier:
    """A live door card of the unit that carries no parking right yet."""

    holder: HolderView
    card: CardView


def carriers(counter: Counter, line: AgreementLine) -> tuple[Carrier, ...]:
    """The household's cards for an agreement that no card carries. Raises ServerError."""
    if line.card_number is not None or not line.unit:
        return ()
    people = counter.server.search(line.unit, _HOUSEHOLD)
    return tuple(_cards(each for each in people if each.unit == line.unit))


def _cards(people: Iterator[HolderView]) -> Iterator[Carrier]:
    for holder in people:
        for card in holder.cards:
            if card.status is CardStatus.LIVE and set(card.rights) == {RightKind.DOOR}:
                yield Carrier(holder=holder, card=card)


def business_of(counter: Counter, line: AgreementLine, card_number: int, months: int) -> Business:
    """The business of this card at the counter, in its own holder's name.

    Raises RuleViolation ``nobody-chosen`` for a card that is none of the household's; ServerError.
    """
    found = next((e for e in carriers(counter, line) if e.card.number == card_number), None)
    if found is None:
        raise RuleViolation("nobody-chosen", rule="PARK-04b")
    return Business(
        kind=OperationKind.ADD_PARKING,
        holder=found.holder,
        old_card=found.card,
        agreement=_agreement(counter, line),
        months=months,
    )


def _agreement(counter: Counter, line: AgreementLine) -> AgreementView:
    signed = counter.server.holder(line.holder_id).agreements
    return next(each for each in signed if each.agreement_id == line.agreement_id)
