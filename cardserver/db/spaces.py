"""Named questions about spaces, agreements, tariffs and what the bank collected."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Final

from sqlalchemy import and_, bindparam, func, or_, select
from sqlalchemy.orm import Session

from cardserver.db.prepared import Prepared, PreparedRows
from cardserver.db.recalling import answers_of, remembered
from cardserver.db.tables import (
    AgreementRow,
    CardRow,
    OperationRow,
    RightRow,
    SaleEventRow,
)
from cardserver.db.tables_gateevents import GateEventRow
from cardserver.db.tables_parking import (
    AgreementEventRow,
    AgreementSpaceRow,
    BankLineRow,
    BankListRow,
    FileEvent,
    LaneRow,
    SpaceFileRow,
    SpaceRow,
    TariffRow,
    TariffWithdrawalRow,
)
from cardserver.domain.admission import Direction, Reason
from cardserver.domain.bankcollection import LineFate
from cardserver.domain.card import REPLACEABLE
from cardserver.domain.gateevent import EventKind
from cardserver.domain.operation import OperationState
from cardserver.domain.parking import Tariff, month_end
from cardserver.domain.rights import RightKind


@dataclass(frozen=True, slots=True, kw_only=True)
class FailedMonth:
    """A line of the bank that brought nothing, and its month as ``2025-06``."""

    line: BankLineRow
    month: str

    @property
    def month_end(self) -> date:
        """The day to which the right is kept."""
        return month_end(date.fromisoformat(f"{self.month}-01"))


TARIFFS: Final = "tariffs"
LINE: Final = "line"
COLLECTED: Final = "collected"
_TARIFFS: Final = Prepared(
    select(TariffRow.kind, TariffRow.monthly_fee_fen, TariffRow.first)
    .where(TariffRow.id.not_in(select(TariffWithdrawalRow.tariff_id)))
    .order_by(TariffRow.kind, TariffRow.first)
)


def tariffs(session: Session) -> list[Tariff]:
    """The whole table of tariffs that were not withdrawn, by kind and first day."""
    return remembered(session, TARIFFS, None, lambda: _tariffs(session))


def tariffs_changed(session: Session) -> None:
    """One was entered or withdrawn: the table is asked for anew."""
    answers_of(session).pop((TARIFFS, None), None)


def _tariffs(session: Session) -> list[Tariff]:
    return [
        Tariff(kind=kind, monthly_fee_fen=fen, first=first)
        for kind, fen, first in _TARIFFS.rows(session)
    ]


def space_of(session: Session, agreement_id: int) -> SpaceRow | None:
    """The space an agreement is about; None for one older than the list of spaces."""
    row = session.get(AgreementSpaceRow, agreement_id)
    return None if row is None else session.get(SpaceRow, row.space_id)


def begins_on(session: Session, agreement_id: int) -> date | None:
    """The first day of an agreement; None for one older than the list of spaces."""
    row = session.get(AgreementSpaceRow, agreement_id)
    return None if row is None else row.begins


def agreements_on(session: Session, space_id: int) -> list[tuple[AgreementRow, date]]:
    """Every agreement there ever was about a space with its first day, newest first."""
    statement = (
        select(AgreementRow, AgreementSpaceRow.begins)
        .join(AgreementSpaceRow, AgreementSpaceRow.agreement_id == AgreementRow.id)
        .where(AgreementSpaceRow.space_id == space_id)
        .order_by(AgreementSpaceRow.begins.desc(), AgreementRow.id.desc())
    )
    return [(row, begins) for row, begins in session.execute(statement)]


def by_space_name(session: Session, code: str) -> Sequence[AgreementRow]:
    """Agreements that name this space and are older than the list of spaces."""
    known = select(AgreementSpaceRow.agreement_id)
    statement = select(AgreementRow).where(
        AgreementRow.space == code, AgreementRow.id.not_in(known)
    )
    return session.scalars(statement).all()


def carrying(session: Session, agreement_id: int) -> tuple[CardRow, RightRow] | None:
    """The card that carries an agreement's parking right, usable or blocked."""
    statement = (
        select(CardRow, RightRow)
        .join(RightRow, RightRow.card_number == CardRow.number)
        .where(
            RightRow.agreement_id == agreement_id,
            RightRow.kind == RightKind.PARKING,
            CardRow.status.in_(REPLACEABLE),
        )
        .order_by(RightRow.after_last.desc(), CardRow.number.desc())
        .limit(1)
    )
    found = session.execute(statement).first()
    return None if found is None else (found[0], found[1])


_REPLACED_BY: Final = Prepared(
    select(CardRow.number).where(CardRow.replaced_by == bindparam("card")).limit(1)
)


def line_of(session: Session, card_number: int) -> list[int]:
    """A card and those it replaced, one after another: what was paid for one is the next one's."""
    return remembered(session, LINE, card_number, lambda: _line(session, card_number))


def card_replaced(session: Session, by: int) -> None:
    """This card took the place of another: its line is asked for anew."""
    answers_of(session).pop((LINE, by), None)


def _line(session: Session, card_number: int) -> list[int]:
    numbers = [card_number]
    while True:
        older = _REPLACED_BY.value(session, card=numbers[-1])
        if older is None:
            break
        numbers.append(older)
    return numbers


def carried_on_by(session: Session, card_number: int) -> int:
    """The card that carries on what this one was given: itself, or what replaced it last."""
    row = session.get(CardRow, card_number)
    while row is not None and row.replaced_by is not None:
        card_number = row.replaced_by
        row = session.get(CardRow, card_number)
    return card_number


def history(session: Session, agreement_id: int) -> Sequence[AgreementEventRow]:
    """What happened to an agreement, oldest first."""
    statement = select(AgreementEventRow).where(AgreementEventRow.agreement_id == agreement_id)
    return session.scalars(statement.order_by(AgreementEventRow.id)).all()


