"""Space agreements: entered when they are signed, changed and ended; their history stays."""

from datetime import date
from typing import Any

from sqlalchemy import select

from cardserver.db.spaces import agreements_on, begins_on, by_space_name, history, space_of
from cardserver.db.tables import AgreementRow, HolderRow
from cardserver.db.tables_parking import (
    AgreementEvent,
    AgreementEventRow,
    AgreementSpaceRow,
    SpaceRow,
)
from cardserver.domain.errors import RuleViolation
from cardserver.domain.parking import Terms, check_space_free, check_terms
from cardserver.domain.permits import Action
from cardserver.services.agreementviews import agreement_file
from cardserver.services.errors import Conflict
from cardserver.services.replay import repeated
from cardserver.services.turn import Caller, Estate, Turn, reading, writing
from cardserver.wire_parking import (
    AgreementFile,
    ChangeAgreementRequest,
    EndAgreementRequest,
    SignRequest,
    TermsRequest,
)


def agreement(estate: Estate, caller: Caller, agreement_id: int) -> AgreementFile:
    """An agreement with its history and the file of its space. Raises NotFound."""
    with reading(estate, caller) as turn:
        return agreement_file(turn, turn.find(AgreementRow, agreement_id, "agreement"))


def sign(estate: Estate, caller: Caller, request: SignRequest) -> AgreementFile:
    """Enter a signed agreement about a space that is free then (PARK-03, PARK-11).

    Raises RuleViolation ``space-taken``, ``fee-by-tariff``, ``bank-private-only``,
    ``agreement-upside-down``, ``agreement-ended``; Conflict ``agreement-known``; NotFound.
    """
    with writing(estate, caller) as turn:
        if not repeated(turn, request.request_id, "sign", request):
            caller.authorised_by(Action.EDIT_AGREEMENTS)
            _sign(turn, request)
        return agreement_file(turn, _numbered(turn, request.number))


def _sign(turn: Turn, request: SignRequest) -> None:
    space = turn.find(SpaceRow, request.space_id, "space")
    turn.find(HolderRow, request.holder_id, "holder")
    terms = _terms(request.terms, request.begins)
    if terms.ends < turn.today:
        raise RuleViolation("agreement-ended", rule="PARK-03")
    known = select(AgreementRow.id).where(AgreementRow.number == request.number)
    if turn.session.scalar(known) is not None:
        raise Conflict("agreement-known", "that number is on file", rule="PARK-11")
    put_agreement(turn, request.number, request.holder_id, space, terms)


def put_agreement(
    turn: Turn, number: str, holder_id: int, space: SpaceRow, terms: Terms
) -> AgreementRow:
    """Put an agreement on file. Raises RuleViolation."""
    check_terms(space.kind, terms)
    _check_free(turn, space, terms, None)
    row = turn.add(
        AgreementRow(
            number=number,
            holder_id=holder_id,
            plate=terms.plate,
            space=space.code,
            space_kind=space.kind,
            zone=space.zone,
            monthly_fee_fen=terms.stated_fee_fen,
            ends=terms.ends,
            bank_collected=terms.bank_collected,
        )
    )
    turn.add(
        AgreementSpaceRow(
            agreement_id=row.id, space_id=space.id, begins=terms.begins, **turn.made()
        )
    )
    _remember(turn, row, AgreementEvent.SIGNED, terms, "")
    return row


def change(
    estate: Estate, caller: Caller, agreement_id: int, request: ChangeAgreementRequest
) -> AgreementFile:
    """Other terms from now on: plate, last day, stated fee, bank collection (PARK-11).

    Raises RuleViolation as `sign`, NotFound.
    """
    with writing(estate, caller) as turn:
        row = turn.find(AgreementRow, agreement_id, "agreement")
        if not repeated(turn, request.request_id, "change", request, about=agreement_id):
            caller.authorised_by(Action.EDIT_AGREEMENTS)
            terms = _terms(request.terms, _terms_of(turn, row).begins)
            _check_row(turn, row, terms)
            _apply(turn, row, AgreementEvent.CHANGED, terms, request.reason)
        return agreement_file(turn, row)


