"""Charges that the cashier entered: papers that stand on a sale without any card (FEE-36).

A mistyped tariff is withdrawn before its first day, and another may begin on that day. What
somebody owes for a worthless note is repaid: a movement of its own kind (FEE-34). A section's card
goes from hand to hand inside its section (IC-15a).
"""

import sqlalchemy as sa
from alembic import op

from cardserver.db.migrations.making import BIG, TEXT, UUID, WORD, column, keep, made

revision = "0013"
down_revision = "0011"
branch_labels = None
depends_on = None

_NEEDED = "operation_id VARCHAR(36) NOT NULL"
_FREE = "operation_id VARCHAR(36)"
_KINDS = "kind IN ('raised-floor', 'underground', 'surface', 'bought', 'gifted')"

_MOVED = "'float', 'drop', 'difference', 'closing', 'hand-in', 'loan', 'counterfeit', 'repayment'"


def upgrade() -> None:
    op.create_table(
        "charge",
        column("sale_id", UUID, key=True, to="sale.id"),
        column("item", WORD),
        column("reason", TEXT),
        column("amount_fen", BIG),
        column("entered_by", WORD),
        *made(),
        sa.CheckConstraint("amount_fen > 0", name="amount"),
    )
    keep("charge")
    for table in ("document", "unnumbered_paper"):
        _may_stand_on_a_sale(table)
    op.create_index("ix_document_sale_id", "document", ["sale_id"])
    _repayments()
    _two_of_a_day()
    op.create_table(
        "tariff_withdrawal",
        column("tariff_id", BIG, key=True, to="tariff.id"),
        column("reason", TEXT),
        column("withdrawn_by", WORD),
        *made(),
    )
    keep("tariff_withdrawal")
    op.create_table(
        "section_handing",
        column("id", UUID, key=True),
        column("card_number", BIG, to="card.number"),
        column("given_to", WORD),
        column("given_by", WORD),
        column("remark", TEXT),
        *made(),
    )
    op.create_index("ix_section_handing_card_number", "section_handing", ["card_number"])
    keep("section_handing")


def _repayments() -> None:
    if op.get_bind().dialect.name == "sqlite":
        _reword("drawer_entry", "'counterfeit')", "'counterfeit', 'repayment')")
        return
    name = op.f("ck_drawer_entry_kind")
    op.drop_constraint(name, "drawer_entry", type_="check")
    op.create_check_constraint(name, "drawer_entry", f"kind IN ({_MOVED})")


def _two_of_a_day() -> None:
    """SQLite drops no constraint: the table is copied, and what guards it is put back."""
    unique = op.f("uq_tariff_kind_first")
    if op.get_bind().dialect.name != "sqlite":
        op.drop_constraint(unique, "tariff", type_="unique")
        return
    with op.batch_alter_table("tariff", recreate="always") as tariff:
        tariff.drop_constraint(unique, type_="unique")
        tariff.create_check_constraint(op.f("ck_tariff_kind"), _KINDS)
        tariff.create_check_constraint(op.f("ck_tariff_fee"), "monthly_fee_fen > 0")
    keep("tariff")


def _may_stand_on_a_sale(table: str) -> None:
    """A paper stands on an operation, or on a sale without one: never on both, never on none."""
    if op.get_bind().dialect.name == "sqlite":
        _reword(table, _NEEDED, _FREE)
    else:
        op.alter_column(table, "operation_id", nullable=True)
    op.execute(
        f"ALTER TABLE {table} ADD COLUMN sale_id VARCHAR(36) "
        f"CONSTRAINT fk_{table}_sale_id_sale REFERENCES sale (id) "
        f"CONSTRAINT ck_{table}_stands CHECK ((operation_id IS NULL) <> (sale_id IS NULL))"
    )


def _reword(table: str, before: str, after: str) -> None:
    """SQLite changes a constraint in the text of its schema (sqlite.org/lang_altertable.html, 7).

    No row is copied, and triggers, indexes and what refers to the table stay as they are.
    """
    connection = op.get_bind()
    version = connection.scalar(sa.text("PRAGMA schema_version"))
    connection.execute(sa.text("PRAGMA writable_schema = ON"))
    words = {"before": before, "after": after, "name": table}
    changed = connection.execute(
        sa.text(
            "UPDATE sqlite_schema SET sql = replace(sql, :before, :after) "
            "WHERE type = 'table' AND name = :name AND instr(sql, :before) > 0"
        ),
        words,
    )
    if changed.rowcount != 1:
        raise RuntimeError(f"the table {table} is not as this program made it")
    connection.execute(sa.text(f"PRAGMA schema_version = {int(version or 0) + 1}"))
    connection.execute(sa.text("PRAGMA writable_schema = OFF"))


def downgrade() -> None:
    raise NotImplementedError("money is never un-recorded: restore a backup instead")
