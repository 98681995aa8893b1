"""A card's credit: a way of paying of its own, and how it is paid out (FEE-04a).

`keeps_fen` is what of a banknote the payer agreed to keep as the card's credit before it went in.
"""

import sqlalchemy as sa
from alembic import op

from cardserver.db.migrations.making import BIG, reword

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

_KINDS = "'cash-desk', 'cash-note', 'qr'"
_MOVED = "'float', 'drop', 'difference', 'closing', 'hand-in', 'loan', 'counterfeit', 'repayment'"


def upgrade() -> None:
    _another_word("tender", _KINDS, "credit")
    _another_word("drawer_entry", _MOVED, "credit-back")
    op.add_column("tender", sa.Column("keeps_fen", BIG, nullable=False, server_default="0"))


def _another_word(table: str, words: str, word: str) -> None:
    """One more kind in a table's closed set of kinds."""
    if op.get_bind().dialect.name == "sqlite":
        reword(table, f"{words})", f"{words}, '{word}')")
        return
    name = op.f(f"ck_{table}_kind")
    op.drop_constraint(name, table, type_="check")
    op.create_check_constraint(name, table, f"kind IN ({words}, '{word}')")


def downgrade() -> None:
    raise NotImplementedError("money is never un-recorded: restore a backup instead")
