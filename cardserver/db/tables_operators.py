"""Rows of the people who work here: who they are, who is signed in, who tried, who stepped up."""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from cardserver.db.tables import UUID_SIZE, Base, _Made


class OperatorRow(Base):
    """A person with an own log-in. The name stands beside every act, so it never changes.

    `holder_id` is the person's own row as a holder: nobody operates their own card (IC-14a).
    `roles` are words of `cardserver.domain.permits.Role`.
    """

    __tablename__ = "operator"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(60), unique=True)
    holder_id: Mapped[int | None] = mapped_column(ForeignKey("holder.id"))
    password_hash: Mapped[str] = mapped_column(String(200))
    active: Mapped[bool]
    roles: Mapped[Any]


class SessionRow(Base):
    """An operator signed in at one station. Only a hash of its token is kept."""

    __tablename__ = "session"
    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[bytes] = mapped_column(unique=True)
    operator_id: Mapped[int] = mapped_column(ForeignKey("operator.id"), index=True)
    station: Mapped[str] = mapped_column(String(60))
    made: Mapped[datetime]
    last_seen: Mapped[datetime]
    ended: Mapped[datetime | None]
    ended_by: Mapped[str] = mapped_column(String(60))


class SignInAttemptRow(Base):
    """Somebody gave a name and a password, to sign in or to step up. Append-only.

    `purpose` is ``sign-in`` or the action stepped up for; the password itself is nowhere.
    """

    __tablename__ = "sign_in_attempt"
    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    station: Mapped[str] = mapped_column(String(60))
    name: Mapped[str] = mapped_column(String(60))
    purpose: Mapped[str] = mapped_column(String(60))
    outcome: Mapped[str] = mapped_column(String(30))
    __table_args__ = (
        Index("ix_sign_in_attempt_name_id", "name", "id"),
        Index("ix_sign_in_attempt_station_id", "station", "id"),
    )


class LeaveRow(Base):
    """A second person's own credential was given for one action in one session. Append-only."""

    __tablename__ = "leave"
    id: Mapped[str] = mapped_column(String(UUID_SIZE), primary_key=True)
    action: Mapped[str] = mapped_column(String(60))
    operator_id: Mapped[int] = mapped_column(ForeignKey("operator.id"))
    session_id: Mapped[int] = mapped_column(ForeignKey("session.id"))
    station: Mapped[str] = mapped_column(String(60))
    at: Mapped[datetime]
    ends: Mapped[datetime]


class HeadNoticeRow(_Made, Base):
    """A staff card was blocked: both heads are to know (IC-14a). Append-only."""

    __tablename__ = "head_notice"
    id: Mapped[int] = mapped_column(primary_key=True)
    card_number: Mapped[int] = mapped_column(ForeignKey("card.number"), index=True)
    holder_id: Mapped[int] = mapped_column(ForeignKey("holder.id"))
    reason: Mapped[str] = mapped_column(String(400))


class HeadNoticeSeenRow(Base):
    """A head has seen a notice. Append-only."""

    __tablename__ = "head_notice_seen"
    notice_id: Mapped[int] = mapped_column(ForeignKey("head_notice.id"), primary_key=True)
    name: Mapped[str] = mapped_column(String(60), primary_key=True)
    at: Mapped[datetime]
    station: Mapped[str] = mapped_column(String(60))


APPEND_ONLY: Final = ("sign_in_attempt", "leave", "head_notice", "head_notice_seen")
