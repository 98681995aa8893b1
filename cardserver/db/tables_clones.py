"""Cards of whose counters the gates saw what one card can't show (docs/security.md)."""

from datetime import date, datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from cardserver.db.tables import UUID_SIZE, Base
from cardserver.db.types import words
from cardserver.domain.clonetrap import CloneSign


class GateCloneRow(Base):
    """Two sightings that don't go together, once a card and day. Append-only.

    The later told one is the line (`device`, `journal`, `sequence`) of `gate_event`, made at `at`;
    `other_*` is the one it was compared with. `blocked`: the card was denied for it.
    """

    __tablename__ = "gate_clone"
    site: Mapped[str] = mapped_column(String(60), primary_key=True)
    card_number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    found_on: Mapped[date] = mapped_column(primary_key=True)
    found_at: Mapped[datetime]
    sign: Mapped[CloneSign] = mapped_column(words(CloneSign, "sign"))
    counter: Mapped[int]
    at: Mapped[datetime]
    device: Mapped[str] = mapped_column(String(60))
    journal: Mapped[str] = mapped_column(String(UUID_SIZE))
    sequence: Mapped[int]
    other_counter: Mapped[int]
    other_at: Mapped[datetime]
    other_device: Mapped[str] = mapped_column(String(60))
    blocked: Mapped[bool]


APPEND_ONLY = ("gate_clone",)
