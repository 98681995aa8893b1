"""Rows about people: what was changed of them, where their papers lie, imports, and search keys.

What a person is stands in `holder` itself (`cardserver.db.tables`); here is what goes with it.
"""

from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from cardserver.db.tables import UUID_SIZE, Base, _Made

_KEY: Final = String(120).with_variant(String(120, collation="C"), "postgresql")
"""Compared byte by byte on both engines, so that a prefix is a range of the index."""


class SearchKeyRow(Base):
    """A text under which a holder is found, in its normal form (`cardserver.domain.searchkeys`).

    Made of the holder's own file and always to be made again, so nothing refers to it, and it
    refers to nothing: a million of them are poured in at once.
    """

    __tablename__ = "search_key"
    key: Mapped[str] = mapped_column(_KEY, primary_key=True)
    holder_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    kind: Mapped[str] = mapped_column(String(10), primary_key=True)
    __table_args__ = (
        Index("ix_search_key_holder_id_kind", "holder_id", "kind"),
        {"sqlite_with_rowid": False},
    )


class FileChangeRow(_Made, Base):
    """What was changed on the file of a holder or a unit. Append-only.

    `changes` lists field, old and new value; phone and ID numbers stand in it masked (IC-23b).
    `request_id` is the call or the import that did it.
    """

    __tablename__ = "file_change"
    id: Mapped[int] = mapped_column(primary_key=True)
    holder_id: Mapped[int | None] = mapped_column(ForeignKey("holder.id"), index=True)
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"), index=True)
    act: Mapped[str] = mapped_column(String(30))
    changes: Mapped[Any]
    reason: Mapped[str] = mapped_column(String(400))
    request_id: Mapped[str] = mapped_column(String(UUID_SIZE), index=True)


class TransferRow(_Made, Base):
    """A unit changed hands (IC-22). Append-only; the people are named in `file_change`."""

    __tablename__ = "transfer"
    id: Mapped[str] = mapped_column(String(UUID_SIZE), primary_key=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), index=True)
    new_owner_id: Mapped[int] = mapped_column(ForeignKey("holder.id"))
    transferred_on: Mapped[date]
    rights_end: Mapped[date]
    cards: Mapped[Any]


class UnmaskingRow(_Made, Base):
    """Somebody looked at one hidden field of one holder (IC-23b). Append-only."""

    __tablename__ = "unmasking"
    id: Mapped[str] = mapped_column(String(UUID_SIZE), primary_key=True)
    holder_id: Mapped[int] = mapped_column(ForeignKey("holder.id"), index=True)
    field: Mapped[str] = mapped_column(String(30))


class PaperCopyRow(_Made, Base):
    """A copy of a paper was taken and belongs in a folder (PARK-02, IC-05c). Append-only."""

    __tablename__ = "paper_copy"
    id: Mapped[str] = mapped_column(String(UUID_SIZE), primary_key=True)
    holder_id: Mapped[int] = mapped_column(ForeignKey("holder.id"), index=True)
    paper: Mapped[str] = mapped_column(String(60))
    occasion: Mapped[str] = mapped_column(String(120))


class PaperFilingRow(_Made, Base):
    """The copy lies in this folder (PARK-08a). Append-only; the latest row says where."""

    __tablename__ = "paper_filing"
    id: Mapped[str] = mapped_column(String(UUID_SIZE), primary_key=True)
    copy_id: Mapped[str] = mapped_column(ForeignKey("paper_copy.id"), index=True)
    folder: Mapped[str] = mapped_column(String(60))


class OwnerImportRow(_Made, Base):
    """A file of owner data on its way in: uploaded, previewed, taken over or let go.

    `digest` is that of the preview: what is taken over is what was shown, or nothing.
    """

    __tablename__ = "owner_import"
    id: Mapped[str] = mapped_column(String(UUID_SIZE), primary_key=True)
    name: Mapped[str] = mapped_column(String(120))
    size: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64))
    state: Mapped[str] = mapped_column(String(30))
    problem: Mapped[str] = mapped_column(String(60))
    detail: Mapped[str] = mapped_column(String(400))
    digest: Mapped[str] = mapped_column(String(64))
    counts: Mapped[Any]
    done_at: Mapped[datetime | None]


class ImportPartRow(Base):
    """A piece of an uploaded file, until it is taken over or let go."""

    __tablename__ = "import_part"
    import_id: Mapped[str] = mapped_column(ForeignKey("owner_import.id"), primary_key=True)
    part: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    data: Mapped[bytes]


class ImportLineRow(Base):
    """The fate of one row of a previewed file; phone and ID numbers masked.

    `detail` holds what would change (field, old, new), or what a refusal is about.
    """

    __tablename__ = "import_line"
    import_id: Mapped[str] = mapped_column(ForeignKey("owner_import.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    line: Mapped[int]
    fate: Mapped[str] = mapped_column(String(10))
    unit: Mapped[str] = mapped_column(String(120))
    name: Mapped[str] = mapped_column(String(120))
    reason: Mapped[str] = mapped_column(String(60))
    detail: Mapped[Any]
    __table_args__ = (
        UniqueConstraint("import_id", "fate", "position", name="uq_import_line_fate"),
    )


APPEND_ONLY: Final = (
    "file_change",
    "transfer",
    "unmasking",
    "paper_copy",
    "paper_filing",
)
"""Tables whose rows the database itself keeps from being changed or deleted."""
