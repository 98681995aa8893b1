"""Days that are over, by the hour, as they were counted at the gates: nobody counts them again."""

import sqlalchemy as sa
from alembic import op

from cardserver.db.migrations.making import INSTANT, WORD, column

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "gate_day",
        column("site", WORD, key=True),
        column("day", sa.Date(), key=True),
        column("lanes", sa.String(64)),
        column("hours", sa.Text()),
        column("journals", sa.Text()),
        column("standing", sa.Text()),
        column("counted_at", INSTANT),
    )


def downgrade() -> None:
    op.drop_table("gate_day")
