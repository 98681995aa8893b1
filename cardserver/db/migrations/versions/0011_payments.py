"""Payments by QR code: a third way of paying, orders at providers, their refunds and events."""

import sqlalchemy as sa
from alembic import op

from cardserver.db.migrations.making import (
    BIG,
    INSTANT,
    TEXT,
    UUID,
    WORD,
    column,
    keep,
    made,
    words,
)

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

KINDS = "kind IN ('cash-desk', 'cash-note', 'qr')"
TENDER_STATES = "state IN ('accepting', 'credited', 'returned', 'unknown')"
STATES = ("asked", "sent", "waiting", "closing", "paid", "closed", "odd")
REFUNDS = ("asked", "processing", "done", "failed")
WORDS = (
    *("asked", "sent", "code", "refused", "closing", "closed", "paid", "odd", "given-back"),
    *("notice", "unknown", "decided", "refund-asked", "refund-processing", "refund-refused"),
    *("refund-done", "refund-failed", "unpaid"),
)
NUMBER = sa.String(32)
LIVING = sa.text("state IN ('asked', 'sent', 'waiting', 'closing')")
GOING = sa.text("state IN ('asked', 'processing')")


def upgrade() -> None:
    _another_way_to_pay()
    _payments()
    _refunds()
    _events()
    keep("qr_event")


def _another_way_to_pay() -> None:
    """SQLite alters no CHECK: the table is copied, and what guards it is put back."""
    if op.get_bind().dialect.name != "sqlite":
        op.drop_constraint(op.f("ck_tender_kind"), "tender", type_="check")
        op.create_check_constraint(op.f("ck_tender_kind"), "tender", KINDS)
        return
    with op.batch_alter_table("tender", recreate="always") as tender:
        # Reflected CHECKs are left behind by the copy, so that all three are named here.
        tender.create_check_constraint(op.f("ck_tender_kind"), KINDS)
        tender.create_check_constraint(op.f("ck_tender_state"), TENDER_STATES)
        tender.create_check_constraint(op.f("ck_tender_value"), "value_fen > 0")
    keep("tender")


def _payments() -> None:
    op.create_table(
        "qr_payment",
        column("tender_id", UUID, key=True),
        column("sale_id", UUID, to="sale.id"),
        column("provider", sa.String(30)),
        column("number", NUMBER),
        column("amount_fen", BIG),
        column("expires", INSTANT),
        column("state", words("state", *STATES)),
        column("code", sa.String(512)),
        column("provider_number", sa.String(64)),
        column("paid_at", INSTANT, null=True),
        column("paid_fen", BIG),
        *made(),
        sa.UniqueConstraint("number"),
        sa.CheckConstraint("amount_fen > 0", name="amount"),
    )
    op.create_index("ix_qr_payment_sale_id", "qr_payment", ["sale_id"])
    op.create_index("ix_qr_payment_paid_at", "qr_payment", ["paid_at"])
    _index_where("ix_qr_payment_living", "qr_payment", LIVING)


def _refunds() -> None:
    op.create_table(
        "qr_refund",
        sa.Column("tender_id", UUID, sa.ForeignKey("qr_payment.tender_id"), primary_key=True),
        column("sale_id", UUID, to="sale.id"),
        column("number", NUMBER),
        column("amount_fen", BIG),
        column("reason", WORD),
        column("state", words("state", *REFUNDS)),
        column("refused", BIG),
        column("done_at", INSTANT, null=True),
        *made(),
        sa.UniqueConstraint("number"),
        sa.CheckConstraint("amount_fen > 0", name="amount"),
    )
    op.create_index("ix_qr_refund_sale_id", "qr_refund", ["sale_id"])
    op.create_index("ix_qr_refund_done_at", "qr_refund", ["done_at"])
    _index_where("ix_qr_refund_going", "qr_refund", GOING)


def _events() -> None:
    op.create_table(
        "qr_event",
        column("id", BIG, key=True),
        column("tender_id", UUID, to="qr_payment.tender_id"),
        column("word", words("word", *WORDS)),
        column("detail", TEXT),
        column("notice", sa.String(128), null=True),
        *made(),
        sa.UniqueConstraint("notice"),
    )
    op.create_index("ix_qr_event_tender_id", "qr_event", ["tender_id"])


def _index_where(name: str, table: str, where: sa.TextClause) -> None:
    op.create_index(name, table, ["at"], sqlite_where=where, postgresql_where=where)


def downgrade() -> None:
    raise NotImplementedError("money is never un-recorded: restore a backup instead")
