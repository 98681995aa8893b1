"""What may stand in an address and in a query string."""

from typing import Annotated, Final, Self

from pydantic import Field, model_validator

from cardserver.domain.ids import MAX_CARD_NUMBER
from cardserver.domain.parking import SpaceKind
from cardserver.domain.permits import Action
from cardserver.wire_gates import Era
from cardserver.wirebase import Count, Number, Text, Uid, Uuid, Wire, Word

CARD: Final = f"<int(max={MAX_CARD_NUMBER}):number>"
"""A card's number in an address."""

YEAR: Final = "<int(max=9999):year>"


def row(name: str) -> str:
    """A row's number in an address; more than a database keeps names nothing (404)."""
    return f"<int(max={2**63 - 1}):{name}>"


class SearchQuery(Wire):
    """Words typed at the desk."""

    query: Text
    limit: Annotated[int, Field(ge=1, le=50)] = 20


class SpacesQuery(Wire):
    """Which parking spaces, and from which on."""

    query: Annotated[str, Field(max_length=60, pattern=r"^[^\x00-\x1f\x7f]*$")] = ""
    kind: SpaceKind | None = None
    free: bool = False
    offset: Annotated[int, Field(ge=0, le=1_000_000)] = 0
    limit: Annotated[int, Field(ge=1, le=200)] = 50


class CardQuery(Wire):
    """A card by its chip or by its number, exactly one of them."""

    uid: Uid | None = None
    number: Number | None = None

    @model_validator(mode="after")
    def one_of_them(self) -> Self:
        """Refuse both and neither."""
        if (self.uid is None) == (self.number is None):
            raise ValueError("give uid or number")
        return self


class ChipQuery(Wire):
    """The chip on the reader."""

    uid: Uid


class OwedQuery(Wire):
    """Papers owed at one station, or everywhere."""

    station: Word | None = None


class WaitingQuery(Wire):
    """Sales that wait for one card, at one station, or all."""

    card: Number | None = None
    station: Word | None = None


class SnapshotQuery(Wire):
    """What changed after a version, or all."""

    after_version: Count | None = None


class FeedQuery(Wire):
    """What a gate enforces (`after`), how long the answer may wait, and its report.

    `whole` asks for all of the list whatever the gate has; `era` is the history that `after`
    belongs to, as the list said that the gate has.
    """

    after: Count | None = None
    era: Era = ""
    whole: bool = False
    wait_s: Annotated[float, Field(ge=0, le=60, allow_inf_nan=False)] = 0.0
    drift_ms: Annotated[int, Field(ge=-(2**53), le=2**53)] = 0
    waiting: Count = 0
    program: Annotated[str, Field(max_length=60, pattern=r"^[^\x00-\x1f\x7f]*$")] = ""


class GateJournalQuery(Wire):
    """One journal of the gate that asks."""

    journal: Uuid


class ReachQuery(Wire):
    """A card, or a version of the list; exactly one of them."""

    card: Number | None = None
    version: Count | None = None

    @model_validator(mode="after")
    def one_of_them(self) -> Self:
        """Refuse both and neither."""
        if (self.card is None) == (self.version is None):
            raise ValueError("give card or version")
        return self


class JournalQuery(Wire):
    """How many lines."""

    limit: Annotated[int, Field(ge=1, le=500)] = 50


class ActionQuery(Wire):
    """Those whose office carries an action, or everybody."""

    action: Action | None = None
