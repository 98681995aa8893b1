"""The tables. What must never happen twice or be changed later is held by the database itself:
unique indexes here, and triggers against UPDATE and DELETE in the first migration.

Words are those of the glossary; a `station` and an `operator` beside a row say where and by whom.
"""

from datetime import date, datetime
from typing import Any, ClassVar

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    UniqueConstraint,
    false,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from cardserver.db.types import UtcInstant, words
from cardserver.domain.document import DocumentKind
from cardserver.domain.ledger import EntryKind
from cardserver.domain.operation import Keying, OperationKind, OperationState
from cardserver.domain.record import Medium
from cardserver.domain.rights import CardStatus, HolderClass, RightKind
from cardserver.domain.sale import SaleState, TenderKind, TenderState
from cardserver.domain.station import StationKind
from cardserver.domain.verification import VerificationMethod

BIG = BigInteger().with_variant(Integer(), "sqlite")
"""64-bit number; SQLite counts rows up by itself only in an INTEGER column."""

UUID_SIZE = 36
_OPEN = text("state = 'open'")
_NOT_VOIDED = text("state <> 'voided'")
_LIVE = text("status = 'live'")


class Base(DeclarativeBase):
    """Root of all rows; names every constraint, so that both engines call it the same."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy reads it as it stands
        datetime: UtcInstant(),
        bytes: LargeBinary(),
        int: BIG,
        Any: JSON(),
        CardStatus: words(CardStatus, "status"),
        DocumentKind: words(DocumentKind, "kind"),
        EntryKind: words(EntryKind, "kind"),
        HolderClass: words(HolderClass, "class"),
        Keying: words(Keying, "keying"),
        Medium: words(Medium, "medium"),
        OperationKind: words(OperationKind, "kind"),
        OperationState: words(OperationState, "state"),
        RightKind: words(RightKind, "kind"),
        SaleState: words(SaleState, "state"),
        StationKind: words(StationKind, "kind"),
        TenderKind: words(TenderKind, "kind"),
        TenderState: words(TenderState, "state"),
        VerificationMethod: words(VerificationMethod, "method"),
    }


class _Made:
    """When, where and by whom."""

    at: Mapped[datetime]
    station: Mapped[str] = mapped_column(String(60))
    operator: Mapped[str] = mapped_column(String(60))


# --- who and where -------------------------------------------------------------------------------


class StationRow(Base):
    """A machine that may speak to the server; only a hash of its token is kept."""

    __tablename__ = "station"
    id: Mapped[str] = mapped_column(String(60), primary_key=True)
    kind: Mapped[StationKind]
    token_hash: Mapped[bytes]


class UnitRow(Base):
    """A flat or shop; `zones` are the doors that lead to it."""

    __tablename__ = "unit"
    id: Mapped[int] = mapped_column(primary_key=True)
    label: Mapped[str] = mapped_column(String(60), unique=True)
    zones: Mapped[int]
    version: Mapped[int] = mapped_column(default=1, server_default="1")


class HolderRow(Base):
    """A person on file, or a company that owns a unit (IC-23a). `version` counts its changes.

    `principal_id` is the tenant on whose lease a tenant's family stands (IC-05b). `listed` is
    False for family that is not on the unit's 资料卡 (IC-03a, IC-04).
    """

    __tablename__ = "holder"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(60), index=True)
    holder_class: Mapped[HolderClass]
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"), index=True)
    phone: Mapped[str] = mapped_column(String(60))
    id_number: Mapped[str] = mapped_column(String(60))
    lease_end: Mapped[date | None]
    ends: Mapped[date | None] = mapped_column(index=True)
    relation: Mapped[str] = mapped_column(String(60), default="", server_default="")
    company: Mapped[bool] = mapped_column(default=False, server_default=false())
    lease_number: Mapped[str] = mapped_column(String(60), default="", server_default="")
    lease_start: Mapped[date | None]
    principal_id: Mapped[int | None] = mapped_column(ForeignKey("holder.id"), index=True)
    contract_end: Mapped[date | None]
    section: Mapped[str] = mapped_column(String(60), default="", server_default="")
    listed: Mapped[bool | None]
    version: Mapped[int] = mapped_column(default=1, server_default="1")


class AgreementRow(Base):
    """A signed space agreement (PARK-03, PARK-09, PARK-11)."""

    __tablename__ = "agreement"
    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(60), unique=True)
    holder_id: Mapped[int] = mapped_column(ForeignKey("holder.id"), index=True)
    plate: Mapped[str] = mapped_column(String(60))
    space: Mapped[str] = mapped_column(String(60))
    space_kind: Mapped[str] = mapped_column(String(60))
    zone: Mapped[int]
    monthly_fee_fen: Mapped[int]
    ends: Mapped[date]
    bank_collected: Mapped[bool]


class VerificationRow(_Made, Base):
    """A holder was checked (IC-02). Append-only."""

    __tablename__ = "verification"
    id: Mapped[str] = mapped_column(String(UUID_SIZE), primary_key=True)
    holder_id: Mapped[int] = mapped_column(ForeignKey("holder.id"), index=True)
    method: Mapped[VerificationMethod]
    papers: Mapped[Any]
    note: Mapped[str] = mapped_column(String(400))


# --- cards ---------------------------------------------------------------------------------------


class CardRow(Base):
    """A card of the issue list. `version` is the snapshot version of its last change."""

    __tablename__ = "card"
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    uid: Mapped[bytes] = mapped_column(index=True)
    medium: Mapped[Medium]
    card_kind: Mapped[str] = mapped_column(String(60))
    status: Mapped[CardStatus]
    status_reason: Mapped[str] = mapped_column(String(400))
    holder_id: Mapped[int] = mapped_column(ForeignKey("holder.id"))
    key_version: Mapped[int]
    secure_channel: Mapped[str | None] = mapped_column(String(3))
    issued_at: Mapped[datetime]
    bought_on: Mapped[date]
    replaced_by: Mapped[int | None] = mapped_column(ForeignKey("card.number"), index=True)
    version: Mapped[int] = mapped_column(index=True)
    __table_args__ = (
        Index("uq_card_live_uid", "uid", unique=True, sqlite_where=_LIVE, postgresql_where=_LIVE),
    )


class RightRow(Base):
    """A right of a card as last settled, with its bytes as they stand on the card."""

    __tablename__ = "right"
    card_number: Mapped[int] = mapped_column(ForeignKey("card.number"), primary_key=True)
    kind: Mapped[RightKind] = mapped_column(primary_key=True)
    zones: Mapped[int]
    first: Mapped[date]
    after_last: Mapped[date]
    anchor: Mapped[int | None]
    sequence: Mapped[int]
    sealed: Mapped[bytes]
    agreement_id: Mapped[int | None] = mapped_column(ForeignKey("agreement.id"), index=True)
    __table_args__ = (CheckConstraint("after_last > first", name="period"),)


class OperationRow(_Made, Base):
    """A change of one card, old and new bytes in `changes`; only `state` ever changes, once.

    `subject_number` is the card whose rights it concerns: the old one in a replacement.
    `authorised_by` is the head who carries it where it takes one (IC-14).
    """

    __tablename__ = "operation"
    id: Mapped[str] = mapped_column(String(UUID_SIZE), primary_key=True)
    kind: Mapped[OperationKind]
    state: Mapped[OperationState]
    uid: Mapped[bytes] = mapped_column(index=True)
    medium: Mapped[Medium]
    card_kind: Mapped[str] = mapped_column(String(60))
    card_number: Mapped[int] = mapped_column(index=True)
    subject_number: Mapped[int | None] = mapped_column(ForeignKey("card.number"))
    holder_id: Mapped[int] = mapped_column(ForeignKey("holder.id"))
    sale_id: Mapped[str | None] = mapped_column(ForeignKey("sale.id"))
    request: Mapped[Any]
    plan: Mapped[Any]
    changes: Mapped[Any]
    keying: Mapped[Keying]
    key_version: Mapped[int]
    previous_key_version: Mapped[int | None]
    secure_channel: Mapped[str | None] = mapped_column(String(3))
    authorised_by: Mapped[str] = mapped_column(String(60), default="", server_default="")
    __table_args__ = (
        Index("uq_operation_uid", "uid", unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN),
        Index(
            "uq_operation_subject",
            "subject_number",
            unique=True,
            sqlite_where=_OPEN,
            postgresql_where=_OPEN,
        ),
        Index(
            "uq_operation_sale",
            "sale_id",
            unique=True,
            sqlite_where=_NOT_VOIDED,
            postgresql_where=_NOT_VOIDED,
        ),
    )


class OperationEventRow(_Made, Base):
    """What happened to an operation: opened, settled, voided, abandoned. Append-only."""

    __tablename__ = "operation_event"
    id: Mapped[int] = mapped_column(primary_key=True)
    operation_id: Mapped[str] = mapped_column(ForeignKey("operation.id"), index=True)
    event: Mapped[str] = mapped_column(String(30))
    reason: Mapped[str] = mapped_column(String(400))
    evidence: Mapped[Any]


class KeyingStepRow(Base):
    """One step of keying a card began or was done. Append-only."""

    __tablename__ = "keying_step"
    id: Mapped[int] = mapped_column(primary_key=True)
    operation_id: Mapped[str] = mapped_column(ForeignKey("operation.id"), index=True)
    step: Mapped[str] = mapped_column(String(60))
    state: Mapped[str] = mapped_column(String(30))
    at: Mapped[datetime]


# --- money ---------------------------------------------------------------------------------------


class SaleRow(_Made, Base):
    """What was asked for at which price. Append-only; the sale's state is derived.

    `card_number` is the card asked about: the old one in a replacement, none for a first card.
    """

    __tablename__ = "sale"
    id: Mapped[str] = mapped_column(String(UUID_SIZE), primary_key=True)
    holder_id: Mapped[int] = mapped_column(ForeignKey("holder.id"))
    card_number: Mapped[int | None] = mapped_column(ForeignKey("card.number"), index=True)
    request: Mapped[Any]
    charges: Mapped[Any]
    due_fen: Mapped[int]
    __table_args__ = (CheckConstraint("due_fen > 0", name="due"),)


class SaleEventRow(_Made, Base):
    """A sale was closed without its card: cancelled or suspended. Append-only."""

    __tablename__ = "sale_event"
    id: Mapped[int] = mapped_column(primary_key=True)
    sale_id: Mapped[str] = mapped_column(ForeignKey("sale.id"), index=True)
    state: Mapped[SaleState]
    reason: Mapped[str] = mapped_column(String(400))


class TenderRow(_Made, Base):
    """One state a payment reached. Append-only; the latest row is its state.

    `keeps_fen` is what of a banknote the payer agreed to keep as the card's credit (FEE-04a).
    """

    __tablename__ = "tender"
    id: Mapped[int] = mapped_column(primary_key=True)
    tender_id: Mapped[str] = mapped_column(String(UUID_SIZE))
    state: Mapped[TenderState]
    sale_id: Mapped[str] = mapped_column(ForeignKey("sale.id"), index=True)
    kind: Mapped[TenderKind]
    value_fen: Mapped[int]
    checked: Mapped[bool]
    keeps_fen: Mapped[int] = mapped_column(server_default="0")
    __table_args__ = (
        UniqueConstraint("tender_id", "state"),
        CheckConstraint("value_fen > 0", name="value"),
    )


class LedgerEntryRow(_Made, Base):
    """An entry of the book. Append-only; its lines sum to zero."""

    __tablename__ = "ledger_entry"
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[EntryKind]
    sale_id: Mapped[str] = mapped_column(ForeignKey("sale.id"), index=True)


class LedgerLineRow(Base):
    """One side of an entry, debit positive. Append-only."""

    __tablename__ = "ledger_line"
    entry_id: Mapped[int] = mapped_column(ForeignKey("ledger_entry.id"), primary_key=True)
    line: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    account: Mapped[str] = mapped_column(String(120), index=True)
    amount_fen: Mapped[int]
    __table_args__ = (CheckConstraint("amount_fen <> 0", name="amount"),)


# --- papers --------------------------------------------------------------------------------------


class DocumentRow(_Made, Base):
    """A numbered paper and all it says. Append-only; numbers have no holes (FEE-23).

    It stands on an operation or, for a charge without any card (FEE-36), on a sale.
    """

    __tablename__ = "document"
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[DocumentKind]
    number: Mapped[int]
    operation_id: Mapped[str | None] = mapped_column(ForeignKey("operation.id"), index=True)
    sale_id: Mapped[str | None] = mapped_column(ForeignKey("sale.id"), index=True)
    local_date: Mapped[date]
    content: Mapped[Any]
    __table_args__ = (
        UniqueConstraint("kind", "number"),
        CheckConstraint("(operation_id IS NULL) <> (sale_id IS NULL)", name="stands"),
    )


class DocumentEventRow(_Made, Base):
    """Owed, a print result, or a reprint asked for. Append-only."""

    __tablename__ = "document_event"
    id: Mapped[int] = mapped_column(primary_key=True)
    document_id: Mapped[int] = mapped_column(ForeignKey("document.id"), index=True)
    event: Mapped[str] = mapped_column(String(30))
    print_id: Mapped[str | None] = mapped_column(String(UUID_SIZE))


# --- books, clockwork ----------------------------------------------------------------------------


class AuditRow(_Made, Base):
    """Who did what to what. Append-only."""

    __tablename__ = "audit"
    id: Mapped[int] = mapped_column(primary_key=True)
    action: Mapped[str] = mapped_column(String(60))
    subject: Mapped[str] = mapped_column(String(120))
    detail: Mapped[str] = mapped_column(String(400))


class PostedRow(Base):
    """An id a station made, and what it was used for. Append-only."""

    __tablename__ = "posted"
    id: Mapped[str] = mapped_column(String(80), primary_key=True)
    action: Mapped[str] = mapped_column(String(60))
    body_hash: Mapped[bytes]
    at: Mapped[datetime]


class CounterRow(Base):
    """A number that only rises, and rises in the transaction that uses it."""

    __tablename__ = "counter"
    name: Mapped[str] = mapped_column(String(60), primary_key=True)
    value: Mapped[int]


class ClockRow(Base):
    """The latest instant known to have passed; one row."""

    ONLY: ClassVar = 1
    __tablename__ = "clock"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    floor: Mapped[datetime]


APPEND_ONLY = (
    "verification",
    "operation_event",
    "keying_step",
    "sale",
    "sale_event",
    "tender",
    "ledger_entry",
    "ledger_line",
    "document",
    "document_event",
    "audit",
    "posted",
)
"""Tables whose rows the database itself keeps from being changed or deleted."""
