"""Goods slips that were taken back at a gate: the others learn it with the list."""

import sqlalchemy as sa
from alembic import op

from cardserver.db.migrations.making import BIG, INSTANT, WORD, column, keep

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "gate_slip",
        column("site", WORD, key=True),
        column("slip", sa.String(40), key=True),
        column("list_version", BIG),
        column("at", INSTANT),
        column("device", WORD),
        column("journal", sa.String(36)),
        column("sequence", BIG),
    )
    keep("gate_slip")


def downgrade() -> None:
    raise NotImplementedError("what was taken back is never un-recorded: restore a backup instead")
