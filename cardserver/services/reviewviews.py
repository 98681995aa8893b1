"""What is shown of reviews: a quarter with its computations, one review, its lists."""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import func, select

from cardserver.db.tables import CardRow
from cardserver.db.tables_review import (
    CardDecisionRow,
    QuarterLineRow,
    QuarterReviewRow,
    QuarterSeenRow,
    QuarterSignatureRow,
)
from cardserver.domain.errors import RuleViolation
from cardserver.domain.review import Part, Quarter
from cardserver.domain.rights import CardStatus, HolderClass
from cardserver.services.turn import Caller, Estate, Turn, reading
from cardserver.services.workcalendar import calendar_of
from cardserver.wire_review import (
    Figures,
    LineList,
    LineView,
    QuarterView,
    ReviewView,
    SeenView,
    SignatureView,
)

_SHOWN = 20
_ONE_DAY = timedelta(days=1)


def quarter(estate: Estate, caller: Caller, asked: Quarter) -> QuarterView:
    """A quarter with its latest computations, and the day its review is due."""
    with reading(estate, caller) as turn:
        due, problem = None, ""
        try:
            due = calendar_of(turn).first_from(asked.after_last)
        except RuleViolation as missing:
            problem = missing.reason
        return QuarterView(
            year=asked.year,
            quarter=asked.number,
            first=asked.first,
            last=asked.after_last - _ONE_DAY,
            over=turn.today >= asked.after_last,
            due=due,
            problem=problem,
            reviews=tuple(review_view(turn, row) for row in _reviews(turn, asked)),
        )


def _reviews(turn: Turn, asked: Quarter) -> Sequence[QuarterReviewRow]:
    """Every signed review of the quarter and the latest others, newest first."""
    of_quarter = select(QuarterReviewRow).where(
        QuarterReviewRow.year == asked.year, QuarterReviewRow.quarter == asked.number
    )
    latest = turn.session.scalars(of_quarter.order_by(QuarterReviewRow.id.desc()).limit(_SHOWN))
    signed = turn.session.scalars(
        of_quarter.join(QuarterSignatureRow, QuarterSignatureRow.review_id == QuarterReviewRow.id)
    )
    found = {row.id: row for row in (*latest, *signed)}
    return sorted(found.values(), key=lambda row: row.id, reverse=True)


def review(estate: Estate, caller: Caller, review_id: int) -> ReviewView:
    """One computation and what became of it. Raises NotFound."""
    with reading(estate, caller) as turn:
        return review_view(turn, turn.find(QuarterReviewRow, review_id, "review"))


def signed_of(turn: Turn, asked: Quarter) -> QuarterSignatureRow | None:
    """The signed review of a quarter that counts: its latest version."""
    statement = (
        select(QuarterSignatureRow)
        .where(QuarterSignatureRow.year == asked.year, QuarterSignatureRow.quarter == asked.number)
        .order_by(QuarterSignatureRow.version.desc())
        .limit(1)
    )
    return turn.session.scalars(statement).first()


def review_view(turn: Turn, row: QuarterReviewRow) -> ReviewView:
    """A computation as it stands in this transaction."""
    signed = turn.session.get(QuarterSignatureRow, row.id)
    seen = turn.session.get(QuarterSeenRow, row.id)
    return ReviewView(
        review_id=row.id,
        year=row.year,
        quarter=row.quarter,
        computed_at=row.at,
        computed_by=row.operator,
        figures=Figures.model_validate(row.figures),
        lines=row.lines,
        digest=row.digest.hex(),
        signature=None if signed is None else _signature(signed),
        seen=None if seen is None else _seen(seen),
    )


def _signature(row: QuarterSignatureRow) -> SignatureView:
    return SignatureView(
        version=row.version,
        refers_to=row.refers_to,
        counted=row.counted,
        explanations={Part(part): words for part, words in row.explanations.items()},
        signed_by=row.signed_by,
        signed_at=row.at,
        see_by=row.see_by,
        digest=row.digest.hex(),
    )


def _seen(row: QuarterSeenRow) -> SeenView:
    return SeenView(seen_by=row.seen_by, seen_at=row.at, late=row.late, remark=row.remark)


def review_lines(
    estate: Estate, caller: Caller, review_id: int, *, part: Part | None, after: int, limit: int
) -> LineList:
    """Lines of one part, or of all, that follow the line `after`. Raises NotFound."""
    with reading(estate, caller) as turn:
        turn.find(QuarterReviewRow, review_id, "review")
        statement = select(QuarterLineRow).where(
            QuarterLineRow.review_id == review_id, QuarterLineRow.line > after
        )
        if part is not None:
            statement = statement.where(QuarterLineRow.part == part)
        found = turn.session.scalars(statement.order_by(QuarterLineRow.line).limit(limit + 1))
        rows = found.all()
        shown = rows[:limit]
        numbers = [row.card_number for row in shown if row.card_number is not None]
        states = _states(turn, numbers)
        decisions = _decisions(turn, review_id, numbers)
        return LineList(
            lines=tuple(_line(row, states, decisions) for row in shown), more=len(rows) > limit
        )


def _states(turn: Turn, numbers: Sequence[int]) -> dict[int, CardStatus]:
    statement = select(CardRow.number, CardRow.status).where(CardRow.number.in_(numbers))
    return {row.number: row.status for row in turn.session.execute(statement)}


def _decisions(turn: Turn, review_id: int, numbers: Sequence[int]) -> dict[int, CardDecisionRow]:
    """The latest decision on each of these cards."""
    latest = (
        select(func.max(CardDecisionRow.id))
        .where(CardDecisionRow.review_id == review_id, CardDecisionRow.card_number.in_(numbers))
        .group_by(CardDecisionRow.card_number)
    )
    rows = turn.session.scalars(select(CardDecisionRow).where(CardDecisionRow.id.in_(latest)))
    return {row.card_number: row for row in rows}


def _line(
    row: QuarterLineRow,
    states: dict[int, CardStatus],
    decisions: dict[int, CardDecisionRow],
) -> LineView:
    content, number = row.content, row.card_number or 0
    decision = decisions.get(number) if row.part == Part.LEAVERS else None
    word = content["holder_class"]
    return LineView(
        line=row.line,
        part=Part(row.part),
        card_number=row.card_number,
        holder_id=row.holder_id,
        name=content["name"],
        holder_class=HolderClass(word) if word in set(HolderClass) else None,
        unit=content["unit"],
        reason=content["reason"],
        day=content["day"],
        note=content["note"],
        status=states.get(number),
        decision=None if decision is None else decision.decision,
        decided_by="" if decision is None else decision.decided_by,
    )
