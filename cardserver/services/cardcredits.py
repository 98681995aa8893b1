"""What we owe to cards for their next top-up (FEE-04a): seen, and paid out on the card's return.

The desk pays out change and refunds and hardly anything else (FEE-38a): a credit is late change, so
that it leaves the drawer as a numbered movement that names who took it and where it is signed.
"""

from collections.abc import Iterator
from typing import Final

from cardserver.db.credits import all_credits, credit_of, first_of_line, last_moved
from cardserver.db.spaces import carried_on_by
from cardserver.db.tables import CardRow, HolderRow
from cardserver.domain import drawer
from cardserver.domain.drawer import DrawerKind
from cardserver.domain.errors import RuleViolation
from cardserver.domain.permits import Action
from cardserver.domain.rights import CardStatus
from cardserver.services.cashmoves import movement_of
from cardserver.services.drawer import book_movement, next_number, own_shift
from cardserver.services.replay import repeated
from cardserver.services.tillcounts import expected_in
from cardserver.services.turn import Caller, Estate, Turn, reading, writing
from cardserver.services.views import shown_name
from cardserver.wire_cashmoves import MovementView
from cardserver.wire_credits import CardCredit, CreditList, PayCreditBack

_IN_USE: Final = frozenset({CardStatus.LIVE})
"""A card that is not back pays its next top-up with its credit."""


def card_credits(estate: Estate, caller: Caller) -> CreditList:
    """Every card with a credit, by its number."""
    with reading(estate, caller) as turn:
        found = sorted(_credits(turn), key=lambda each: each.card_number)
        return CreditList(credits=tuple(found), total_fen=sum(each.credit_fen for each in found))


def _credits(turn: Turn) -> Iterator[CardCredit]:
    for first, fen in all_credits(turn.session).items():
        card = turn.find(CardRow, carried_on_by(turn.session, first), "card")
        holder = turn.find(HolderRow, card.holder_id, "holder")
        yield CardCredit(
            card_number=card.number,
            holder_id=holder.id,
            holder_name=shown_name(turn, holder),
            status=card.status,
            credit_fen=fen,
            since=last_moved(turn.session, first) or turn.now,
        )


def pay_credit_back(estate: Estate, caller: Caller, request: PayCreditBack) -> MovementView:
    """Hand out in cash what we owe to a card that came back, to a named person who signs.

    Raises RuleViolation ``card-still-used`` for a live card, ``no-credit``, ``no-shift``,
    ``drawer-short``; NotFound, NotPermitted, ClockSetBack.
    """
    with writing(estate, caller) as turn:
        if not repeated(turn, request.movement_id, "pay-credit-back", request):
            turn.check_clock()
            _pay(turn, request)
        return movement_of(turn, request.movement_id)


def _pay(turn: Turn, request: PayCreditBack) -> None:
    turn.find(CardRow, request.card_number, "card")
    card = turn.find(CardRow, carried_on_by(turn.session, request.card_number), "card")
    paid_by = turn.caller.authorised_by(Action.REFUND)
    if card.status in _IN_USE:
        raise RuleViolation("card-still-used", rule="FEE-38a")
    fen = credit_of(turn.session, card.number)
    if fen <= 0:
        raise RuleViolation("no-credit", rule="FEE-38a")
    shift = own_shift(turn)
    if fen > expected_in(turn, shift):
        raise RuleViolation("drawer-short", rule="FEE-38")
    first = first_of_line(turn.session, card.number)
    book_movement(
        turn,
        shift,
        drawer.credit_paid(shift.station, first, fen),
        fen,
        number=next_number(turn, DrawerKind.CREDIT_BACK),
        person=request.recipient,
        approved_by=paid_by,
        reason=f"{card.number:08d}",
        signed=request.signed,
        detail={"id": request.movement_id, "card": card.number},
    )
