"""Operations nobody has ended yet: the list, and the ticket to go on with."""

from cardserver.db.queries import open_on_chip, open_operations
from cardserver.services.errors import NotFound
from cardserver.services.tickets import ticket
from cardserver.services.turn import Caller, Estate, reading
from cardserver.services.views import operation_view
from cardserver.wire import OperationList, Ticket


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


def list_open(estate: Estate, caller: Caller) -> OperationList:
    """All open operations, oldest first."""
    with reading(estate, caller) as turn:
        rows = open_operations(turn.session)
        return OperationList(operations=tuple(operation_view(row) for row in rows))
