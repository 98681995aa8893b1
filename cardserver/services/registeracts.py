"""What each act of card business writes into the register F1 (IC-17, IC-19b).

Called by the acts themselves, in their own transactions. Top-ups stand in the money documents and
not here; only a card that they spoil does.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from sqlalchemy import bindparam, select

from cardserver.db.mapping import period_from
from cardserver.db.prepared import Prepared
from cardserver.db.queries import rights_planned
from cardserver.db.tables import CardRow, HolderRow, OperationRow, SaleRow
from cardserver.domain.card import Right
from cardserver.domain.operation import OperationKind
from cardserver.domain.register import AbnormalReason, EnteredRight, RegisterEntry, RegisterKind
from cardserver.domain.rights import CardStatus, HolderClass, RightKind
from cardserver.domain.tariff import ReplaceReason
from cardserver.domain.validity import ValidityPeriod
from cardserver.services.keying import ON_BLANK
from cardserver.services.registerentries import (
    about_holder,
    card_entry,
    proof_shown,
    with_application,
)
from cardserver.services.registering import enter
from cardserver.services.turn import Turn

_WHY: Final = {
    ReplaceReason.LOST: frozenset({AbnormalReason.LOSS}),
    ReplaceReason.DAMAGED: frozenset({AbnormalReason.DAMAGE}),
    ReplaceReason.FAULTY: frozenset[AbnormalReason](),
}
_KINDS: Final = {
    OperationKind.EXTEND: RegisterKind.EXTENSION,
    OperationKind.ADD_PARKING: RegisterKind.PARKING_ADDED,
    OperationKind.FORMAT: RegisterKind.FORMATTED,
}
_RETURNED_BEFORE: Final = Prepared(
    select(CardRow.number)
    .where(
        CardRow.uid == bindparam("uid"),
        CardRow.number < bindparam("card"),
        CardRow.status == CardStatus.RETURNED,
    )
    .order_by(CardRow.number.desc())
)
LOST: Final = "lost"
"""The reason of a block that is a loss report (IC-23a)."""


# --- ends of operations --------------------------------------------------------------------------


def enter_settled(turn: Turn, operation: OperationRow, papers: Sequence[int]) -> None:
    """The card was read back as planned: it is issued, extended, replaced, formatted.

    `papers` are the numbers of those that are owed for it.
    """
    kind = _kind_of(turn, operation)
    if kind is not None:
        receipts = " ".join(f"{number:06d}" for number in papers)
        enter(turn, _of_operation(turn, operation, kind, receipts))


def enter_voided(turn: Turn, operation: OperationRow, reason: str, *, again: bool) -> None:
    """Nothing was written: cancelled, or, where another card is tried, a write that failed."""
    if operation.kind is not OperationKind.TOP_UP:
        kind = RegisterKind.WRITE_FAILURE if again else RegisterKind.CANCELLED
        enter(turn, _unfinished(turn, operation, kind, reason))


def enter_abandoned(turn: Turn, operation: OperationRow, reason: str) -> None:
    """Nobody knows what is on the card: a blank is scrapped, so is one that was being formatted."""
    spoiled = operation.kind in ON_BLANK or operation.kind is OperationKind.FORMAT
    kind = RegisterKind.SCRAPPED if spoiled else RegisterKind.WRITE_FAILURE
    enter(turn, _unfinished(turn, operation, kind, reason))


def _kind_of(turn: Turn, operation: OperationRow) -> RegisterKind | None:
    if operation.kind is OperationKind.ISSUE:
        return _kind_of_issue(turn, operation)
    if operation.kind is OperationKind.REPLACE:
        free = operation.sale_id is None
        return RegisterKind.FREE_REPLACEMENT if free else RegisterKind.PAID_REPLACEMENT
    return _KINDS.get(operation.kind)


def _kind_of_issue(turn: Turn, operation: OperationRow) -> RegisterKind:
    holder = turn.find(HolderRow, operation.holder_id, "holder")
    if holder.holder_class is not HolderClass.STAFF:
        return RegisterKind.NEW_ISSUE
    again = _card_before(turn, operation) is not None
    return RegisterKind.STAFF_REAUTHORISED if again else RegisterKind.STAFF_ISSUE


def _card_before(turn: Turn, operation: OperationRow) -> int | None:
    """The card that this one carries on: the one replaced, or the last one made of the chip."""
    if operation.kind is OperationKind.REPLACE:
        return operation.subject_number
    if operation.kind is not OperationKind.ISSUE:
        return None
    number: int | None = _RETURNED_BEFORE.value(
        turn.session, uid=operation.uid, card=operation.card_number
    )
    return number


def _unfinished(
    turn: Turn, operation: OperationRow, kind: RegisterKind, reason: str
) -> RegisterEntry:
    """No right was given and nobody signs; what was to be done stands in the remark."""
    entry = _of_operation(turn, operation, kind)
    return replace(
        entry,
        rights=(),
        valid_from=None,
        valid_to=None,
        fee_fen=0,
        signer=None,
        recipient="",
        remark=f"{operation.kind}: {reason}",
    )


def _of_operation(
    turn: Turn, operation: OperationRow, kind: RegisterKind, receipts: str = ""
) -> RegisterEntry:
    request = operation.request
    rights = rights_planned(turn.session, operation)
    about = _period(operation, rights)
    sale = None if operation.sale_id is None else turn.find(SaleRow, operation.sale_id, "sale")
    replacing = operation.kind is OperationKind.REPLACE
    entry = about_holder(turn, operation.holder_id, kind)
    return with_application(
        turn,
        replace(
            entry,
            card_number=operation.card_number,
            chip=operation.uid.hex(),
            former_card=_card_before(turn, operation),
            rights=tuple(_entered(right) for right in rights),
            valid_from=None if about is None else about.first,
            valid_to=None if about is None else about.last,
            fee_fen=0 if sale is None else sale.due_fen,
            receipt=receipts,
            abnormal=_WHY[ReplaceReason(request["reason"])] if replacing else frozenset(),
            approver=operation.authorised_by or "",
            operation_id=operation.id,
            proof=proof_shown(turn, request.get("verification_id"), request.get("appraisal_id")),
        ),
    )


def _entered(right: Right) -> EnteredRight:
    period = right.period
    return EnteredRight(kind=right.kind, zones=right.zones, first=period.first, last=period.last)


def _period(operation: OperationRow, rights: Sequence[Right]) -> ValidityPeriod | None:
    """The days the act is about: those it adds, else those of the door right."""
    added = period_from(operation.plan["added"])
    if added is not None:
        return added
    periods = {right.kind: right.period for right in rights}
    return periods.get(RightKind.DOOR) or next(iter(periods.values()), None)


# --- the deny list -------------------------------------------------------------------------------


def enter_blocked(turn: Turn, card: CardRow, reason: str) -> None:
    """A card is denied; with a loss it is a loss report and abnormal (IC-19c)."""
    kind = RegisterKind.LOSS_REPORT if reason == LOST else RegisterKind.BLOCK
    enter(turn, card_entry(turn, card, kind, reason))


def enter_unblocked(turn: Turn, card: CardRow, reason: str) -> None:
    """A blocked card is allowed again."""
    enter(turn, card_entry(turn, card, RegisterKind.UNBLOCK, reason))
