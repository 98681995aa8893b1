"""What waits at this counter beyond the business at hand: torn cards, papers owed, the server.

Looked at apart from the page, so that a server that does not answer never makes a page wait.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from cardserver.client import CardServerClient, ServerError, ServerRefused, ServerUnavailable
from cardserver.wire_documents import DocumentView
from cardserver.wire_operations import OperationView


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """Operations without an end and papers that are not known to have come out (FEE-32).

    `connected` is None before the first look; `open_rows` are today's register rows that
    somebody is still to sign (IC-07a), `expiring` the cards that end within the week (IC-12c).
    """

    connected: bool | None = None
    cards: Sequence[OperationView] = ()
    papers: Sequence[DocumentView] = ()
    expiring: int = 0
    open_rows: int = 0


def look(server: CardServerClient, before: Pending) -> Pending:
    """Ask the server; when it is away, what was known stays on the page and the light says so."""
    try:
        return Pending(
            connected=True,
            cards=server.open_operations(),
            papers=server.documents_owed(),
            open_rows=_open_rows(server),
            expiring=_expiring(server),
        )
    except ServerError as error:
        away = isinstance(error, ServerUnavailable)
        return replace(before, connected=not away)


def _open_rows(server: CardServerClient) -> int:
    """Rows still to be signed; whoever may not read the register has none to look after."""
    try:
        return server.register.open_rows().today
    except ServerRefused:
        return 0


def _expiring(server: CardServerClient) -> int:
    """Cards that end within the week; whoever may not look for holders is told of none."""
    try:
        return server.review.due_counts().expiring
    except ServerRefused:
        return 0
