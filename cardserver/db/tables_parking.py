"""Spaces, tariffs, the agreements' history, the spaces' files and the bank's collection lists."""

from datetime import date
from enum import StrEnum, unique
from typing import Any, Final

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from cardserver.db.tables import UUID_SIZE, Base, _Made
from cardserver.db.types import words
from cardserver.domain.admission import Direction
from cardserver.domain.bankcollection import LineFate
from cardserver.domain.parking import SpaceKind


@unique
class AgreementEvent(StrEnum):
    """What happened to an agreement."""

    SIGNED = "signed"
    CHANGED = "changed"
    ENDED = "ended"


@unique
class FileEvent(StrEnum):
    """What a space's file records (PARK-08a). The first two are the customer's choice (PARK-03)."""

    OWN_CARD = "own-card"
    NEW_CARD = "new-card"
    TOP_UP = "top-up"
    COLLECTED = "collected"
    MOVED = "moved"  # to the card that replaced the old one


class SpaceRow(_Made, Base):
    """A parking space, of exactly one kind (PARK-09). Append-only."""

    __tablename__ = "parking_space"
    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(60), unique=True)
    kind: Mapped[SpaceKind] = mapped_column(words(SpaceKind, "kind"))
    zone: Mapped[int]


class TariffRow(_Made, Base):
    """Fen a month for a kind of space from a day on (PARK-06a). Append-only.

    Of one kind no two that were not withdrawn begin on a day; the service sees to it.
    """

    __tablename__ = "tariff"
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[SpaceKind] = mapped_column(words(SpaceKind, "kind"))
    monthly_fee_fen: Mapped[int]
    first: Mapped[date]
    __table_args__ = (CheckConstraint("monthly_fee_fen > 0", name="fee"),)


class TariffWithdrawalRow(_Made, Base):
    """A tariff was taken back before its first day, by whose office and why. Append-only."""

    __tablename__ = "tariff_withdrawal"
    tariff_id: Mapped[int] = mapped_column(
        ForeignKey("tariff.id"), primary_key=True, autoincrement=False
    )
    reason: Mapped[str] = mapped_column(String(400))
    withdrawn_by: Mapped[str] = mapped_column(String(60))


class AgreementSpaceRow(_Made, Base):
    """Which space an agreement is about, and its first day. Append-only.

    Agreements of a store older than this table have none; they keep the fee they state.
    """

    __tablename__ = "agreement_space"
    agreement_id: Mapped[int] = mapped_column(
        ForeignKey("agreement.id"), primary_key=True, autoincrement=False
    )
    space_id: Mapped[int] = mapped_column(ForeignKey("parking_space.id"), index=True)
    begins: Mapped[date]


class AgreementEventRow(_Made, Base):
    """An agreement was signed, changed or ended; `terms` are those from then on. Append-only."""

    __tablename__ = "agreement_event"
    id: Mapped[int] = mapped_column(primary_key=True)
    agreement_id: Mapped[int] = mapped_column(ForeignKey("agreement.id"), index=True)
    event: Mapped[AgreementEvent] = mapped_column(words(AgreementEvent, "event"))
    terms: Mapped[Any]
    reason: Mapped[str] = mapped_column(String(400))


class SpaceFileRow(_Made, Base):
    """A record in a space's file: what was paid and until when it runs (PARK-08a). Append-only.

    `first` and `last` are inclusive: the days that were paid.
    """

    __tablename__ = "space_file"
    id: Mapped[int] = mapped_column(primary_key=True)
    agreement_id: Mapped[int] = mapped_column(ForeignKey("agreement.id"), index=True)
    operation_id: Mapped[str] = mapped_column(ForeignKey("operation.id"), unique=True)
    event: Mapped[FileEvent] = mapped_column(words(FileEvent, "event"))
    card_number: Mapped[int]
    first: Mapped[date]
    last: Mapped[date]
    amount_fen: Mapped[int]


class LicenceRow(Base):
    """The vehicle licence that was shown is in another person's name (PARK-01a). Append-only."""

    __tablename__ = "licence_shown"
    verification_id: Mapped[str] = mapped_column(
        String(UUID_SIZE), ForeignKey("verification.id"), primary_key=True
    )
    in_name_of: Mapped[str] = mapped_column(String(60))


class LaneRow(Base):
    """Which way a vehicle lane leads, for reading the gate log; gates tell it, under their site."""

    __tablename__ = "parking_lane"
    site: Mapped[str] = mapped_column(String(60), primary_key=True)
    lane_id: Mapped[str] = mapped_column(String(60), primary_key=True)
    direction: Mapped[Direction] = mapped_column(words(Direction, "direction"))


class WaiverRow(_Made, Base):
    """Days in which a car stayed inside unpaid were let go by a head (PARK-05b). Append-only."""

    __tablename__ = "gap_waiver"
    sale_id: Mapped[str] = mapped_column(String(UUID_SIZE), ForeignKey("sale.id"), primary_key=True)
    card_number: Mapped[int] = mapped_column(ForeignKey("card.number"))
    first: Mapped[date]
    last: Mapped[date]
    waived_by: Mapped[str] = mapped_column(String(60))


class BankListRow(_Made, Base):
    """A confirmed collection list of the bank (PARK-10a). Append-only."""

    __tablename__ = "bank_list"
    id: Mapped[str] = mapped_column(String(UUID_SIZE), primary_key=True)
    month: Mapped[str] = mapped_column(String(7))
    source: Mapped[str] = mapped_column(String(120))


class BankLineRow(Base):
    """A line of a collection list and what it came to. Append-only.

    `sale_id` is the month that waits for its card; `first` and `after_last` are what gates honour
    meanwhile. `booked` keeps a month of an agreement from being collected twice.
    """

    __tablename__ = "bank_line"
    list_id: Mapped[str] = mapped_column(ForeignKey("bank_list.id"), primary_key=True)
    line: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    agreement_number: Mapped[str] = mapped_column(String(60))
    amount_fen: Mapped[int]
    collected: Mapped[bool]
    note: Mapped[str] = mapped_column(String(400))
    fate: Mapped[LineFate] = mapped_column(words(LineFate, "fate"))
    agreement_id: Mapped[int | None] = mapped_column(ForeignKey("agreement.id"), index=True)
    card_number: Mapped[int | None] = mapped_column(ForeignKey("card.number"), index=True)
    sale_id: Mapped[str | None] = mapped_column(ForeignKey("sale.id"), unique=True)
    first: Mapped[date | None]
    after_last: Mapped[date | None]
    booked: Mapped[str | None] = mapped_column(String(60), unique=True)


class RefundRequestRow(_Made, Base):
    """Unused months asked back: for the head of the centre to decide (PARK-12b). Append-only."""

    __tablename__ = "refund_request"
    id: Mapped[str] = mapped_column(String(UUID_SIZE), primary_key=True)
    card_number: Mapped[int] = mapped_column(ForeignKey("card.number"), index=True)
    agreement_id: Mapped[int] = mapped_column(ForeignKey("agreement.id"))
    months: Mapped[int]
    reason: Mapped[str] = mapped_column(String(400))


APPEND_ONLY: Final = (
    "parking_space",
    "tariff",
    "tariff_withdrawal",
    "agreement_space",
    "agreement_event",
    "space_file",
    "licence_shown",
    "gap_waiver",
    "bank_list",
    "bank_line",
    "refund_request",
)
"""Tables whose rows the database itself keeps from being changed or deleted."""
