"""Staff cards are operated by the two heads, and by neither on an own card (IC-14)."""

from typing import Final

from sqlalchemy import select

from cardserver.db.tables import CardRow, HolderRow
from cardserver.db.tables_operators import HeadNoticeRow, HeadNoticeSeenRow, OperatorRow
from cardserver.domain.errors import RuleViolation
from cardserver.domain.holder import mask_name
from cardserver.domain.operation import OperationKind
from cardserver.domain.permits import Action
from cardserver.domain.rights import HolderClass
from cardserver.services.errors import NotPermitted
from cardserver.services.turn import Caller, Estate, Turn, reading, writing
from cardserver.wire_operators import HeadNotice, HeadNotices, SeenRequest

OF_THE_HEADS: Final = frozenset(OperationKind) - {OperationKind.TOP_UP}
"""Authorising: a top-up only carries on what was authorised, and a kiosk does it too."""


def check_staff_card(
    turn: Turn, kind: OperationKind, holder_class: HolderClass, holder_id: int
) -> str:
    """Name of the head who carries this operation; empty where none is asked for.

    Raises NotPermitted (IC-14), RuleViolation ``own-card`` (IC-14a).
    """
    if holder_class is not HolderClass.STAFF or kind not in OF_THE_HEADS:
        return ""
    return check_head(turn, holder_id)


def check_head(turn: Turn, holder_id: int) -> str:
    """Name of the head who carries an act on this holder's staff card, signed in or stepped up."""
    carried_by = turn.caller.authorised_by(Action.OPERATE_STAFF_CARD)
    for name in (carried_by, *turn.caller.lenders(Action.OPERATE_STAFF_CARD)):
        if not _is_holder(turn, name, holder_id):
            return name
    raise RuleViolation("own-card", rule="IC-14a")


def _is_holder(turn: Turn, name: str, holder_id: int) -> bool:
    own = turn.session.scalar(select(OperatorRow.holder_id).where(OperatorRow.name == name))
    return own == holder_id


def report_blocked(turn: Turn, card: CardRow, reason: str) -> None:
    """Any agent may block a staff card; both heads are told (IC-14a)."""
    if turn.find(HolderRow, card.holder_id, "holder").holder_class is HolderClass.STAFF:
        turn.session.add(
            HeadNoticeRow(
                card_number=card.number, holder_id=card.holder_id, reason=reason, **turn.made()
            )
        )


def check_allow_again(turn: Turn, card: CardRow) -> None:
    """To block is safe and everybody's; to allow a staff card again is authorising it (IC-14)."""
    if turn.find(HolderRow, card.holder_id, "holder").holder_class is HolderClass.STAFF:
        check_head(turn, card.holder_id)


def notices(estate: Estate, caller: Caller) -> HeadNotices:
    """What the head who asks has not seen yet. Raises NotPermitted."""
    _check_is_head(caller)
    with reading(estate, caller) as turn:
        seen = select(HeadNoticeSeenRow.notice_id).where(HeadNoticeSeenRow.name == caller.operator)
        rows = turn.session.scalars(
            select(HeadNoticeRow).where(HeadNoticeRow.id.not_in(seen)).order_by(HeadNoticeRow.id)
        )
        return HeadNotices(notices=tuple(_view(turn, row) for row in rows))


def see_notice(
    estate: Estate, caller: Caller, notice_id: int, _request: SeenRequest
) -> HeadNotices:
    """The head who asks has seen a notice; the other one keeps it. Raises NotFound."""
    _check_is_head(caller)
    with writing(estate, caller) as turn:
        turn.find(HeadNoticeRow, notice_id, "notice")
        if turn.session.get(HeadNoticeSeenRow, (notice_id, caller.operator)) is None:
            turn.add(
                HeadNoticeSeenRow(
                    notice_id=notice_id,
                    name=caller.operator,
                    at=turn.now,
                    station=caller.station,
                )
            )
            turn.note("see-notice", f"notice {notice_id}")
    return notices(estate, caller)


def _check_is_head(caller: Caller) -> None:
    """A notice is for the head in person: leave given to somebody else doesn't open it."""
    if caller.authorised_by(Action.OPERATE_STAFF_CARD) != caller.operator:
        raise NotPermitted(Action.OPERATE_STAFF_CARD)


def _view(turn: Turn, row: HeadNoticeRow) -> HeadNotice:
    return HeadNotice(
        notice_id=row.id,
        at=row.at,
        station=row.station,
        operator=row.operator,
        card_number=row.card_number,
        holder_name=mask_name(turn.find(HolderRow, row.holder_id, "holder").name),
        reason=row.reason,
    )
