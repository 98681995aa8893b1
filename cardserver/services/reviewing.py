"""The quarter's review F2: computed, decided on, signed, seen (IC-20a).

A computation reads one moment and is then kept as it is, with a hash; signing, deciding and seeing
are rows beside it. Writers wait only while its lists are put down, never while it is computed.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from tempfile import SpooledTemporaryFile
from typing import IO, Any, Final

from sqlalchemy import insert, select

from cardserver.db.quarters import BATCH
from cardserver.db.tables import CardRow
from cardserver.db.tables_review import (
    CardDecisionRow,
    QuarterLineRow,
    QuarterReviewRow,
    QuarterSeenRow,
    QuarterSignatureRow,
)
from cardserver.domain.errors import RuleViolation
from cardserver.domain.permits import Action
from cardserver.domain.review import FORM_CODE, Decision, Part, Quarter, check_explained, check_over
from cardserver.domain.rights import CardStatus
from cardserver.domain.workdays import REVIEW_SEEN_WITHIN
from cardserver.services.blocking import deny
from cardserver.services.errors import Conflict
from cardserver.services.quarterparts import Line, compute
from cardserver.services.replay import repeated
from cardserver.services.reviewviews import review_view, signed_of
from cardserver.services.turn import Caller, Estate, Turn, reading, writing
from cardserver.services.workcalendar import calendar_of
from cardserver.wire_review import (
    ComputeRequest,
    DecideRequest,
    Figures,
    ReviewView,
    SeeRequest,
    SignRequest,
)

_IN_MEMORY: Final = 1 << 20
"""Bytes of a list that stay in memory while it is computed; the rest lies in a file."""


def compute_review(
    estate: Estate, caller: Caller, quarter: Quarter, request: ComputeRequest
) -> ReviewView:
    """Compute the nine parts and keep them. A repeated call answers with what it computed.

    Raises NotPermitted.
    """
    caller.authorised_by(Action.REVIEW_QUARTER)
    with reading(estate, caller) as turn:
        known = _computed(turn, request.request_id)
        if known is not None:
            return review_view(turn, known)
    with SpooledTemporaryFile(max_size=_IN_MEMORY) as spool:
        digest = hashlib.sha256()
        lines = 0

        def keep(line: Line) -> None:
            nonlocal lines
            written = _written(_content(line))
            spool.write(written)
            digest.update(written)
            lines += 1

        with reading(estate, caller) as turn:
            figures = compute(turn, quarter, keep)
        spool.seek(0)
        with writing(estate, caller) as turn:
            if not repeated(turn, request.request_id, "quarter-review", request, about=quarter):
                row = _keep(turn, quarter, request, figures, lines=lines, lists=digest.digest())
                _keep_lines(turn, row.id, spool)
            row = _known(turn, request.request_id)
            return review_view(turn, row)


def _content(line: Line) -> dict[str, Any]:
    return {
        "part": line.part,
        "card_number": line.card_number,
        "holder_id": line.holder_id,
        "name": line.name,
        "holder_class": line.holder_class,
        "unit": line.unit,
        "reason": line.reason,
        "day": None if line.day is None else line.day.isoformat(),
        "note": line.note,
    }


def _written(value: Mapping[str, Any]) -> bytes:
    """One line of canonical JSON: the same value is the same bytes."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return text.encode() + b"\n"


def _computed(turn: Turn, request_id: str) -> QuarterReviewRow | None:
    statement = select(QuarterReviewRow).where(QuarterReviewRow.request_id == request_id)
    return turn.session.scalars(statement).first()


def _known(turn: Turn, request_id: str) -> QuarterReviewRow:
    row = _computed(turn, request_id)
    if row is None:
        raise Conflict("id-reused", f"{request_id} was used for another call")
    return row


