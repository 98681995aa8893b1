"""Acts around a door card beside money and writing: inspect, call the owner, report, explain."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final
from uuid import UUID, uuid4, uuid5

from cardserver.domain.appraisal import Finding
from cardserver.domain.cardreport import Reporter, ReportKind
from cardserver.domain.denial import FOUND_AGAIN
from cardserver.domain.document import PrintResult
from cardserver.domain.ids import MAX_CARD_NUMBER
from cardserver.domain.operation import OperationKind
from cardserver.domain.phonerecord import CallResult
from cardserver.wire_approvals import (
    AppraisalRequest,
    ExplainedRequest,
    PhoneRecordRequest,
    ReportRequest,
)
from kiosk.desk.business import Business, Phase
from kiosk.desk.counter import Counter, act
from kiosk.desk.preparing import prepare
from kiosk.station.typed import row_of

_NAME_SIZE: Final = 60
_TEXT_SIZE: Final = 400
ENDING: Final = frozenset({ReportKind.FOUND, ReportKind.RETURNED, ReportKind.SWAPPED})
"""Reports after which the card is formatted."""

_NOT_CONFIRMED: Final = {
    CallResult.REFUSED: "owner-refused",
    CallResult.NO_ANSWER: "owner-not-reached",
    CallResult.NUMBER_INVALID: "owner-not-reached",
}


def word(form: Mapping[str, str], name: str, size: int = _NAME_SIZE) -> str | None:
    """A field of a form; None when it was left empty."""
    return form.get(name, "").strip()[:size] or None


@act
def inspect(counter: Counter, form: Mapping[str, str]) -> None:
    """What the card was found to be (IC-10a, IC-16)."""
    business = counter.at(Phase.INSPECT)
    if business is None or business.old_card is None:
        return
    finding, inspected = form.get("finding", ""), word(form, "inspected", _TEXT_SIZE)
    if finding not in set(Finding) or inspected is None:
        counter.note("inspection-missing", "IC-10a")
        return
    request = AppraisalRequest(
        appraisal_id=business.ids.appraisal, finding=Finding(finding), inspected=inspected
    )
    counter.server.approvals.appraise(business.old_card.number, request)
    business.ids.appraisal = str(uuid4())
    prepare(business, counter.server)
    business.phase = business.first_phase()
    if business.phase is Phase.INSPECT:
        counter.note("inspection-in-doubt", "IC-10a")


@act
def call_owner(counter: Counter, form: Mapping[str, str]) -> None:
    """A call to the owner about the person at the counter (IC-04a)."""
    business = counter.at(Phase.VERIFY)
    owner, result = row_of(form.get("owner_id", "")), form.get("result", "")
    if business is None:
        return
    if owner is None or result not in set(CallResult):
        counter.note("phone-record-missing", "IC-04")
        return
    request = PhoneRecordRequest(
        record_id=business.ids.call,
        applicant_id=business.holder.holder_id,
        owner_id=owner,
        result=CallResult(result),
        answered_by=word(form, "answered_by"),
        relation=word(form, "relation"),
        remark=word(form, "remark", _TEXT_SIZE),
    )
    counter.server.approvals.record_call(request)
    business.ids.call = str(uuid4())
    prepare(business, counter.server)
    problem = _NOT_CONFIRMED.get(request.result)
    if problem is not None:
        counter.note(problem, "IC-04b")


@act
def take_on_record(counter: Counter) -> None:
    """The confirmed person goes onto the unit's record (IC-04b)."""
    if business := counter.at(Phase.VERIFY):
        counter.server.approvals.take_on_record(business.holder.holder_id, str(uuid4()))
        prepare(business, counter.server)


@act
def put_on_record(counter: Counter) -> None:
    """Whom the owner here spoke for goes onto the unit's record too (IC-04b).

    The act's id follows from the verification, so that a doubled click is one act.
    """
    business = counter.business
    if business is not None and business.verification_id is not None:
        made = str(uuid5(UUID(business.verification_id), "on-record"))
        counter.server.approvals.take_on_record(business.holder.holder_id, made)


@act
def print_slip(counter: Counter, now: datetime) -> None:
    """What goes with a card for which no receipt was written (IC-08)."""
    business = counter.business
    card = None if business is None else business.card
    if business is None or card is None or business.phase is not Phase.EXPLAIN:
        return

    notes = () if business.quote is None else business.quote.notes

    def job() -> None:
        result = counter.paper.print_card_slip(card, now, notes=notes)
        business.problem = "" if result is PrintResult.PRINTED else f"paper-{result}"

    counter.later(job)


@act
def explained(counter: Counter) -> None:
    """The holder was told all there is to tell (IC-08)."""
    business = counter.business
    if business is None or business.phase is not Phase.EXPLAIN:
        return
    request = ExplainedRequest(explained_id=business.ids.explained)
    counter.server.approvals.explain(business.ids.operation, request)
    business.phase = Phase.CLOSED


@act
def report(counter: Counter, form: Mapping[str, str], *, report_id: str) -> None:
    """A card is lost, found, given back or swapped (IC-23a).

    What goes back to the blanks is formatted next: that business is begun at once.
    """
    number, kind = row_of(form.get("card_number", "")), form.get("kind", ReportKind.LOST.value)
    reporter = form.get("reporter", Reporter.HOLDER.value)
    known = kind in set(ReportKind) and reporter in set(Reporter)
    if not known or number is None or number > MAX_CARD_NUMBER:
        counter.note("nobody-chosen")
        return
    busy = counter.business is not None and counter.business.phase is not Phase.CLOSED
    if busy and ReportKind(kind) in ENDING:
        counter.note("business-open")
        return
    request = ReportRequest(
        report_id=report_id,
        kind=ReportKind(kind),
        reporter=Reporter(reporter),
        name=word(form, "name"),
        for_holder_id=row_of(form.get("for_holder_id", "")),
        remark=word(form, "remark", _TEXT_SIZE),
    )
    view = counter.server.approvals.report(number, request)
    counter.holder = counter.server.holder(view.holder_id)
    counter.card_changed(number)
    if request.kind in ENDING:
        _format(counter, view.card_number)


@act
def unblock(counter: Counter, card_number: int, looked: str) -> None:
    """Allow a blocked card again while nothing replaces it and nobody reported it lost.

    `looked` is what the clerk saw of a card that was suspected to be copied.
    """
    words = looked.strip()[:_TEXT_SIZE] or FOUND_AGAIN
    counter.show_holder(counter.server.unblock(card_number, words).holder_id)
    counter.card_changed(card_number)


def _format(counter: Counter, number: int) -> None:
    """Begin to format a card that was given back or found."""
    holder = counter.holder
    card = counter.server.card(number=number)
    if holder is None or card is None:
        return
    business = Business(kind=OperationKind.FORMAT, holder=holder, old_card=card)
    prepare(business, counter.server)
    business.phase = business.first_phase()
    counter.business = business
