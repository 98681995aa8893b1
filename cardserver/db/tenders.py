"""Named questions about payments: the steps each went through, and how they stand."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import bindparam, or_, select
from sqlalchemy.orm import Session

from cardserver.db.prepared import Prepared
from cardserver.db.recalling import answers_of, remembered
from cardserver.db.tables import TenderRow
from cardserver.domain.sale import TenderKind, TenderState


class TenderStep(NamedTuple):
    """One state a payment reached, as `TenderRow` has it."""

    tender_id: str
    state: TenderState
    sale_id: str
    kind: TenderKind
    value_fen: int
    checked: bool
    at: datetime
    station: str
    operator: str
    keeps_fen: int = 0


STEPS: Final = "steps"
_COLUMNS: Final = [TenderRow.__table__.columns[name] for name in TenderStep._fields]
_STEPS: Final = select(*_COLUMNS).order_by(TenderRow.id)
_OF_TENDER: Final = Prepared(_STEPS.where(TenderRow.tender_id == bindparam("tender")))
_OF_SALE: Final = Prepared(_STEPS.where(TenderRow.sale_id == bindparam("sale")))
_AROUND: Final = Prepared(
    _STEPS.where(
        or_(TenderRow.sale_id == bindparam("sale"), TenderRow.tender_id == bindparam("tender"))
    )
)


def tender_history(session: Session, tender_id: str) -> Sequence[Any]:
    """The states one payment went through, oldest first: the columns of their rows."""
    return _OF_TENDER.rows(session, tender=tender_id)


def tender_in_sale(session: Session, tender_id: str, sale_id: str) -> Sequence[Any]:
    """The same where the whole sale is going to be asked about: it is learnt on the way."""
    steps = _AROUND.rows(session, tender=tender_id, sale=sale_id)
    answers_of(session)[STEPS, sale_id] = [step for step in steps if step.sale_id == sale_id]
    return [step for step in steps if step.tender_id == tender_id]


def tender_moved(session: Session, row: Mapping[str, Any]) -> None:
    """This step was written: what was known of the payments of its sale goes on with it."""
    known = answers_of(session).get((STEPS, row["sale_id"]))
    if known is not None:
        known.append(TenderStep(**row))


def no_tenders(session: Session, sale_id: str) -> None:
    """The sale was opened just now: nobody can have paid for it."""
    answers_of(session)[STEPS, sale_id] = []


def tenders_of(session: Session, sale_id: str) -> dict[str, Any]:
    """The latest state of each payment of a sale: the columns of their rows."""
    return {step.tender_id: step for step in steps_of(session, sale_id)}


def steps_of(session: Session, sale_id: str) -> Sequence[Any]:
    """All steps of all payments of a sale, oldest first."""
    return remembered(session, STEPS, sale_id, lambda: _OF_SALE.rows(session, sale=sale_id))


def notes_on_their_way(session: Session, sale_id: str) -> int:
    """Value of banknotes that were announced for a sale and have no end yet, in fen."""
    last = tenders_of(session, sale_id).values()
    return sum(
        row.value_fen
        for row in last
        if row.kind is TenderKind.CASH_NOTE and row.state is TenderState.ACCEPTING
    )