def end(
    estate: Estate, caller: Caller, agreement_id: int, request: EndAgreementRequest
) -> AgreementFile:
    """Let an agreement end on a day, today at the earliest; paid months stay as they are paid.

    Raises RuleViolation ``end-in-past``, ``end-later`` where it would last longer than before.
    """
    with writing(estate, caller) as turn:
        row = turn.find(AgreementRow, agreement_id, "agreement")
        if not repeated(turn, request.request_id, "end", request, about=agreement_id):
            caller.authorised_by(Action.EDIT_AGREEMENTS)
            if request.last < turn.today:
                raise RuleViolation("end-in-past", rule="PARK-11")
            if request.last > row.ends:
                raise RuleViolation("end-later", rule="PARK-11")
            before = _terms_of(turn, row)
            terms = Terms(
                plate=before.plate,
                begins=min(before.begins, request.last),
                ends=request.last,
                stated_fee_fen=before.stated_fee_fen,
                bank_collected=before.bank_collected,
            )
            _apply(turn, row, AgreementEvent.ENDED, terms, request.reason)
        return agreement_file(turn, row)


def _numbered(turn: Turn, number: str) -> AgreementRow:
    return turn.session.scalars(select(AgreementRow).where(AgreementRow.number == number)).one()


def _terms(asked: TermsRequest, begins: date) -> Terms:
    return Terms(
        plate=asked.plate,
        begins=begins,
        ends=asked.ends,
        stated_fee_fen=asked.stated_fee_fen,
        bank_collected=asked.bank_collected,
    )


def _terms_of(turn: Turn, row: AgreementRow) -> Terms:
    """The terms as they stand; an agreement older than the list of spaces began long ago."""
    return Terms(
        plate=row.plate,
        begins=begins_on(turn.session, row.id) or min(turn.today, row.ends),
        ends=row.ends,
        stated_fee_fen=row.monthly_fee_fen,
        bank_collected=row.bank_collected,
    )


def _check_row(turn: Turn, row: AgreementRow, terms: Terms) -> None:
    space = space_of(turn.session, row.id)
    if space is not None:
        check_terms(space.kind, terms)
        _check_free(turn, space, terms, row.id)


def _check_free(turn: Turn, space: SpaceRow, terms: Terms, but: int | None) -> None:
    """One agreement on a space at a time; those older than the list of spaces count by name."""
    others = [
        (row.number, begins, row.ends)
        for row, begins in agreements_on(turn.session, space.id)
        if row.id != but
    ]
    others += [
        (row.number, min(turn.today, row.ends), row.ends)
        for row in by_space_name(turn.session, space.code)
        if row.id != but
    ]
    check_space_free(others, terms)


def _apply(turn: Turn, row: AgreementRow, event: AgreementEvent, terms: Terms, reason: str) -> None:
    if not history(turn.session, row.id):  # older than the history: what it said so far
        _remember(turn, row, AgreementEvent.SIGNED, _terms_of(turn, row), "")
    row.plate, row.ends = terms.plate, terms.ends
    row.monthly_fee_fen, row.bank_collected = terms.stated_fee_fen, terms.bank_collected
    _remember(turn, row, event, terms, reason)


def _remember(
    turn: Turn, row: AgreementRow, event: AgreementEvent, terms: Terms, reason: str
) -> None:
    turn.add(
        AgreementEventRow(
            agreement_id=row.id, event=event, terms=_stored(terms), reason=reason, **turn.made()
        )
    )
    turn.note(f"agreement-{event}", row.number, reason or f"{terms.begins} to {terms.ends}")


def _stored(terms: Terms) -> dict[str, Any]:
    return {
        "plate": terms.plate,
        "begins": terms.begins.isoformat(),
        "ends": terms.ends.isoformat(),
        "stated_fee_fen": terms.stated_fee_fen,
        "bank_collected": terms.bank_collected,
    }
