"""Owner data from a file, on the wire: read, shown line by line, taken over."""

from typing import Annotated, Literal

from pydantic import Field

from cardserver.wirebase import HexBytes, Instant, Uuid, Wire

MAX_PART_BYTES = 96 * 1024
"""Bytes of an uploaded file in one call: as hex they fit an ordinary body."""

ImportState = Literal["receiving", "previewed", "refused", "taken-over", "dropped"]
FateWord = Literal["new", "changed", "same", "refused"]


class ImportRequest(Wire):
    """A file of owner data is coming, in `parts` pieces."""

    import_id: Uuid
    name: Annotated[str, Field(min_length=1, max_length=120, pattern=r"^[^\x00-\x1f\x7f/\\]+$")]
    size: Annotated[int, Field(ge=1, le=64 * 1024 * 1024)]
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class PartRequest(Wire):
    """One piece of it, counted from 0; the same piece may come again."""

    part: Annotated[int, Field(ge=0, le=2000)]
    data: Annotated[HexBytes, Field(min_length=1, max_length=MAX_PART_BYTES)]


class TakeOverRequest(Wire):
    """Take over exactly what was previewed: this file, with these fates."""

    request_id: Uuid
    sha256: str
    digest: str


class ImportView(Wire):
    """A file on its way in. `digest` names its preview; `problem` says why it is refused.

    While `running`, `done` of `total` steps are behind it.
    """

    import_id: Uuid
    name: str
    size: int
    sha256: str
    state: ImportState
    problem: str
    detail: str
    digest: str
    counts: dict[str, int]
    unread: tuple[str, ...]
    operator: str
    at: Instant
    done_at: Instant | None
    running: bool = False
    done: int = 0
    total: int = 0
    trouble: str = ""


class ImportList(Wire):
    """The latest files, newest first."""

    imports: tuple[ImportView, ...]


class ImportLine(Wire):
    """The fate of one row: what would change (field, old, new), or why it is refused."""

    line: int
    fate: FateWord
    unit: str
    name: str
    reason: str
    detail: tuple[tuple[str, ...], ...]


class ImportLines(Wire):
    """A page of rows, counted from 0."""

    lines: tuple[ImportLine, ...]
    more: bool
