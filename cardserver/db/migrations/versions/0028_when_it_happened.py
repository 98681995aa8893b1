"""When a line of a gate happened by the centre's clock, where the gate's is known to be off."""

from alembic import op

from cardserver.db.migrations.making import INSTANT, column

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("gate_event", column("happened_at", INSTANT, null=True))


def downgrade() -> None:
    op.drop_column("gate_event", "happened_at")
