"""A card as the issue list knows it, and what may be done with it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from cardserver.domain.errors import RuleViolation
from cardserver.domain.ids import CardNumber, HolderId
from cardserver.domain.record import CardRecord, Medium
from cardserver.domain.rights import CardStatus, HolderClass, RightKind
from cardserver.domain.validity import ParkingTerm, ValidityPeriod

REPLACEABLE: Final = frozenset({CardStatus.LIVE, CardStatus.BLOCKED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Right:
    """One right of a card. Parking has an anchor day and the agreement it is paid under."""

    kind: RightKind
    zones: int
    period: ValidityPeriod
    sequence: int
    anchor: int | None = None
    agreement_id: int | None = None

    @property
    def term(self) -> ParkingTerm:
        """The period with its anchor, for counting parking months."""
        return ParkingTerm(period=self.period, anchor=self.anchor or self.period.first.day)

    def record(
        self, *, number: CardNumber, holder_class: HolderClass, key_version: int
    ) -> CardRecord:
        """What is written on the card for this right."""
        return CardRecord(
            kind=self.kind,
            holder_class=holder_class,
            key_version=key_version,
            card_number=number,
            zones=self.zones,
            period=self.period,
            sequence=self.sequence,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A card that was issued. `bought_on` is the local day it was paid (IC-10a)."""

    number: CardNumber
    uid: bytes
    medium: Medium
    status: CardStatus
    holder_id: HolderId
    holder_class: HolderClass
    key_version: int
    secure_channel: str | None
    bought_on: date
    rights: Mapping[RightKind, Right] = field(default_factory=dict)


def check_live(card: Card, *, rule: str) -> None:
    """Raise RuleViolation ``card-not-live`` for a card that was blocked, replaced or returned."""
    if card.status is not CardStatus.LIVE:
        raise RuleViolation("card-not-live", rule=rule, message=f"the card is {card.status}")


def check_replaceable(card: Card) -> None:
    """A card can be replaced once, while it is live or blocked."""
    if card.status not in REPLACEABLE:
        raise RuleViolation("not-replaceable", rule="IC-10a", message=f"the card is {card.status}")


def check_blank(latest: Card | None) -> None:
    """May a new card be made of this chip? `latest` is the last card that was (IC-18).

    Only a chip never seen, or one formatted since, may be authorised.
    """
    if latest is None or latest.status is CardStatus.RETURNED:
        return
    raise RuleViolation("format-first", rule="IC-18", message=f"card {latest.number} is on it")


def check_format(card: Card, today: date) -> None:
    """May this card be formatted? Not while it is a customer's, nor while parking is paid."""
    if card.status is CardStatus.RETURNED:
        raise RuleViolation("already-formatted", rule="IC-18")
    if card.status is CardStatus.LIVE and card.holder_class is not HolderClass.STAFF:
        raise RuleViolation("customer-card-live", rule="IC-18a")
    parking = card.rights.get(RightKind.PARKING)
    moved = card.status in {CardStatus.REPLACED, CardStatus.SCRAPPED}
    if parking is not None and today < parking.period.after_last and not moved:
        raise RuleViolation("parking-paid", rule="IC-18a")


def check_secure_channel(recorded: str | None, found: str | None) -> None:
    """A card once seen speaking EV2 must not be talked down to EV1."""
    if recorded == "ev2" and found == "ev1":
        raise RuleViolation("secure-channel-lowered", message="the card spoke ev2 before")
