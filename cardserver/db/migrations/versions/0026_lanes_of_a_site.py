"""Which way vehicle lanes lead stands under its site, as all that gates tell."""

import sqlalchemy as sa
from alembic import context, op

from cardserver.db.engine import StoreUnusable
from cardserver.db.migrations.making import WORD, column, words

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    bind = op.get_bind()
    rows = bind.execute(sa.text("SELECT lane_id, direction FROM parking_lane")).mappings().all()
    site = str((context.config.attributes or {}).get("site") or "")
    if rows and not site:
        raise StoreUnusable("there are lanes, and nobody said whose: start the server first")
    op.drop_table("parking_lane")
    table = op.create_table(
        "parking_lane",
        column("site", WORD, key=True),
        column("lane_id", WORD, key=True),
        column("direction", words("direction", "entry", "exit")),
    )
    op.bulk_insert(table, [{"site": site, **row} for row in rows])


def downgrade() -> None:
    raise NotImplementedError("two sites may have a lane of one name: restore a backup instead")
