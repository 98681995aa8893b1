"""Putting a car park on file: spaces, tariffs, agreements. Used by seeds and tests."""

from datetime import date

from cardserver.db.tables import HolderRow
from cardserver.db.tables_parking import SpaceRow
from cardserver.domain.parking import SpaceKind, Tariff, Terms
from cardserver.services.agreements import put_agreement
from cardserver.services.setup import SETUP
from cardserver.services.spaces import put_space
from cardserver.services.tariffs import put_tariff
from cardserver.services.turn import Estate, writing


def register_space(estate: Estate, code: str, kind: SpaceKind, *, zone: int = 0) -> int:
    """A space of the car park. Returns its row number."""
    with writing(estate, SETUP) as turn:
        return put_space(turn, code, kind, zone).id


def register_tariff(estate: Estate, kind: SpaceKind, monthly_fee_fen: int, *, first: date) -> None:
    """A tariff, also from a day that is over."""
    with writing(estate, SETUP) as turn:
        put_tariff(turn, Tariff(kind=kind, monthly_fee_fen=monthly_fee_fen, first=first))


def register_space_agreement(
    estate: Estate, number: str, holder_id: int, space_id: int, terms: Terms
) -> int:
    """A signed agreement about a space. Returns its row number. Raises RuleViolation, NotFound."""
    with writing(estate, SETUP) as turn:
        turn.find(HolderRow, holder_id, "holder")
        space = turn.find(SpaceRow, space_id, "space")
        return put_agreement(turn, number, holder_id, space, terms).id
