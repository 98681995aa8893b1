"""What happened at the gates, how far each journal has come, and what was let go.

Every key starts with the site, the estate's id: lines of many estates can lie in one PostgreSQL and
be divided by it. There the lines are partitioned by the month of `at` (see `gatemonths`).
"""

from datetime import date, datetime

from sqlalchemy import Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from cardserver.db.tables import UUID_SIZE, Base, _Made
from cardserver.db.types import words
from cardserver.domain.gateevent import EventKind

_WITH_CARD = text("card_number IS NOT NULL")


class GateEventRow(Base):
    """A line of a gate's journal (see `cardserver.domain.gateevent`). Append-only.

    `device` is the gate's station name, `taken_at` when the line came here, `chain` the hash at
    this line, empty for lines of gates that kept no chain yet. `at` stands in the key because the
    months are divided by it; that no line comes twice is held by `GateCursorRow`. `at` is what the
    gate's clock told; where that was known to be off, `happened_at` is when it was by ours.
    """

    __tablename__ = "gate_event"
    site: Mapped[str] = mapped_column(String(60), primary_key=True)
    device: Mapped[str] = mapped_column(String(60), primary_key=True)
    journal: Mapped[str] = mapped_column(String(UUID_SIZE), primary_key=True)
    sequence: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(primary_key=True)
    taken_at: Mapped[datetime]
    lane: Mapped[str] = mapped_column(String(60))
    kind: Mapped[EventKind] = mapped_column(words(EventKind, "kind"))
    uid: Mapped[bytes]
    card_number: Mapped[int | None]
    granted: Mapped[bool]
    reason: Mapped[str] = mapped_column(String(30))
    snapshot_version: Mapped[int]
    about: Mapped[int]
    by: Mapped[str] = mapped_column(String(60))
    detail: Mapped[str] = mapped_column(String(400))
    counter: Mapped[int | None]
    chain: Mapped[bytes]
    happened_at: Mapped[datetime | None]
    __table_args__ = (
        Index("ix_gate_event_kind", "site", "kind", "at"),
        Index(
            "ix_gate_event_card",
            "site",
            "card_number",
            "at",
            sqlite_where=_WITH_CARD,
            postgresql_where=_WITH_CARD,
        ),
        {"postgresql_partition_by": "RANGE (at)"},
    )


class GateCursorRow(Base):
    """How far a journal has come: its last line here and the chain at it; both only go forward."""

    __tablename__ = "gate_cursor"
    site: Mapped[str] = mapped_column(String(60), primary_key=True)
    device: Mapped[str] = mapped_column(String(60), primary_key=True)
    journal: Mapped[str] = mapped_column(String(UUID_SIZE), primary_key=True)
    sequence: Mapped[int]
    chain: Mapped[bytes]
    taken_at: Mapped[datetime]


class GatePurgeRow(_Made, Base):
    """Lines older than `before` were let go, so many. Append-only.

    The database lets no line go before such a row stands (GA/T 1742: 365 days, then a record).
    """

    __tablename__ = "gate_purge"
    site: Mapped[str] = mapped_column(String(60), primary_key=True)
    before: Mapped[datetime] = mapped_column(primary_key=True)
    lines: Mapped[int]


class GateDayRow(Base):
    """A day that is over, by the hour, as it was counted last (`services/gatehours.py`).

    `lanes` names the rules it was counted by; `journals` is how far every journal was here then.
    `standing` is where every card stood at its end, of the latest day only.
    """

    __tablename__ = "gate_day"
    site: Mapped[str] = mapped_column(String(60), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    lanes: Mapped[str] = mapped_column(String(64))
    hours: Mapped[str] = mapped_column(Text)
    journals: Mapped[str] = mapped_column(Text)
    standing: Mapped[str] = mapped_column(Text)
    counted_at: Mapped[datetime]


class GateAlarmSeenRow(_Made, Base):
    """Somebody took note of an alarm line, by name and with a remark. Append-only."""

    __tablename__ = "gate_alarm_seen"
    site: Mapped[str] = mapped_column(String(60), primary_key=True)
    device: Mapped[str] = mapped_column(String(60), primary_key=True)
    journal: Mapped[str] = mapped_column(String(UUID_SIZE), primary_key=True)
    sequence: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    remark: Mapped[str] = mapped_column(String(400))


class GateSilenceRow(Base):
    """A gate was not heard from `since` until `until`, both by the server's clock. Append-only.

    That says nothing of its lanes, which go on alone; their lines come later.
    """

    __tablename__ = "gate_silence"
    site: Mapped[str] = mapped_column(String(60), primary_key=True)
    device: Mapped[str] = mapped_column(String(60), primary_key=True)
    since: Mapped[datetime] = mapped_column(primary_key=True)
    until: Mapped[datetime]


APPEND_ONLY = ("gate_event", "gate_purge", "gate_alarm_seen", "gate_silence")
"""Tables whose rows the database itself keeps from being changed or deleted; it lets lines of gates
go only where a purge is on record before."""
