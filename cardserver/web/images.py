"""Pictures of papers: taken in by parts, listed, looked at, let go."""

from uuid import UUID

from apiflask import APIBlueprint

from cardserver.domain.permits import Action
from cardserver.services import paperimages
from cardserver.web.auth import caller, estate, permit
from cardserver.web.params import row
from cardserver.wire_images import (
    ImageList,
    ImagePart,
    ImageRequest,
    ImageView,
    LookedAt,
    LookRequest,
    PurgeRequest,
)

api = APIBlueprint("images", __name__, tag="Pictures of papers")

_OF_PERSON = f"/people/{row('holder_id')}/images"
_IMAGE = "/images/<uuid:image_id>"


@api.get(_OF_PERSON)
@permit(Action.FIND_HOLDERS)
@api.output(ImageList)
def listed(holder_id: int) -> ImageList:
    """List pictures of a person's papers, without what is on them."""
    return paperimages.list_images(estate(), caller(), holder_id)


@api.post(_OF_PERSON)
@permit(Action.STORE_IMAGE)
@api.input(ImageRequest)
@api.output(ImageView)
def announce(holder_id: int, json_data: ImageRequest) -> ImageView:
    """Announce a picture."""
    return paperimages.announce(estate(), caller(), holder_id, json_data)


@api.post(f"{_IMAGE}/parts")
@permit(Action.STORE_IMAGE)
@api.input(ImagePart)
@api.output(ImageView)
def part(image_id: UUID, json_data: ImagePart) -> ImageView:
    """Take in one piece of a picture."""
    return paperimages.receive(estate(), caller(), str(image_id), json_data)


@api.post(f"{_IMAGE}/looks")
@permit(Action.SEE_IMAGE)
@api.input(LookRequest)
@api.output(LookedAt)
def look(image_id: UUID, json_data: LookRequest) -> LookedAt:
    """Show a picture, and log who looked."""
    return paperimages.look(estate(), caller(), str(image_id), json_data)


@api.post(f"{_IMAGE}/purge")
@permit(Action.PURGE_IMAGE)
@api.input(PurgeRequest)
@api.output(ImageView)
def purge(image_id: UUID, json_data: PurgeRequest) -> ImageView:
    """Let a picture go before its day."""
    return paperimages.purge_image(estate(), caller(), str(image_id), json_data)
