"""Pictures of papers, where the estate stores them: taken in, listed, looked at.

A picture comes in parts and each is sealed as it comes, so that no open piece of it touches the
disk. When the last one is there the whole is looked at: what is no picture goes at once.
"""

from collections import Counter
from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import InstrumentedAttribute

from cardserver.db.tables import HolderRow
from cardserver.db.tables_images import (
    PaperImageLookRow,
    PaperImagePartRow,
    PaperImagePurgeRow,
    PaperImageRow,
)
from cardserver.db.wiping import leave_nothing_behind
from cardserver.domain.errors import RuleViolation
from cardserver.domain.paperimage import ImageKind, cleaned, purge_day
from cardserver.domain.permits import Action
from cardserver.domain.verification import Paper
from cardserver.services.errors import Conflict
from cardserver.services.imagepurge import ASKED, REFUSED, purge
from cardserver.services.imageseal import open_all, open_part, seal_part
from cardserver.services.replay import repeated
from cardserver.services.turn import Caller, Estate, Turn, reading, writing
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


def list_images(estate: Estate, caller: Caller, holder_id: int) -> ImageList:
    """Pictures of this person's papers, those that are gone too, newest first. Raises NotFound."""
    with reading(estate, caller) as turn:
        turn.find(HolderRow, holder_id, "holder")
        rows = turn.session.scalars(
            select(PaperImageRow)
            .where(PaperImageRow.holder_id == holder_id)
            .order_by(PaperImageRow.at.desc(), PaperImageRow.id)
        ).all()
        return ImageList(months=estate.rules.image_months, images=_views(turn, rows))


