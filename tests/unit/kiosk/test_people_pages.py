"""The pages about people, units and owner data over the demo site, without a browser."""

import io
import re
from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient

from cardserver.services.jobs import JOBS
from simulators import estate as demo_estate
from simulators.clock import DemoClock
from simulators.site import Site
from tests.databases.sites import SettledSite

PAGES = ("/people/", "/people/new", "/people/1", "/people/1/edit", "/people/unfiled")
MORE = ("/units/", "/units/1", "/units/1/transfer", "/people/import/")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with SettledSite(tmp_path_factory.mktemp("estate"), clock=DemoClock()) as running:
        yield running


@pytest.fixture
def desk(site: Site) -> FlaskClient:
    signed_in = demo_estate.sign_in(site.estate, demo_estate.DESK)
    site.counter.presence.take(signed_in)
    return site.stations["desk"].app.test_client()


def plain(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", html))


@pytest.mark.parametrize("path", [*PAGES, *MORE])
@pytest.mark.parametrize("language", ["zh-Hans", "zh-Hant", "en"])
def test_every_page_opens_in_every_language(desk: FlaskClient, path: str, language: str) -> None:
    answer = desk.get(f"{path}?lang={language}")
    assert answer.status_code == 200
    assert "desk.people" not in answer.text
    assert "people." not in plain(answer.text)


def test_no_page_shows_a_phone_in_full_before_somebody_asked_ic_23b(desk: FlaskClient) -> None:
    for path in PAGES:
        assert "13900001201" not in desk.get(path).text
    shown = desk.post("/people/1/unmask", data={"field": "phone"})
    assert "13900001201" in shown.text
    assert shown.headers["Cache-Control"] == "no-store"
    assert "13900001201" not in desk.get("/people/1").text


def test_a_refused_form_comes_back_with_what_was_typed(desk: FlaskClient) -> None:
    form = {"class": "family", "unit_id": "1", "name": "王小兰", "phone": "不是电话"}
    answer = desk.post("/people/new", data=form)
    assert "王小兰" in answer.text
    assert "电话号码请只填数字" in answer.text


def test_the_search_of_the_counter_shows_masked_people(desk: FlaskClient) -> None:
    found = desk.get("/search?q=1201").text
    assert "王秀兰" in found
    assert "139****1201" in found


def test_a_file_is_previewed_and_taken_over_at_the_desk(desk: FlaskClient) -> None:
    data = "房号,业主姓名,联系电话,身份证号\n9栋0101,𠮷田芳,13800000001,\n".encode("gb18030")
    sent = {"file": (io.BytesIO(data), "业主.csv")}
    where = desk.post("/people/import/", data=sent).headers["Location"]
    import_id = where.rsplit("/", 1)[1]
    JOBS.wait(import_id, 20)
    page = desk.get(where).text
    assert "𠮷田芳" in page
    hidden = dict(re.findall(r'name="(request_id|sha256|digest)" value="([^"]+)"', page))
    desk.post(f"{where}/take-over", data=hidden)
    JOBS.wait(import_id, 20)
    assert "新增 1 人" in desk.get(where).text
    assert "𠮷田芳" in desk.get("/people/?q=9栋").text


def test_a_file_too_large_for_the_desk_is_told_so(desk: FlaskClient) -> None:
    answer = desk.post(
        "/people/import/",
        data=b"--x",
        content_type="multipart/form-data; boundary=x",
        environ_overrides={"CONTENT_LENGTH": str(34 * 1024 * 1024)},
    )
    assert answer.status_code == 413
