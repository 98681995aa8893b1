"""What stands between a shift and its end: money without paper, paper without hand-over (FEE-32).

The first three kinds hold the shift open. Unsigned rows and unfiled papers may stay open, but the
person who closes has seen them (IC-07a, PARK-08a).
"""

from collections.abc import Iterator, Sequence

from sqlalchemy import select

from cardserver.db.books import sale_account, sale_state, sales_with_money
from cardserver.db.paperbooks import not_handed, unnumbered
from cardserver.db.tables import OperationRow
from cardserver.db.tables_shifts import ShiftRow
from cardserver.db.tenders import tenders_of
from cardserver.domain.operation import OperationState
from cardserver.domain.sale import SaleState, TenderState
from cardserver.domain.shift import HOLDING, HoldKind
from cardserver.services.filing import unfiled
from cardserver.services.registering import open_rows
from cardserver.services.turn import Turn
from cardserver.wire_shifts import Hold


def holds_of(turn: Turn, shift: ShiftRow) -> tuple[Hold, ...]:
    """Everything open that this shift leaves behind, what holds it first."""
    return (
        *_money(turn, shift),
        *_operations(turn, shift),
        *_papers(turn, shift),
        *_register(turn, shift),
        *_filing(turn, shift),
    )


def holding(holds: Sequence[Hold]) -> tuple[Hold, ...]:
    """Those that have to be ended first."""
    return tuple(each for each in holds if each.kind in HOLDING)


def _money(turn: Turn, shift: ShiftRow) -> Iterator[Hold]:
    """Money held or owed back, change not given, a payment on its way: of this operator's sales."""
    for sale in sales_with_money(turn.session, station=shift.station):
        if sale.operator != shift.operator:
            continue
        account = sale_account(turn.session, sale)
        state = sale_state(turn.session, sale.id)
        fen = account.payable_fen + (
            account.change_fen if state is SaleState.IN_USE else account.held_fen
        )
        latest = tenders_of(turn.session, sale.id).values()
        if fen or any(row.state is TenderState.ACCEPTING for row in latest):
            yield Hold(kind=HoldKind.MONEY, subject=sale.id, amount_fen=fen, since=sale.at)


def _operations(turn: Turn, shift: ShiftRow) -> Iterator[Hold]:
    statement = select(OperationRow).where(
        OperationRow.state == OperationState.OPEN,
        OperationRow.station == shift.station,
        OperationRow.operator == shift.operator,
    )
    for row in turn.session.scalars(statement.order_by(OperationRow.at, OperationRow.id)):
        yield Hold(kind=HoldKind.OPERATION, subject=f"{row.card_number:08d}", since=row.at)


def _papers(turn: Turn, shift: ShiftRow) -> Iterator[Hold]:
    """Documents nobody handed over or put into the box, and those that found no number yet."""
    mine = {"station": shift.station, "operator": shift.operator}
    for row in not_handed(turn.session, **mine):
        fen = int(row.content["total_fen"])
        subject = f"{row.kind} {row.number:06d}"
        yield Hold(kind=HoldKind.PAPER, subject=subject, amount_fen=fen, since=row.at)
    for paper in unnumbered(turn.session, **mine):
        fen = int(paper.content["total_fen"])
        yield Hold(kind=HoldKind.PAPER, subject=paper.kind, amount_fen=fen, since=paper.at)


def _register(turn: Turn, shift: ShiftRow) -> Iterator[Hold]:
    for row in open_rows(turn, station=shift.station, operator=shift.operator):
        yield Hold(kind=HoldKind.REGISTER, subject=f"F1 {row.number:06d}", since=row.at)


def _filing(turn: Turn, shift: ShiftRow) -> Iterator[Hold]:
    for copy in unfiled(turn, operator=shift.operator):
        yield Hold(kind=HoldKind.FILING, subject=copy.paper, since=copy.at)
