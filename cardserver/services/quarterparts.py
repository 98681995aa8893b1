"""The nine parts of the quarter's review, computed from issue list, operations, papers, register.

Numbers are counted by the database; lists are streamed one line at a time to whoever keeps them,
so that an estate of any size takes the same memory.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row

from cardserver.db import quarters
from cardserver.db.tables import CounterRow
from cardserver.domain.gaterules import WorkerPass
from cardserver.domain.operation import OperationKind
from cardserver.domain.register import RegisterKind
from cardserver.domain.review import Business, Leaving, Part, Quarter, leaving
from cardserver.domain.rights import HolderClass
from cardserver.services.blanks import moment, stock_figures
from cardserver.services.turn import SNAPSHOT, Turn
from cardserver.services.workerpasses import passes_named, passes_out
from cardserver.wire_review import BusinessCount, Figures, GateFigures, LeaverCount, ReceiptFigures

_OPERATIONS = {
    OperationKind.ISSUE: Business.ISSUE,
    OperationKind.EXTEND: Business.EXTEND,
    OperationKind.REPLACE: Business.REPLACE,
}
_ENTERED = {RegisterKind.LOSS_REPORT: Business.LOSS, RegisterKind.BLOCK: Business.BLOCK}
_USING_A_CARD = (OperationKind.ISSUE, OperationKind.REPLACE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of a list: a card, a paper, a row, a tap. `reason` is a stable word."""

    part: Part
    card_number: int | None
    holder_id: int | None
    name: str
    holder_class: str
    unit: str
    reason: str
    day: date | None = None
    note: str = ""


Keep = Callable[[Line], object]
Settled = Mapping[tuple[OperationKind, HolderClass], int]


@dataclass(slots=True, kw_only=True)
class _Tally:
    """Hands lines on, and counts them by part and reason on the way."""

    keep: Keep
    parts: Counter[Part] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)

    def take(self, lines: Iterable[Line]) -> None:
        for line in lines:
            self.keep(line)
            self.parts[line.part] += 1
            self.reasons[line.reason] += 1


@dataclass(frozen=True, slots=True, kw_only=True)
class _Span:
    """A quarter as days and as instants."""

    first: date
    after_last: date
    begin: datetime
    end: datetime


def compute(turn: Turn, quarter: Quarter, keep: Keep) -> Figures:
    """All nine parts as of now; every line of their lists is handed to `keep`."""
    session = turn.session
    span = _Span(
        first=quarter.first,
        after_last=quarter.after_last,
        begin=moment(turn, quarter.first),
        end=moment(turn, quarter.after_last),
    )
    tally = _Tally(keep=keep)
    settled = quarters.business_settled(session, span.begin, span.end)
    tally.take(_without_receipt(turn, span))
    tally.take(_expired(turn, span))
    tally.take(_leavers(turn))
    named = passes_named(turn, span.end)
    tally.take(_passes(turn, named, span))
    tally.take(_parking(turn))
    tally.take(_unsigned(turn, span))
    tally.take(_let_in(turn, span))
    counter = session.get(CounterRow, SNAPSHOT)
    version = 0 if counter is None else counter.value
    return Figures(
        stock=stock_figures(turn, quarter),
        business=_business(turn, span, settled),
        receipts=_receipts(turn, span, settled, tally.parts[Part.RECEIPTS]),
        expired=tally.parts[Part.EXPIRED],
        expired_before=quarters.expired_before(session, span.first),
        leavers=tuple(
            LeaverCount(reason=reason, number=tally.reasons[reason])
            for reason in Leaving
            if tally.reasons[reason]
        ),
        passes_out=tally.parts[Part.PASSES] if named else None,
        parking=tally.parts[Part.PARKING],
        unsigned=tally.parts[Part.UNSIGNED],
        list_version=version,
        gates=_gates(turn),
        let_in_denied=tally.parts[Part.GATES],
        let_in_unknown=quarters.let_in_unknown(session, turn.estate.site, span.begin, span.end),
    )


def _business(turn: Turn, span: _Span, settled: Settled) -> tuple[BusinessCount, ...]:
    """Part 2: issues, extensions and replacements from operations, the rest from the register."""
    found: Counter[tuple[Business, HolderClass]] = Counter()
    for (kind, holder_class), number in settled.items():
        if kind in _OPERATIONS:
            found[_OPERATIONS[kind], holder_class] += number
    entered = quarters.rows_entered(turn.session, span.first, span.after_last, *_ENTERED)
    for (entry, word), number in entered.items():
        if word in set(HolderClass):
            found[_ENTERED[entry], HolderClass(word)] += number
    return tuple(
        BusinessCount(business=business, holder_class=each, number=found[business, each])
        for business in Business
        for each in HolderClass
        if found[business, each]
    )


