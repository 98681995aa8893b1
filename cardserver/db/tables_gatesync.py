"""Gates' own credentials, and which version of the list each has and had.

Every key starts with the site, as all tables of the gates (`tables_gateevents`).
"""

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from cardserver.db.tables import Base
from cardserver.domain.rights import CardStatus


class GateCredentialRow(Base):
    """A public key that a gate signs with. Rows are never deleted; a key is revoked once.

    `device` is the gate's station name, `key_id` the key's short name. Two may be good at a time,
    while a gate goes over to a new one.
    """

    __tablename__ = "gate_credential"
    site: Mapped[str] = mapped_column(String(60), primary_key=True)
    device: Mapped[str] = mapped_column(String(60), primary_key=True)
    key_id: Mapped[str] = mapped_column(String(16), primary_key=True)
    public_key: Mapped[bytes]
    enrolled_at: Mapped[datetime]
    enrolled_by: Mapped[str] = mapped_column(String(60))
    revoked_at: Mapped[datetime | None]
    revoked_by: Mapped[str] = mapped_column(String(60), default="", server_default="")


class GateSeenRow(Base):
    """What a gate said last: the list it enforces and since when, its clock, what it keeps waiting.

    `drift_ms` is how far its clock was ahead of the centre's.
    """

    __tablename__ = "gate_seen"
    site: Mapped[str] = mapped_column(String(60), primary_key=True)
    device: Mapped[str] = mapped_column(String(60), primary_key=True)
    version: Mapped[int]
    version_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    drift_ms: Mapped[int]
    waiting: Mapped[int]
    program: Mapped[str] = mapped_column(String(60))


class GateLaneRow(Base):
    """What a lane is called at its gate, as it was told last; lines name the lane by its id."""

    __tablename__ = "gate_lane"
    site: Mapped[str] = mapped_column(String(60), primary_key=True)
    lane_id: Mapped[str] = mapped_column(String(60), primary_key=True)
    name: Mapped[str] = mapped_column(String(60))


class GateEnforcedRow(Base):
    """When a gate first said that it enforces a version, by the centre's clock. Append-only."""

    __tablename__ = "gate_enforced"
    site: Mapped[str] = mapped_column(String(60), primary_key=True)
    device: Mapped[str] = mapped_column(String(60), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime]


class CardStandingRow(Base):
    """A card was taken off the gates' list, or put back on it, with this version. Append-only."""

    __tablename__ = "card_standing"
    site: Mapped[str] = mapped_column(String(60), primary_key=True)
    card_number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    status: Mapped[CardStatus]
    at: Mapped[datetime]


class ListEraRow(Base):
    """From `since_version` on the list's versions were made in this era, until the next begins.

    Each server process begins one, so that a version made after a backup is not taken for one of
    the same number made before it. Append-only.
    """

    __tablename__ = "gate_list_era"
    site: Mapped[str] = mapped_column(String(60), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    name: Mapped[str] = mapped_column(String(16))
    since_version: Mapped[int]
    at: Mapped[datetime]


APPEND_ONLY = ("gate_enforced", "card_standing", "gate_list_era")
"""Tables whose rows the database itself keeps from being changed or deleted."""
