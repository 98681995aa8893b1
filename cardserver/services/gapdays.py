"""Days between the end of a parking right and its renewal in which the car stood inside.

The gate log says so. Only the desk asks about them (PARK-05b): they are paid too, or a head lets
them go, and that is on record.
"""

from datetime import date, timedelta

from cardserver.db.spaces import car_taps
from cardserver.db.tables_parking import WaiverRow
from cardserver.domain.admission import Direction
from cardserver.domain.card import Card
from cardserver.domain.errors import RuleViolation
from cardserver.domain.parking import Gap, inside_until
from cardserver.domain.permits import Action
from cardserver.domain.rights import RightKind
from cardserver.domain.station import StationKind
from cardserver.services.errors import NotPermitted
from cardserver.services.turn import Turn
from cardserver.wire_requests import OperationRequest, TopUpRequest


def stayed_inside(turn: Turn, card: Card) -> tuple[date, date] | None:
    """First and last day that a lapsed card's car stood inside unpaid; None where it did not."""
    parking = card.rights.get(RightKind.PARKING)
    if parking is None or turn.today < parking.period.after_last:
        return None
    first = parking.period.after_last
    moves = [
        (turn.local_date(at), way is Direction.EXIT)
        for at, way in car_taps(turn.session, turn.estate.site, int(card.number))
    ]
    last = inside_until(moves, first, turn.today)
    return None if last is None else (first, last)


def unpaid_days(turn: Turn, card: Card) -> int:
    """How many such days there were before today, from which on the new month counts."""
    days = stayed_inside(turn, card)
    if days is None:
        return 0
    yesterday = turn.today - timedelta(days=1)
    return max(0, (min(days[1], yesterday) - days[0]).days + 1)


def asks_about_gap(turn: Turn, request: OperationRequest, card: Card | None) -> bool:
    """True for a top-up at the desk that has not yet said what becomes of such days."""
    return (
        isinstance(request, TopUpRequest)
        and card is not None
        and request.gap is None
        and turn.caller.kind is StationKind.DESK
        and stayed_inside(turn, card) is not None
    )


def settle_gap(turn: Turn, sale_id: str, request: OperationRequest, card: Card | None) -> None:
    """Check, before money is taken, what the request says of the gap; record a waiver.

    Raises RuleViolation ``stayed-inside`` where it says nothing, NotPermitted for a waiver that
    is nobody's to give and for a month that only the bank's list can give.
    """
    if not isinstance(request, TopUpRequest) or card is None:
        return
    if asks_about_gap(turn, request, card):
        raise RuleViolation("stayed-inside", rule="PARK-05b")
    at_desk = turn.caller.kind is StationKind.DESK
    if request.gap is Gap.COLLECTED or (request.gap is not None and not at_desk):
        raise NotPermitted("gap")
    if request.gap is Gap.WAIVED:
        _waive(turn, sale_id, card)


def _waive(turn: Turn, sale_id: str, card: Card) -> None:
    head = turn.caller.authorised_by(Action.WAIVE)
    days = stayed_inside(turn, card)
    if days is None:
        return
    row = WaiverRow(
        sale_id=sale_id,
        card_number=card.number,
        first=days[0],
        last=days[1],
        waived_by=head,
        **turn.made(),
    )
    turn.note("waive-gap", f"card {card.number}", f"{days[0]} to {days[1]} by {head}")
    turn.session.add(row)
