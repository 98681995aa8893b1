"""Why cards are blocked, since when, and who did it. Reads only, inside the caller's transaction.

The register tells it (IC-19): every block has its row there, with name, time and station.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from sqlalchemy import select

from cardserver.db.queries import was_abandoned
from cardserver.db.tables import CardRow
from cardserver.db.tables_approvals import CardReportRow
from cardserver.db.tables_register import RegisterRow
from cardserver.domain.cardreport import ReportKind
from cardserver.domain.denial import Denial, denial_of
from cardserver.domain.register import RegisterKind
from cardserver.domain.rights import CardStatus
from cardserver.domain.station import StationKind
from cardserver.services.turn import Turn
from cardserver.wire_cards import BlockedView

_ENTERED: Final = (
    *(RegisterKind.BLOCK, RegisterKind.LOSS_REPORT, RegisterKind.FOUND),
    *(RegisterKind.RETURNED, RegisterKind.SWAPPED, RegisterKind.WRITE_FAILURE),
)
_LOST: Final = select(CardReportRow.card_number).where(CardReportRow.kind == ReportKind.LOST)
_SHOWN_AT: Final = frozenset({StationKind.DESK, StationKind.OFFICE})


def blocked_views(turn: Turn, cards: Iterable[CardRow]) -> Mapping[int, BlockedView]:
    """Of those that are blocked, by number; at the desk only. Two statements for all of them."""
    if turn.caller.kind not in _SHOWN_AT:
        return {}
    blocked = {card.number: card for card in cards if card.status is CardStatus.BLOCKED}
    if not blocked:
        return {}
    statement = (
        select(RegisterRow.card_number, RegisterRow.at, RegisterRow.operator, RegisterRow.station)
        .where(RegisterRow.card_number.in_(blocked), RegisterRow.kind.in_(_ENTERED))
        .order_by(RegisterRow.number)
    )
    entered = {row.card_number: row for row in turn.session.execute(statement)}
    lost = set(turn.session.scalars(_LOST.where(CardReportRow.card_number.in_(blocked))))
    found = {}
    for number, card in blocked.items():
        row, why = entered.get(number), _why(turn, card)
        found[number] = BlockedView(
            why=why,
            words=card.status_reason if why is Denial.DECIDED else "",
            at=None if row is None else row.at,
            operator="" if row is None else row.operator,
            station="" if row is None else row.station,
            reported_lost=why is Denial.LOST or number in lost,
        )
    return found


def _why(turn: Turn, card: CardRow) -> Denial:
    told = denial_of(card.status_reason)
    if told is not None:
        return told
    return Denial.NOT_KNOWN if was_abandoned(turn.session, card.number) else Denial.DECIDED
