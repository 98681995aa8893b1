"""Ending a shift: the blind count, the difference and its comment, and the numbered Z report."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import select

from cardserver.db.paperbooks import unsettled
from cardserver.db.tables import CounterRow
from cardserver.db.tables_shifts import ShiftCountRow, ShiftRow, ZReportRow
from cardserver.db.tills import counts_of, last_z, seals_counted_before, z_of
from cardserver.domain.denomination import check_pieces, total_of
from cardserver.domain.drawer import closed, difference_found
from cardserver.domain.errors import RuleViolation
from cardserver.domain.registerchain import NO_ROW, chained
from cardserver.domain.shift import ShiftState, check_difference
from cardserver.services.drawer import book_movement
from cardserver.services.errors import Conflict, NotFound
from cardserver.services.holding import holding, holds_of
from cardserver.services.registersigning import note_unsigned
from cardserver.services.replay import repeated
from cardserver.services.shifts import check_own_or_head, count_view, notes_json, shift_view
from cardserver.services.tillcounts import expected_in, report_of, takings_of
from cardserver.services.turn import Caller, Estate, Turn, reading, writing
from cardserver.wire_shifts import (
    CloseShift,
    CloseView,
    CountDrawer,
    CountView,
    Hold,
    PrintZ,
    Reprinted,
    ShiftReport,
    ZLine,
    ZList,
    ZView,
)

_Z: Final = "z-report"


def x_report(estate: Estate, caller: Caller, shift_id: str) -> ShiftReport:
    """The open shift's account so far, at any time.

    Raises Conflict ``shift-closed``, NotFound, NotPermitted.
    """
    with reading(estate, caller) as turn:
        shift = turn.find(ShiftRow, shift_id, "shift")
        check_own_or_head(turn, shift)
        _check_open(shift)
        return report_of(turn, shift)


def before_close(estate: Estate, caller: Caller, shift_id: str) -> CloseView:
    """What holds the shift open, and what is to be acknowledged. Raises NotFound, NotPermitted."""
    with reading(estate, caller) as turn:
        shift = turn.find(ShiftRow, shift_id, "shift")
        check_own_or_head(turn, shift)
        holds = holds_of(turn, shift)
        return CloseView(shift=shift_view(turn, shift), holds=holds, may_close=not holding(holds))


def count_drawer(estate: Estate, caller: Caller, shift_id: str, request: CountDrawer) -> CountView:
    """What was counted; only the answer says what should have been there.

    A count may be given again, and each one stays on the report.
    Raises Conflict ``shift-closed``, AmountInvalid, NotPermitted.
    """
    with writing(estate, caller) as turn:
        shift = turn.find(ShiftRow, shift_id, "shift")
        check_own_or_head(turn, shift)
        if not repeated(turn, request.count_id, "count-drawer", request, about=shift_id):
            _check_open(shift)
            _count(turn, shift, request)
        return count_view(turn.find(ShiftCountRow, request.count_id, "count"))


def _count(turn: Turn, shift: ShiftRow, request: CountDrawer) -> None:
    counted = total_of(check_pieces(request.notes))
    row = turn.add(
        ShiftCountRow(
            id=request.count_id,
            shift_id=shift.id,
            sequence=len(counts_of(turn.session, shift)) + 1,
            notes=notes_json(request.notes),
            counted_fen=counted,
            expected_fen=expected_in(turn, shift),
            **turn.made(),
        )
    )
    turn.note("count-drawer", f"shift {shift.number}", f"{counted} of {row.expected_fen}")


def close_shift(estate: Estate, caller: Caller, shift_id: str, request: CloseShift) -> ZView:
    """End a shift after its count; the Z report is frozen in the same transaction.

    A head closes a forgotten shift of somebody else, and his name stands beside it.
    Raises RuleViolation ``shift-held`` while money has no paper or a paper no hand-over,
    ``papers-not-locked`` (FEE-35), ``left-open-unseen``, ``drawer-difference``; Conflict
    ``shift-closed``, ``count-stale``; NotFound, NotPermitted, ClockSetBack.
    """
    with writing(estate, caller) as turn:
        shift = turn.find(ShiftRow, shift_id, "shift")
        approved = check_own_or_head(turn, shift)
        if not repeated(turn, request.close_id, "close-shift", request, about=shift_id):
            turn.check_clock()
            _check_open(shift)
            left = _left_open(turn, shift, request)
            count = _valid_count(turn, shift, request)
            check_difference(count.counted_fen - count.expected_fen, request.comment)
            final = _final(turn, shift, request, count=count, left=left, approved=approved)
            _freeze(turn, shift, final)
            _empty_drawer(turn, shift, count)
            shift.state = ShiftState.CLOSED
            note_unsigned(turn, station=shift.station, operator=shift.operator)
            turn.note("close-shift", f"shift {shift.number}", f"{shift.operator} by {approved}")
            turn.session.flush()
        return _z_view(_z_row(turn, shift))


def _check_open(shift: ShiftRow) -> None:
    if shift.state is ShiftState.CLOSED:
        raise Conflict("shift-closed", f"shift {shift.number} is closed")


def _left_open(turn: Turn, shift: ShiftRow, request: CloseShift) -> tuple[Hold, ...]:
    holds = holds_of(turn, shift)
    if holding(holds):
        raise RuleViolation("shift-held", rule="FEE-32")
    if not request.locked:
        raise RuleViolation("papers-not-locked", rule="FEE-35")
    if holds and not request.seen:
        raise RuleViolation("left-open-unseen", rule="IC-07a")
    return holds


def _valid_count(turn: Turn, shift: ShiftRow, request: CloseShift) -> ShiftCountRow:
    """The last count, where nothing has moved since."""
    counts = counts_of(turn.session, shift)
    if not counts or counts[-1].id != request.count_id:
        raise NotFound("count", request.count_id)
    if counts[-1].expected_fen != expected_in(turn, shift):
        raise Conflict("count-stale", "money moved after the count", rule="FEE-33")
    return counts[-1]


def _final(
    turn: Turn,
    shift: ShiftRow,
    request: CloseShift,
    *,
    count: ShiftCountRow,
    left: tuple[Hold, ...],
    approved: str,
) -> ShiftReport:
    return report_of(turn, shift).model_copy(
        update={
            "counted_fen": count.counted_fen,
            "difference_fen": count.counted_fen - count.expected_fen,
            "comment": request.comment.strip(),
            "books": request.books,
            "seals": request.seals,
            "books_on_file": len(unsettled(turn.session, operator=shift.operator)),
            "seals_before": seals_counted_before(turn.session, shift.station),
            "locked": request.locked,
            "left_open": left,
            "closed_by": turn.caller.operator,
            "approved_by": approved,
        }
    )


def _freeze(turn: Turn, shift: ShiftRow, report: ShiftReport) -> None:
    """Number and chain the report: what comes before it is part of its hash."""
    before = last_z(turn.session)
    previous = NO_ROW if before is None else before.hash
    content = report.model_dump(mode="json")
    number = turn.count(_Z)
    turn.add(
        ZReportRow(
            number=number,
            shift_id=shift.id,
            content=content,
            previous=previous,
            hash=chained(previous, {"number": number, "report": content}),
            **turn.made(),
        )
    )


def _empty_drawer(turn: Turn, shift: ShiftRow, count: ShiftCountRow) -> None:
    difference = count.counted_fen - count.expected_fen
    if difference:
        entry = difference_found(shift.station, difference)
        book_movement(turn, shift, entry, difference, person=shift.operator)
    takings = takings_of(turn, shift)
    entry = closed(shift.station, shift.number, float_fen=shift.float_fen, takings_fen=takings)
    book_movement(turn, shift, entry, count.counted_fen, person=shift.operator)


# --- Z reports -----------------------------------------------------------------------------------


def z_report(estate: Estate, caller: Caller, number: int) -> ZView:
    """A Z report as it was frozen: printed again, it says the same. Raises NotFound."""
    with reading(estate, caller) as turn:
        return _z_view(turn.find(ZReportRow, number, "z-report"))


def reprint_z(estate: Estate, caller: Caller, number: int, request: PrintZ) -> Reprinted:
    """Leave to print a Z report; how often it was asked again stands on it (补打).

    The original is given out once: a second desk, or the same act repeated, gets a copy.
    Raises NotFound.
    """
    with writing(estate, caller) as turn:
        turn.find(ZReportRow, number, "z-report")
        name = f"z-reprint:{number}"
        if not repeated(turn, request.print_id, "reprint-z", request, about=number):
            first = request.original and turn.count(f"z-original:{number}") == 1
            if not first:
                turn.note("reprint", f"z-report {number}", str(turn.count(name)))
        counted = turn.session.get(CounterRow, name)
        return Reprinted(count=0 if counted is None else counted.value)


def z_reports(estate: Estate, caller: Caller, limit: int) -> ZList:
    """The latest Z reports, newest first, and whether the chain holds from its beginning."""
    with reading(estate, caller) as turn:
        rows = turn.session.scalars(select(ZReportRow).order_by(ZReportRow.number)).all()
        broken = _first_break(rows)
        latest = tuple(_line(row) for row in reversed(rows[-limit:]))
        return ZList(reports=latest, intact=broken is None, broken_at=broken)


def _first_break(rows: Sequence[ZReportRow]) -> int | None:
    previous = NO_ROW
    for place, row in enumerate(rows, start=1):
        made = chained(previous, {"number": row.number, "report": row.content})
        if row.number != place or row.previous != previous or row.hash != made:
            return place
        previous = row.hash
    return None


def _z_row(turn: Turn, shift: ShiftRow) -> ZReportRow:
    row = z_of(turn.session, shift)
    if row is None:
        raise NotFound("z-report", shift.number)
    return row


def _z_view(row: ZReportRow) -> ZView:
    return ZView(
        number=row.number,
        at=row.at,
        report=ShiftReport.model_validate(row.content),
        previous=row.previous,
        hash=row.hash,
    )


def _line(row: ZReportRow) -> ZLine:
    report = _z_view(row).report
    return ZLine(
        number=row.number,
        at=row.at,
        station=report.station,
        operator=report.operator,
        shift_number=report.shift_number,
        difference_fen=report.difference_fen,
    )
