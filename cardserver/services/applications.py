"""Applications for merchants' and staff cards, step by step, each by a named person (IC-06, IC-13).

An application is never changed: a step is a row of its own, with who did it, when, and the remark.
"""

from cardserver.db.tables import HolderRow
from cardserver.db.tables_approvals import ApplicationRow, ApplicationStepRow
from cardserver.domain.application import (
    APPLICATION_OF,
    RULE_OF,
    ApplicationKind,
    OtherLength,
    Step,
    action_for,
    check_other_length,
    check_other_person,
)
from cardserver.domain.errors import RuleViolation
from cardserver.domain.permits import Action
from cardserver.domain.verification import Paper
from cardserver.services.applicationviews import application_view
from cardserver.services.proving import application_stage, hands_of, steps_of
from cardserver.services.replay import repeated
from cardserver.services.turn import Caller, Estate, Turn, writing
from cardserver.wire_approvals import ApplicationRequest, ApplicationView, StepRequest


def apply(estate: Estate, caller: Caller, request: ApplicationRequest) -> ApplicationView:
    """Take down a written application.

    Raises RuleViolation ``paper-missing``, ``applicant-missing``, ``section-missing``,
    ``other-class``, ``dated-ahead``; NotFound, NotPermitted.
    """
    with writing(estate, caller) as turn:
        if not repeated(turn, request.application_id, "apply", request):
            _apply(turn, request)
        return application_view(turn, request.application_id)


def _apply(turn: Turn, request: ApplicationRequest) -> None:
    rule = RULE_OF[request.kind]
    holder = turn.find(HolderRow, request.holder_id, "holder")
    if APPLICATION_OF.get(holder.holder_class) is not request.kind:
        raise RuleViolation("other-class", rule=rule, message=f"it is a {holder.holder_class}")
    if request.dated > turn.today:
        raise RuleViolation("dated-ahead", rule=rule)
    row = turn.add(
        ApplicationRow(
            id=request.application_id,
            serial=turn.count("application"),
            kind=request.kind,
            holder_id=holder.id,
            applicant=_applicant(turn, request),
            dated=request.dated,
            form=request.form,
            section=request.section or "",
            papers=list(request.papers),
            purpose=request.purpose or "",
            **turn.made(),
        )
    )
    turn.note("apply", f"application {row.serial}", f"{row.kind} {row.applicant}")


def _applicant(turn: Turn, request: ApplicationRequest) -> str:
    """Who applies: on the merchant's sealed paper, or the section head by his own office."""
    if request.kind is ApplicationKind.STAFF:
        person = turn.caller.authorised_by(Action.APPLY_STAFF_CARD)
        if not request.section:
            raise RuleViolation("section-missing", rule="IC-15a")
        return person
    turn.caller.authorised_by(Action.VERIFY)
    if Paper.SEALED_APPLICATION not in request.papers:
        raise RuleViolation("paper-missing", rule="IC-06", message="not seen: sealed-application")
    if request.applicant is None:
        raise RuleViolation("applicant-missing", rule="IC-06")
    return request.applicant


def decide(
    estate: Estate, caller: Caller, application_id: str, request: StepRequest
) -> ApplicationView:
    """One step of an application, done by whoever the next step is asked of.

    Raises RuleViolation ``step-not-next``, ``same-hand``, ``contract-missing``,
    ``contract-ended``, ``length-reason-missing``, ``beyond-contract``; NotFound, NotPermitted.
    """
    with writing(estate, caller) as turn:
        row = turn.find(ApplicationRow, application_id, "application")
        if not repeated(turn, request.step_id, "application-step", request, about=application_id):
            _decide(turn, row, request)
        return application_view(turn, application_id)


def _decide(turn: Turn, row: ApplicationRow, request: StepRequest) -> None:
    action = action_for(row.kind, application_stage(turn, row), request.step)
    person = turn.caller.authorised_by(action)
    if request.step in {Step.CHECKED, Step.APPROVED}:
        check_other_person(row.kind, person, hands_of(turn, row))
    _check_form(turn, row, request)
    turn.add(
        ApplicationStepRow(
            application_id=row.id,
            step=request.step,
            person=person,
            remark=request.remark or "",
            contract_ends=request.contract_ends,
            last_day=request.last_day,
            length_reason=request.length_reason or "",
            **turn.made(),
        )
    )
    turn.note("application-step", f"application {row.serial}", f"{request.step} {person}")


def _check_form(turn: Turn, row: ApplicationRow, request: StepRequest) -> None:
    """The shop's contract comes with the form, another length with the agreement (IC-06a)."""
    rule = RULE_OF[row.kind]
    merchant = row.kind is ApplicationKind.MERCHANT
    if request.step is Step.CHECKED and merchant:
        if request.contract_ends is None:
            raise RuleViolation("contract-missing", rule="IC-06a")
        if request.contract_ends < turn.today:
            raise RuleViolation("contract-ended", rule="IC-06a")
    elif request.contract_ends is not None:
        raise RuleViolation("step-not-next", rule=rule, message="the contract is in the form")
    if request.last_day is None:
        return
    if request.step is not Step.APPROVED:
        raise RuleViolation("length-not-open", rule="IC-06a")
    if not request.length_reason:
        raise RuleViolation("length-reason-missing", rule="IC-06a")
    checked = steps_of(turn, row.id).get(Step.CHECKED)
    check_other_length(
        row.kind,
        OtherLength(last=request.last_day, reason=request.length_reason),
        contract_ends=None if checked is None else checked.contract_ends,
        today=turn.today,
    )
