"""The keying journal of an operation, kept by the server, so that any station can resume."""

from typing import Final

from cardserver.client import CardServerClient
from cardserver.wire import KeyingState, Ticket
from drivers.api import StepState

UNDO: Final = "undo"
"""A step of our own beside those of the drivers: begun while the keying is being taken back."""


class ServerJournal:
    """A `drivers.api.KeyingJournal` whose lines are committed before the card is touched again.

    That a step is done is told with the next one that begins: until then it stands as begun, and
    whoever resumed would look at it once more, which is safe and costs nothing but a moment.
    """

    def __init__(self, server: CardServerClient, ticket: Ticket) -> None:
        self._server = server
        self._operation_id = ticket.operation_id
        self._untold: list[str] = []
        self._steps = {
            step: StepState(state)
            for step, state in server.keying_steps(ticket.operation_id).items()
        }

    @property
    def begun(self) -> bool:
        """True when the card's keys may have been changed already."""
        return bool(self._steps)

    def state(self, step: str) -> StepState | None:
        """What was last recorded for this step."""
        return self._steps.get(step)

    def record(self, step: str, state: StepState) -> None:
        """Record on the server that a step begins; that one is done can wait for the next."""
        if state is StepState.DONE:
            self._untold.append(step)
        else:
            done = [each for each in self._untold if each != step]
            self._server.record_keying(self._operation_id, step, KeyingState.BEGUN, done)
            self._untold.clear()
        self._steps[step] = state

    def head(self, *, back: bool) -> None:
        """Say which way the work goes now: on, or back.

        Where it turns, no step is done any more: what one way has finished the other way may have
        half taken apart, so the driver has to look.
        """
        if back is (self.state(UNDO) is StepState.BEGUN):
            return
        for step, state in list(self._steps.items()):
            if state is StepState.DONE:
                self.record(step, StepState.BEGUN)
        self.record(UNDO, StepState.BEGUN if back else StepState.DONE)
