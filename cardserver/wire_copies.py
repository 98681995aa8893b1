"""Copies of papers on the wire: what was copied, and in which folder it lies."""

from cardserver.domain.verification import Paper
from cardserver.wirebase import Count, Instant, RowId, Text, Uuid, Wire, Word


class CopyRequest(Wire):
    """A copy of a paper was taken; it belongs in a folder."""

    copy_id: Uuid
    paper: Paper
    occasion: Text


class FilingRequest(Wire):
    """The copy lies in this folder now (PARK-08a)."""

    filing_id: Uuid
    folder: Word


class CopyView(Wire):
    """A copy of a paper, and the folder it lies in; empty while it lies nowhere yet."""

    copy_id: Uuid
    holder_id: RowId
    holder_name: str
    unit: str
    paper: Paper
    occasion: str
    at: Instant
    operator: str
    folder: str
    filed_at: Instant | None
    filed_by: str


class CopyList(Wire):
    """Copies of papers, oldest first: so many as were asked for, of `total`."""

    copies: tuple[CopyView, ...]
    total: Count
