"""Books of receipts and quota invoices, and what became of each paper."""

import sqlalchemy as sa
from alembic import op

from cardserver.db.migrations.making import BIG, TEXT, UUID, WORD, column, keep, made, words

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_NEW = (
    "receipt_book",
    "book_settlement",
    "unnumbered_paper",
    "numbered_later",
    "document_signature",
    "document_void",
    "invoice_handing",
    "invoice",
    "box_emptying",
    "box_paper",
)


def upgrade() -> None:
    op.create_index("ix_sale_operator_at", "sale", ["operator", "at"])
    _books()
    _papers()
    _invoices()
    _box()
    keep(*_NEW)


def _books() -> None:
    op.create_table(
        "receipt_book",
        column("id", BIG, key=True),
        column("kind", words("kind", "formal-receipt", "quota-invoice")),
        column("label", WORD),
        column("first", BIG),
        column("last", BIG),
        column("denomination_fen", BIG),
        column("drawn_by", WORD),
        column("handed_out_by", WORD),
        column("local_date", sa.Date()),
        *made(),
        sa.UniqueConstraint("kind", "label", name="uq_receipt_book_kind_label"),
        sa.CheckConstraint("last >= first AND first > 0", name="range"),
    )
    op.create_index("ix_receipt_book_drawn_by", "receipt_book", ["drawn_by"])
    op.create_table(
        "book_settlement",
        column("book_id", BIG, key=True, to="receipt_book.id"),
        column("settled_by", WORD),
        column("local_date", sa.Date()),
        column("used", BIG),
        column("void", BIG),
        column("blank", BIG),
        column("total_fen", BIG),
        column("counted", sa.JSON()),
        column("note", TEXT),
        *made(),
    )


def _papers() -> None:
    op.create_table(
        "unnumbered_paper",
        column("id", BIG, key=True),
        column("kind", words("kind", "formal-receipt", "top-up-slip")),
        column("operation_id", UUID, to="operation.id"),
        column("content", sa.JSON()),
        *made(),
    )
    op.create_index("ix_unnumbered_paper_operation_id", "unnumbered_paper", ["operation_id"])
    op.create_table(
        "numbered_later",
        column("unnumbered_id", BIG, key=True, to="unnumbered_paper.id"),
        column("document_id", BIG, to="document.id"),
        *made(),
        sa.UniqueConstraint("document_id", name="uq_numbered_later_document_id"),
    )
    op.create_table(
        "document_signature",
        column("document_id", BIG, key=True, to="document.id"),
        column("how", words("how", "pad", "paper")),
        column("strokes", sa.Text()),
        *made(),
    )
    op.create_table(
        "document_void",
        column("document_id", BIG, key=True, to="document.id"),
        column("outcome", words("outcome", "wrong-paper", "cancelled-issue")),
        column("reason", TEXT),
        column("copies", sa.String(30)),
        column("authorised_by", WORD),
        column("replaced_by", BIG, null=True, to="document.id"),
        *made(),
    )


def _invoices() -> None:
    op.create_table(
        "invoice_handing",
        column("id", BIG, key=True),
        column("document_id", BIG, to="document.id"),
        column("total_fen", BIG),
        *made(),
        sa.UniqueConstraint("document_id", name="uq_invoice_handing_document_id"),
    )
    op.create_table(
        "invoice",
        column("book_id", BIG, key=True, to="receipt_book.id"),
        column("number", BIG, key=True),
        column("local_date", sa.Date()),
        column("handing_id", BIG, null=True, to="invoice_handing.id"),
        column("card_number", BIG, null=True),
        column("spoilt", TEXT),
        *made(),
    )
    op.create_index("ix_invoice_handing_id", "invoice", ["handing_id"])
    op.create_index("ix_invoice_card_number", "invoice", ["card_number"])


def _box() -> None:
    op.create_table(
        "box_emptying",
        column("id", BIG, key=True),
        column("note", TEXT),
        *made(),
    )
    op.create_table(
        "box_paper",
        column("document_id", BIG, key=True, to="document.id"),
        column("emptying_id", BIG, to="box_emptying.id"),
    )
    op.create_index("ix_box_paper_emptying_id", "box_paper", ["emptying_id"])


def downgrade() -> None:
    raise NotImplementedError("money is never un-recorded: restore a backup instead")
