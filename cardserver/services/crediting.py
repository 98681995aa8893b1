"""A card's credit inside a sale: it pays the first part, and what is beyond the price becomes it.

Every function is a step of the caller's transaction (FEE-04a).
"""

from uuid import uuid4

from cardserver.db.books import sale_account
from cardserver.db.credits import credit_of, first_of_line
from cardserver.db.tables import SaleRow
from cardserver.domain import ledger
from cardserver.domain.operation import OperationKind
from cardserver.domain.sale import TenderKind, TenderState
from cardserver.services.accounts import book, write_step
from cardserver.services.turn import Turn


def may_keep_rest(turn: Turn, sale: SaleRow) -> bool:
    """A top-up's card keeps what is beyond the price, where the estate has it so."""
    return turn.estate.keep_rest_as_credit and _is_top_up(sale)


def use_credit(turn: Turn, sale: SaleRow) -> None:
    """The card's credit pays as much of a top-up as it can, before anything else does."""
    if not _is_top_up(sale) or sale.card_number is None:
        return
    fen = min(credit_of(turn.session, sale.card_number), sale.due_fen)
    if fen <= 0:
        return
    told = {"tender_id": str(uuid4()), "kind": TenderKind.CREDIT, "value_fen": fen}
    line = {"sale_id": sale.id, "state": TenderState.CREDITED, "checked": True}
    write_step(turn, {**told, **line})
    book(turn, sale.id, ledger.credit_used(_account_of(turn, sale), sale.id, fen))
    turn.note("tender", sale.id, f"{TenderKind.CREDIT} {fen} {TenderState.CREDITED}")


def keep_rest(turn: Turn, sale: SaleRow) -> None:
    """The sale ends: what the payer agreed to keep is the card's credit from now on."""
    if not _is_top_up(sale):
        return
    if fen := sale_account(turn.session, sale).keeps_fen:
        book(turn, sale.id, ledger.rest_kept(_account_of(turn, sale), sale.id, fen))
        turn.note("keep-rest", sale.id, f"card {sale.card_number} {fen}")


def give_credit_back(turn: Turn, sale: SaleRow) -> int:
    """The sale comes to nothing: what the card's credit paid is credit again. How much that is."""
    account = sale_account(turn.session, sale)
    fen = min(account.from_credit_fen, account.held_fen)
    if fen:
        book(turn, sale.id, ledger.credit_given_back(_account_of(turn, sale), sale.id, fen))
    return fen


def _account_of(turn: Turn, sale: SaleRow) -> int:
    return first_of_line(turn.session, sale.card_number or 0)


def _is_top_up(sale: SaleRow) -> bool:
    return bool(sale.request["kind"] == OperationKind.TOP_UP)
