"""Keys of a card: given with its ticket, rolled when it is written, journalled step by step."""

from dataclasses import replace

import pytest
from sqlalchemy import Engine

from cardserver.db.tables import Base
from cardserver.domain.keys import GATE_PURPOSES, KeyInputInvalid, KeyPurpose
from cardserver.domain.operation import Keying, OperationState
from cardserver.domain.record import Medium
from cardserver.domain.rights import CardStatus, RightKind
from cardserver.services import beginning, ending, holders, keying, recovering
from cardserver.services.errors import NotFound
from cardserver.vault import demo_vault
from cardserver.wire_operations import (
    EVERY_STEP,
    AbandonRequest,
    KeyingRequest,
    KeyingState,
    Ticket,
    VoidRequest,
)
from cardserver.wire_requests import FormatRequest, TopUpRequest
from tests.databases.frontdesk import DESK, FrontDesk, blank, open_desk, refused

BEGUN = KeyingState.BEGUN
DONE = KeyingState.DONE
ROLES = {
    Medium.CLASSIC: {"classic-read", "classic-write"},
    Medium.DESFIRE: {"desfire-picc", "desfire-app", "desfire-read", "desfire-write"},
}


def record(
    desk: FrontDesk, ticket: Ticket, step: str, state: KeyingState
) -> dict[str, KeyingState]:
    request = KeyingRequest(step=step, state=state)
    return keying.record_step(desk.estate, DESK, ticket.operation_id, request).steps


def with_keys(desk: FrontDesk, version: int) -> FrontDesk:
    """The same estate after its keys were rolled."""
    desk.estate = replace(desk.estate, vault=demo_vault(version))
    return desk


@pytest.mark.parametrize("medium", list(Medium))
def test_a_ticket_holds_the_keys_of_its_card_and_family_only(
    desk: FrontDesk, medium: Medium
) -> None:
    card = blank(medium)
    ticket = desk.begin(desk.issue_request(desk.owner), card)
    assert set(ticket.keys) == ROLES[medium]
    read = KeyPurpose("classic-read" if medium is Medium.CLASSIC else "desfire-read")
    assert ticket.keys[read] == desk.estate.vault.diversified(read, card.uid, 1)
    assert all(key.hex() not in repr(ticket) for key in ticket.keys.values())
    assert all(repr(key) not in repr(ticket) for key in ticket.keys.values())


def test_the_reading_keys_of_a_known_card_cannot_write(desk: FrontDesk) -> None:
    card = blank()
    with pytest.raises(NotFound):
        holders.read_keys(desk.estate, DESK, card.uid)
    desk.issue(desk.owner, card)
    keys = holders.read_keys(desk.estate, DESK, card.uid)
    assert keys.version == 1
    assert set(keys.keys) == {"classic-read"}
    assert set(keys.keys) <= {str(purpose) for purpose in GATE_PURPOSES}


def test_steps_are_kept_and_repeating_one_changes_nothing(desk: FrontDesk) -> None:
    card = blank()
    ticket = desk.begin(desk.issue_request(desk.owner), card)
    for state in (BEGUN, BEGUN, DONE):
        assert record(desk, ticket, "sector-0", state) == {"sector-0": state}
    record(desk, ticket, "sector-1", BEGUN)
    assert keying.steps(desk.estate, DESK, ticket.operation_id).steps == {
        "sector-0": DONE,
        "sector-1": BEGUN,
    }


def test_no_step_is_recorded_for_an_ended_operation(desk: FrontDesk) -> None:
    card = blank()
    ticket = desk.begin(desk.issue_request(desk.owner), card)
    record(desk, ticket, "sector-0", DONE)
    card.write(ticket)
    desk.settle(ticket, card)
    assert record(desk, ticket, "sector-0", DONE) == {"sector-0": DONE}
    with refused("operation-ended"):
        record(desk, ticket, "sector-1", BEGUN)


