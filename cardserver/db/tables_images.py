"""Rows of pictures of papers: what was stored, in sealed parts, who looked, and when it went.

What is known of a picture stays; its parts alone are taken away.
"""

from datetime import date
from typing import Final

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from cardserver.db.tables import UUID_SIZE, Base, _Made


class PaperImageRow(_Made, Base):
    """A picture of a paper is, or was, stored. Append-only.

    It is whole when all of its `parts` are there. `key_version` is that of the key that seals it;
    on `purge_on`, a date of the estate, it goes.
    """

    __tablename__ = "paper_image"
    id: Mapped[str] = mapped_column(String(UUID_SIZE), primary_key=True)
    holder_id: Mapped[int] = mapped_column(ForeignKey("holder.id"), index=True)
    paper: Mapped[str] = mapped_column(String(60))
    kind: Mapped[str] = mapped_column(String(10))
    size: Mapped[int]
    parts: Mapped[int]
    key_version: Mapped[int]
    purge_on: Mapped[date] = mapped_column(index=True)


class PaperImagePartRow(Base):
    """A sealed piece of a picture, until the picture goes (`cardserver.services.imageseal`)."""

    __tablename__ = "paper_image_part"
    image_id: Mapped[str] = mapped_column(ForeignKey("paper_image.id"), primary_key=True)
    part: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    sealed: Mapped[bytes]


class PaperImageLookRow(_Made, Base):
    """Somebody looked at a picture. Append-only. `allowed_by` is whose office carried it."""

    __tablename__ = "paper_image_look"
    id: Mapped[str] = mapped_column(String(UUID_SIZE), primary_key=True)
    image_id: Mapped[str] = mapped_column(ForeignKey("paper_image.id"), index=True)
    allowed_by: Mapped[str] = mapped_column(String(60))


class PaperImagePurgeRow(_Made, Base):
    """The picture is gone, and why: ``due``, ``asked``, ``refused`` or ``unfinished``."""

    __tablename__ = "paper_image_purge"
    image_id: Mapped[str] = mapped_column(ForeignKey("paper_image.id"), primary_key=True)
    reason: Mapped[str] = mapped_column(String(60))
    detail: Mapped[str] = mapped_column(String(400))


APPEND_ONLY: Final = ("paper_image", "paper_image_look", "paper_image_purge")
"""Tables whose rows the database itself keeps from being changed or deleted."""
