"""Charges that stand on no list: what the cashier entered (FEE-36). Append-only."""

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from cardserver.db.tables import UUID_SIZE, Base, _Made


class ChargeRow(_Made, Base):
    """A sale without a card: `entered_by` is the cashier who decided on item and amount.

    `operator` is who was signed in where it was entered.
    """

    __tablename__ = "charge"
    sale_id: Mapped[str] = mapped_column(String(UUID_SIZE), ForeignKey("sale.id"), primary_key=True)
    item: Mapped[str] = mapped_column(String(60))
    reason: Mapped[str] = mapped_column(String(400))
    amount_fen: Mapped[int]
    entered_by: Mapped[str] = mapped_column(String(60))
    __table_args__ = (CheckConstraint("amount_fen > 0", name="amount"),)


APPEND_ONLY = ("charge",)
