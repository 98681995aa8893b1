"""Cards of whose counters the gates saw what one card can't show."""

import sqlalchemy as sa
from alembic import op

from cardserver.db.migrations.making import BIG, INSTANT, WORD, column, keep, words

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "gate_clone",
        column("site", WORD, key=True),
        sa.Column("card_number", BIG, primary_key=True, autoincrement=False, nullable=False),
        column("found_on", sa.Date(), key=True),
        column("found_at", INSTANT),
        column("sign", words("sign", "counter-seen-twice", "counter-went-up")),
        column("counter", BIG),
        column("at", INSTANT),
        column("device", WORD),
        column("journal", sa.String(36)),
        column("sequence", BIG),
        column("other_counter", BIG),
        column("other_at", INSTANT),
        column("other_device", WORD),
        column("blocked", sa.Boolean()),
    )
    keep("gate_clone")


def downgrade() -> None:
    raise NotImplementedError("what was found is never un-recorded: restore a backup instead")
