"""The server's books: its health, the ledger's balances, where all money is, the audit journal."""

from cardserver.wirebase import Instant, Wire


class Health(Wire):
    """Is the server there, and what waits in it?"""

    version: str
    estate: str
    time: Instant
    clock_ok: bool
    open_operations: int


class Balances(Wire):
    """Ledger accounts in fen; debit is positive. Accounts with nothing on them are left out."""

    accounts: dict[str, int]


class Trial(Wire):
    """Where all money is: in = settled + returned + held + payable + suspense + credit, always.

    `unknown_fen` are notes whose fate nobody knows yet: on their way, or not to be found. The
    latter stand in suspense too; the former are in no account, so it is no part of the balance.
    `credit_fen` is what we owe to cards for their next top-up.
    """

    money_in_fen: int
    settled_fen: int
    returned_fen: int
    held_fen: int
    payable_fen: int
    suspense_fen: int
    unbalanced_entries: int
    unknown_fen: int = 0
    credit_fen: int = 0

    @property
    def balanced(self) -> bool:
        """True when no fen is missing or made up."""
        out = self.settled_fen + self.returned_fen + self.held_fen
        out += self.payable_fen + self.suspense_fen + self.credit_fen
        return self.money_in_fen == out and self.unbalanced_entries == 0


class JournalLine(Wire):
    """One line of the audit journal."""

    at: Instant
    station: str
    operator: str
    action: str
    subject: str
    detail: str


class Journal(Wire):
    """The latest lines, newest first."""

    lines: tuple[JournalLine, ...]
