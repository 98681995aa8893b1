"""The deny list: a lost card is refused from this moment on, and needn't be there."""

from cardserver.db.queries import open_on_card, was_abandoned
from cardserver.db.tables import CardRow, HolderRow
from cardserver.domain.cardreport import check_may_allow_again
from cardserver.domain.denial import check_looked_at, denial_of, stays_blocked
from cardserver.domain.errors import RuleViolation
from cardserver.domain.operation import OperationKind
from cardserver.domain.people import is_current
from cardserver.domain.rights import CardStatus
from cardserver.services.errors import Conflict
from cardserver.services.registeracts import enter_blocked, enter_unblocked
from cardserver.services.replay import repeated
from cardserver.services.reporting import reported
from cardserver.services.staffcards import check_allow_again, report_blocked
from cardserver.services.turn import Caller, Estate, Turn, writing
from cardserver.services.views import card_view
from cardserver.wire_cards import BlockRequest, CardView


def block(estate: Estate, caller: Caller, number: int, request: BlockRequest) -> CardView:
    """Deny a card at once (IC-23a). A blocked card stays blocked; a dead one is refused.

    Where more than a person's words stands on file of it, that stays too.
    """
    with writing(estate, caller) as turn:
        card = turn.find(CardRow, number, "card")
        if not repeated(turn, request.request_id, "block", request, about=number):
            if card.status not in {CardStatus.LIVE, CardStatus.BLOCKED}:
                raise Conflict("card-dead", f"the card is {card.status}")
            blocked = card.status is CardStatus.BLOCKED
            if blocked and stays_blocked(denial_of(card.status_reason), request.reason):
                turn.note("block", f"card {card.number}", f"blocked before: {request.reason}")
            else:
                _set(turn, card, CardStatus.BLOCKED, request.reason)
        return card_view(turn, card)


def deny(turn: Turn, card: CardRow, reason: str) -> None:
    """Deny a live card within a larger act, such as the head's decision in the quarter's review."""
    _set(turn, card, CardStatus.BLOCKED, reason)


def unblock(estate: Estate, caller: Caller, number: int, request: BlockRequest) -> CardView:
    """Allow a blocked card again, while no replacement exists or is being made.

    A card denied because nobody knows what it carries stays denied: it is replaced. One suspected
    to be copied is looked at first, and the reason says what was seen.
    """
    with writing(estate, caller) as turn:
        card = turn.find(CardRow, number, "card")
        if not repeated(turn, request.request_id, "unblock", request, about=number):
            if card.status not in {CardStatus.LIVE, CardStatus.BLOCKED}:
                raise Conflict("card-dead", f"the card is {card.status}")
            operation = open_on_card(turn.session, number)
            if operation is not None and operation.kind is OperationKind.REPLACE:
                raise Conflict("being-replaced", "a replacement of this card is being made")
            if was_abandoned(turn.session, number):
                raise RuleViolation("card-abandoned", message="nobody knows what it carries")
            check_may_allow_again(reported(turn, number))
            check_looked_at(card.status_reason, request.reason)
            check_allow_again(turn, card)
            holder = turn.find(HolderRow, card.holder_id, "holder")
            if not is_current(holder.ends, turn.today):
                raise RuleViolation("holder-ended", rule="IC-22")
            _set(turn, card, CardStatus.LIVE, request.reason)
        return card_view(turn, card)


def _set(turn: Turn, card: CardRow, status: CardStatus, reason: str) -> None:
    card.status, card.status_reason = status, reason
    turn.changed(card)
    turn.stands(card)
    turn.note("block" if status is CardStatus.BLOCKED else "unblock", f"card {card.number}", reason)
    if status is CardStatus.BLOCKED:
        enter_blocked(turn, card, reason)
        report_blocked(turn, card, reason)
    else:
        enter_unblocked(turn, card, reason)
    turn.session.flush()
