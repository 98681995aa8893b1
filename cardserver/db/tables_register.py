"""The card register F1, its signatures, and the heads of their chains.

Rows and signatures are append-only and numbered from 1 without holes; `previous` and `hash` chain
them (`cardserver.domain.registerchain`). Only a chain's head is ever written over.
"""

from datetime import date
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from cardserver.db.tables import UUID_SIZE, Base, _Made
from cardserver.db.types import words
from cardserver.domain.register import RegisterKind
from cardserver.domain.signature import SignedHow, Signer

_HASH = 32


class RegisterRow(_Made, Base):
    """One act of card business (IC-19b). Append-only.

    `valid_from` and `valid_to` are inclusive; `chip` is the UID in hex; `signer` is who is to
    sign, none where nobody is; `abnormal` lists the reasons, none for a plain row.
    """

    __tablename__ = "register_row"
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    local_date: Mapped[date] = mapped_column(index=True)
    kind: Mapped[RegisterKind] = mapped_column(words(RegisterKind, "kind"), index=True)
    holder_id: Mapped[int | None]
    holder_name: Mapped[str] = mapped_column(String(60))
    holder_class: Mapped[str] = mapped_column(String(30))
    unit: Mapped[str] = mapped_column(String(60), index=True)
    relation: Mapped[str] = mapped_column(String(60))
    card_number: Mapped[int | None] = mapped_column(index=True)
    chip: Mapped[str] = mapped_column(String(20))
    former_card: Mapped[int | None] = mapped_column(index=True)
    rights: Mapped[Any]
    valid_from: Mapped[date | None]
    valid_to: Mapped[date | None]
    proof: Mapped[Any]
    fee_fen: Mapped[int]
    receipt: Mapped[str] = mapped_column(String(60))
    is_abnormal: Mapped[bool] = mapped_column(index=True)
    abnormal: Mapped[Any]
    signer: Mapped[Signer | None] = mapped_column(words(Signer, "signer"))
    recipient: Mapped[str] = mapped_column(String(60))
    approver: Mapped[str] = mapped_column(String(60))
    remark: Mapped[str] = mapped_column(String(400))
    refers_to: Mapped[int | None] = mapped_column(ForeignKey("register_row.number"), index=True)
    operation_id: Mapped[str | None] = mapped_column(String(UUID_SIZE))
    amendment: Mapped[Any]
    previous: Mapped[bytes] = mapped_column(LargeBinary(_HASH))
    hash: Mapped[bytes] = mapped_column(LargeBinary(_HASH))
    __table_args__ = (
        UniqueConstraint("operation_id", "kind"),
        CheckConstraint("number > 0", name="number"),
    )


class RegisterSignatureRow(_Made, Base):
    """A row was signed (IC-07a). Append-only; `strokes` for the pad, page and line for paper."""

    __tablename__ = "register_signature"
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    row_number: Mapped[int] = mapped_column(ForeignKey("register_row.number"), unique=True)
    how: Mapped[SignedHow] = mapped_column(words(SignedHow, "how"))
    signed_by: Mapped[str] = mapped_column(String(60))
    signer: Mapped[Signer] = mapped_column(words(Signer, "signer"))
    strokes: Mapped[str] = mapped_column(Text)
    page: Mapped[int | None]
    line: Mapped[int | None]
    previous: Mapped[bytes] = mapped_column(LargeBinary(_HASH))
    hash: Mapped[bytes] = mapped_column(LargeBinary(_HASH))


class RegisterChainRow(Base):
    """The head of a chain: its last number and hash, written over with every row."""

    __tablename__ = "register_chain"
    name: Mapped[str] = mapped_column(String(60), primary_key=True)
    number: Mapped[int]
    hash: Mapped[bytes] = mapped_column(LargeBinary(_HASH))


APPEND_ONLY = ("register_row", "register_signature")
"""Tables whose rows the database itself keeps from being changed or deleted."""
