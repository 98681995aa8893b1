"""The tariff table: read by everybody, added to by a head (PARK-06a, FEE-40)."""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta

from sqlalchemy import select

from cardserver.db.spaces import tariffs, tariffs_changed
from cardserver.db.tables_parking import TariffRow, TariffWithdrawalRow
from cardserver.domain.errors import RuleViolation
from cardserver.domain.money import CARD_COST_FEN
from cardserver.domain.parking import Tariff, check_new_tariff
from cardserver.domain.permits import Action
from cardserver.services.errors import Conflict
from cardserver.services.replay import repeated
from cardserver.services.turn import Caller, Estate, Turn, reading, writing
from cardserver.wire_parking import (
    TariffRequest,
    TariffTable,
    TariffToCome,
    TariffView,
    WithdrawnTariff,
    WithdrawTariffRequest,
)


def tariff_table(estate: Estate, caller: Caller) -> TariffTable:
    """All tariffs ever, with the day on which each ends."""
    with reading(estate, caller) as turn:
        return _table(turn)


def add_tariff(estate: Estate, caller: Caller, request: TariffRequest) -> TariffTable:
    """Enter a tariff. It is never changed: the next one follows it.

    Raises RuleViolation ``tariff-zero``, ``tariff-in-past``, ``tariff-overlaps``; NotPermitted.
    """
    with writing(estate, caller) as turn:
        if not repeated(turn, request.request_id, "tariff", request):
            by = caller.authorised_by(Action.EDIT_TARIFF)
            new = Tariff(
                kind=request.kind, monthly_fee_fen=request.monthly_fee_fen, first=request.first
            )
            check_new_tariff(tariffs(turn.session), new, turn.today)
            put_tariff(turn, new)
            turn.note("tariff", new.kind, f"{new.monthly_fee_fen} from {new.first} by {by}")
        return _table(turn)


def withdraw_tariff(
    estate: Estate, caller: Caller, tariff_id: int, request: WithdrawTariffRequest
) -> TariffTable:
    """Take a mistyped tariff back before its first day; it stays on file, with the reason.

    Raises RuleViolation ``tariff-begun`` from its first day on; Conflict ``tariff-withdrawn``;
    NotFound, NotPermitted.
    """
    with writing(estate, caller) as turn:
        if not repeated(turn, request.request_id, "withdraw-tariff", request, about=tariff_id):
            _withdraw(turn, turn.find(TariffRow, tariff_id, "tariff"), request.reason)
        return _table(turn)


def _withdraw(turn: Turn, row: TariffRow, reason: str) -> None:
    by = turn.caller.authorised_by(Action.EDIT_TARIFF)
    if turn.session.get(TariffWithdrawalRow, row.id) is not None:
        raise Conflict("tariff-withdrawn", "it was withdrawn already", rule="PARK-06a")
    if row.first <= turn.today:
        raise RuleViolation("tariff-begun", rule="PARK-06a")
    made = turn.made()
    turn.add(TariffWithdrawalRow(tariff_id=row.id, reason=reason, withdrawn_by=by, **made))
    tariffs_changed(turn.session)
    told = f"{row.monthly_fee_fen} from {row.first} by {by}: {reason}"
    turn.note("withdraw-tariff", row.kind, told)


def put_tariff(turn: Turn, new: Tariff) -> None:
    """Put a tariff on file, as it is; seeds use it for days that are over."""
    turn.add(
        TariffRow(
            kind=new.kind,
            monthly_fee_fen=new.monthly_fee_fen,
            first=new.first,
            **turn.made(),
        )
    )
    tariffs_changed(turn.session)


def _table(turn: Turn) -> TariffTable:
    return TariffTable(
        tariffs=tuple(_views(tariffs(turn.session))),
        card_cost_fen=CARD_COST_FEN,
        today=turn.today,
        to_come=tuple(_to_come(turn)),
        withdrawn=tuple(_withdrawn(turn)),
    )


def _to_come(turn: Turn) -> Iterator[TariffToCome]:
    taken_back = select(TariffWithdrawalRow.tariff_id)
    statement = select(TariffRow).where(
        TariffRow.first > turn.today, TariffRow.id.not_in(taken_back)
    )
    for row in turn.session.scalars(statement.order_by(TariffRow.first, TariffRow.kind)).all():
        yield TariffToCome(
            tariff_id=row.id,
            kind=row.kind,
            monthly_fee_fen=row.monthly_fee_fen,
            first=row.first,
            operator=row.operator,
        )


def _withdrawn(turn: Turn) -> Iterator[WithdrawnTariff]:
    statement = select(TariffRow, TariffWithdrawalRow).join(
        TariffWithdrawalRow, TariffWithdrawalRow.tariff_id == TariffRow.id
    )
    rows = turn.session.execute(statement.order_by(TariffWithdrawalRow.at.desc(), TariffRow.id))
    for row, end in rows.all():
        yield WithdrawnTariff(
            kind=row.kind,
            monthly_fee_fen=row.monthly_fee_fen,
            first=row.first,
            reason=end.reason,
            withdrawn_by=end.withdrawn_by,
            at=end.at,
        )


def _views(known: Iterable[Tariff]) -> Iterator[TariffView]:
    table = list(known)
    for each in table:
        later = [other.first for other in table if _follows(other, each)]
        yield TariffView(
            kind=each.kind,
            monthly_fee_fen=each.monthly_fee_fen,
            first=each.first,
            last=_day_before(min(later)) if later else None,
        )


def _follows(other: Tariff, each: Tariff) -> bool:
    return other.kind is each.kind and other.first > each.first


def _day_before(day: date) -> date:
    return day - timedelta(days=1)
