"""The list of parking spaces, each of one kind, and how each stands today (PARK-09)."""

from dataclasses import replace
from typing import Final

from sqlalchemy import select

from cardserver.db.spaces import agreements_on, by_space_name
from cardserver.db.spacesearch import Wanted, find_spaces
from cardserver.db.tables import AgreementRow
from cardserver.db.tables_parking import SpaceRow
from cardserver.domain.parking import SpaceKind, space_state
from cardserver.domain.permits import Action
from cardserver.domain.rights import zone_mask
from cardserver.services.agreementviews import agreement_line
from cardserver.services.errors import Conflict
from cardserver.services.replay import repeated
from cardserver.services.turn import Caller, Estate, Turn, reading, writing
from cardserver.wire_parking import SpaceList, SpaceRequest, SpaceView

EVERY_SPACE: Final = Wanted()
_ADDED: Final = 20
"""So many like the new one are shown with it."""


def space_list(estate: Estate, caller: Caller, wanted: Wanted = EVERY_SPACE) -> SpaceList:
    """The spaces that are wanted, a page of them, with their state."""
    with reading(estate, caller) as turn:
        return _list(turn, wanted)


def add_space(estate: Estate, caller: Caller, request: SpaceRequest) -> SpaceList:
    """Enter a space. Raises Conflict ``space-known``, NotPermitted."""
    with writing(estate, caller) as turn:
        if not repeated(turn, request.request_id, "space", request):
            caller.authorised_by(Action.EDIT_TARIFF)
            known = select(SpaceRow.id).where(SpaceRow.code == request.code)
            if turn.session.scalar(known) is not None:
                raise Conflict("space-known", "a space of that name is on file", rule="PARK-09")
            put_space(turn, request.code, request.kind, request.zone)
        return _list(turn, replace(EVERY_SPACE, words=request.code, limit=_ADDED))


def put_space(turn: Turn, code: str, kind: SpaceKind, zone: int) -> SpaceRow:
    """Put a space on file."""
    zone_mask(zone)
    row = turn.add(SpaceRow(code=code, kind=kind, zone=zone, **turn.made()))
    turn.note("space", code, kind)
    return row


def _list(turn: Turn, wanted: Wanted) -> SpaceList:
    total, rows = find_spaces(turn.session, wanted, turn.today)
    return SpaceList(spaces=tuple(_view(turn, row) for row in rows), total=total)


def _view(turn: Turn, row: SpaceRow) -> SpaceView:
    running = _running(turn, row)
    line = None if running is None else agreement_line(turn, running)
    return SpaceView(
        space_id=row.id,
        code=row.code,
        kind=row.kind,
        zone=row.zone,
        state=space_state(
            agreed=line is not None,
            bank=line is not None and line.bank_collected,
            last=None if line is None else line.paid_until,
            today=turn.today,
        ),
        agreement=line,
    )


def _running(turn: Turn, row: SpaceRow) -> AgreementRow | None:
    """The agreement that runs today, or the next one to begin."""
    on_file = [each for each, _ in agreements_on(turn.session, row.id)]
    on_file += by_space_name(turn.session, row.code)
    alive = [each for each in on_file if each.ends >= turn.today]
    return alive[-1] if alive else None
