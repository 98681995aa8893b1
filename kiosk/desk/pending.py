"""What waits at this counter beyond the business at hand: torn cards, papers owed, the server.

Looked at apart from the page, so that a server that does not answer never makes a page wait.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from cardserver.client import CardServerClient, ServerError, ServerUnavailable
from cardserver.wire import DocumentView, OperationView


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """Operations without an end and papers that are not known to have come out (FEE-32).

    `connected` is None before the first look.
    """

    connected: bool | None = None
    cards: Sequence[OperationView] = ()
    papers: Sequence[DocumentView] = ()


def look(server: CardServerClient, before: Pending) -> Pending:
    """Ask the server; when it is away, what was known stays on the page and the light says so."""
    try:
        return Pending(
            connected=True, cards=server.open_operations(), papers=server.documents_owed()
        )
    except ServerError as error:
        away = isinstance(error, ServerUnavailable)
        return Pending(connected=not away, cards=before.cards, papers=before.papers)
