"""The account of a shift: what moved in its drawer, and what should lie in it now."""

from cardserver.db.tables_shifts import ShiftRow
from cardserver.db.tills import (
    Sums,
    counts_of,
    drawer_movements,
    earned_in,
    papers_in,
    sale_movements,
)
from cardserver.services.shifts import count_view
from cardserver.services.turn import Turn
from cardserver.wire_shifts import Earned, Movement, PaperRange, ShiftReport


def movements_of(turn: Turn, shift: ShiftRow) -> tuple[Movement, ...]:
    """What went in and out of the takings, by kind; sales first."""
    session = turn.session
    sums: tuple[Sums, ...] = (sale_movements(session, shift), drawer_movements(session, shift))
    return tuple(
        Movement(kind=str(kind), count=count, amount_fen=int(fen))
        for each in sums
        for kind, count, fen in each
    )


def takings_of(turn: Turn, shift: ShiftRow) -> int:
    """What the ledger has in this shift's drawer beside its float; negative where more went out."""
    return _sum_of(movements_of(turn, shift))


def expected_in(turn: Turn, shift: ShiftRow) -> int:
    """What should lie in the drawer."""
    return shift.float_fen + takings_of(turn, shift)


def papers_of(turn: Turn, shift: ShiftRow) -> tuple[PaperRange, ...]:
    """The numbers the shift issued, by kind."""
    return tuple(
        PaperRange(kind=kind, first=first, last=last, count=count, void=void)
        for kind, first, last, count, void in papers_in(turn.session, shift)
    )


def report_of(turn: Turn, shift: ShiftRow) -> ShiftReport:
    """The account so far (X).

    What should be there stays hidden until the drawer was counted, and again once money moved
    after that: float and movements would add up to it, so no sum of cash is told either.
    """
    counts = tuple(count_view(row) for row in counts_of(turn.session, shift))
    earned = earned_in(turn.session, shift)
    movements = movements_of(turn, shift)
    expected = shift.float_fen + _sum_of(movements)
    told = bool(counts) and counts[-1].expected_fen == expected
    return ShiftReport(
        shift_number=shift.number,
        station=shift.station,
        operator=shift.operator,
        opened_at=shift.at,
        until=turn.now,
        float_fen=shift.float_fen,
        movements=movements if told else tuple(map(_unsaid, movements)),
        earned=tuple(Earned(item=item, amount_fen=fen) for item, fen in earned.items()),
        papers=papers_of(turn, shift),
        expected_fen=expected if told else None,
        counts=counts,
    )


def _sum_of(movements: tuple[Movement, ...]) -> int:
    return sum(each.amount_fen or 0 for each in movements)


def _unsaid(movement: Movement) -> Movement:
    return movement.model_copy(update={"amount_fen": None})
