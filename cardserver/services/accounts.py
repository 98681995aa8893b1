"""Writing into the ledger, and asking it where all money is."""

from collections.abc import Mapping

from sqlalchemy import select

from cardserver.db.books import (
    balances,
    money_given,
    money_in,
    money_moved,
    money_unknown,
    unbalanced_entries,
)
from cardserver.db.tables import AuditRow, LedgerEntryRow, LedgerLineRow, TenderRow
from cardserver.db.tenders import tender_moved
from cardserver.domain.ledger import (
    CREDIT,
    CUSTOMER,
    INCOME,
    REFUND_PAYABLE,
    REFUNDING,
    SUSPENSE,
    Entry,
)
from cardserver.services.drawer import link
from cardserver.services.turn import Caller, Estate, Turn, reading
from cardserver.wire_books import Balances, Journal, JournalLine, Trial


def write_step(turn: Turn, step: Mapping[str, object]) -> None:
    """Write that a payment reached another state; what it moves is booked apart."""
    row = {**step, **turn.made()}
    turn.write(TenderRow, row)
    tender_moved(turn.session, row)


def book(turn: Turn, sale_id: str, entry: Entry) -> None:
    """Write one balanced entry. Raises RuleViolation ``no-shift``: see `services.drawer`."""
    row = {"kind": entry.kind, "sale_id": sale_id, **turn.made()}
    entry_id = turn.write_numbered(LedgerEntryRow, row)
    lines = (
        {"entry_id": entry_id, "line": n, "account": line.account, "amount_fen": line.amount_fen}
        for n, line in enumerate(entry.lines)
    )
    turn.write(LedgerLineRow, *lines)
    money_moved(turn.session, sale_id, entry)
    link(turn, entry_id, entry)


def ledger_balances(estate: Estate, caller: Caller) -> Balances:
    """Every account that isn't empty."""
    with reading(estate, caller) as turn:
        return Balances(accounts=balances(turn.session))


def trial(estate: Estate, caller: Caller) -> Trial:
    """Where all money is: what came in by the payments against where the ledger has it."""
    with reading(estate, caller) as turn:
        accounts = balances(turn.session)
        return Trial(
            money_in_fen=money_in(turn.session),
            settled_fen=-_sum(accounts, INCOME),
            returned_fen=money_given(turn.session),
            held_fen=-_sum(accounts, CUSTOMER),
            payable_fen=-_sum(accounts, REFUND_PAYABLE) - _sum(accounts, REFUNDING),
            suspense_fen=-_sum(accounts, SUSPENSE),
            unbalanced_entries=unbalanced_entries(turn.session),
            unknown_fen=money_unknown(turn.session),
            credit_fen=-_sum(accounts, CREDIT),
        )


def _sum(accounts: dict[str, int], prefix: str) -> int:
    return sum(amount for account, amount in accounts.items() if account.startswith(prefix))


def journal(estate: Estate, caller: Caller, limit: int) -> Journal:
    """The latest lines of the audit journal, newest first."""
    with reading(estate, caller) as turn:
        rows = turn.session.scalars(select(AuditRow).order_by(AuditRow.id.desc()).limit(limit))
        return Journal(
            lines=tuple(
                JournalLine(
                    at=row.at,
                    station=row.station,
                    operator=row.operator,
                    action=row.action,
                    subject=row.subject,
                    detail=row.detail,
                )
                for row in rows
            )
        )