def announce(estate: Estate, caller: Caller, holder_id: int, request: ImageRequest) -> ImageView:
    """A picture is coming; from now on its day to go is fixed.

    Raises RuleViolation ``images-off``, NotFound, Conflict ``id-reused``.
    """
    with writing(estate, caller) as turn:
        turn.find(HolderRow, holder_id, "holder")
        if not repeated(turn, request.image_id, "store-image", request, about=holder_id):
            purge_on = purge_day(turn.today, estate.rules.image_months)
            turn.add(
                PaperImageRow(
                    id=request.image_id,
                    holder_id=holder_id,
                    paper=request.paper,
                    kind=request.kind,
                    size=request.size,
                    parts=-(-request.size // PART_BYTES),
                    key_version=estate.vault.current_version,
                    purge_on=purge_on,
                    **turn.made(),
                )
            )
            turn.note("store-image", f"holder {holder_id}", request.paper)
        return image_view(turn, turn.find(PaperImageRow, request.image_id, "image"))


def receive(estate: Estate, caller: Caller, image_id: str, request: ImagePart) -> ImageView:
    """One part of it. With the last one the picture is looked at, and kept or let go.

    Raises RuleViolation ``image-broken``, ``image-unknown``, ``image-not-as-said``; NotFound;
    Conflict ``image-purged``, ``id-reused``; VaultError.
    """
    refused = None
    with writing(estate, caller) as turn:
        row = present(turn, image_id)
        _keep_part(turn, row, request)
        if _counted(turn, PaperImagePartRow.image_id, [row.id])[row.id] == row.parts:
            try:
                _check(row, open_all(estate.vault, row, _parts(turn, row)))
            except RuleViolation as violation:
                refused = violation
                purge(turn, row, REFUSED, violation.reason)
        view = image_view(turn, row)
    if refused is not None:  # said only now, so that the parts are gone for good
        raise refused
    return view


def look(estate: Estate, caller: Caller, image_id: str, request: LookRequest) -> LookedAt:
    """The picture, once the look is on record. A repeated call is answered to the same person only.

    Raises NotPermitted, NotFound, Conflict ``image-purged``, ``image-damaged``, VaultError.
    """
    with writing(estate, caller) as turn:
        allowed_by = caller.authorised_by(Action.SEE_IMAGE)
        row = present(turn, image_id)
        parts = _parts(turn, row)
        if len(parts) != row.parts:
            raise Conflict("image-unfinished", "not all of the picture has come")
        data = open_all(estate.vault, row, parts)
        if not repeated(turn, request.look_id, "see-image", request, about=image_id):
            look_row = PaperImageLookRow(
                id=request.look_id, image_id=image_id, allowed_by=allowed_by, **turn.made()
            )
            turn.add(look_row)
            turn.note("see-image", f"holder {row.holder_id}", f"{row.paper} {allowed_by}")
        logged = turn.find(PaperImageLookRow, request.look_id, "look")
        if logged.operator != caller.operator or logged.station != caller.station:
            raise Conflict("id-reused", "this look was somebody else's")
        return LookedAt(kind=ImageKind(row.kind), data=data)


def purge_image(estate: Estate, caller: Caller, image_id: str, request: PurgeRequest) -> ImageView:
    """Let one go before its day. Raises NotPermitted, NotFound, Conflict ``image-purged``."""
    with writing(estate, caller) as turn:
        caller.authorised_by(Action.PURGE_IMAGE)
        if not repeated(turn, request.request_id, "purge-image", request, about=image_id):
            purge(turn, present(turn, image_id), ASKED, request.reason)
        view = image_view(turn, turn.find(PaperImageRow, image_id, "image"))
    leave_nothing_behind(estate.engine)
    return view


def present(turn: Turn, image_id: str) -> PaperImageRow:
    """A picture that is still there. Raises NotFound, Conflict ``image-purged``."""
    row = turn.find(PaperImageRow, image_id, "image")
    if turn.session.get(PaperImagePurgeRow, image_id) is not None:
        raise Conflict("image-purged", "this picture is gone")
    return row


def image_view(turn: Turn, row: PaperImageRow) -> ImageView:
    """What is known of one picture."""
    return _views(turn, [row])[0]


def _keep_part(turn: Turn, row: PaperImageRow, request: ImagePart) -> None:
    last = row.parts - 1
    length = row.size - last * PART_BYTES if request.part == last else PART_BYTES
    if request.part > last or len(request.data) != length:
        raise RuleViolation("image-not-as-said")
    vault = turn.estate.vault
    known = turn.session.get(PaperImagePartRow, (row.id, request.part))
    if known is None:
        sealed = seal_part(vault, row, request.part, request.data)
        turn.add(PaperImagePartRow(image_id=row.id, part=request.part, sealed=sealed))
    elif open_part(vault, row, request.part, known.sealed) != request.data:
        raise Conflict("id-reused", f"part {request.part} came before, and was another one")


def _check(row: PaperImageRow, data: bytes) -> None:
    """Raise RuleViolation unless this is what was announced, and nothing besides."""
    kind, picture = cleaned(data)
    if kind != row.kind or picture != data:
        raise RuleViolation("image-not-as-said")


def _parts(turn: Turn, row: PaperImageRow) -> dict[int, bytes]:
    """What has come of it, sealed as it is."""
    part = PaperImagePartRow
    found = select(part.part, part.sealed).where(part.image_id == row.id)
    return dict(turn.session.execute(found).all())


def _counted(turn: Turn, image_id: InstrumentedAttribute[str], ids: Sequence[str]) -> Counter[str]:
    """How many rows with this column belong to each of these pictures."""
    found = select(image_id, func.count()).where(image_id.in_(ids)).group_by(image_id)
    return Counter(dict(turn.session.execute(found).all()))


def _views(turn: Turn, rows: Sequence[PaperImageRow]) -> tuple[ImageView, ...]:
    ids = [row.id for row in rows]
    parts = _counted(turn, PaperImagePartRow.image_id, ids)
    looks = _counted(turn, PaperImageLookRow.image_id, ids)
    gone = {
        each.image_id: each
        for each in turn.session.scalars(
            select(PaperImagePurgeRow).where(PaperImagePurgeRow.image_id.in_(ids))
        )
    }
    views = []
    for row in rows:
        went = gone.get(row.id)
        views.append(
            ImageView(
                image_id=row.id,
                holder_id=row.holder_id,
                paper=Paper(row.paper),
                kind=ImageKind(row.kind),
                size=row.size,
                at=row.at,
                operator=row.operator,
                whole=parts[row.id] == row.parts,
                looks=looks[row.id],
                purge_on=row.purge_on,
                purged_at=went.at if went else None,
                purged_by=went.operator or went.station if went else "",
                purge_reason=went.reason if went else "",
            )
        )
    return tuple(views)