def _receipts(turn: Turn, span: _Span, settled: Settled, missing: int) -> ReceiptFigures:
    """Part 3: every chargeable card has its receipt, and the sums agree with the ledger."""
    session = turn.session
    number, fen = quarters.receipts(session, span.first, span.after_last)
    charged = quarters.chargeable(session, span.begin, span.end)
    made = sum(count for (kind, _), count in settled.items() if kind in _USING_A_CARD)
    return ReceiptFigures(
        chargeable=charged,
        free=max(0, made - charged),
        receipts=number,
        receipts_fen=fen,
        earned_fen=quarters.card_income(session, span.begin, span.end),
        without_receipt=missing,
    )


def _gates(turn: Turn) -> tuple[GateFigures, ...]:
    """Part 9: by which version of the issue list each gate decided when it was last heard."""
    found = []
    for station in quarters.gates(turn.session):
        heard = quarters.last_heard(turn.session, turn.estate.site, station)
        at, version = heard or (None, 0)
        behind = quarters.changed_after(turn.session, version) if heard else 0
        found.append(GateFigures(station=station, heard_at=at, version=version, behind=behind))
    return tuple(found)


# --- lists ---------------------------------------------------------------------------------------


def _line(part: Part, reason: str, number: int, row: Row[Any], **more: Any) -> Line:
    """A line about a card; the row ends with its holder's id, name, class and unit."""
    holder_id, name, holder_class, unit = tuple(row)[-4:]
    return Line(
        part=part,
        card_number=number,
        holder_id=holder_id,
        name=name,
        holder_class=holder_class,
        unit=unit or "",
        reason=reason,
        **more,
    )


def _without_receipt(turn: Turn, span: _Span) -> Iterable[Line]:
    for row in quarters.without_receipt(turn.session, span.begin, span.end):
        day = turn.local_date(row.moment)
        yield _line(Part.RECEIPTS, "without-receipt", row.card_number, row, day=day)


def _expired(turn: Turn, span: _Span) -> Iterable[Line]:
    for row in quarters.expired_in(turn.session, span.first, span.after_last):
        yield _line(Part.EXPIRED, "expired", row.number, row, day=_last(row.after_last))


def _leavers(turn: Turn) -> Iterable[Line]:
    for row in quarters.leavers(turn.session, turn.today):
        holder_class = row.holder_class
        tenant = holder_class is HolderClass.TENANT
        merchant = holder_class is HolderClass.MERCHANT
        lasts = [row.ends, row.lease_end if tenant or merchant else None]
        lasts.append(row.contract if merchant else None)
        until = min((day for day in lasts if day is not None), default=None)
        reason = leaving(
            tenant=tenant,
            merchant=merchant,
            staff=holder_class is HolderClass.STAFF,
            until=until,
            today=turn.today,
        )
        if reason is not None:
            yield _line(Part.LEAVERS, reason, row.number, row, day=until)


def _passes(turn: Turn, named: Mapping[int, WorkerPass], span: _Span) -> Iterable[Line]:
    for each in passes_out(turn, named, span.after_last):
        number, note = each.row.number, each.filing
        yield _line(Part.PASSES, "pass-out", number, each.row, day=each.last, note=note)


def _parking(turn: Turn) -> Iterable[Line]:
    for row in quarters.parking_without_agreement(turn.session, turn.today):
        reason = "agreement-ended" if row.agreement else "no-agreement"
        note = row.agreement or ""
        yield _line(Part.PARKING, reason, row.number, row, day=row.ends, note=note)


def _unsigned(turn: Turn, span: _Span) -> Iterable[Line]:
    for row in quarters.unsigned(turn.session, span.after_last):
        yield Line(
            part=Part.UNSIGNED,
            card_number=row.card_number,
            holder_id=row.holder_id,
            name=row.holder_name,
            holder_class=row.holder_class,
            unit=row.unit,
            reason="unsigned",
            day=row.local_date,
            note=f"F1 {row.number:06d}",
        )


def _let_in(turn: Turn, span: _Span) -> Iterable[Line]:
    site = turn.estate.site
    for row in quarters.let_in_though_denied(turn.session, site, span.begin, span.end):
        day = turn.local_date(row.at)
        yield _line(Part.GATES, "let-in-denied", row.number, row, day=day, note=row.device)


def _last(after_last: date) -> date:
    return date.fromordinal(after_last.toordinal() - 1)
