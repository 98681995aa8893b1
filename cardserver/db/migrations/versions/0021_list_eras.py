"""Eras of the gates' list: which history a version belongs to, also after a backup was restored."""

import sqlalchemy as sa
from alembic import op

from cardserver.db.migrations.making import BIG, INSTANT, WORD, column, keep

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "gate_list_era",
        column("site", WORD, key=True),
        sa.Column("number", BIG, primary_key=True, autoincrement=False, nullable=False),
        column("name", sa.String(16)),
        column("since_version", BIG),
        column("at", INSTANT),
    )
    keep("gate_list_era")


def downgrade() -> None:
    raise NotImplementedError("gates go by these names: restore a backup instead")
