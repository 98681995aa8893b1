"""Calls about the server's books: is it there, where is all money, what was done."""

from cardserver.clientbase import Calls
from cardserver.wire_books import Balances, Health, Journal, JournalLine, Trial


class BookCalls(Calls):
    """Health, ledger and journal."""

    def health(self) -> Health:
        """Is it there? Needs no token."""
        return self._get("/api/health", Health)

    def ledger_balances(self) -> dict[str, int]:
        """Every account that isn't empty, in fen, debit positive."""
        return self._get("/api/ledger/balances", Balances).accounts

    def trial(self) -> Trial:
        """Where all money is."""
        return self._get("/api/ledger/trial", Trial)

    def journal(self, limit: int = 50) -> list[JournalLine]:
        """The latest lines of the audit journal, newest first."""
        return list(self._get("/api/journal", Journal, {"limit": str(limit)}).lines)
