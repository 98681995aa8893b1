"""The card register F1, its signatures, and the heads of their chains."""

import sqlalchemy as sa
from alembic import op

from cardserver.db.migrations.making import BIG, TEXT, UUID, WORD, column, keep, made, words

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

HASH = sa.LargeBinary(32)
SIGNERS = ("holder", "representative", "section-head")
KINDS = (
    "new-issue",
    "extension",
    "free-replacement",
    "paid-replacement",
    "staff-issue",
    "staff-reauthorised",
    "loss-report",
    "appraisal",
    "block",
    "unblock",
    "scrapped",
    "write-failure",
    "cancelled",
    "parking-added",
    "formatted",
    "returned",
    "found",
    "swapped",
    "rights-ended",
    "handed-on",
    "correction",
    "unsigned",
)


def upgrade() -> None:
    _rows()
    _signatures()
    op.create_table(
        "register_chain",
        column("name", WORD, key=True),
        column("number", BIG),
        column("hash", HASH),
    )
    keep("register_row", "register_signature")


def _numbered(name: str) -> sa.Column[int]:
    return sa.Column(name, BIG, primary_key=True, autoincrement=False)


def _rows() -> None:
    op.create_table(
        "register_row",
        _numbered("number"),
        column("local_date", sa.Date()),
        column("kind", words("kind", *KINDS)),
        column("holder_id", BIG, null=True),
        column("holder_name", WORD),
        column("holder_class", sa.String(30)),
        column("unit", WORD),
        column("relation", WORD),
        column("card_number", BIG, null=True),
        column("chip", sa.String(20)),
        column("former_card", BIG, null=True),
        column("rights", sa.JSON()),
        column("valid_from", sa.Date(), null=True),
        column("valid_to", sa.Date(), null=True),
        column("proof", sa.JSON()),
        column("fee_fen", BIG),
        column("receipt", WORD),
        column("is_abnormal", sa.Boolean()),
        column("abnormal", sa.JSON()),
        column("signer", words("signer", *SIGNERS), null=True),
        column("recipient", WORD),
        column("approver", WORD),
        column("remark", TEXT),
        column("refers_to", BIG, null=True, to="register_row.number"),
        column("operation_id", UUID, null=True),
        column("amendment", sa.JSON()),
        column("previous", HASH),
        column("hash", HASH),
        *made(),
        sa.UniqueConstraint("operation_id", "kind"),
        sa.CheckConstraint("number > 0", name="number"),
    )
    indexed = ("local_date", "kind", "unit", "card_number", "former_card", "refers_to")
    for name in (*indexed, "is_abnormal"):
        op.create_index(f"ix_register_row_{name}", "register_row", [name])


def _signatures() -> None:
    op.create_table(
        "register_signature",
        _numbered("number"),
        column("row_number", BIG, to="register_row.number"),
        column("how", words("how", "pad", "paper")),
        column("signed_by", WORD),
        column("signer", words("signer", *SIGNERS)),
        column("strokes", sa.Text()),
        column("page", BIG, null=True),
        column("line", BIG, null=True),
        column("previous", HASH),
        column("hash", HASH),
        *made(),
        sa.UniqueConstraint("row_number"),
    )


def downgrade() -> None:
    raise NotImplementedError("money is never un-recorded: restore a backup instead")
