"""Owner data from a file: received in parts, previewed row by row, taken over as previewed.

Nothing is written to any holder before a person has seen the fate of every row and said yes. What
is taken over is the previewed file with the previewed fates, in one transaction, or nothing.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence

from sqlalchemy import delete, select

from cardserver.db.bulk import pour, stored_json
from cardserver.db.tables_people import ImportLineRow, ImportPartRow, OwnerImportRow
from cardserver.domain.errors import RuleViolation
from cardserver.domain.ownerfile import Plan, plan_rows
from cardserver.services.errors import Conflict
from cardserver.services.importwriting import file_on_hand, write
from cardserver.services.jobs import JOBS, Progress
from cardserver.services.replay import repeated
from cardserver.services.tablefiles import MAX_FILE_BYTES, read_table
from cardserver.services.turn import Caller, Estate, Turn, reading, writing
from cardserver.wire_imports import (
    FateWord,
    ImportLine,
    ImportLines,
    ImportList,
    ImportRequest,
    ImportView,
    PartRequest,
    TakeOverRequest,
)
from cardserver.wire_people import PAGE

Step = Callable[[int, int], None]

_LATEST = 20
_LINE_COLUMNS = ("import_id", "position", "line", "fate", "unit", "name", "reason", "detail")
_OPEN = frozenset({"receiving", "previewed", "refused"})


def begin_import(estate: Estate, caller: Caller, request: ImportRequest) -> ImportView:
    """A file is coming. Raises RuleViolation ``file-too-large``, Conflict ``id-reused``."""
    jobs = JOBS.as_of_now()
    with writing(estate, caller) as turn:
        if request.size > MAX_FILE_BYTES:
            raise RuleViolation("file-too-large")
        if not repeated(turn, request.import_id, "import", request):
            turn.add(
                OwnerImportRow(
                    id=request.import_id,
                    name=request.name,
                    size=request.size,
                    sha256=request.sha256,
                    state="receiving",
                    problem="",
                    detail="",
                    digest="",
                    counts={},
                    done_at=None,
                    **turn.made(),
                )
            )
            turn.note("import", request.import_id, request.name)
        return _view(turn.find(OwnerImportRow, request.import_id, "import"), jobs)


def receive_part(
    estate: Estate, caller: Caller, import_id: str, request: PartRequest
) -> ImportView:
    """One piece of the file; a piece that came before is recognised. Raises Conflict."""
    jobs = JOBS.as_of_now()
    with writing(estate, caller) as turn:
        row = _still_open(turn, import_id)
        known = turn.session.get(ImportPartRow, (import_id, request.part))
        if known is None:
            turn.add(ImportPartRow(import_id=import_id, part=request.part, data=request.data))
        elif known.data != request.data:
            raise Conflict("id-reused", f"part {request.part} came before, and was another one")
        return _view(row, jobs)


def start_preview(estate: Estate, caller: Caller, import_id: str) -> ImportView:
    """Look at the file apart from this call; ask `show_import` how far it is."""
    with reading(estate, caller) as turn:
        _still_open(turn, import_id)
    JOBS.start(import_id, lambda progress: preview(estate, caller, import_id, progress.step))
    return show_import(estate, caller, import_id)


def preview(estate: Estate, caller: Caller, import_id: str, step: Step) -> None:
    """Read the whole file and store the fate of every row; holders are only looked at.

    A file that can't be read as a whole is refused with its reason; raises NotFound, Conflict.
    """
    with reading(estate, caller) as turn:
        row = _still_open(turn, import_id)
        name, size, sha256 = row.name, row.size, row.sha256
        data = _assembled(turn, import_id)
    step(0, 3)
    problem, detail, plan = "", "", None
    if len(data) != size or hashlib.sha256(data).hexdigest() != sha256:
        raise Conflict("file-incomplete", "parts of the file are missing")
    try:
        rows = read_table(data, name)
        step(1, 3)
        with reading(estate, caller) as turn:
            plan = plan_rows(rows, file_on_hand(turn))
    except RuleViolation as refused:
        problem, detail = refused.reason, str(refused)
    step(2, 3)
    with writing(estate, caller) as turn:
        row = _still_open(turn, import_id)
        turn.session.execute(delete(ImportLineRow).where(ImportLineRow.import_id == import_id))
        if plan is None:
            row.state, row.problem, row.detail = "refused", problem, detail[:400]
            row.digest, row.counts = "", {}
        else:
            _store_lines(turn, import_id, plan)
            row.state, row.problem = "previewed", ""
            row.detail = "、".join(plan.header.unread)[:400]
            row.digest, row.counts = plan.digest(), plan.counts()
    step(3, 3)


def start_take_over(
    estate: Estate, caller: Caller, import_id: str, request: TakeOverRequest
) -> ImportView:
    """Take the previewed file over apart from this call. Raises Conflict ``preview-outdated``."""
    with reading(estate, caller) as turn:
        row = turn.find(OwnerImportRow, import_id, "import")
        if row.state != "taken-over":
            _check_previewed(row, request)

    def work(progress: Progress) -> None:
        take_over(estate, caller, import_id, request, progress.step)

    JOBS.start(import_id, work)
    return show_import(estate, caller, import_id)


def take_over(
    estate: Estate, caller: Caller, import_id: str, request: TakeOverRequest, step: Step
) -> None:
    """Write what was previewed, all of it in one transaction, or nothing.

    Raises Conflict ``preview-outdated`` when the file, or what is on file, is no longer what the
    preview was made of.
    """
    with reading(estate, caller) as turn:
        row = turn.find(OwnerImportRow, import_id, "import")
        if row.state == "taken-over":
            return
        _check_previewed(row, request)
        name = row.name
        data = _assembled(turn, import_id)
    if hashlib.sha256(data).hexdigest() != request.sha256:
        raise Conflict("preview-outdated", "the file is not the previewed one")
    rows = read_table(data, name)
    step(1, 4)
    with writing(estate, caller) as turn:
        if repeated(turn, request.request_id, "take-over", request, about=import_id):
            return
        row = turn.find(OwnerImportRow, import_id, "import")
        _check_previewed(row, request)
        plan = plan_rows(rows, file_on_hand(turn))
        if plan.digest() != request.digest:
            raise Conflict("preview-outdated", "what is on file was changed since the preview")
        step(2, 4)
        write(turn, plan, import_id)
        step(3, 4)
        row.state, row.done_at = "taken-over", turn.now
        turn.session.execute(delete(ImportPartRow).where(ImportPartRow.import_id == import_id))
        turn.note("take-over", import_id, stored_json(plan.counts()))
    step(4, 4)


def drop_import(estate: Estate, caller: Caller, import_id: str) -> ImportView:
    """Let a file go: its bytes and its preview are removed, nothing was ever written."""
    jobs = JOBS.as_of_now()
    with writing(estate, caller) as turn:
        row = turn.find(OwnerImportRow, import_id, "import")
        if row.state in _OPEN:
            row.state = "dropped"
            for table in (ImportPartRow, ImportLineRow):
                turn.session.execute(delete(table).where(table.import_id == import_id))
            turn.note("drop-import", import_id)
        return _view(row, jobs)


def show_import(estate: Estate, caller: Caller, import_id: str) -> ImportView:
    """A file on its way in. Raises NotFound."""
    jobs = JOBS.as_of_now()
    with reading(estate, caller) as turn:
        return _view(turn.find(OwnerImportRow, import_id, "import"), jobs)


def list_imports(estate: Estate, caller: Caller) -> ImportList:
    """The latest files."""
    jobs = JOBS.as_of_now()
    with reading(estate, caller) as turn:
        statement = select(OwnerImportRow).order_by(OwnerImportRow.at.desc()).limit(_LATEST)
        rows = turn.session.scalars(statement)
        return ImportList(imports=tuple(_view(row, jobs) for row in rows))


def list_lines(
    estate: Estate, caller: Caller, import_id: str, fate: FateWord | None, page: int
) -> ImportLines:
    """A page of the preview, in the order of the file."""
    with reading(estate, caller) as turn:
        statement = select(ImportLineRow).where(ImportLineRow.import_id == import_id)
        if fate is not None:
            statement = statement.where(ImportLineRow.fate == fate)
        statement = statement.order_by(ImportLineRow.position).offset(page * PAGE)
        rows = turn.session.scalars(statement.limit(PAGE + 1)).all()
        return ImportLines(lines=_lines(rows[:PAGE]), more=len(rows) > PAGE)


def _lines(rows: Sequence[ImportLineRow]) -> tuple[ImportLine, ...]:
    return tuple(
        ImportLine.model_validate(
            {
                "line": row.line,
                "fate": row.fate,
                "unit": row.unit,
                "name": row.name,
                "reason": row.reason,
                "detail": row.detail,
            }
        )
        for row in rows
    )


def _store_lines(turn: Turn, import_id: str, plan: Plan) -> None:
    rows = (
        (
            import_id,
            position,
            each.line,
            each.fate.value,
            each.unit,
            each.name,
            each.reason,
            stored_json(each.detail),
        )
        for position, each in enumerate(plan.outcomes)
    )
    pour(turn.session.connection(), ImportLineRow, _LINE_COLUMNS, rows)


def _still_open(turn: Turn, import_id: str) -> OwnerImportRow:
    row = turn.find(OwnerImportRow, import_id, "import")
    if row.state not in _OPEN:
        raise Conflict("import-closed", f"the file is {row.state}")
    return row


def _check_previewed(row: OwnerImportRow, request: TakeOverRequest) -> None:
    same = row.sha256 == request.sha256 and row.digest == request.digest
    if row.state != "previewed" or not same:
        raise Conflict("preview-outdated", "that is not what was previewed")


def _assembled(turn: Turn, import_id: str) -> bytes:
    statement = select(ImportPartRow.data).where(ImportPartRow.import_id == import_id)
    return b"".join(turn.session.scalars(statement.order_by(ImportPartRow.part)))


def _view(row: OwnerImportRow, jobs: Mapping[str, Progress]) -> ImportView:
    """`jobs` is how far they were before the row was read."""
    job = jobs.get(row.id)
    refused = row.state == "refused"
    return ImportView.model_validate(
        {
            "import_id": row.id,
            "name": row.name,
            "size": row.size,
            "sha256": row.sha256,
            "state": row.state,
            "problem": row.problem,
            "detail": row.detail if refused else "",
            "unread": () if refused or not row.detail else tuple(row.detail.split("、")),
            "digest": row.digest,
            "counts": row.counts,
            "operator": row.operator,
            "at": row.at,
            "done_at": row.done_at,
            "running": job is not None and job.running,
            "done": job.done if job else 0,
            "total": job.total if job else 0,
            "trouble": job.trouble if job else "",
        }
    )
