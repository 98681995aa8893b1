"""Gates sign with keys of their own; which version of the list each enforces, and since when."""

import sqlalchemy as sa
from alembic import op

from cardserver.db.migrations.making import BIG, INSTANT, WORD, column, keep, words

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

STATUSES = ("live", "blocked", "replaced", "returned", "scrapped")


def upgrade() -> None:
    op.create_table(
        "gate_credential",
        *_device(),
        column("key_id", sa.String(16), key=True),
        column("public_key", sa.LargeBinary()),
        column("enrolled_at", INSTANT),
        column("enrolled_by", WORD),
        column("revoked_at", INSTANT, null=True),
        sa.Column("revoked_by", WORD, nullable=False, server_default=""),
    )
    op.create_table(
        "gate_seen",
        *_device(),
        column("version", BIG),
        column("version_at", INSTANT),
        column("seen_at", INSTANT),
        column("drift_ms", BIG),
        column("waiting", BIG),
        column("program", WORD),
    )
    op.create_table("gate_enforced", *_device(), _numbered("version"), column("at", INSTANT))
    op.create_table(
        "card_standing",
        column("site", WORD, key=True),
        _numbered("card_number"),
        _numbered("version"),
        column("status", words("status", *STATUSES)),
        column("at", INSTANT),
    )
    keep("gate_enforced", "card_standing")


def _device() -> tuple[sa.Column[str], ...]:
    return (column("site", WORD, key=True), column("device", WORD, key=True))


def _numbered(name: str) -> sa.Column[int]:
    return sa.Column(name, BIG, primary_key=True, autoincrement=False, nullable=False)


def downgrade() -> None:
    raise NotImplementedError("money is never un-recorded: restore a backup instead")
