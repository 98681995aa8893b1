"""Cards and their holders as the server knows them; what is secret of a holder comes masked."""

from datetime import date
from typing import Literal

from pydantic import Field

from cardserver.domain.denial import Denial
from cardserver.domain.record import Medium
from cardserver.domain.rights import CardStatus, HolderClass, RightKind
from cardserver.domain.validity import ValidityPeriod
from cardserver.wirebase import (
    Fen,
    HexBytes,
    Instant,
    KeyVersion,
    Number,
    RowId,
    Text,
    Uid,
    Uuid,
    Wire,
    Zones,
)


class Period(Wire):
    """Days, both included, as people read them."""

    first: date
    last: date

    @classmethod
    def of(cls, period: ValidityPeriod) -> "Period":
        """The wire form of a domain period."""
        return cls(first=period.first, last=period.last)

    def to_domain(self) -> ValidityPeriod:
        """The half-open domain form."""
        return ValidityPeriod.inclusive(self.first, self.last)


class RightView(Wire):
    """One right of a card as last settled. `anchor` is a parking right's day of month."""

    first: date
    last: date
    zones: Zones
    sequence: int
    anchor: int | None = None


class AgreementView(Wire):
    """A space agreement. `plate` is partly masked (IC-23b)."""

    agreement_id: RowId
    number: str
    plate: str
    space: str
    space_kind: str
    monthly_fee_fen: Fen
    ends: date
    bank_collected: bool


class BlockedView(Wire):
    """Why a card is blocked, since when and by whom; `words` are somebody's own.

    Nobody is named where a gate's telling did it: then `station` is that gate. `at` is None where
    no register tells of it. With `reported_lost` a loss report is on file: it is replaced as lost.
    """

    why: Denial
    words: str
    at: Instant | None
    operator: str
    station: str
    reported_lost: bool = False


class CardView(Wire):
    """A card as the server knows it. `rights` are those settled, not those planned.

    `blocked` tells a desk more of a blocked card; it is None everywhere else.
    """

    number: Number
    uid: Uid
    medium: Medium
    card_kind: str
    status: CardStatus
    status_reason: str
    holder_id: RowId
    holder_name: str
    holder_class: HolderClass
    unit: str
    rights: dict[RightKind, RightView]
    parking: AgreementView | None
    key_version: KeyVersion
    secure_channel: Literal["ev1", "ev2"] | None
    issued_at: Instant
    replaced_by: Number | None = None
    open_operation: Uuid | None = None
    blocked: BlockedView | None = None


class HolderView(Wire):
    """A holder on file; phone and ID number are masked (IC-23b)."""

    holder_id: RowId
    name: str
    holder_class: HolderClass
    unit: str
    phone: str
    id_number: str
    lease_end: date | None
    ends: date | None
    cards: tuple[CardView, ...]
    agreements: tuple[AgreementView, ...]


class HolderList(Wire):
    """Holders found."""

    holders: tuple[HolderView, ...]


class ReadKeys(Wire):
    """Keys that read one known card and can write nothing."""

    version: KeyVersion
    keys: dict[str, HexBytes] = Field(repr=False)


class BlockRequest(Wire):
    """Deny the card, or allow it again, at once."""

    request_id: Uuid
    reason: Text
