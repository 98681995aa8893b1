"""Spaces, tariffs, the agreements' history, the spaces' files and the bank's collection lists.

Agreements already on file stay as they are: each states its fee, and that fee goes on to count.
"""

import sqlalchemy as sa
from alembic import op

from cardserver.db.migrations.making import BIG, TEXT, UUID, WORD, column, keep, made, words

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

DAY = sa.Date()
KINDS = ("raised-floor", "underground", "surface", "bought", "gifted")


def upgrade() -> None:
    _spaces()
    _agreements()
    _gaps()
    _bank()
    op.create_table(
        "refund_request",
        column("id", UUID, key=True),
        column("card_number", BIG, to="card.number"),
        column("agreement_id", BIG, to="agreement.id"),
        column("months", BIG),
        column("reason", TEXT),
        *made(),
    )
    op.create_index("ix_refund_request_card_number", "refund_request", ["card_number"])
    op.create_index("ix_right_agreement_id", "right", ["agreement_id"])
    op.create_index("ix_card_replaced_by", "card", ["replaced_by"])
    keep(
        "parking_space",
        "tariff",
        "agreement_space",
        "agreement_event",
        "space_file",
        "licence_shown",
        "gap_waiver",
        "bank_list",
        "bank_line",
        "refund_request",
    )


def _spaces() -> None:
    op.create_table(
        "parking_space",
        column("id", BIG, key=True),
        column("code", WORD),
        column("kind", words("kind", *KINDS)),
        column("zone", BIG),
        *made(),
        sa.UniqueConstraint("code"),
    )
    op.create_table(
        "tariff",
        column("id", BIG, key=True),
        column("kind", words("kind", *KINDS)),
        column("monthly_fee_fen", BIG),
        column("first", DAY),
        *made(),
        sa.UniqueConstraint("kind", "first"),
        sa.CheckConstraint("monthly_fee_fen > 0", name="fee"),
    )


def _agreements() -> None:
    op.create_table(
        "agreement_space",
        sa.Column(
            "agreement_id",
            BIG,
            sa.ForeignKey("agreement.id"),
            primary_key=True,
            autoincrement=False,
        ),
        column("space_id", BIG, to="parking_space.id"),
        column("begins", DAY),
        *made(),
    )
    op.create_table(
        "agreement_event",
        column("id", BIG, key=True),
        column("agreement_id", BIG, to="agreement.id"),
        column("event", words("event", "signed", "changed", "ended")),
        column("terms", sa.JSON()),
        column("reason", TEXT),
        *made(),
    )
    events = ("own-card", "new-card", "top-up", "collected", "moved")
    op.create_table(
        "space_file",
        column("id", BIG, key=True),
        column("agreement_id", BIG, to="agreement.id"),
        column("operation_id", UUID, to="operation.id"),
        column("event", words("event", *events)),
        column("card_number", BIG),
        column("first", DAY),
        column("last", DAY),
        column("amount_fen", BIG),
        *made(),
        sa.UniqueConstraint("operation_id"),
    )
    op.create_index("ix_agreement_space_space_id", "agreement_space", ["space_id"])
    op.create_index("ix_agreement_event_agreement_id", "agreement_event", ["agreement_id"])
    op.create_index("ix_space_file_agreement_id", "space_file", ["agreement_id"])


def _gaps() -> None:
    op.create_table(
        "licence_shown",
        column("verification_id", UUID, key=True, to="verification.id"),
        column("in_name_of", WORD),
    )
    op.create_table(
        "parking_lane",
        column("lane_id", WORD, key=True),
        column("direction", words("direction", "entry", "exit")),
    )
    op.create_table(
        "gap_waiver",
        column("sale_id", UUID, key=True, to="sale.id"),
        column("card_number", BIG, to="card.number"),
        column("first", DAY),
        column("last", DAY),
        column("waived_by", WORD),
        *made(),
    )


def _bank() -> None:
    fates = (
        "extends",
        "reminds",
        "unknown",
        "not-bank",
        "other-amount",
        "repeated",
        "no-card",
        "ended",
        "unreadable",
    )
    op.create_table(
        "bank_list",
        column("id", UUID, key=True),
        column("month", sa.String(7)),
        column("source", sa.String(120)),
        *made(),
    )
    op.create_table(
        "bank_line",
        column("list_id", UUID, key=True, to="bank_list.id"),
        sa.Column("line", BIG, primary_key=True, autoincrement=False),
        column("agreement_number", WORD),
        column("amount_fen", BIG),
        column("collected", sa.Boolean()),
        column("note", TEXT),
        column("fate", words("fate", *fates)),
        column("agreement_id", BIG, null=True, to="agreement.id"),
        column("card_number", BIG, null=True, to="card.number"),
        column("sale_id", UUID, null=True, to="sale.id"),
        column("first", DAY, null=True),
        column("after_last", DAY, null=True),
        column("booked", WORD, null=True),
        sa.UniqueConstraint("sale_id"),
        sa.UniqueConstraint("booked"),
    )
    op.create_index("ix_bank_line_agreement_id", "bank_line", ["agreement_id"])
    op.create_index("ix_bank_line_card_number", "bank_line", ["card_number"])


def downgrade() -> None:
    raise NotImplementedError("money is never un-recorded: restore a backup instead")
