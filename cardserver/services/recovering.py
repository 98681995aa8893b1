"""Operations nobody has ended yet, the ticket to go on with, and what became of one."""

from cardserver.db.queries import open_on_chip, open_operations
from cardserver.db.tables import CardRow, OperationRow, SaleRow
from cardserver.services.documentviews import documents_of
from cardserver.services.errors import NotFound
from cardserver.services.saleviews import sale_view
from cardserver.services.tickets import ticket
from cardserver.services.turn import Caller, Estate, reading
from cardserver.services.views import card_view, operation_view
from cardserver.wire_operations import OperationList, Outcome, Ticket


def open_operation(estate: Estate, caller: Caller, uid: bytes) -> Ticket:
    """The ticket for the card on the reader, as it was given at first. Raises NotFound.

    A kiosk is given only what it may do: another operation waits for the desk (NotPermitted).
    """
    with reading(estate, caller) as turn:
        row = open_on_chip(turn.session, uid)
        if row is None:
            raise NotFound("operation", uid.hex())
        caller.check_may_operate(row.kind)
        return ticket(turn, row)


def outcome(estate: Estate, caller: Caller, operation_id: str) -> Outcome:
    """What became of an operation, open or ended. Raises NotFound, NotPermitted."""
    with reading(estate, caller) as turn:
        row = turn.find(OperationRow, operation_id, "operation")
        caller.check_may_operate(row.kind)
        card = turn.session.get(CardRow, row.card_number)
        sale = None if row.sale_id is None else turn.find(SaleRow, row.sale_id, "sale")
        return Outcome(
            operation=operation_view(row),
            card=None if card is None else card_view(turn, card),
            documents=documents_of(turn, row),
            sale=None if sale is None else sale_view(turn, sale),
        )


def list_open(estate: Estate, caller: Caller) -> OperationList:
    """All open operations, oldest first."""
    with reading(estate, caller) as turn:
        rows = open_operations(turn.session)
        return OperationList(operations=tuple(operation_view(row) for row in rows))
