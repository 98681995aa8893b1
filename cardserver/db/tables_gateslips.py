"""Goods slips that were taken back at a gate: each is good once, wherever it is shown (GATE-04)."""

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from cardserver.db.tables import UUID_SIZE, Base
from cardserver.domain.gatechecks import LONGEST_SLIP


class GateSlipRow(Base):
    """A slip that is used up. Append-only.

    `list_version` is the version of the issue list that gates learn it with; `at` is when the guard
    took it, in the line (`device`, `journal`, `sequence`) of `gate_event`.
    """

    __tablename__ = "gate_slip"
    site: Mapped[str] = mapped_column(String(60), primary_key=True)
    slip: Mapped[str] = mapped_column(String(LONGEST_SLIP), primary_key=True)
    list_version: Mapped[int]
    at: Mapped[datetime]
    device: Mapped[str] = mapped_column(String(60))
    journal: Mapped[str] = mapped_column(String(UUID_SIZE))
    sequence: Mapped[int]


APPEND_ONLY = ("gate_slip",)
