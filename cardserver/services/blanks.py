"""The stock of blank cards: what operations used, what came or went by hand, what is left (F2, 1).

A blank is used by an issue or a replacement, spoilt by one that was abandoned, and made again by a
format. The last signed hand count before a quarter is where its reckoning starts.
"""

from dataclasses import dataclass
from datetime import date, datetime, time

from sqlalchemy import select, tuple_

from cardserver.db.quarters import blanks_made, blanks_moved, blanks_used, operations_ended
from cardserver.db.tables_review import CardStockRow, QuarterSignatureRow
from cardserver.domain.errors import RuleViolation
from cardserver.domain.operation import OperationKind
from cardserver.domain.permits import Action
from cardserver.domain.review import Quarter, StockMove, stock_end
from cardserver.services.replay import repeated
from cardserver.services.turn import Caller, Estate, Turn, reading, writing
from cardserver.wire_review import StockFigures
from cardserver.wire_stock import StockMoveView, StockRequest, StockView

_USING = (OperationKind.ISSUE, OperationKind.REPLACE)
_SHOWN = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Moves:
    """What happened to blanks between two days."""

    received: int
    made_blank: int
    issued: int
    scrapped: int

    @property
    def net(self) -> int:
        """What the stock changed by."""
        return stock_end(
            start=0,
            received=self.received + self.made_blank,
            issued=self.issued,
            scrapped=self.scrapped,
        )


def moment(turn: Turn, day: date) -> datetime:
    """The instant at which a local day begins."""
    return datetime.combine(day, time(), tzinfo=turn.estate.zone)


def moves(turn: Turn, first: date, after_last: date | None) -> Moves:
    """Movements from one local day up to, but not including, another; up to now for None."""
    by_hand = blanks_moved(turn.session, first, after_last)
    ended = operations_ended(
        turn.session,
        moment(turn, first),
        None if after_last is None else moment(turn, after_last),
    )
    return Moves(
        received=by_hand.get(StockMove.RECEIVED, 0),
        made_blank=ended.get(("settled", OperationKind.FORMAT), 0),
        issued=sum(ended.get(("settled", kind), 0) for kind in _USING),
        scrapped=by_hand.get(StockMove.SCRAPPED, 0)
        + sum(ended.get(("abandoned", kind), 0) for kind in _USING),
    )


def stock_figures(turn: Turn, quarter: Quarter) -> StockFigures:
    """Part 1 of the form for a quarter."""
    start = _at(turn, quarter)
    during = moves(turn, quarter.first, quarter.after_last)
    return StockFigures(
        start=start,
        received=during.received + during.made_blank,
        made_blank=during.made_blank,
        issued=during.issued,
        scrapped=during.scrapped,
        end=start + during.net,
        since=moves(turn, quarter.after_last, None).net,
    )


def _at(turn: Turn, quarter: Quarter) -> int:
    """Blanks when a quarter began: the last signed count before it, and what moved since."""
    signed = _signed_before(turn, quarter)
    if signed is None:
        return _from_the_beginning(turn, quarter.first)
    counted = Quarter(year=signed.year, number=signed.quarter)
    return signed.counted + moves(turn, counted.after_last, quarter.first).net


def _from_the_beginning(turn: Turn, day: date) -> int:
    """Blanks on a day without any count before it. Every card there is was a blank once."""
    by_hand = blanks_moved(turn.session, None, day)
    end = moment(turn, day)
    return stock_end(
        start=0,
        received=by_hand.get(StockMove.RECEIVED, 0) + blanks_made(turn.session, end),
        issued=blanks_used(turn.session, end),
        scrapped=by_hand.get(StockMove.SCRAPPED, 0),
    )


def _signed_before(turn: Turn, quarter: Quarter) -> QuarterSignatureRow | None:
    key = tuple_(QuarterSignatureRow.year, QuarterSignatureRow.quarter)
    newest = (
        QuarterSignatureRow.year.desc(),
        QuarterSignatureRow.quarter.desc(),
        QuarterSignatureRow.version.desc(),
    )
    statement = select(QuarterSignatureRow).where(key < (quarter.year, quarter.number))
    return turn.session.scalars(statement.order_by(*newest).limit(1)).first()


def stock(estate: Estate, caller: Caller) -> StockView:
    """Blanks that ought to be there now, and the latest movements by hand."""
    with reading(estate, caller) as turn:
        return _view(turn)


def move(estate: Estate, caller: Caller, request: StockRequest) -> StockView:
    """Record blanks that came or were thrown away.

    Raises RuleViolation ``stock-too-few``, ``stock-day-ahead`` and ``stock-day-signed`` (a day
    of a quarter whose count was signed), NotPermitted.
    """
    by = caller.authorised_by(Action.REVIEW_QUARTER)
    with writing(estate, caller) as turn:
        if not repeated(turn, request.request_id, "card-stock", request):
            _check_day(turn, request.day)
            if request.move is StockMove.SCRAPPED and request.amount > _expected(turn):
                raise RuleViolation("stock-too-few", rule="IC-20a")
            turn.add(
                CardStockRow(
                    day=request.day,
                    move=request.move,
                    amount=request.amount,
                    reason=request.reason,
                    done_by=by,
                    **turn.made(),
                )
            )
            turn.note("card-stock", request.move, f"{request.amount} {request.reason}")
        return _view(turn)


def _check_day(turn: Turn, day: date) -> None:
    if day > turn.today:
        raise RuleViolation("stock-day-ahead", rule="IC-20a")
    signed = _signed_before(turn, Quarter.of(turn.today))
    if signed is not None and day < Quarter(year=signed.year, number=signed.quarter).after_last:
        raise RuleViolation("stock-day-signed", rule="IC-20a")


def _expected(turn: Turn) -> int:
    figures = stock_figures(turn, Quarter.of(turn.today))
    return figures.end + figures.since


def _view(turn: Turn) -> StockView:
    rows = turn.session.scalars(select(CardStockRow).order_by(CardStockRow.id.desc()).limit(_SHOWN))
    return StockView(
        expected=_expected(turn),
        moves=tuple(
            StockMoveView(
                day=row.day,
                move=row.move,
                amount=row.amount,
                reason=row.reason,
                done_by=row.done_by,
                at=row.at,
            )
            for row in rows
        ),
    )
