"""A shift from its float to its end: opened, counted blind, closed (FEE-32, FEE-33, FEE-35)."""

from cardserver.db.tables_shifts import ShiftCountRow, ShiftRow
from cardserver.db.tills import counts_of, drawer_balance, z_of
from cardserver.domain.denomination import check_pieces, total_of
from cardserver.domain.drawer import BAG, float_given
from cardserver.domain.permits import Action
from cardserver.domain.shift import ShiftState
from cardserver.services.drawer import book_movement, open_shift_of
from cardserver.services.errors import Conflict
from cardserver.services.replay import repeated
from cardserver.services.turn import Caller, Estate, Turn, reading, writing
from cardserver.wire_shifts import CountView, Notes, OpenShift, OwnShift, ShiftView

SHIFTS = "shift"


def open_shift(estate: Estate, caller: Caller, request: OpenShift) -> ShiftView:
    """Open the caller's shift at this desk with a change fund counted by its notes.

    Raises Conflict ``shift-open``, AmountInvalid, ClockSetBack.
    """
    with writing(estate, caller) as turn:
        if not repeated(turn, request.shift_id, "open-shift", request):
            turn.check_clock()
            if open_shift_of(turn) is not None:
                raise Conflict("shift-open", "this operator's shift is open here")
            _open(turn, request)
        return shift_view(turn, turn.find(ShiftRow, request.shift_id, "shift"))


def _open(turn: Turn, request: OpenShift) -> None:
    fen = total_of(check_pieces(request.notes))
    row = turn.add(
        ShiftRow(
            id=request.shift_id,
            number=turn.count(SHIFTS),
            state=ShiftState.OPEN,
            float_notes=notes_json(request.notes),
            float_fen=fen,
            **turn.made(),
        )
    )
    book_movement(turn, row, float_given(row.station, fen), fen, person=row.operator)
    turn.note("open-shift", f"shift {row.number}", str(fen))


def own(estate: Estate, caller: Caller) -> OwnShift:
    """The caller's own open shift at this station, if there is one."""
    with reading(estate, caller) as turn:
        found = open_shift_of(turn)
        return OwnShift(shift=None if found is None else shift_view(turn, found))


def check_own_or_head(turn: Turn, shift: ShiftRow) -> str:
    """Name of who may end this shift: its operator, or a head. Raises NotPermitted."""
    caller = turn.caller
    if shift.operator == caller.operator and shift.station == caller.station:
        return caller.operator
    return caller.authorised_by(Action.CLOSE_ANY_SHIFT)


def shift_view(turn: Turn, row: ShiftRow) -> ShiftView:
    """A shift as it stands."""
    counts = counts_of(turn.session, row)
    z = z_of(turn.session, row)
    return ShiftView(
        shift_id=row.id,
        number=row.number,
        station=row.station,
        operator=row.operator,
        opened_at=row.at,
        state=row.state,
        float_fen=row.float_fen,
        count=count_view(counts[-1]) if counts else None,
        z_number=None if z is None else z.number,
        in_bag_fen=drawer_balance(turn.session, f"{BAG}{row.number}"),
    )


def count_view(row: ShiftCountRow) -> CountView:
    """A count with what should have been there."""
    return CountView(
        count_id=row.id,
        sequence=row.sequence,
        at=row.at,
        operator=row.operator,
        notes={int(face): count for face, count in row.notes.items()},
        counted_fen=row.counted_fen,
        expected_fen=row.expected_fen,
    )


def notes_json(notes: Notes) -> dict[str, int]:
    """Notes as they are kept, largest first, none of which there are none."""
    return {str(face): notes[face] for face in sorted(notes, reverse=True) if notes[face]}
