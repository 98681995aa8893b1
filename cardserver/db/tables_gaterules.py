"""The rules of the gates as they were put on file, version by version.

Every key starts with the site, as all tables of the gates (`tables_gateevents`).
"""

from typing import Final

from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, mapped_column

from cardserver.db.tables import Base, _Made


class GateRulesRow(_Made, Base):
    """A version of the rules: the document as it was written, who answers for it and why.

    `list_version` is the version of the issue list that gates get it with. Append-only.
    """

    __tablename__ = "gate_rules"
    site: Mapped[str] = mapped_column(String(60), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    document: Mapped[str] = mapped_column(Text)
    note: Mapped[str] = mapped_column(String(400))
    set_by: Mapped[str] = mapped_column(String(60))
    list_version: Mapped[int]


APPEND_ONLY: Final = ("gate_rules",)
