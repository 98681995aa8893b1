"""What a month costs: by the tariff table, or as a service agreement states (PARK-06, PARK-10)."""

from cardserver.db.mapping import agreement_of
from cardserver.db.queries import unit_of
from cardserver.db.spaces import begins_on, tariffs
from cardserver.db.tables import AgreementRow, HolderRow
from cardserver.domain.errors import RuleViolation
from cardserver.domain.holder import Agreement
from cardserver.domain.parking import SpaceKind, fee_on
from cardserver.services.turn import Turn


def monthly_fee(turn: Turn, row: AgreementRow) -> int:
    """What a month costs under an agreement on the day of payment (PARK-06a).

    An agreement that states a fee is priced by it; all others by the tariff of their kind of
    space. Raises RuleViolation ``tariff-missing``.
    """
    if row.monthly_fee_fen:
        return row.monthly_fee_fen
    if row.space_kind not in set(SpaceKind):
        raise RuleViolation("tariff-missing", rule="PARK-09", message=f"no tariff {row.space_kind}")
    return fee_on(tariffs(turn.session), SpaceKind(row.space_kind), turn.today)


def shown_fee(turn: Turn, row: AgreementRow) -> int:
    """The monthly fee as shown beside an agreement; 0 where no tariff is on file yet."""
    try:
        return monthly_fee(turn, row)
    except RuleViolation:
        return 0


def priced(turn: Turn, row: AgreementRow) -> Agreement:
    """An agreement at today's price. Raises RuleViolation ``tariff-missing``."""
    unit = unit_of(turn.session, turn.find(HolderRow, row.holder_id, "holder"))
    return agreement_of(
        row, unit, fee_fen=monthly_fee(turn, row), begins=begins_on(turn.session, row.id)
    )
