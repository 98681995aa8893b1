"""Tables of holders: more on file of each, every change of it, papers, imports, search keys."""

import sqlalchemy as sa
from alembic import op

from cardserver.db.migrations.making import BIG, INSTANT, TEXT, UUID, WORD, column, keep, made

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

DAY = sa.Date()
BYTES = sa.LargeBinary()
LONG = sa.String(120)
SHORT = sa.String(30)
HASH = sa.String(64)
KEY = sa.String(120).with_variant(sa.String(120, collation="C"), "postgresql")


def upgrade() -> None:
    _more_of_holders()
    _tables_kept()
    _tables_of_imports()
    op.create_table(
        "search_key",
        column("key", KEY, key=True),
        sa.Column("holder_id", BIG, primary_key=True, nullable=False, autoincrement=False),
        column("kind", sa.String(10), key=True),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_search_key_holder_id_kind", "search_key", ["holder_id", "kind"])
    keep("file_change", "transfer", "unmasking", "paper_copy", "paper_filing")


def _more_of_holders() -> None:
    for name in ("relation", "lease_number", "section"):
        op.add_column("holder", sa.Column(name, WORD, nullable=False, server_default=""))
    for name in ("lease_start", "contract_end"):
        op.add_column("holder", sa.Column(name, DAY, nullable=True))
    op.add_column(
        "holder", sa.Column("company", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    op.add_column(
        "holder", column("principal_id", BIG, null=True, to="holder.id"), inline_references=True
    )
    for table in ("holder", "unit"):
        op.add_column(table, sa.Column("version", BIG, nullable=False, server_default="1"))
    op.create_index("ix_holder_principal_id", "holder", ["principal_id"])
    op.create_index("ix_holder_ends", "holder", ["ends"])


def _tables_kept() -> None:
    op.create_table(
        "file_change",
        column("id", BIG, key=True),
        column("holder_id", BIG, null=True, to="holder.id"),
        column("unit_id", BIG, null=True, to="unit.id"),
        column("act", SHORT),
        column("changes", sa.JSON()),
        column("reason", TEXT),
        column("request_id", UUID),
        *made(),
    )
    op.create_index("ix_file_change_request_id", "file_change", ["request_id"])
    op.create_index("ix_file_change_holder_id", "file_change", ["holder_id"])
    op.create_index("ix_file_change_unit_id", "file_change", ["unit_id"])
    op.create_table(
        "transfer",
        column("id", UUID, key=True),
        column("unit_id", BIG, to="unit.id"),
        column("new_owner_id", BIG, to="holder.id"),
        column("transferred_on", DAY),
        column("rights_end", DAY),
        column("cards", sa.JSON()),
        *made(),
    )
    op.create_index("ix_transfer_unit_id", "transfer", ["unit_id"])
    op.create_table(
        "unmasking",
        column("id", UUID, key=True),
        column("holder_id", BIG, to="holder.id"),
        column("field", SHORT),
        *made(),
    )
    op.create_index("ix_unmasking_holder_id", "unmasking", ["holder_id"])
    op.create_table(
        "paper_copy",
        column("id", UUID, key=True),
        column("holder_id", BIG, to="holder.id"),
        column("paper", WORD),
        column("occasion", LONG),
        *made(),
    )
    op.create_index("ix_paper_copy_holder_id", "paper_copy", ["holder_id"])
    op.create_table(
        "paper_filing",
        column("id", UUID, key=True),
        column("copy_id", UUID, to="paper_copy.id"),
        column("folder", WORD),
        *made(),
    )
    op.create_index("ix_paper_filing_copy_id", "paper_filing", ["copy_id"])


def _tables_of_imports() -> None:
    op.create_table(
        "owner_import",
        column("id", UUID, key=True),
        column("name", LONG),
        column("size", BIG),
        column("sha256", HASH),
        column("state", SHORT),
        column("problem", WORD),
        column("detail", TEXT),
        column("digest", HASH),
        column("counts", sa.JSON()),
        column("done_at", INSTANT, null=True),
        *made(),
    )
    op.create_table(
        "import_part",
        column("import_id", UUID, key=True, to="owner_import.id"),
        column("part", BIG, key=True),
        column("data", BYTES),
    )
    op.create_table(
        "import_line",
        column("import_id", UUID, key=True, to="owner_import.id"),
        column("position", BIG, key=True),
        column("line", BIG),
        column("fate", sa.String(10)),
        column("unit", LONG),
        column("name", LONG),
        column("reason", WORD),
        column("detail", sa.JSON()),
        sa.UniqueConstraint("import_id", "fate", "position", name="uq_import_line_fate"),
    )


def downgrade() -> None:
    raise NotImplementedError("money is never un-recorded: restore a backup instead")