def test_a_chip_left_half_keyed_is_known_to_the_next_operation(desk: FrontDesk) -> None:
    """As begun, never as done: nobody can say what happened to it since."""
    card = blank()
    first = desk.begin(desk.issue_request(desk.staff), card)
    record(desk, first, "sector-0", DONE)
    record(desk, first, "sector-1", BEGUN)
    undo = VoidRequest(evidence=card.evidence(), reason="坏了")
    ending.void(desk.estate, DESK, first.operation_id, undo)
    second = desk.begin(desk.issue_request(desk.other_staff), card)
    assert keying.steps(desk.estate, DESK, second.operation_id).steps == {
        "sector-0": BEGUN,
        "sector-1": BEGUN,
    }
    assert second.previous_keys is None


def test_a_chip_left_half_keyed_before_the_keys_were_rolled_can_still_be_opened(
    desk: FrontDesk,
) -> None:
    card = blank()
    first = desk.begin(desk.issue_request(desk.staff), card)
    record(desk, first, "sector-0", BEGUN)
    undo = VoidRequest(evidence=card.evidence(), reason="坏了")
    ending.void(desk.estate, DESK, first.operation_id, undo)
    second = with_keys(desk, 2).begin(desk.issue_request(desk.staff), card)
    assert (second.key_version, second.previous_key_version) == (2, 1)
    assert second.previous_keys == first.keys


@pytest.mark.parametrize("medium", list(Medium))
def test_a_card_of_older_keys_is_rolled_when_it_is_written(desk: FrontDesk, medium: Medium) -> None:
    """Both records are sealed anew, so that the old keys can be left behind; no date changes."""
    card = blank(medium)
    view = desk.add_parking(desk.issue(desk.owner, card), card)
    with_keys(desk, 2)
    ticket = desk.begin(TopUpRequest(card_number=view.number, months=1), card)
    assert ticket.keying is Keying.PERSONALISE
    assert (ticket.key_version, ticket.previous_key_version) == (2, 1)
    assert {change.slot for change in ticket.changes} == {0, 1}
    for change in ticket.changes:
        record_now = desk.estate.vault.open_record(change.new, card.uid, medium)
        assert record_now.key_version == 2
    card.write(ticket)
    rolled = desk.settle(ticket, card).card
    assert rolled.key_version == 2
    assert rolled.rights[RightKind.DOOR].last == view.rights[RightKind.DOOR].last
    assert rolled.rights[RightKind.DOOR].sequence == 2
    assert holders.read_keys(desk.estate, DESK, card.uid).version == 2


def test_a_customers_card_half_rolled_is_finished_not_voided(desk: FrontDesk) -> None:
    view, card = desk.owners_card()
    view = desk.add_parking(view, card)
    with_keys(desk, 2)
    ticket = desk.begin(TopUpRequest(card_number=view.number, months=1), card)
    record(desk, ticket, "sector-0", BEGUN)
    undo = VoidRequest(evidence=card.evidence(), reason="反悔")
    with refused("keying-begun"):
        ending.void(desk.estate, DESK, ticket.operation_id, undo)
    resumed = ticket.model_copy(update={"keying_begun": ("sector-0",)})
    assert recovering.open_operation(desk.estate, DESK, card.uid) == resumed


def test_where_a_blank_is_keyed_at_once_every_step_stands_as_begun_with_the_ticket(
    desk: FrontDesk,
) -> None:
    """The intent is on disk before the first key; the fresh ticket says that nobody was there."""
    card = blank()
    request = desk.issue_request(desk.staff)
    asked = desk.begin_request(request, card, desk.paid_sale(request))
    asked = asked.model_copy(update={"keys_at_once": True})
    ticket = beginning.begin(desk.estate, DESK, asked)
    assert (ticket.keying_begun, ticket.keying_announced) == ((), True)
    assert keying.steps(desk.estate, DESK, ticket.operation_id).steps == {EVERY_STEP: BEGUN}
    resumed = recovering.open_operation(desk.estate, DESK, card.uid)
    assert (resumed.keying_begun, resumed.keying_announced) == ((EVERY_STEP,), True)
    assert beginning.begin(desk.estate, DESK, asked) == resumed  # the answer may have been lost


