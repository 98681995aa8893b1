"""What must be true after a tear or a kill, and how the card is brought to its end the next time.

"Finished" is compared with the same operation without an accident: the same books to the fen, the
same number of papers, the same bytes on the card and in the server's store. "Undone" is compared
with the moment before it.
"""

from collections.abc import Callable

from cardserver.client import CardServerClient
from cardserver.domain.admission import Problem, Snapshot
from cardserver.domain.operation import OperationKind
from cardserver.domain.rights import SLOT_OF, CardStatus, RightKind
from cardserver.wire_operations import Ticket
from drivers.api.cards import Card
from kiosk.station.operating import Step, UndoTooLate, carry_out, undo
from simulators.cards.catalogue import make
from simulators.reader import VirtualReader
from tests.scenario.cases import End, Start, untouched, write
from tests.scenario.ground import Tap, on_card

Act = Callable[[Card, CardServerClient], object]
UNREADABLE = {Problem.TORN, Problem.FOREIGN, Problem.EMPTY}

# --- the card is laid on again --------------------------------------------------------------------


def open_operation(start: Start) -> Ticket | None:
    return start.ground.desk.open_operation(start.card.uid)


def settled(start: Start) -> bool:
    """The operation is over, whatever the station was told of it."""
    return start.ground.count("operation", "state = 'settled'") > start.operations


def begin_or_finish(start: Start, reader: VirtualReader) -> None:
    """Finish what is open on the card; where nothing was begun, begin."""
    ticket = open_operation(start)
    if ticket is not None:
        lay_again(start, reader, ticket, lambda card, desk: carry_out(ticket, card, desk, quiet))
    elif not settled(start):
        write(start, reader)


def cancel_or_undo(start: Start, reader: VirtualReader) -> None:
    """Undo what is open on the card; where nothing was begun, hand the money back.

    Raises UndoTooLate.
    """
    ticket = open_operation(start)
    if ticket is not None:
        lay_again(start, reader, ticket, lambda card, desk: undo(ticket, card, desk, "test"))
    elif start.sale_id is not None:
        start.ground.desk.cancel_sale(start.sale_id, start.cancel_id, "test")


def lay_again(start: Start, reader: VirtualReader, ticket: Ticket, act: Act) -> None:
    reader.insert(start.card)
    on_card(reader, lambda card: act(card, start.ground.desk), ticket.secure_channel)


def quiet(_step: Step) -> None:
    """Nobody looks."""


# --- what is true ---------------------------------------------------------------------------------


def end_by_finishing(start: Start, end: End) -> None:
    """Lay the card on again, finish, and look at everything."""
    begin_or_finish(start, VirtualReader())
    check_finished(start, end)


def end_by_undoing(start: Start, end: End) -> None:
    """Lay the card on again, undo, and look at everything; what can't be undone is finished."""
    memory = start.card.dump()
    if settled(start):
        check_finished(start, end)
        return
    try:
        cancel_or_undo(start, VirtualReader())
    except UndoTooLate:
        assert start.kind is OperationKind.FORMAT or rolls_keys(start)
        assert start.card.dump() == memory
        end_by_finishing(start, end)
    else:
        check_undone(start, end)


def rolls_keys(start: Start) -> bool:
    return start.name == "top-up-rolling"


def check_gate(start: Start, end: End) -> dict[RightKind, Tap]:
    """Old, new, or nothing that can be read: never a third thing, never a right not paid.

    A right that the operation has nothing to do with opens its lane all the time.
    """
    listed = start.ground.issue_list()
    taps = start.ground.at_gate(start.card, listed)
    for right, tap in taps.items():
        slot = int(SLOT_OF[right])
        old, new = start.record(start.before.get(slot)), start.record(end.after.get(slot))
        if tap.record is None:
            assert tap.presented.problem in UNREADABLE, (right, tap)
            assert not tap.decision.granted, (right, tap)
        else:
            assert tap.record in (old, new), (right, tap)
        if right in untouched(start):
            assert tap.record == old, (right, tap)
            assert tap.decision.granted is (old is not None), (right, tap)
        if rolls_keys(start):  # whichever of the two keys opens a slot at the moment
            assert tap.decision.granted or tap.presented.problem is Problem.TORN, (right, tap)
    if start.old is not None:
        _check_old_card(start, taps, listed)
    return taps


def _check_old_card(start: Start, taps: dict[RightKind, Tap], listed: Snapshot) -> None:
    """The card that is replaced opens nothing from the moment its successor is begun."""
    assert start.old is not None
    begun = start.ground.count("operation") > start.operations
    for right, tap in start.ground.at_gate(start.old, listed).items():
        assert tap.record is not None, right
        assert tap.decision.granted is not begun, right
        assert not (tap.decision.granted and taps[right].decision.granted), right


def check_finished(start: Start, end: End) -> None:
    """As if nothing had happened: bytes, books and papers."""
    ground = start.ground
    assert ground.count("operation", "state = 'open'") == 0
    assert end.trial.balanced
    assert ground.trial() == end.trial
    assert ground.balances() == end.balances
    assert ground.count("document") == end.documents
    for right, tap in check_gate(start, end).items():
        assert tap.decision.granted is (int(SLOT_OF[right]) in end.after), right
    card = ground.card(start.card)
    assert card.number == end.number
    assert ground.rights_on_file(card.number) == end.after
    if start.kind is OperationKind.FORMAT:
        assert card.status is CardStatus.RETURNED
        check_blank(start)
        return
    assert card.status is CardStatus.LIVE
    assert ground.slots_on_card(start.card, end.version) == end.after


def check_undone(start: Start, end: End) -> None:
    """The card is what it was, no paper is owed, and all that was paid goes back."""
    ground = start.ground
    assert ground.count("operation", "state = 'open'") == 0
    assert ground.count("document") == start.documents
    trial = ground.trial()
    assert trial.balanced
    assert trial.settled_fen == start.trial.settled_fen
    assert trial.held_fen == start.trial.held_fen - start.due_fen
    assert trial.payable_fen == start.trial.payable_fen + start.due_fen
    if start.sale_id is not None:
        sale = ground.desk.pay_refund(start.sale_id, start.refund_id, start.due_fen)
        assert sale.refundable_fen == 0
        assert ground.trial().balanced
    for right, tap in check_gate(start, end).items():
        assert tap.decision.granted is (int(SLOT_OF[right]) in start.before), right
    if not start.before:
        check_blank(start)
        return
    card = ground.card(start.card)
    assert ground.rights_on_file(card.number) == start.before
    assert ground.slots_on_card(start.card, card.key_version) == start.before


def check_blank(start: Start) -> None:
    """To the last bit as from the factory."""
    assert start.card.dump() == make(start.card.kind, start.card.uid).dump()