def file_of(session: Session, agreement_ids: Sequence[int]) -> Sequence[SpaceFileRow]:
    """The records of a space's file, oldest first (PARK-08a)."""
    statement = select(SpaceFileRow).where(SpaceFileRow.agreement_id.in_(agreement_ids))
    return session.scalars(statement.order_by(SpaceFileRow.id)).all()


def car_taps(session: Session, site: str, card_number: int) -> list[tuple[datetime, Direction]]:
    """When a card's car was let in and out, as the lanes recorded it, oldest first.

    Lanes of which nobody has said which way they lead count only when the gate itself said exit.
    """
    statement = (
        select(GateEventRow.at, GateEventRow.reason, LaneRow.direction)
        .outerjoin(
            LaneRow,
            and_(LaneRow.site == GateEventRow.site, LaneRow.lane_id == GateEventRow.lane),
        )
        .where(
            GateEventRow.site == site,
            GateEventRow.card_number == card_number,
            GateEventRow.kind == EventKind.TAP,
            GateEventRow.granted,
            or_(LaneRow.direction.is_not(None), GateEventRow.reason == Reason.EXIT_OUTSIDE_PERIOD),
        )
        .order_by(GateEventRow.at, GateEventRow.journal, GateEventRow.sequence)
    )
    return [(at, way or Direction.EXIT) for at, _, way in session.execute(statement)]


# --- the bank ------------------------------------------------------------------------------------


_COLLECTED: Final = Prepared(
    select(BankLineRow.sale_id).where(BankLineRow.sale_id == bindparam("sale")).limit(1)
)


def is_collected(session: Session, sale_id: str) -> bool:
    """True for a month that the bank collected: its sale is written together with its line."""
    return remembered(
        session, COLLECTED, sale_id, lambda: _COLLECTED.value(session, sale=sale_id) is not None
    )


_COLLECTED_FEN: Final = Prepared(
    select(func.coalesce(func.sum(BankLineRow.amount_fen), 0)).where(
        BankLineRow.sale_id.is_not(None)
    )
)


def collected_fen(session: Session) -> int:
    """All money that came in through the bank, counted from its lists."""
    return int(_COLLECTED_FEN.value(session))


def booked_month(session: Session, agreement_id: int, month: str) -> bool:
    """True when this month of this agreement was collected before."""
    statement = select(func.count()).select_from(BankLineRow)
    return bool(session.scalar(statement.where(BankLineRow.booked == f"{agreement_id}:{month}")))


_WRITTEN: Final = select(OperationRow.id).where(
    OperationRow.sale_id == BankLineRow.sale_id,
    # Not voided is said as well, for the sake of the index on just these operations.
    OperationRow.state != OperationState.VOIDED,
    OperationRow.state == OperationState.SETTLED,
)
_CLOSED: Final = select(SaleEventRow.id).where(SaleEventRow.sale_id == BankLineRow.sale_id)
_OF_AGREEMENT: Final = BankLineRow.agreement_id == bindparam("agreement")


@cache
def _waiting(*, of_one: bool, from_a_day: bool) -> PreparedRows[BankLineRow]:
    statement = select(BankLineRow).where(
        BankLineRow.sale_id.is_not(None), ~_WRITTEN.exists(), ~_CLOSED.exists()
    )
    if of_one:
        statement = statement.where(_OF_AGREEMENT)
    if from_a_day:
        statement = statement.where(BankLineRow.after_last > bindparam("day"))
    return PreparedRows(BankLineRow, statement.order_by(BankLineRow.after_last))


def waiting_lines(
    session: Session, agreement_id: int | None = None, *, after: date | None = None
) -> Sequence[BankLineRow]:
    """Collected months that no card carries yet, oldest first; `after`: those that run then."""
    prepared = _waiting(of_one=agreement_id is not None, from_a_day=after is not None)
    return prepared.all(session, agreement=agreement_id, day=after)


@cache
def _failed(*, of_one: bool, of_a_month: bool) -> PreparedRows[BankLineRow]:
    statement = (
        select(BankLineRow)
        .join(BankListRow, BankListRow.id == BankLineRow.list_id)
        .where(BankLineRow.fate == LineFate.REMINDS)
        .order_by(BankListRow.month, BankLineRow.agreement_number, BankListRow.at)
    )
    if of_one:
        statement = statement.where(_OF_AGREEMENT)
    if of_a_month:
        statement = statement.where(BankListRow.month == bindparam("month"))
    return PreparedRows(BankLineRow, statement)


def failed_lines(
    session: Session, agreement_id: int | None = None, *, month: str | None = None
) -> list[FailedMonth]:
    """Failed collections that were not made good since, oldest month first (PARK-10a).

    Made good is a month that a later list collected, or that was paid at the desk.
    """
    prepared = _failed(of_one=agreement_id is not None, of_a_month=month is not None)
    found: dict[tuple[int, str], FailedMonth] = {}
    for line in prepared.all(session, agreement=agreement_id, month=month):
        source = session.get_one(BankListRow, line.list_id)
        agreement = line.agreement_id
        if agreement is not None and not _made_good(session, agreement, source):
            found[agreement, source.month] = FailedMonth(line=line, month=source.month)
    return list(found.values())


def _made_good(session: Session, agreement_id: int, source: BankListRow) -> bool:
    paid = select(func.count()).where(
        SpaceFileRow.agreement_id == agreement_id,
        SpaceFileRow.event == FileEvent.TOP_UP,
        SpaceFileRow.at > source.at,
    )
    return booked_month(session, agreement_id, source.month) or bool(session.scalar(paid))
