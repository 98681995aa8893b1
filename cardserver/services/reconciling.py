"""Each day's money at the payment providers against their own bill, and all that is open.

The provider is asked outside of any transaction. A day is compared once, when its bill is there;
what then differs is on file until somebody has said what it was. A payment and its refund are seen
together, under the payment's number: what the provider gave back by itself differs from nothing. A
payment that one side has on the day before is recognised by its number.
"""

import logging
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from typing import Final

from sqlalchemy import select

from cardserver.db.credits import all_credits
from cardserver.db.payments import ProviderLine, provider_lines
from cardserver.db.tables_reconciliation import DifferenceRow, ReconciledDayRow
from cardserver.domain.reconciliation import (
    DifferenceKind,
    DifferenceWord,
    Found,
    Movement,
    compare,
)
from cardserver.domain.station import StationKind
from cardserver.payments.api import BillLine, BillNotReady, LineKind, PaymentError, PaymentProvider
from cardserver.services.cashboxes import latest_boxes
from cardserver.services.differences import (
    file_difference,
    note_event,
    open_differences,
    view_of,
)
from cardserver.services.turn import Caller, Estate, Turn, reading, writing
from cardserver.wire_reconciliation import DayView, ReconciliationView

DAYS: Final = 14
"""How far back a day is compared that could not be before."""

_ITSELF: Final = Caller(station="server", kind=StationKind.OFFICE)
_OTHER_DAY: Final = {
    DifferenceKind.NOT_ON_BILL: DifferenceKind.NOT_WITH_US,
    DifferenceKind.NOT_WITH_US: DifferenceKind.NOT_ON_BILL,
}
_log = logging.getLogger(__name__)


def reconcile_due(estate: Estate) -> int:
    """Compare every day of the last two weeks that has a bill and was not compared yet.

    Returns how many days were. A provider that does not answer is asked again the next time.
    """
    return sum(
        _reconcile(estate, provider, day)
        for provider in estate.providers.values()
        for day in _due(estate, provider)
    )


def _due(estate: Estate, provider: PaymentProvider) -> Sequence[date]:
    with reading(estate, _ITSELF) as turn:
        first = turn.today - timedelta(days=DAYS)
        done = set(
            turn.session.scalars(
                select(ReconciledDayRow.day).where(
                    ReconciledDayRow.provider == provider.name, ReconciledDayRow.day >= first
                )
            )
        )
        days = (first + timedelta(days=n) for n in range(DAYS))
        return [day for day in days if day not in done]


def _reconcile(estate: Estate, provider: PaymentProvider, day: date) -> bool:
    try:
        bill = provider.bill(day)
    except BillNotReady:
        bill = None
    except PaymentError as error:
        _log.warning("no bill of %s from %s: %s", day, provider.name, error)
        return False
    with writing(estate, _ITSELF) as turn:
        lines = _lines(turn, provider.name, day)
        # A day on which nothing was traded may have no bill at all.
        if bill is None and lines:
            return False
        _compared(turn, provider.name, day, [*map(_of_us, lines)], [*map(_of_them, bill or ())])
    return True


def _lines(turn: Turn, provider: str, day: date) -> Sequence[ProviderLine]:
    begin = datetime.combine(day, time(), turn.estate.zone)
    return provider_lines(turn.session, provider, begin, begin + timedelta(days=1))


def _of_us(line: ProviderLine) -> Movement:
    fen = _signed(line.amount_fen, refund=line.refund)
    return Movement(number=line.payment_number, amount_fen=fen)


def _of_them(line: BillLine) -> Movement:
    fen = _signed(line.amount_fen, refund=line.kind is LineKind.REFUND)
    return Movement(number=line.payment_number, amount_fen=fen)


def _signed(fen: int, *, refund: bool) -> int:
    return -fen if refund else fen


def _compared(
    turn: Turn, provider: str, day: date, ours: Sequence[Movement], theirs: Sequence[Movement]
) -> None:
    turn.add(
        ReconciledDayRow(
            provider=provider,
            day=day,
            lines=len(theirs),
            ours_fen=sum(each.amount_fen for each in ours),
            theirs_fen=sum(each.amount_fen for each in theirs),
            **turn.made(),
        )
    )
    earlier = {row.reference: row for row in open_differences(turn) if row.subject == provider}
    for found in compare(ours, theirs):
        before = earlier.get(found.number)
        if before is not None and _completes(found, before):
            remark = f"{before.day} / {day}"
            note_event(turn, before, DifferenceWord.SETTLED, remark, person="")
        else:
            file_difference(
                turn,
                subject=provider,
                reference=found.number,
                kind=found.kind,
                ours_fen=found.ours_fen,
                theirs_fen=found.theirs_fen,
                day=day,
            )


def _completes(found: Found, before: DifferenceRow) -> bool:
    """The two sides only have it on different days."""
    return _OTHER_DAY.get(found.kind) is before.kind and (
        found.ours_fen + before.ours_fen == found.theirs_fen + before.theirs_fen
    )


def reconciliation(estate: Estate, caller: Caller) -> ReconciliationView:
    """The days of the last two weeks, the latest cash boxes, and every open difference."""
    with reading(estate, caller) as turn:
        return ReconciliationView(
            days=tuple(_days(turn)),
            boxes=latest_boxes(turn),
            differences=tuple(view_of(turn, row) for row in open_differences(turn)),
            credit_fen=sum(all_credits(turn.session).values()),
        )


def _days(turn: Turn) -> Iterator[DayView]:
    """Latest first; a day on which nothing moved on either side is left out."""
    first = turn.today - timedelta(days=DAYS)
    statement = select(ReconciledDayRow).where(ReconciledDayRow.day >= first)
    done = {(row.provider, row.day): row for row in turn.session.scalars(statement)}
    for n in range(1, DAYS + 1):
        day = turn.today - timedelta(days=n)
        for provider in sorted(turn.estate.providers):
            row = done.get((provider, day))
            view = _to_come(turn, provider, day) if row is None else _compared_view(row)
            if view.ours_fen or view.theirs_fen or view.lines:
                yield view


def _to_come(turn: Turn, provider: str, day: date) -> DayView:
    ours = sum(each.amount_fen for each in map(_of_us, _lines(turn, provider, day)))
    return DayView(provider=provider, day=day, ours_fen=ours, theirs_fen=None, lines=0)


def _compared_view(row: ReconciledDayRow) -> DayView:
    return DayView(
        provider=row.provider,
        day=row.day,
        ours_fen=row.ours_fen,
        theirs_fen=row.theirs_fen,
        lines=row.lines,
    )