def _keep(
    turn: Turn,
    quarter: Quarter,
    request: ComputeRequest,
    figures: Figures,
    *,
    lines: int,
    lists: bytes,
) -> QuarterReviewRow:
    row = turn.add(
        QuarterReviewRow(
            year=quarter.year,
            quarter=quarter.number,
            request_id=request.request_id,
            figures=figures.model_dump(mode="json"),
            lines=lines,
            digest=_digest(quarter, figures, lists),
            **turn.made(),
        )
    )
    turn.note("compute-review", f"{quarter.year}-{quarter.number}", f"{lines} lines")
    return row


def _digest(quarter: Quarter, figures: Figures, lists: bytes) -> bytes:
    """The hash of the form: its code, its quarter, its numbers, and the hash of its lists."""
    head = {"form": FORM_CODE, "quarter": f"{quarter.year}-{quarter.number}", "lists": lists.hex()}
    body = {"figures": figures.model_dump(mode="json")}
    return hashlib.sha256(_written({**head, **body})).digest()


def _keep_lines(turn: Turn, review_id: int, spool: IO[bytes]) -> None:
    numbered = enumerate((json.loads(line) for line in spool), start=1)
    while batch := list(islice(numbered, BATCH)):
        rows = [
            {
                "review_id": review_id,
                "line": number,
                "part": content["part"],
                "card_number": content["card_number"],
                "holder_id": content["holder_id"],
                "content": content,
            }
            for number, content in batch
        ]
        turn.session.connection().execute(insert(QuarterLineRow), rows)


def _lists(turn: Turn, review_id: int) -> Iterator[bytes]:
    statement = (
        select(QuarterLineRow.content)
        .where(QuarterLineRow.review_id == review_id)
        .order_by(QuarterLineRow.line)
    )
    rows = turn.session.scalars(statement, execution_options={"yield_per": BATCH})
    return (_written(content) for content in rows)


def check_unchanged(turn: Turn, row: QuarterReviewRow) -> None:
    """Raise Conflict ``review-altered`` unless the kept rows still have the hash of that day."""
    digest = hashlib.sha256()
    for line in _lists(turn, row.id):
        digest.update(line)
    quarter = Quarter(year=row.year, number=row.quarter)
    figures = Figures.model_validate(row.figures)
    if _digest(quarter, figures, digest.digest()) != row.digest:
        raise Conflict("review-altered", rule="IC-20a")


# --- decisions -----------------------------------------------------------------------------------


def decide(estate: Estate, caller: Caller, review_id: int, request: DecideRequest) -> ReviewView:
    """The head's decision on cards that part 5 lists; what is to be blocked is denied at once.

    Raises RuleViolation ``card-not-listed``, NotFound, NotPermitted.
    """
    by = caller.authorised_by(Action.REVIEW_QUARTER)
    with writing(estate, caller) as turn:
        row = turn.find(QuarterReviewRow, review_id, "review")
        if not repeated(turn, request.request_id, "decide-cards", request, about=review_id):
            _check_listed(turn, row, request.cards)
            for number in request.cards:
                _decide(turn, row, number, request, by)
        return review_view(turn, row)


def _check_listed(turn: Turn, row: QuarterReviewRow, cards: Sequence[int]) -> None:
    statement = select(QuarterLineRow.card_number).where(
        QuarterLineRow.review_id == row.id,
        QuarterLineRow.part == Part.LEAVERS,
        QuarterLineRow.card_number.in_(cards),
    )
    if set(turn.session.scalars(statement)) != set(cards):
        raise RuleViolation("card-not-listed", rule="IC-20a")


def _decide(
    turn: Turn, row: QuarterReviewRow, number: int, request: DecideRequest, by: str
) -> None:
    turn.add(
        CardDecisionRow(
            review_id=row.id,
            card_number=number,
            decision=request.decision,
            reason=request.reason,
            decided_by=by,
            **turn.made(),
        )
    )
    turn.note("decide-card", f"card {number}", f"{request.decision} {by}: {request.reason}")
    card = turn.find(CardRow, number, "card")
    if request.decision is Decision.BLOCK and card.status is CardStatus.LIVE:
        deny(turn, card, request.reason)


