"""Calls about pictures of papers."""

from uuid import uuid4

from cardserver.clientbase import Calls
from cardserver.domain.paperimage import cleaned
from cardserver.domain.verification import Paper
from cardserver.wire_images import (
    PART_BYTES,
    ImageList,
    ImagePart,
    ImageRequest,
    ImageView,
    LookedAt,
    LookRequest,
    PurgeRequest,
)


class ImagesCalls(Calls):
    """Pictures of papers, where the estate stores them."""

    def of_holder(self, holder_id: int) -> ImageList:
        """What is known of the pictures of this person's papers. Refused with ``not-found``."""
        return self._get(f"/api/people/{holder_id}/images", ImageList)

    def store(
        self, holder_id: int, paper: Paper, data: bytes, image_id: str | None = None
    ) -> ImageView:
        """Send a picture in parts, without what rides along with it.

        Raises RuleViolation for what is no picture; refused with ``images-off``.
        """
        kind, picture = cleaned(data)
        image_id = image_id or str(uuid4())
        request = ImageRequest(image_id=image_id, paper=paper, kind=kind, size=len(picture))
        view = self._post(f"/api/people/{holder_id}/images", request, ImageView)
        for place, start in enumerate(range(0, len(picture), PART_BYTES)):
            part = ImagePart(part=place, data=picture[start : start + PART_BYTES])
            view = self._post(f"/api/images/{image_id}/parts", part, ImageView)
        return view

    def look(self, image_id: str, look_id: str) -> LookedAt:
        """The picture; the look is logged. Refused with ``image-purged``."""
        return self._post(f"/api/images/{image_id}/looks", LookRequest(look_id=look_id), LookedAt)

    def purge(self, image_id: str, request: PurgeRequest) -> ImageView:
        """Let it go before its day."""
        return self._post(f"/api/images/{image_id}/purge", request, ImageView)
