"""Reconciliation: cash boxes and their counts, days compared with a bill, differences."""

import sqlalchemy as sa
from alembic import op

from cardserver.db.migrations.making import BIG, TEXT, UUID, WORD, column, keep, made, words

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

PROVIDER = sa.String(30)
KINDS = ("not-on-bill", "not-with-us", "amount", "count", "machine")


def upgrade() -> None:
    _boxes()
    _days()
    keep("cash_box", "cash_box_count", "reconciled_day", "difference", "difference_event")


def _boxes() -> None:
    op.create_table(
        "cash_box",
        column("id", UUID, key=True),
        column("number", BIG),
        column("expected_fen", BIG),
        column("machine_fen", BIG, null=True),
        *made(),
        sa.UniqueConstraint("number"),
    )
    op.create_table(
        "cash_box_count",
        column("box_id", UUID, key=True, to="cash_box.id"),
        column("notes", sa.JSON()),
        column("counted_fen", BIG),
        column("comment", TEXT),
        *made(),
    )


def _days() -> None:
    op.create_table(
        "reconciled_day",
        column("id", BIG, key=True),
        column("provider", PROVIDER),
        column("day", sa.Date()),
        column("lines", BIG),
        column("ours_fen", BIG),
        column("theirs_fen", BIG),
        *made(),
        sa.UniqueConstraint("provider", "day"),
    )
    op.create_table(
        "difference",
        column("id", BIG, key=True),
        column("subject", PROVIDER),
        column("reference", WORD),
        column("kind", words("kind", *KINDS)),
        column("day", sa.Date()),
        column("ours_fen", BIG),
        column("theirs_fen", BIG),
        *made(),
        sa.UniqueConstraint("subject", "reference", "kind", "day"),
    )
    op.create_table(
        "difference_event",
        column("id", BIG, key=True),
        column("difference_id", BIG, to="difference.id"),
        column("word", words("word", "taken", "settled")),
        column("remark", TEXT),
        *made(),
    )
    op.create_index("ix_difference_event_difference_id", "difference_event", ["difference_id"])


def downgrade() -> None:
    raise NotImplementedError("money is never un-recorded: restore a backup instead")
