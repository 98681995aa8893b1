"""The tariff table: read by everybody, added to by a head (PARK-06a, FEE-40)."""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta

from cardserver.db.spaces import tariffs
from cardserver.db.tables_parking import TariffRow
from cardserver.domain.money import CARD_COST_FEN
from cardserver.domain.parking import Tariff, check_new_tariff
from cardserver.domain.permits import Action
from cardserver.services.replay import repeated
from cardserver.services.turn import Caller, Estate, Turn, reading, writing
from cardserver.wire_parking import TariffRequest, TariffTable, TariffView


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


def _table(turn: Turn) -> TariffTable:
    return TariffTable(
        tariffs=tuple(_views(tariffs(turn.session))),
        card_cost_fen=CARD_COST_FEN,
        today=turn.today,
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
