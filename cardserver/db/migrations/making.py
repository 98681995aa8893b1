"""What migrations from the second on are written with: columns, closed sets, kept rows.

Migrations never import the program's own tables: they stand as they were when they were written.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)
UUID = sa.String(36)
WORD = sa.String(60)
TEXT = sa.String(400)
Kind = sa.types.TypeEngine[Any]


def words(check: str, *values: str) -> sa.Enum:
    """A closed set in a text column, with its CHECK."""
    return sa.Enum(*values, name=check, native_enum=False, create_constraint=True, length=30)


def column(
    name: str, kind: Kind, *, null: bool = False, key: bool = False, to: str | None = None
) -> sa.Column[Any]:
    """A column; `to` is the ``table.column`` it refers to."""
    constraints = () if to is None else (sa.ForeignKey(to),)
    return sa.Column(name, kind, *constraints, nullable=null, primary_key=key)


def made() -> tuple[sa.Column[Any], ...]:
    """When, where and by whom."""
    return (column("at", INSTANT), column("station", WORD), column("operator", WORD))


def keep(*tables: str) -> None:
    """Rows of these tables are never changed and never deleted, whoever asks."""
    if op.get_bind().dialect.name == "sqlite":
        for table in tables:
            for verb in ("UPDATE", "DELETE"):
                op.execute(
                    f"CREATE TRIGGER keep_{table}_{verb.lower()} BEFORE {verb} ON {table} "
                    f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
                )
    else:
        for table in tables:
            op.execute(
                f"CREATE TRIGGER keep_{table} BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
                "FOR EACH STATEMENT EXECUTE FUNCTION yika_keep()"
            )


def reword(table: str, before: str, after: str) -> None:
    """SQLite changes a constraint in the text of its schema (sqlite.org/lang_altertable.html, 7).

    No row is copied, and triggers, indexes and what refers to the table stay as they are.
    """
    connection = op.get_bind()
    version = connection.scalar(sa.text("PRAGMA schema_version"))
    connection.execute(sa.text("PRAGMA writable_schema = ON"))
    changed = connection.execute(
        sa.text(
            "UPDATE sqlite_schema SET sql = replace(sql, :before, :after) "
            "WHERE type = 'table' AND name = :name AND instr(sql, :before) > 0"
        ),
        {"before": before, "after": after, "name": table},
    )
    if changed.rowcount != 1:
        raise RuntimeError(f"the table {table} is not as this program made it")
    connection.execute(sa.text(f"PRAGMA schema_version = {int(version or 0) + 1}"))
    connection.execute(sa.text("PRAGMA writable_schema = OFF"))
