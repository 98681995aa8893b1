"""Pictures of papers: off by default, sealed when on, looked at on record, gone on their day."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import func, select, text

from cardserver.db.engine import WRITER
from cardserver.db.tables import AuditRow, Base
from cardserver.db.tables_images import PaperImageLookRow, PaperImagePartRow
from cardserver.domain.cardrules import CardRules
from cardserver.domain.errors import RuleViolation
from cardserver.domain.paperimage import ImageKind, cleaned
from cardserver.domain.permits import Action
from cardserver.domain.verification import Paper
from cardserver.services import paperimages
from cardserver.services.daily import Daily
from cardserver.services.errors import Conflict, NotPermitted, StoreBusy
from cardserver.services.imagepurge import SERVER, purge_due
from cardserver.services.turn import Estate, Leave, reading
from cardserver.vault import demo_vault
from cardserver.wire_images import (
    PART_BYTES,
    ImagePart,
    ImageRequest,
    ImageView,
    LookRequest,
    PurgeRequest,
)
from tests.databases.frontdesk import DESK, HEAD_DESK, FrontDesk, new_id
from tests.databases.pictures import jpeg, pdf

KIND, PICTURE = cleaned(jpeg(600))
"""Of several parts."""

A_YEAR = CardRules(image_months=12)


@pytest.fixture
def storing(desk: FrontDesk) -> FrontDesk:
    """A desk of an estate that stores pictures for a year."""
    desk.estate = replace(desk.estate, rules=A_YEAR)
    return desk


def announced(desk: FrontDesk, *, size: int = len(PICTURE), kind: ImageKind = KIND) -> str:
    request = ImageRequest(image_id=new_id(), paper=Paper.ID_COPY, kind=kind, size=size)
    return paperimages.announce(desk.estate, DESK, desk.tenant, request).image_id


def send(desk: FrontDesk, image_id: str, data: bytes = PICTURE) -> ImageView:
    views = [
        paperimages.receive(
            desk.estate,
            DESK,
            image_id,
            ImagePart(part=part, data=data[start : start + PART_BYTES]),
        )
        for part, start in enumerate(range(0, len(data), PART_BYTES))
    ]
    return views[-1]


def stored(desk: FrontDesk) -> str:
    image_id = announced(desk)
    assert send(desk, image_id).whole
    return image_id


def look(desk: FrontDesk, image_id: str) -> bytes:
    request = LookRequest(look_id=new_id())
    return paperimages.look(desk.estate, HEAD_DESK, image_id, request).data


def listed(desk: FrontDesk) -> list[ImageView]:
    return list(paperimages.list_images(desk.estate, DESK, desk.tenant).images)


def count(estate: Estate, table: type) -> int:
    with reading(estate, DESK) as turn:
        return turn.session.scalar(select(func.count()).select_from(table)) or 0


def test_no_picture_is_stored_unless_the_estate_says_so(desk: FrontDesk) -> None:
    with pytest.raises(RuleViolation) as refused:
        announced(desk)
    assert refused.value.reason == "images-off"
    assert paperimages.list_images(desk.estate, DESK, desk.tenant).months == 0


def test_a_picture_comes_in_parts_and_is_shown_as_it_came(storing: FrontDesk) -> None:
    assert len(PICTURE) > 2 * PART_BYTES
    image_id = stored(storing)
    assert look(storing, image_id) == PICTURE
    (view,) = listed(storing)
    assert (view.operator, view.size, view.purge_on) == (
        DESK.operator,
        len(PICTURE),
        date(2026, 6, 9),
    )


def test_nothing_of_it_can_be_read_in_the_database(storing: FrontDesk) -> None:
    image_id = stored(storing)
    with reading(storing.estate, DESK) as turn:
        parts = turn.session.scalars(
            select(PaperImagePartRow.sealed).where(PaperImagePartRow.image_id == image_id)
        ).all()
    assert len(parts) == -(-len(PICTURE) // PART_BYTES)
    pieces = {PICTURE[at : at + 12] for at in range(0, len(PICTURE) - 12, 997)}
    assert not any(piece in sealed for sealed in parts for piece in pieces)
    engine = storing.estate.engine
    if engine.dialect.name == "sqlite":
        engine.dispose()
        written = Path(str(engine.url.database)).read_bytes()
        assert any(parts[0][at : at + 64] in written for at in range(0, 9000, 64))
        assert not any(piece in written for piece in pieces)


def test_a_part_changed_moved_or_of_another_picture_is_not_shown(storing: FrontDesk) -> None:
    ours, other = stored(storing), stored(storing)
    engine = storing.estate.engine
    table = Base.metadata.tables["paper_image_part"]
    with engine.connect().execution_options(**{WRITER: True}) as connection, connection.begin():
        taken = select(table.c.sealed).where(table.c.image_id == other, table.c.part == 0)
        sealed = connection.scalar(taken)
        connection.execute(
            table.update().where(table.c.image_id == ours, table.c.part == 0).values(sealed=sealed)
        )
    with pytest.raises(Conflict) as refused:
        look(storing, ours)
    assert refused.value.reason == "image-damaged"
    assert look(storing, other) == PICTURE


def test_pictures_of_an_old_key_version_are_read_after_the_keys_are_rolled(
    storing: FrontDesk,
) -> None:
    before = stored(storing)
    storing.estate = replace(storing.estate, vault=demo_vault(2))
    after = stored(storing)
    assert look(storing, before) == look(storing, after) == PICTURE
    vault = storing.estate.vault
    assert vault.image_key(bytes(16), 1) != vault.image_key(bytes(16), 2)


def test_what_is_no_picture_goes_at_once_and_that_is_on_record(storing: FrontDesk) -> None:
    fake = PICTURE[:-2] + b"??"
    image_id = announced(storing)
    with pytest.raises(RuleViolation) as refused:
        send(storing, image_id, fake)
    assert refused.value.reason == "image-broken"
    assert count(storing.estate, PaperImagePartRow) == 0
    assert [each.purge_reason for each in listed(storing)] == ["refused"]
    with pytest.raises(Conflict):
        send(storing, image_id)


def test_a_picture_of_another_kind_or_with_more_in_it_is_not_as_said(storing: FrontDesk) -> None:
    for data, kind in ((cleaned(pdf())[1], ImageKind.JPEG), (jpeg(), ImageKind.JPEG)):
        with pytest.raises(RuleViolation) as refused:
            send(storing, announced(storing, size=len(data), kind=kind), data)
        assert refused.value.reason == "image-not-as-said"
    with pytest.raises(RuleViolation):
        send(storing, announced(storing, size=len(PICTURE) + 1))


def test_the_same_part_may_come_twice_and_no_other_in_its_place(storing: FrontDesk) -> None:
    image_id = announced(storing)
    first = ImagePart(part=0, data=PICTURE[:PART_BYTES])
    for _ in range(2):
        paperimages.receive(storing.estate, DESK, image_id, first)
    other = ImagePart(part=0, data=PICTURE[1 : PART_BYTES + 1])
    with pytest.raises(Conflict) as refused:
        paperimages.receive(storing.estate, DESK, image_id, other)
    assert refused.value.reason == "id-reused"
    assert send(storing, image_id).whole


def test_every_look_is_on_record_with_who_looked_and_who_allowed_it(storing: FrontDesk) -> None:
    image_id = stored(storing)
    with pytest.raises(NotPermitted):
        paperimages.look(storing.estate, DESK, image_id, LookRequest(look_id=new_id()))
    assert count(storing.estate, PaperImageLookRow) == 0
    lent = replace(DESK, leave=Leave(leave_id="", action=Action.SEE_IMAGE, name="何静"))
    request = LookRequest(look_id=new_id())
    for _ in range(2):
        paperimages.look(storing.estate, lent, image_id, request)
    look(storing, image_id)
    with reading(storing.estate, DESK) as turn:
        rows = turn.session.scalars(select(PaperImageLookRow)).all()
        assert {(row.operator, row.allowed_by) for row in rows} == {
            ("张晓", "何静"),
            ("何静", "何静"),
        }
        noted = select(AuditRow.subject).where(AuditRow.action == "see-image")
        assert turn.session.scalars(noted).all() == [f"holder {storing.tenant}"] * 2
    assert listed(storing)[0].looks == 2
    with pytest.raises(Conflict):
        paperimages.look(storing.estate, HEAD_DESK, image_id, request)


def test_on_its_day_a_picture_goes_and_its_record_stays(storing: FrontDesk) -> None:
    image_id = stored(storing)
    look(storing, image_id)
    storing.clock.forward(days=364)
    assert purge_due(storing.estate) == 0
    storing.clock.forward(days=1)
    assert purge_due(storing.estate) == 1
    assert purge_due(storing.estate) == 0
    (view,) = listed(storing)
    assert (view.purge_reason, view.purged_by, view.looks) == ("due", SERVER.station, 1)
    assert view.purged_at == storing.clock.now
    assert not view.whole
    with pytest.raises(Conflict) as refused:
        look(storing, image_id)
    assert refused.value.reason == "image-purged"


def test_a_picture_that_went_is_not_left_lying_in_the_file(storing: FrontDesk) -> None:
    image_id = stored(storing)
    engine = storing.estate.engine
    with reading(storing.estate, DESK) as turn:
        sealed = turn.session.scalars(select(PaperImagePartRow.sealed)).all()
    request = PurgeRequest(request_id=new_id(), reason="住户要求")
    gone = paperimages.purge_image(storing.estate, HEAD_DESK, image_id, request)
    assert paperimages.purge_image(storing.estate, HEAD_DESK, image_id, request) == gone
    assert (gone.purge_reason, gone.purged_by) == ("asked", "何静")
    assert count(storing.estate, PaperImagePartRow) == 0
    if engine.dialect.name == "sqlite":
        engine.dispose()
        path = Path(str(engine.url.database))
        left = [path, *path.parent.glob(f"{path.name}-*")]
        pieces = [each[at : at + 16] for each in sealed for at in range(0, len(each) - 16, 499)]
        assert not any(piece in each.read_bytes() for each in left for piece in pieces)


def test_an_agent_lets_no_picture_go_before_its_day(storing: FrontDesk) -> None:
    image_id = stored(storing)
    request = PurgeRequest(request_id=new_id(), reason="住户要求")
    with pytest.raises(NotPermitted):
        paperimages.purge_image(storing.estate, DESK, image_id, request)
    assert look(storing, image_id) == PICTURE


def test_a_picture_that_never_came_whole_goes_after_a_day(storing: FrontDesk) -> None:
    image_id = announced(storing)
    paperimages.receive(
        storing.estate, DESK, image_id, ImagePart(part=0, data=PICTURE[:PART_BYTES])
    )
    with pytest.raises(Conflict):
        look(storing, image_id)
    assert purge_due(storing.estate) == 0
    storing.clock.forward(days=1, seconds=1)
    assert purge_due(storing.estate) == 1
    assert listed(storing)[0].purge_reason == "unfinished"
    assert count(storing.estate, PaperImagePartRow) == 0


def test_switching_it_off_keeps_what_there_is_until_its_day(storing: FrontDesk) -> None:
    image_id = stored(storing)
    storing.estate = replace(storing.estate, rules=CardRules())
    assert look(storing, image_id) == PICTURE
    storing.clock.forward(days=365)
    assert purge_due(storing.estate) == 1


def test_the_server_lets_pictures_go_once_a_day_and_tries_a_busy_day_again(
    storing: FrontDesk,
) -> None:
    days: list[date] = []
    busy = [True]

    def purge(estate: Estate) -> int:
        days.append(estate.clock().date())
        if busy.pop() if busy else False:
            raise StoreBusy
        return 0

    daily = Daily(storing.estate, purge=purge)
    for _ in range(3):
        daily.look()
    storing.clock.forward(days=1)
    daily.look()
    assert days == [date(2025, 6, 9), date(2025, 6, 9), date(2025, 6, 10)]


def test_nothing_of_a_picture_is_in_the_journal_or_the_log(
    storing: FrontDesk, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("DEBUG"):
        look(storing, stored(storing))
    with storing.estate.engine.connect() as connection:
        lines = connection.execute(text("SELECT action, subject, detail FROM audit")).all()
    said = caplog.text + str(lines)
    assert PICTURE[:40].hex() not in said
    assert repr(PICTURE[40:60])[2:-1] not in said
