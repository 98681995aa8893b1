"""The rules of the gates, version by version."""

import sqlalchemy as sa
from alembic import op

from cardserver.db.migrations.making import BIG, TEXT, WORD, column, keep, made

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "gate_rules",
        column("site", WORD, key=True),
        sa.Column("version", BIG, primary_key=True, autoincrement=False, nullable=False),
        column("document", sa.Text()),
        column("note", TEXT),
        column("set_by", WORD),
        column("list_version", BIG),
        *made(),
    )
    keep("gate_rules")


def downgrade() -> None:
    raise NotImplementedError("money is never un-recorded: restore a backup instead")
