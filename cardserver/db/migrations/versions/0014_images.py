"""Pictures of papers: stored sealed, looked at by name, gone on their day."""

import sqlalchemy as sa
from alembic import op

from cardserver.db.migrations.making import BIG, TEXT, UUID, WORD, column, keep, made

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "paper_image",
        column("id", UUID, key=True),
        column("holder_id", BIG, to="holder.id"),
        column("paper", WORD),
        column("kind", sa.String(10)),
        column("size", BIG),
        column("parts", BIG),
        column("key_version", BIG),
        column("purge_on", sa.Date()),
        *made(),
    )
    op.create_index("ix_paper_image_holder_id", "paper_image", ["holder_id"])
    op.create_index("ix_paper_image_purge_on", "paper_image", ["purge_on"])
    op.create_table(
        "paper_image_part",
        column("image_id", UUID, key=True, to="paper_image.id"),
        sa.Column("part", BIG, primary_key=True, autoincrement=False),
        column("sealed", sa.LargeBinary()),
    )
    op.create_table(
        "paper_image_look",
        column("id", UUID, key=True),
        column("image_id", UUID, to="paper_image.id"),
        column("allowed_by", WORD),
        *made(),
    )
    op.create_index("ix_paper_image_look_image_id", "paper_image_look", ["image_id"])
    op.create_table(
        "paper_image_purge",
        column("image_id", UUID, key=True, to="paper_image.id"),
        column("reason", WORD),
        column("detail", TEXT),
        *made(),
    )
    keep("paper_image", "paper_image_look", "paper_image_purge")


def downgrade() -> None:
    raise NotImplementedError("what was looked at is never un-recorded: restore a backup instead")
