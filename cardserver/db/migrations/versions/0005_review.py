"""Tables of the quarter's review, blank cards, working days and the queue; indexes for counting."""

import sqlalchemy as sa
from alembic import op

from cardserver.db.migrations.making import BIG, TEXT, UUID, WORD, column, keep, made, words

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

DIGEST = sa.LargeBinary()
INDEXES = (
    ("ix_card_issued_at", "card", ("issued_at",)),
    ("ix_document_local_date", "document", ("local_date",)),
    ("ix_ledger_entry_at", "ledger_entry", ("at",)),
    ("ix_operation_event_at", "operation_event", ("at",)),
    ("ix_right_after_last", "right", ("after_last",)),
    ("ix_tap_station_at", "tap", ("station", "at")),
)


def upgrade() -> None:
    _reviews()
    _signatures()
    _cards()
    op.create_table(
        "work_year",
        sa.Column("year", BIG, primary_key=True, autoincrement=False),
        column("source", TEXT),
        column("holidays", sa.JSON()),
        column("make_ups", sa.JSON()),
        *made(),
    )
    op.create_table(
        "queue_event",
        column("id", BIG, key=True),
        column("event", sa.String(30)),
        column("waiting", BIG),
        column("threshold", BIG),
        *made(),
    )
    for name, table, columns in INDEXES:
        op.create_index(name, table, list(columns))
    keep(
        "quarter_review",
        "quarter_line",
        "quarter_signature",
        "quarter_seen",
        "card_decision",
        "card_stock",
        "queue_event",
    )


def _reviews() -> None:
    op.create_table(
        "quarter_review",
        column("id", BIG, key=True),
        column("year", BIG),
        column("quarter", BIG),
        column("request_id", UUID),
        column("figures", sa.JSON()),
        column("lines", BIG),
        column("digest", DIGEST),
        *made(),
        sa.UniqueConstraint("request_id", name="uq_quarter_review_request_id"),
    )
    op.create_index("ix_quarter_review_quarter", "quarter_review", ["year", "quarter"])
    op.create_table(
        "quarter_line",
        column("review_id", BIG, key=True, to="quarter_review.id"),
        sa.Column("line", BIG, primary_key=True, autoincrement=False),
        column("part", sa.String(30)),
        column("card_number", BIG, null=True),
        column("holder_id", BIG, null=True),
        column("content", sa.JSON()),
    )
    op.create_index("ix_quarter_line_card_number", "quarter_line", ["card_number"])
    op.create_index("ix_quarter_line_part", "quarter_line", ["review_id", "part", "line"])


def _signatures() -> None:
    op.create_table(
        "quarter_signature",
        sa.Column(
            "review_id",
            BIG,
            sa.ForeignKey("quarter_review.id"),
            primary_key=True,
            autoincrement=False,
        ),
        column("year", BIG),
        column("quarter", BIG),
        column("version", BIG),
        column("refers_to", BIG, null=True, to="quarter_signature.review_id"),
        column("counted", BIG),
        column("explanations", sa.JSON()),
        column("signed_by", WORD),
        column("see_by", sa.Date()),
        column("digest", DIGEST),
        *made(),
        sa.UniqueConstraint(
            "year", "quarter", "version", name="uq_quarter_signature_year_quarter_version"
        ),
        sa.UniqueConstraint("refers_to", name="uq_quarter_signature_refers_to"),
    )
    op.create_table(
        "quarter_seen",
        sa.Column(
            "review_id",
            BIG,
            sa.ForeignKey("quarter_signature.review_id"),
            primary_key=True,
            autoincrement=False,
        ),
        column("seen_by", WORD),
        column("late", sa.Boolean()),
        column("remark", TEXT),
        *made(),
    )


def _cards() -> None:
    op.create_table(
        "card_decision",
        column("id", BIG, key=True),
        column("review_id", BIG, to="quarter_review.id"),
        column("card_number", BIG, to="card.number"),
        column("decision", words("decision", "block", "keep")),
        column("reason", TEXT),
        column("decided_by", WORD),
        *made(),
    )
    op.create_index("ix_card_decision_review_id", "card_decision", ["review_id"])
    op.create_index("ix_card_decision_card_number", "card_decision", ["card_number"])
    op.create_table(
        "card_stock",
        column("id", BIG, key=True),
        column("day", sa.Date()),
        column("move", words("move", "received", "scrapped")),
        column("amount", BIG),
        column("reason", TEXT),
        column("done_by", WORD),
        *made(),
        sa.CheckConstraint("amount > 0", name="amount"),
    )
    op.create_index("ix_card_stock_day", "card_stock", ["day"])


def downgrade() -> None:
    raise NotImplementedError("money is never un-recorded: restore a backup instead")
