"""The space's file: a record for everything paid (PARK-08).

Written in the transaction that settles the money, so that no paid month is without its record.
"""

from typing import Final

from cardserver.db.mapping import charges_from, period_from
from cardserver.db.queries import rights_planned
from cardserver.db.spaces import is_collected
from cardserver.db.tables import OperationRow, SaleRow
from cardserver.db.tables_parking import FileEvent, SpaceFileRow
from cardserver.domain.card import Right
from cardserver.domain.operation import OperationKind
from cardserver.domain.rights import RightKind
from cardserver.domain.tariff import ChargeItem
from cardserver.domain.validity import ValidityPeriod
from cardserver.services.turn import Turn

_EVENTS: Final = {
    OperationKind.ADD_PARKING: FileEvent.OWN_CARD,
    OperationKind.ISSUE: FileEvent.NEW_CARD,
    OperationKind.TOP_UP: FileEvent.TOP_UP,
    OperationKind.REPLACE: FileEvent.MOVED,
}


def file_parking(turn: Turn, operation: OperationRow) -> None:
    """Enter a settled operation in its space's file, if it concerns parking (PARK-08a)."""
    event = _EVENTS.get(operation.kind)
    right = _parking_right(turn, operation)
    if event is None or right is None or right.agreement_id is None:
        return
    sale = None if operation.sale_id is None else turn.find(SaleRow, operation.sale_id, "sale")
    if sale is not None and is_collected(turn.session, sale.id):
        event = FileEvent.COLLECTED
    days = _paid_days(operation, event, right)
    record = {
        "agreement_id": right.agreement_id,
        "operation_id": operation.id,
        "event": event,
        "card_number": operation.card_number,
        "first": days.first,
        "last": days.last,
        "amount_fen": 0 if sale is None else _parking_fen(sale),
    }
    turn.write(SpaceFileRow, {**record, **turn.made()})


def _parking_right(turn: Turn, operation: OperationRow) -> Right | None:
    rights = rights_planned(turn.session, operation)
    return next((right for right in rights if right.kind is RightKind.PARKING), None)


def _paid_days(operation: OperationRow, event: FileEvent, right: Right) -> ValidityPeriod:
    added = period_from(operation.plan["added"])
    return right.period if added is None or event is FileEvent.MOVED else added


def _parking_fen(sale: SaleRow) -> int:
    charges = charges_from(sale.charges)
    return sum(each.amount_fen for each in charges if each.item is ChargeItem.PARKING)
