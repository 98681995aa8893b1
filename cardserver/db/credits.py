"""Named questions about what we owe to cards for their next top-up (FEE-04a).

Whatever a card's credit is, its account bears the number of the first card of its line, so that
nothing has to move when the card is replaced.
"""

from datetime import datetime
from typing import Final

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

from cardserver.db.books import balances
from cardserver.db.prepared import Prepared
from cardserver.db.spaces import line_of
from cardserver.db.tables import LedgerEntryRow, LedgerLineRow
from cardserver.db.tables_shifts import DrawerLineRow
from cardserver.domain.ledger import CREDIT, credit_account

_BALANCE: Final = Prepared(
    select(
        select(func.coalesce(func.sum(LedgerLineRow.amount_fen), 0))
        .where(LedgerLineRow.account == bindparam("account"))
        .scalar_subquery()
        + select(func.coalesce(func.sum(DrawerLineRow.amount_fen), 0))
        .where(DrawerLineRow.account == bindparam("account"))
        .scalar_subquery()
    )
)


def first_of_line(session: Session, card_number: int) -> int:
    """The card under whose number the credit of this one stands."""
    return line_of(session, card_number)[-1]


def credit_of(session: Session, card_number: int) -> int:
    """What we owe to this card, in fen."""
    account = credit_account(first_of_line(session, card_number))
    return -int(_BALANCE.value(session, account=account))


def all_credits(session: Session) -> dict[int, int]:
    """What we owe, by the first card of each line that has any credit."""
    found = balances(session, CREDIT)
    return {int(account.removeprefix(CREDIT)): -int(fen) for account, fen in found.items()}


def last_moved(session: Session, first: int) -> datetime | None:
    """When the credit of a line of cards last grew or paid for something."""
    statement = (
        select(func.max(LedgerEntryRow.at))
        .join(LedgerLineRow, LedgerLineRow.entry_id == LedgerEntryRow.id)
        .where(LedgerLineRow.account == credit_account(first))
    )
    return session.scalar(statement)