def test_a_blank_that_was_given_up_is_met_as_begun_by_the_next_operation(desk: FrontDesk) -> None:
    card = blank()
    for begun in ((), (EVERY_STEP,)):
        request = desk.issue_request(desk.staff)
        asked = desk.begin_request(request, card, desk.paid_sale(request))
        asked = asked.model_copy(update={"keys_at_once": True})
        ticket = beginning.begin(desk.estate, DESK, asked)
        assert (ticket.keying_begun, ticket.keying_announced) == (begun, True)
        undo = VoidRequest(evidence=card.evidence(), reason="坏了")
        ending.void(desk.estate, DESK, ticket.operation_id, undo)


def test_the_keys_of_a_customers_card_stand_as_begun_only_when_they_are(desk: FrontDesk) -> None:
    """Until then the operation can be voided on evidence, and the card is as it was."""
    view, card = desk.owners_card()
    view = desk.add_parking(view, card)
    with_keys(desk, 2)
    request = TopUpRequest(card_number=view.number, months=1)
    asked = desk.begin_request(request, card, desk.paid_sale(request))
    ticket = beginning.begin(desk.estate, DESK, asked.model_copy(update={"keys_at_once": True}))
    assert (ticket.keying_begun, ticket.keying_announced) == ((), False)
    undo = VoidRequest(evidence=card.evidence(), reason="反悔")
    voided = ending.void(desk.estate, DESK, ticket.operation_id, undo)
    assert voided.operation.state is OperationState.VOIDED


def test_a_format_given_up_is_known_to_the_next_one(desk: FrontDesk) -> None:
    card = blank()
    view = desk.issue(desk.staff, card)
    first = desk.begin(FormatRequest(card_number=view.number), card)
    record(desk, first, "sector-0", BEGUN)
    given_up = AbandonRequest(reason="打不开")
    voided = ending.abandon(desk.estate, DESK, first.operation_id, given_up)
    assert voided.card is not None
    assert voided.card.status is CardStatus.SCRAPPED
    second = desk.begin(FormatRequest(card_number=view.number), card)
    assert second.keying is Keying.FORMAT
    assert keying.steps(desk.estate, DESK, second.operation_id).steps == {"sector-0": BEGUN}


def test_keys_are_stored_nowhere(engine: Engine) -> None:
    """Derived for each ticket: a copy of the database opens no card."""
    desk = open_desk(engine)
    card = blank(Medium.DESFIRE)
    ticket = desk.begin(desk.issue_request(desk.owner), card)
    with engine.connect() as connection:
        rows = [
            str(value)
            for table in Base.metadata.sorted_tables
            for row in connection.execute(table.select())
            for value in row
        ]
    for key in ticket.keys.values():
        assert not any(key.hex() in value or str(key) in value for value in rows)


def test_the_wrong_kind_of_chip_gets_no_ticket(desk: FrontDesk) -> None:
    """A UID of 10 bytes has no keys of ours: a typed refusal, and nothing is left open."""
    card = blank()
    card.uid = bytes(10)
    with pytest.raises(KeyInputInvalid):
        desk.begin(desk.issue_request(desk.staff), card)
    assert recovering.list_open(desk.estate, DESK).operations == ()


def test_a_step_of_another_operation_is_not_this_ones(desk: FrontDesk) -> None:
    tickets = [desk.begin(desk.issue_request(desk.staff), blank()) for _ in range(2)]
    record(desk, tickets[0], "sector-0", DONE)
    assert keying.steps(desk.estate, DESK, tickets[1].operation_id).steps == {}
