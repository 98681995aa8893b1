"""What desks and server say to each other about pictures of papers."""

from datetime import date
from typing import Annotated, Final

from pydantic import Field

from cardserver.domain.paperimage import MAX_BYTES, ImageKind
from cardserver.domain.verification import Paper
from cardserver.wirebase import HexBytes, Instant, RowId, Text, Uuid, Wire

PART_BYTES: Final = 96 * 1024
"""One call carries so much of a picture: it stays in memory, and in no file on its way."""

MAX_PARTS: Final = -(-MAX_BYTES // PART_BYTES)


class ImageRequest(Wire):
    """A picture of a holder's paper is coming, in parts of 96 KiB, the last as long as it is."""

    image_id: Uuid
    paper: Paper
    kind: ImageKind
    size: Annotated[int, Field(ge=1, le=MAX_BYTES)]


class ImagePart(Wire):
    """One piece of it, counted from 0; the same piece may come again."""

    part: Annotated[int, Field(ge=0, lt=MAX_PARTS)]
    data: Annotated[HexBytes, Field(min_length=1, max_length=PART_BYTES)]


class ImageView(Wire):
    """What is known of a picture: never what is on it. `whole` once all of it has come."""

    image_id: Uuid
    holder_id: RowId
    paper: Paper
    kind: ImageKind
    size: int
    at: Instant
    operator: str
    whole: bool
    looks: int
    purge_on: date
    purged_at: Instant | None = None
    purged_by: str = ""
    purge_reason: str = ""


class ImageList(Wire):
    """Pictures of one holder's papers, newest first. `months` is 0 where none are stored."""

    months: int
    images: tuple[ImageView, ...]


class LookRequest(Wire):
    """Somebody looks at a picture; the look is on record before it is shown."""

    look_id: Uuid


class LookedAt(Wire):
    """The picture itself."""

    kind: ImageKind
    data: HexBytes


class PurgeRequest(Wire):
    """A picture goes before its day."""

    request_id: Uuid
    reason: Text
