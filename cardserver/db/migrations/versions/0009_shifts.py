"""Shifts: counts, movements of the drawer, Z reports, spot checks, suspense settled."""

import sqlalchemy as sa
from alembic import op

from cardserver.db.migrations.making import BIG, TEXT, UUID, WORD, column, keep, made, words

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

HASH = sa.LargeBinary(32)
KINDS = ("float", "drop", "difference", "closing", "hand-in", "loan", "counterfeit")
OUTCOMES = ("earned", "handed-back", "kept", "credited", "returned")


def upgrade() -> None:
    _shifts()
    _movements()
    _reports()
    _settled()
    keep(
        "shift_booking",
        "drawer_entry",
        "drawer_line",
        "shift_count",
        "z_report",
        "spot_check",
        "suspense_settlement",
        "tender_notes",
    )


def _given(name: str, *constraints: sa.ForeignKey) -> sa.Column[int]:
    return sa.Column(name, BIG, *constraints, primary_key=True, autoincrement=False)


def _shifts() -> None:
    op.create_table(
        "shift",
        column("id", UUID, key=True),
        column("number", BIG),
        column("state", words("state", "open", "closed")),
        column("float_notes", sa.JSON()),
        column("float_fen", BIG),
        *made(),
        sa.UniqueConstraint("number"),
        sa.CheckConstraint("float_fen >= 0", name="float"),
    )
    open_ = sa.text("state = 'open'")
    op.create_index(
        "uq_shift_open",
        "shift",
        ["station", "operator"],
        unique=True,
        sqlite_where=open_,
        postgresql_where=open_,
    )
    op.create_table(
        "shift_booking",
        _given("entry_id", sa.ForeignKey("ledger_entry.id")),
        column("shift_id", UUID, to="shift.id"),
    )
    op.create_index("ix_shift_booking_shift_id", "shift_booking", ["shift_id"])


def _movements() -> None:
    op.create_table(
        "drawer_entry",
        column("id", BIG, key=True),
        column("kind", words("kind", *KINDS)),
        column("number", BIG),
        column("shift_id", UUID, null=True, to="shift.id"),
        column("amount_fen", BIG),
        column("person", WORD),
        column("approved_by", WORD),
        column("reason", TEXT),
        column("signed", WORD),
        column("detail", sa.JSON()),
        *made(),
        sa.UniqueConstraint("kind", "number"),
    )
    op.create_index("ix_drawer_entry_shift_id", "drawer_entry", ["shift_id"])
    op.create_table(
        "drawer_line",
        sa.Column("entry_id", BIG, sa.ForeignKey("drawer_entry.id"), primary_key=True),
        _given("line"),
        column("account", sa.String(120)),
        column("amount_fen", BIG),
        sa.CheckConstraint("amount_fen <> 0", name="amount"),
    )
    op.create_index("ix_drawer_line_account", "drawer_line", ["account"])


def _reports() -> None:
    op.create_table(
        "shift_count",
        column("id", UUID, key=True),
        column("shift_id", UUID, to="shift.id"),
        column("sequence", BIG),
        column("notes", sa.JSON()),
        column("counted_fen", BIG),
        column("expected_fen", BIG),
        *made(),
        sa.UniqueConstraint("shift_id", "sequence"),
    )
    op.create_index("ix_shift_count_shift_id", "shift_count", ["shift_id"])
    op.create_table(
        "z_report",
        _given("number"),
        column("shift_id", UUID, to="shift.id"),
        column("content", sa.JSON()),
        column("previous", HASH),
        column("hash", HASH),
        *made(),
        sa.UniqueConstraint("shift_id"),
    )
    op.create_table(
        "spot_check",
        column("id", UUID, key=True),
        column("number", BIG),
        column("shift_id", UUID, to="shift.id"),
        column("cashier", WORD),
        column("content", sa.JSON()),
        column("comment", TEXT),
        *made(),
        sa.UniqueConstraint("number"),
    )
    op.create_index("ix_spot_check_shift_id", "spot_check", ["shift_id"])


def _settled() -> None:
    op.create_table(
        "suspense_settlement",
        column("id", UUID, key=True),
        column("number", BIG),
        column("sale_id", UUID, to="sale.id"),
        column("tender_id", UUID, null=True),
        column("outcome", words("outcome", *OUTCOMES)),
        column("amount_fen", BIG),
        column("evidence", TEXT),
        column("settled_by", WORD),
        *made(),
        sa.UniqueConstraint("number"),
    )
    op.create_index("ix_suspense_settlement_sale_id", "suspense_settlement", ["sale_id"])
    op.create_table(
        "tender_notes",
        column("tender_id", UUID, key=True),
        column("notes", sa.JSON()),
    )


def downgrade() -> None:
    raise NotImplementedError("money is never un-recorded: restore a backup instead")
