"""Money in suspense (待核对), on the wire: what waits for a person, and how it was settled."""

from typing import Literal

from cardserver.domain.shift import SuspenseOutcome
from cardserver.wirebase import Count, Fen, Instant, RowId, Text, Uuid, Wire


class SettleSuspense(Wire):
    """What became of money in suspense; `tender_id` for a note whose fate was unknown."""

    settlement_id: Uuid
    sale_id: Uuid
    outcome: SuspenseOutcome
    evidence: Text
    tender_id: Uuid | None = None


class ProviderOrder(Wire):
    """A payment by QR as its provider's bill names it; `number` is the order's."""

    provider: Literal["wechat", "alipay"]
    number: str


class InSuspense(Wire):
    """Money nobody can place yet, with its story.

    A sale's money, or one payment (`tender_id`) whose fate is unknown. `operation_id` is the last
    operation that was to use it; `orders` are the payments by QR it is about.
    """

    sale_id: Uuid
    tender_id: Uuid | None
    amount_fen: Fen
    since: Instant
    age_days: int
    holder_id: RowId
    holder_name: str
    card_number: Count | None
    request_kind: str
    operation_id: Uuid | None
    reason: str
    station: str
    operator: str
    outcomes: tuple[SuspenseOutcome, ...]
    orders: tuple[ProviderOrder, ...] = ()


class SuspenseList(Wire):
    """What stands in suspense, oldest first, and the ledger's own sum of it."""

    items: tuple[InSuspense, ...]
    suspense_fen: int
    unknown_fen: int


class SuspenseSettled(Wire):
    """How it was settled."""

    number: int
    outcome: SuspenseOutcome
    amount_fen: Fen
    settled_by: str
    evidence: str
