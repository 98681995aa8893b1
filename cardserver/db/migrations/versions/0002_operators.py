"""Tables of operators."""

import sqlalchemy as sa
from alembic import op

from cardserver.db.migrations.making import BIG, INSTANT, TEXT, UUID, WORD, column, keep, made

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "operator",
        column("id", BIG, key=True),
        column("name", WORD),
        column("holder_id", BIG, null=True, to="holder.id"),
        column("password_hash", sa.String(200)),
        column("active", sa.Boolean()),
        column("roles", sa.JSON()),
        sa.UniqueConstraint("name"),
    )
    op.create_table(
        "session",
        column("id", BIG, key=True),
        column("token_hash", sa.LargeBinary()),
        column("operator_id", BIG, to="operator.id"),
        column("station", WORD),
        column("made", INSTANT),
        column("last_seen", INSTANT),
        column("ended", INSTANT, null=True),
        column("ended_by", WORD),
        sa.UniqueConstraint("token_hash"),
    )
    op.create_index("ix_session_operator_id", "session", ["operator_id"])
    op.create_table(
        "sign_in_attempt",
        column("id", BIG, key=True),
        column("at", INSTANT),
        column("station", WORD),
        column("name", WORD),
        column("purpose", WORD),
        column("outcome", sa.String(30)),
    )
    op.create_index("ix_sign_in_attempt_name_id", "sign_in_attempt", ["name", "id"])
    op.create_index("ix_sign_in_attempt_station_id", "sign_in_attempt", ["station", "id"])
    op.create_table(
        "leave",
        column("id", UUID, key=True),
        column("action", WORD),
        column("operator_id", BIG, to="operator.id"),
        column("session_id", BIG, to="session.id"),
        column("station", WORD),
        column("at", INSTANT),
        column("ends", INSTANT),
    )
    op.create_table(
        "head_notice",
        column("id", BIG, key=True),
        *made(),
        column("card_number", BIG, to="card.number"),
        column("holder_id", BIG, to="holder.id"),
        column("reason", TEXT),
    )
    op.create_index("ix_head_notice_card_number", "head_notice", ["card_number"])
    op.create_table(
        "head_notice_seen",
        column("notice_id", BIG, key=True, to="head_notice.id"),
        column("name", WORD, key=True),
        column("at", INSTANT),
        column("station", WORD),
    )
    op.add_column("operation", sa.Column("authorised_by", WORD, nullable=False, server_default=""))
    keep("sign_in_attempt", "leave", "head_notice", "head_notice_seen")


def downgrade() -> None:
    raise NotImplementedError("money is never un-recorded: restore a backup instead")
