"""Applications as the desk sees them: one with its steps, or a page of many.

A page asks for holders, steps and uses of all its rows at once, however many wait.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from sqlalchemy import ColumnElement, exists, func, select

from cardserver.db.tables import HolderRow, OperationRow, UnitRow
from cardserver.db.tables_approvals import ApplicationRow, ApplicationStepRow, ApplicationUseRow
from cardserver.domain.application import Step, stage_of, waits_for
from cardserver.domain.operation import OperationState
from cardserver.domain.verification import Paper
from cardserver.services.turn import Caller, Estate, Turn, reading
from cardserver.wire_approvals import ApplicationList, ApplicationView, StepView

_MOST: Final = 200


def application(estate: Estate, caller: Caller, application_id: str) -> ApplicationView:
    """One application with its steps. Raises NotFound."""
    with reading(estate, caller) as turn:
        return application_view(turn, application_id)


def application_view(turn: Turn, application_id: str) -> ApplicationView:
    """The same within a turn at work. Raises NotFound."""
    return _views(turn, [turn.find(ApplicationRow, application_id, "application")])[0]


def applications(
    estate: Estate,
    caller: Caller,
    *,
    holder_id: int | None = None,
    waiting: bool = False,
    offset: int = 0,
    limit: int = _MOST,
) -> ApplicationList:
    """A page of applications: of one holder or all, latest first; or only those that wait.

    Of those that wait the one that has waited longest comes first.
    """
    wanted: list[ColumnElement[bool]] = []
    if holder_id is not None:
        wanted.append(ApplicationRow.holder_id == holder_id)
    if waiting:
        wanted += [~_stopped(), ~_used()]
    with reading(estate, caller) as turn:
        order = ApplicationRow.serial if waiting else ApplicationRow.serial.desc()
        of_them = select(ApplicationRow).where(*wanted).order_by(order)
        rows = turn.session.scalars(of_them.offset(offset).limit(limit)).all()
        total = turn.session.scalar(select(func.count(ApplicationRow.id)).where(*wanted)) or 0
        return ApplicationList(applications=_views(turn, rows), total=total)


def _stopped() -> ColumnElement[bool]:
    """Refused or withdrawn."""
    return exists().where(
        ApplicationStepRow.application_id == ApplicationRow.id,
        ApplicationStepRow.step.in_([Step.REFUSED, Step.WITHDRAWN]),
    )


def _used() -> ColumnElement[bool]:
    """A card is made on it, or being made."""
    return exists().where(
        ApplicationUseRow.application_id == ApplicationRow.id,
        OperationRow.id == ApplicationUseRow.operation_id,
        OperationRow.state != OperationState.VOIDED,
    )


def _views(turn: Turn, rows: Sequence[ApplicationRow]) -> tuple[ApplicationView, ...]:
    ids = [row.id for row in rows]
    of_them = ApplicationRow.id.in_(ids)
    people = _people(turn, {row.holder_id for row in rows})
    steps: dict[str, dict[Step, ApplicationStepRow]] = {each: {} for each in ids}
    done = select(ApplicationStepRow).where(ApplicationStepRow.application_id.in_(ids))
    for step in turn.session.scalars(done.order_by(ApplicationStepRow.id)):
        steps[step.application_id][step.step] = step
    used = set(turn.session.scalars(select(ApplicationRow.id).where(of_them, _used())))
    return tuple(
        _view(row, *people[row.holder_id], steps[row.id], used=row.id in used) for row in rows
    )


def _people(turn: Turn, holder_ids: set[int]) -> dict[int, tuple[HolderRow, str]]:
    """Each holder with the label of the unit; staff have none."""
    statement = (
        select(HolderRow, UnitRow.label)
        .outerjoin(UnitRow, UnitRow.id == HolderRow.unit_id)
        .where(HolderRow.id.in_(holder_ids))
    )
    return {holder.id: (holder, unit or "") for holder, unit in turn.session.execute(statement)}


def _view(
    row: ApplicationRow,
    holder: HolderRow,
    unit: str,
    steps: Mapping[Step, ApplicationStepRow],
    *,
    used: bool,
) -> ApplicationView:
    stage = stage_of(row.kind, {step: each.person for step, each in steps.items()}, used=used)
    return ApplicationView(
        application_id=row.id,
        serial=row.serial,
        kind=row.kind,
        stage=stage,
        waits_for=waits_for(row.kind, stage),
        holder_id=holder.id,
        holder_name=holder.name,
        holder_class=holder.holder_class,
        unit=unit,
        applicant=row.applicant,
        dated=row.dated,
        form=row.form,
        section=row.section,
        papers=tuple(Paper(paper) for paper in row.papers),
        purpose=row.purpose,
        operator=row.operator,
        at=row.at,
        steps=tuple(_step(each) for each in steps.values()),
    )


def _step(row: ApplicationStepRow) -> StepView:
    return StepView(
        step=row.step,
        person=row.person,
        at=row.at,
        remark=row.remark,
        contract_ends=row.contract_ends,
        last_day=row.last_day,
        length_reason=row.length_reason,
    )
