"""``yika papers purge`` beside a database, and the setting that has pictures stored at all."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from cardserver.cli_papers import papers
from cardserver.cli_serve import serve
from cardserver.db.tables_images import PaperImagePurgeRow
from cardserver.domain.cardrules import CardRules
from cardserver.domain.paperimage import cleaned
from cardserver.domain.rights import HolderClass
from cardserver.domain.verification import Paper
from cardserver.services import paperimages
from cardserver.services.opening import open_estate
from cardserver.services.setup import SETUP, register_holder
from cardserver.services.turn import reading
from cardserver.vault import demo_vault
from cardserver.wire_images import ImagePart, ImageRequest
from tests.databases.frontdesk import new_id
from tests.databases.pictures import jpeg
from tests.databases.stores import lay_out_sqlite


@pytest.fixture
def database(tmp_path: Path) -> str:
    """A store in which a picture has lain for longer than it may."""
    lay_out_sqlite(tmp_path / "yika.db")
    url = f"sqlite:///{tmp_path / 'yika.db'}"
    long_ago = datetime(2020, 1, 1, tzinfo=UTC)
    rules = CardRules(image_months=1)
    estate = open_estate(url, demo_vault(), name="翠湖", clock=lambda: long_ago, rules=rules)
    holder = register_holder(estate, "陈立", HolderClass.TENANT)
    kind, data = cleaned(jpeg())
    request = ImageRequest(image_id=new_id(), paper=Paper.ID_COPY, kind=kind, size=len(data))
    paperimages.announce(estate, SETUP, holder, request)
    paperimages.receive(estate, SETUP, request.image_id, ImagePart(part=0, data=data))
    estate.engine.dispose()
    return url


def test_pictures_whose_day_has_come_are_let_go_and_the_number_is_said(database: str) -> None:
    command = ["purge", "--database", database]
    assert CliRunner().invoke(papers, command).output == "Pictures let go: 1\n"
    assert CliRunner().invoke(papers, command).output == "Pictures let go: 0\n"
    estate = open_estate(database, demo_vault(), name="翠湖")
    with reading(estate, SETUP) as turn:
        (row,) = turn.session.scalars(select(PaperImagePurgeRow))
        assert (row.reason, row.operator) == ("due", SETUP.operator)
    estate.engine.dispose()


def test_none_are_stored_by_default_and_no_longer_than_five_years() -> None:
    (option,) = (each for each in serve.params if each.name == "paper_images")
    assert option.default == 0
    refused = CliRunner().invoke(serve, ["--paper-images", "61"])
    assert refused.exit_code == 2
