"""The journal of one run of keying: exact here, and on the server never less than what may be."""

import httpx
import pytest

from cardserver.client import CardServerClient, ServerUnavailable
from cardserver.wire_operations import EVERY_STEP, KeyingRequest, KeyingState, KeyingSteps
from drivers.api.cards import StepState
from kiosk.station.keyjournal import RunJournal

OPERATION = "01234567-89ab-4cde-8f01-23456789abcd"


class Server:
    """Answers the one call of a run, and keeps what it was told."""

    def __init__(self, *, away: bool = False) -> None:
        self.told: list[KeyingRequest] = []
        self._away = away
        transport = httpx.MockTransport(self._answer)
        http = httpx.Client(transport=transport, base_url="http://server")
        self.client = CardServerClient(http, wait=lambda _seconds: None)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        if self._away:
            raise httpx.ConnectError("nobody is there")
        self.told.append(KeyingRequest.model_validate_json(request.read()))
        steps = KeyingSteps(steps={each.step: each.state for each in self.told})
        return httpx.Response(200, content=steps.model_dump_json())


def run_of(server: Server, *before: str, announced: bool = False) -> RunJournal:
    return RunJournal(server.client, OPERATION, before=before, announced=announced)


def test_the_server_hears_once_and_before_the_first_that_every_step_may_have_begun() -> None:
    server = Server()
    run = run_of(server)
    for step in ("sector-1", "sector-2"):
        run.record(step, StepState.BEGUN)
        assert server.told == [KeyingRequest(step=EVERY_STEP, state=KeyingState.BEGUN)]
        run.record(step, StepState.DONE)
    assert run.state("sector-1") is StepState.DONE
    assert run.state("sector-3") is None


def test_what_was_announced_with_the_ticket_is_not_told_again() -> None:
    server = Server()
    run = run_of(server, announced=True)
    run.record("picc-key", StepState.BEGUN)
    assert run.begun
    assert server.told == []


def test_no_step_begins_that_the_server_has_not_heard_of() -> None:
    """The driver stops before it touches the card."""
    run = run_of(Server(away=True))
    with pytest.raises(ServerUnavailable):
        run.record("sector-1", StepState.BEGUN)
    assert run.state("sector-1") is None


@pytest.mark.parametrize(("before", "other"), [("sector-1", None), (EVERY_STEP, StepState.BEGUN)])
def test_a_step_of_an_earlier_run_may_have_begun_and_is_never_done(
    before: str, other: StepState | None
) -> None:
    run = run_of(Server(), before, announced=True)
    assert run.begun
    assert run.state("sector-1") is StepState.BEGUN
    assert run.state("sector-2") is other
    run.record("sector-1", StepState.DONE)
    assert run.state("sector-1") is StepState.DONE
