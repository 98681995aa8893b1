"""The journal of one run of putting keys on a card, or of taking them off.

Key by key it is kept here, as long as the run lasts. The server knows before the first key is
touched that every step may have begun; so whoever goes on after a tear, at any station, takes every
step for begun, and the driver asks the card which keys it holds.
"""

from collections.abc import Collection
from typing import Final

from cardserver.client import CardServerClient
from cardserver.domain.operation import OperationKind
from cardserver.wire_operations import EVERY_STEP, KeyingState, Ticket
from drivers.api.cards import StepState

OF_BLANKS: Final = frozenset({OperationKind.ISSUE, OperationKind.REPLACE})
"""Operations that make a card of a blank chip."""


class RunJournal:
    """A `drivers.api.cards.KeyingJournal`.

    `before` are the steps that may have begun in an earlier run, `announced` says that the server
    counts every step as begun already.
    """

    def __init__(
        self,
        server: CardServerClient,
        operation_id: str,
        *,
        before: Collection[str],
        announced: bool,
    ) -> None:
        self._server = server
        self._operation_id = operation_id
        self._before = frozenset(before)
        self._announced = announced
        self._now: dict[str, StepState] = {}

    @property
    def begun(self) -> bool:
        """True when the card's keys may have been changed already."""
        return bool(self._before or self._now)

    def state(self, step: str) -> StepState | None:
        """What is known of this step: of an earlier run never more than that it may have begun."""
        if step in self._now:
            return self._now[step]
        return StepState.BEGUN if self._before & {step, EVERY_STEP} else None

    def record(self, step: str, state: StepState) -> None:
        """Keep it; before the first step begins the server has heard that all of them may have."""
        if state is StepState.BEGUN and not self._announced:
            self._server.record_keying(self._operation_id, EVERY_STEP, KeyingState.BEGUN)
            self._announced = True
        self._now[step] = state


def onward(server: CardServerClient, ticket: Ticket) -> RunJournal:
    """The journal for doing what the ticket says.

    Only where a card is made of a blank may an earlier run have been taking keys off again, so that
    a part which opens with the new keys may be half erased. On a customer's card what opens with
    them is whole, and a slot that is torn holds a record on its way: it is not to be mended.
    """
    before = ticket.keying_begun if ticket.kind in OF_BLANKS else ()
    announced = ticket.keying_announced
    return RunJournal(server, ticket.operation_id, before=before, announced=announced)


def backward(server: CardServerClient, ticket: Ticket) -> RunJournal:
    """The journal for taking it back: what was begun since the ticket was given counts too."""
    begun = server.keying_steps(ticket.operation_id)
    return RunJournal(server, ticket.operation_id, before=begun, announced=EVERY_STEP in begun)
