"""The desk's other pages: one row each in the menu, one blueprint each beside the counter's."""

from dataclasses import dataclass
from typing import Final

from cardserver.domain.permits import Action


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One entry of the menu: where it leads, and the key of its name (``desk.pages.<word>``).

    An entry with `only` is shown to whom that action belongs, and to nobody else.
    """

    endpoint: str
    word: str
    only: Action | None = None


PAGES: Final[tuple[Page, ...]] = (
    Page(endpoint="desk.page", word="counter"),
    Page(endpoint="people.listed", word="people"),
    Page(endpoint="register.page", word="register"),
    Page(endpoint="papers.page", word="papers"),
    Page(endpoint="shift.page", word="shift"),
    Page(endpoint="cash.page", word="cash"),
    Page(endpoint="charges.page", word="charges"),
    Page(endpoint="reconciliation.page", word="reconciliation"),
    Page(endpoint="approvals.listed", word="approvals"),
    Page(endpoint="parking.page", word="parking"),
    Page(endpoint="gates.now", word="gates"),
    Page(endpoint="review.page", word="review"),
    Page(endpoint="reminders.page", word="reminders"),
    Page(endpoint="figures.page", word="figures"),
    Page(endpoint="waiting.page", word="waiting-number"),
    Page(endpoint="operators.notices", word="notices", only=Action.OPERATE_STAFF_CARD),
    Page(endpoint="keeping.page", word="log-ins", only=Action.MANAGE_OPERATORS),
)
"""In the order of the menu."""
