"""What a gate calls its lanes: people read a name where a technician gave one."""

from alembic import op

from cardserver.db.migrations.making import WORD, column

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "gate_lane",
        column("site", WORD, key=True),
        column("lane_id", WORD, key=True),
        column("name", WORD),
    )


def downgrade() -> None:
    op.drop_table("gate_lane")