# --- signed and seen -----------------------------------------------------------------------------


def sign(estate: Estate, caller: Caller, review_id: int, request: SignRequest) -> ReviewView:
    """The front-desk head signs: from now on this is the review of its quarter.

    Raises RuleViolation ``quarter-not-over``, ``review-unexplained``, ``work-year-missing``;
    Conflict ``review-signed``, ``review-exists`` (a signed one is there and was not referred to),
    ``review-altered``; NotFound, NotPermitted.
    """
    by = caller.authorised_by(Action.REVIEW_QUARTER)
    with writing(estate, caller) as turn:
        row = turn.find(QuarterReviewRow, review_id, "review")
        if not repeated(turn, request.request_id, "sign-review", request, about=review_id):
            _sign(turn, row, request, by)
        return review_view(turn, row)


def _sign(turn: Turn, row: QuarterReviewRow, request: SignRequest, by: str) -> None:
    quarter = Quarter(year=row.year, number=row.quarter)
    check_over(quarter, turn.local_date(row.at))
    before = signed_of(turn, quarter)
    if before is not None and before.review_id == row.id:
        raise Conflict("review-signed", rule="IC-20a")
    if (None if before is None else before.review_id) != request.refers_to:
        raise Conflict("review-exists", rule="IC-20a")
    if before is not None and before.review_id > row.id:
        raise Conflict("review-older", rule="IC-20a")
    figures = Figures.model_validate(row.figures)
    check_explained(figures.differing(request.counted), request.explanations)
    check_unchanged(turn, row)
    see_by = calendar_of(turn).after(turn.today, REVIEW_SEEN_WITHIN)
    explanations = {str(part): words for part, words in request.explanations.items()}
    said = {
        "before": None if before is None else before.digest.hex(),
        "review": row.digest.hex(),
        "counted": request.counted,
        "explanations": explanations,
        "signed_by": by,
        "at": turn.now.isoformat(),
    }
    turn.add(
        QuarterSignatureRow(
            review_id=row.id,
            year=row.year,
            quarter=row.quarter,
            version=1 if before is None else before.version + 1,
            refers_to=request.refers_to,
            counted=request.counted,
            explanations=explanations,
            signed_by=by,
            see_by=see_by,
            digest=hashlib.sha256(_written(said)).digest(),
            **turn.made(),
        )
    )
    turn.note("sign-review", f"{row.year}-{row.quarter}", f"review {row.id} by {by}")


def see(estate: Estate, caller: Caller, review_id: int, request: SeeRequest) -> ReviewView:
    """The department head has seen the signed review; later than five working days is marked.

    Raises Conflict ``review-not-signed``, ``review-seen``, ``review-altered``; RuleViolation
    ``review-same-person``; NotFound, NotPermitted.
    """
    by = caller.authorised_by(Action.SEE_REVIEW)
    with writing(estate, caller) as turn:
        row = turn.find(QuarterReviewRow, review_id, "review")
        if not repeated(turn, request.request_id, "see-review", request, about=review_id):
            _see(turn, row, request, by)
        return review_view(turn, row)


def _see(turn: Turn, row: QuarterReviewRow, request: SeeRequest, by: str) -> None:
    signed = turn.session.get(QuarterSignatureRow, row.id)
    if signed is None:
        raise Conflict("review-not-signed", rule="IC-20a")
    if turn.session.get(QuarterSeenRow, row.id) is not None:
        raise Conflict("review-seen", rule="IC-20a")
    if signed.signed_by == by:
        raise RuleViolation("review-same-person", rule="IC-20a")
    check_unchanged(turn, row)
    turn.add(
        QuarterSeenRow(
            review_id=row.id,
            seen_by=by,
            late=turn.today > signed.see_by,
            remark=request.remark,
            **turn.made(),
        )
    )
    turn.note("see-review", f"{row.year}-{row.quarter}", f"review {row.id} by {by}")
