"""Copies of papers: what was copied, and in which folder the copy lies (PARK-02, PARK-08a).

No picture of a paper is kept: the desk records what was copied, by whom, and where it lies.
"""

import uuid
from collections.abc import Collection, Sequence

from sqlalchemy import select

from cardserver.db.households import copies_of, how_many_unfiled, last_filings, unfiled_copies
from cardserver.db.tables import HolderRow, UnitRow
from cardserver.db.tables_people import PaperCopyRow, PaperFilingRow
from cardserver.domain.copies import copies_to_keep
from cardserver.domain.verification import Paper
from cardserver.services.replay import repeated
from cardserver.services.turn import Caller, Estate, Turn, reading, writing
from cardserver.wire_copies import CopyList, CopyRequest, CopyView, FilingRequest


def unfiled(
    turn: Turn, *, operator: str | None = None, limit: int | None = None
) -> Sequence[CopyView]:
    """Copies that lie in no folder yet, oldest first: listed at shift end (PARK-08a)."""
    return copy_views(turn, unfiled_copies(turn.session, operator=operator, limit=limit))


def list_unfiled(estate: Estate, caller: Caller, limit: int) -> CopyList:
    """The oldest so many, and how many there are, for the desk's own page."""
    with reading(estate, caller) as turn:
        copies = tuple(unfiled(turn, limit=limit))
        return CopyList(copies=copies, total=how_many_unfiled(turn.session))


def record_copy(
    estate: Estate, caller: Caller, holder_id: int, request: CopyRequest
) -> tuple[CopyView, ...]:
    """A copy was taken; all copies of this holder. Raises NotFound, Conflict."""
    with writing(estate, caller) as turn:
        turn.find(HolderRow, holder_id, "holder")
        if not repeated(turn, request.copy_id, "copy", request, about=holder_id):
            _add(turn, request.copy_id, holder_id, request.paper, request.occasion)
        return copy_views(turn, copies_of(turn.session, holder_id))


def file_copy(estate: Estate, caller: Caller, copy_id: str, request: FilingRequest) -> CopyView:
    """The copy lies in this folder now, or in another one than before. Raises NotFound."""
    with writing(estate, caller) as turn:
        copy = turn.find(PaperCopyRow, copy_id, "copy")
        if not repeated(turn, request.filing_id, "file-copy", request, about=copy_id):
            turn.add(
                PaperFilingRow(
                    id=request.filing_id, copy_id=copy_id, folder=request.folder, **turn.made()
                )
            )
            turn.note("file-copy", f"holder {copy.holder_id}", f"{copy.paper} {request.folder}")
        return copy_views(turn, [copy])[0]


def keep_copies(
    turn: Turn, holder_id: int, seen: Collection[Paper], occasion: str
) -> tuple[str, ...]:
    """After a verification: put the copies it calls for on the list of papers to be filed.

    Called inside the transaction of the verification; ids of what was added. A paper of which a
    copy is listed already is not copied twice.
    """
    wanted = copies_to_keep(seen)
    if not wanted:
        return ()
    have = {row.paper for row in copies_of(turn.session, holder_id)}
    added = []
    for paper in wanted:
        if paper not in have:
            added.append(str(uuid.uuid4()))
            _add(turn, added[-1], holder_id, paper, occasion)
    return tuple(added)


def _add(turn: Turn, copy_id: str, holder_id: int, paper: Paper, occasion: str) -> None:
    turn.add(
        PaperCopyRow(id=copy_id, holder_id=holder_id, paper=paper, occasion=occasion, **turn.made())
    )
    turn.note("copy", f"holder {holder_id}", paper)


def copy_views(turn: Turn, rows: Sequence[PaperCopyRow]) -> tuple[CopyView, ...]:
    """Copies with the folder they lie in."""
    filings = last_filings(turn.session, [row.id for row in rows])
    people = {
        holder_id: (name, label or "")
        for holder_id, name, label in turn.session.execute(
            select(HolderRow.id, HolderRow.name, UnitRow.label)
            .outerjoin(UnitRow, UnitRow.id == HolderRow.unit_id)
            .where(HolderRow.id.in_({row.holder_id for row in rows}))
        )
    }
    views = []
    for row in rows:
        name, unit = people[row.holder_id]
        lies = filings.get(row.id)
        views.append(
            CopyView(
                copy_id=row.id,
                holder_id=row.holder_id,
                holder_name=name,
                unit=unit,
                paper=Paper(row.paper),
                occasion=row.occasion,
                at=row.at,
                operator=row.operator,
                folder="" if lies is None else lies.folder,
                filed_at=None if lies is None else lies.at,
                filed_by="" if lies is None else lies.operator,
            )
        )
    return tuple(views)
