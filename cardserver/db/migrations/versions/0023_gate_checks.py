"""What a guard checks beside the cards: goods slips, and building material carried in."""

from alembic import op

from cardserver.db.migrations.making import reword

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

TABLE = "gate_event"
_BEFORE = (
    "'tap', 'passed', 'not-passed', 'opened-by-hand', 'forced', 'held-open', 'barrier-fault', "
    "'neutral', 'fire', 'fire-over', 'duress', 'alarm', 'alarm-over', 'clone', 'started'"
)
_MORE = ", 'goods', 'goods-differ', 'material'"


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        reword(TABLE, f"{_BEFORE})", f"{_BEFORE}{_MORE})")
        return
    name = op.f(f"ck_{TABLE}_kind")
    op.drop_constraint(name, TABLE, type_="check")
    op.create_check_constraint(name, TABLE, f"kind IN ({_BEFORE}{_MORE})")


def downgrade() -> None:
    raise NotImplementedError("what a guard checked is never un-recorded: restore a backup instead")
