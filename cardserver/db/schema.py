"""All tables of the store: one module a topic, gathered here for migrations and tests."""

from typing import Final

from cardserver.db import tables
from cardserver.db.tables import Base

KEPT: Final = (*tables.APPEND_ONLY,)
"""Tables whose rows the database itself keeps from being changed or deleted."""

__all__ = ["KEPT", "Base"]
