"""Speed: papers that no printer proved to have come out stand in a short list of their own.

The database keeps the list itself, so that nobody who writes about papers can forget it.
"""

from alembic import op

from cardserver.db.migrations.making import BIG, column

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_OFF = "DELETE FROM unprinted WHERE document_id = NEW.{key}"
_TRIGGERS = (
    ("document", "on", "", "INSERT INTO unprinted (document_id) VALUES (NEW.id)"),
    ("document_event", "off", "NEW.event = 'printed'", _OFF.format(key="document_id")),
    ("document_void", "off", "", _OFF.format(key="document_id")),
)
"""Table, what a new row of it does to the list, when, and how."""


def upgrade() -> None:
    op.create_table("unprinted", column("document_id", BIG, key=True, to="document.id"))
    op.execute(
        "INSERT INTO unprinted (document_id) SELECT id FROM document WHERE id NOT IN "
        "(SELECT document_id FROM document_event WHERE event = 'printed') "
        "AND id NOT IN (SELECT document_id FROM document_void)"
    )
    sqlite = op.get_bind().dialect.name == "sqlite"
    for table, word, when, act in _TRIGGERS:
        if sqlite:
            _sqlite(table, word, when, act)
        else:
            _postgresql(table, word, when, act)


def _sqlite(table: str, word: str, when: str, act: str) -> None:
    only = f"WHEN {when} " if when else ""
    op.execute(
        f"CREATE TRIGGER unprinted_{word}_{table} AFTER INSERT ON {table} {only}BEGIN {act}; END"
    )


def _postgresql(table: str, word: str, when: str, act: str) -> None:
    name, only = f"unprinted_{word}_{table}", f"WHEN ({when}) " if when else ""
    op.execute(
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN {act}; RETURN NULL; END $$"
    )
    op.execute(
        f"CREATE TRIGGER {name} AFTER INSERT ON {table} "
        f"FOR EACH ROW {only}EXECUTE FUNCTION {name}()"
    )


def downgrade() -> None:
    raise NotImplementedError("money is never un-recorded: restore a backup instead")
