"""What a station that restarted or lost an answer can ask, and what evidence must be about."""

import pytest

from cardserver.domain.operation import OperationState
from cardserver.domain.rights import RightKind
from cardserver.domain.sale import SaleState
from cardserver.services import ending, planning, recovering
from cardserver.services.errors import NotFound, NotPermitted
from cardserver.wire_operations import VoidRequest
from cardserver.wire_requests import IssueRequest
from tests.databases.frontdesk import (
    DESK,
    KIOSK,
    OTHER_DESK,
    FrontDesk,
    blank,
    new_id,
    refused,
)


def test_the_ticket_of_a_first_card_names_its_holder(desk: FrontDesk) -> None:
    card = blank()
    desk.begin(desk.issue_request(desk.owner), card)
    taken_over = recovering.open_operation(desk.estate, OTHER_DESK, card.uid)
    assert (taken_over.holder_id, taken_over.subject_number) == (desk.owner, None)


def test_the_ticket_of_a_replacement_names_the_card_it_replaces(desk: FrontDesk) -> None:
    old, _ = desk.owners_card()
    ticket = desk.begin(desk.replace_request(old), blank())
    assert (ticket.holder_id, ticket.subject_number) == (desk.owner, old.number)
    assert ticket.card_number != old.number


def test_the_ticket_of_a_change_names_its_own_card(desk: FrontDesk) -> None:
    view, card = desk.owners_card()
    assert desk.begin(desk.parking_request(view), card).subject_number == view.number


def test_the_outcome_is_told_at_every_stage(desk: FrontDesk) -> None:
    card = blank()
    ticket = desk.begin(desk.issue_request(desk.owner), card)
    found = recovering.outcome(desk.estate, OTHER_DESK, ticket.operation_id)
    assert (found.operation.state, found.card, found.document) == (OperationState.OPEN, None, None)
    assert found.sale is not None
    assert found.sale.state is SaleState.IN_USE
    card.write(ticket)
    settled = desk.settle(ticket, card)
    found = recovering.outcome(desk.estate, OTHER_DESK, ticket.operation_id)
    assert (found.operation, found.card) == (settled.operation, settled.card)
    assert found.document == settled.document
    assert found.sale is not None
    assert found.sale.state is SaleState.SETTLED


def test_the_outcome_of_an_undone_operation_says_what_is_owed_back(desk: FrontDesk) -> None:
    card = blank()
    ticket = desk.begin(desk.issue_request(desk.owner), card)
    request = VoidRequest(evidence=card.evidence(), reason="反悔")
    ending.void(desk.estate, DESK, ticket.operation_id, request)
    found = recovering.outcome(desk.estate, DESK, ticket.operation_id)
    assert found.operation.state is OperationState.VOIDED
    assert found.sale is not None
    assert found.sale.refundable_fen == 20_00


def test_an_outcome_without_money_has_no_sale(desk: FrontDesk) -> None:
    settled = desk.do(desk.issue_request(desk.staff), blank())
    found = recovering.outcome(desk.estate, DESK, settled.operation.operation_id)
    assert (found.sale, found.document) == (None, None)


def test_an_outcome_is_told_to_whoever_may_do_the_operation(desk: FrontDesk) -> None:
    settled = desk.do(desk.issue_request(desk.owner), blank())
    with pytest.raises(NotPermitted):
        recovering.outcome(desk.estate, KIOSK, settled.operation.operation_id)
    with pytest.raises(NotFound):
        recovering.outcome(desk.estate, DESK, new_id())


def test_evidence_read_from_another_chip_settles_and_undoes_nothing(desk: FrontDesk) -> None:
    """Two blanks hold the same nothing, and a swapped card could be written as planned."""
    card, other = blank(), blank()
    ticket = desk.begin(desk.issue_request(desk.owner), card)
    request = VoidRequest(evidence=other.evidence(), reason="反悔")
    with refused("other-card"):
        ending.void(desk.estate, DESK, ticket.operation_id, request)
    other.write(ticket)
    with refused("other-card"):
        desk.settle(ticket, other)
    assert recovering.open_operation(desk.estate, DESK, card.uid) == ticket
    card.write(ticket)
    desk.settle(ticket, card)
    with refused("other-card"):
        desk.settle(ticket, other)


@pytest.mark.parametrize("zones", [(1,), (0, 3, 31), (0, 1, 2, 31)])
def test_a_card_opens_no_door_that_is_not_the_holders(
    desk: FrontDesk, zones: tuple[int, ...]
) -> None:
    request = desk.issue_request(desk.owner).model_copy(update={"zones": zones})
    with refused("zones-not-allowed", "GATE-01"):
        planning.quote(desk.estate, DESK, request)


def test_a_card_may_open_fewer_doors_than_its_holder_may(desk: FrontDesk) -> None:
    request = desk.issue_request(desk.owner).model_copy(update={"zones": (3,)})
    assert desk.do(request, blank()).card.rights[RightKind.DOOR].zones == (3,)
    nobody = IssueRequest(holder_id=desk.owner, zones=())
    with refused("zones-missing", "GATE-01"):
        planning.quote(desk.estate, DESK, nobody)
