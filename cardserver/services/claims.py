"""What people owe for worthless notes they took, and its repayment to the cashier (FEE-34)."""

from collections.abc import Iterator

from sqlalchemy import func, select

from cardserver.db.tables_shifts import DrawerLineRow
from cardserver.db.tills import drawer_balance
from cardserver.domain import drawer
from cardserver.domain.drawer import CLAIM
from cardserver.domain.errors import RuleViolation
from cardserver.domain.permits import Action
from cardserver.domain.shift import check_other_person
from cardserver.services.drawer import book_movement
from cardserver.services.turn import Turn
from cardserver.wire_cashmoves import Claim, RepayClaim


def repay(turn: Turn, request: RepayClaim) -> None:
    """Cash of a person who makes good goes into the safe, and the claim is so much smaller.

    Raises RuleViolation ``claim-exceeded`` for more than is owed, ``same-person``; NotPermitted.
    """
    cashier = turn.caller.authorised_by(Action.REPORT_COUNTERFEIT)
    check_other_person(request.person, cashier, "FEE-34")
    if request.amount_fen > drawer_balance(turn.session, CLAIM + request.person):
        raise RuleViolation("claim-exceeded", rule="FEE-34")
    book_movement(
        turn,
        None,
        drawer.repaid(request.person, request.amount_fen),
        request.amount_fen,
        person=request.person,
        approved_by=cashier,
        reason=request.remark,
        detail={"id": request.movement_id},
    )


def claims_of(turn: Turn) -> Iterator[Claim]:
    """Who still owes how much, by name."""
    total = func.sum(DrawerLineRow.amount_fen)
    statement = (
        select(DrawerLineRow.account, total)
        .where(DrawerLineRow.account.startswith(CLAIM))
        .group_by(DrawerLineRow.account)
        .having(total != 0)
        .order_by(DrawerLineRow.account)
    )
    for account, fen in turn.session.execute(statement):
        yield Claim(person=account.removeprefix(CLAIM), owed_fen=int(fen))
