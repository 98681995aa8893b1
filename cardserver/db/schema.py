"""All tables of the store: one module a topic, gathered here for migrations and tests."""

from typing import Final

from cardserver.db import (
    tables,
    tables_approvals,
    tables_charges,
    tables_clones,
    tables_gateevents,
    tables_gaterules,
    tables_gateslips,
    tables_gatesync,
    tables_images,
    tables_operators,
    tables_papers,
    tables_parking,
    tables_payments,
    tables_people,
    tables_reconciliation,
    tables_register,
    tables_review,
    tables_shifts,
    tables_waiting,
)
from cardserver.db.tables import Base

KEPT: Final = (
    *tables.APPEND_ONLY,
    *tables_operators.APPEND_ONLY,
    *tables_register.APPEND_ONLY,
    *tables_people.APPEND_ONLY,
    *tables_review.APPEND_ONLY,
    *tables_approvals.APPEND_ONLY,
    *tables_parking.APPEND_ONLY,
    *tables_papers.APPEND_ONLY,
    *tables_shifts.APPEND_ONLY,
    *tables_images.APPEND_ONLY,
    *tables_payments.APPEND_ONLY,
    *tables_charges.APPEND_ONLY,
    *tables_reconciliation.APPEND_ONLY,
    *tables_gatesync.APPEND_ONLY,
    *tables_gateevents.APPEND_ONLY,
    *tables_gaterules.APPEND_ONLY,
    *tables_gateslips.APPEND_ONLY,
    *tables_clones.APPEND_ONLY,
)
"""Tables whose rows the database itself keeps from being changed or deleted."""

FOLLOWING: Final = (*tables_waiting.FOLLOWING, "unprinted")
"""Tables that the database itself fills, from rows of others."""

__all__ = ["FOLLOWING", "KEPT", "Base"]
