"""Alembic's entry: runs inside the connection and the transaction that `upgrade` opened."""

from alembic import context

from cardserver.db.schema import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    transactional_ddl=False,
)
context.run_migrations()
