"""Pictures of papers at the desk, over a demo site whose estate stores them."""

import base64
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from cardserver.domain.cardrules import CardRules
from cardserver.domain.paperimage import cleaned
from cardserver.domain.signin import DEMO_PASSWORD
from cardserver.services.turn import Estate
from simulators import estate as demo_estate
from simulators.clock import DemoClock
from tests.databases.pictures import jpeg, pdf
from tests.databases.sites import SettledSite

PHOTOGRAPH = jpeg(600)
SCAN = pdf()
HOLDER = "/people/1"


class StoringSite(SettledSite):
    """Its estate stores pictures for half a year."""

    def open_estate(self, path: Path) -> Estate:
        return replace(super().open_estate(path), rules=CardRules(image_months=6))


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StoringSite]:
    with StoringSite(tmp_path_factory.mktemp("estate"), clock=DemoClock()) as running:
        yield running


@pytest.fixture
def desk(site: StoringSite) -> FlaskClient:
    signed_in = demo_estate.sign_in(site.estate, demo_estate.DESK)
    site.counter.presence.take(signed_in)
    return site.stations["desk"].app.test_client()


def upload(desk: FlaskClient, data: bytes, name: str = "证件.jpg") -> TestResponse:
    """As a browser sends it; the test client would lay a large one into a file of its own."""
    disposition = b"--yika\r\nContent-Disposition: form-data; name="
    body = disposition + b'"paper"\r\n\r\nid-copy\r\n' + disposition
    body += f'"file"; filename="{name}"\r\n\r\n'.encode() + data + b"\r\n--yika--\r\n"
    kind = "multipart/form-data; boundary=yika"
    return desk.post(f"{HOLDER}/images/", data=body, content_type=kind, follow_redirects=True)


def stored(desk: FlaskClient, kind: str = "JPEG") -> str:
    """Address of a picture of this kind that may be looked at."""
    address = r'action="[^"]*(/people/1/images/[0-9a-f-]+)/look"'
    found = re.search(rf"{kind}</span>(?:(?!</tr>).)*{address}", desk.get(HOLDER).text, re.DOTALL)
    assert found is not None
    return found.group(1)


def step_up(desk: FlaskClient, action: str) -> None:
    form = {"action": action, "name": "何静", "password": DEMO_PASSWORD}
    desk.post("/step-up", data=form)


@pytest.mark.parametrize("language", ["zh-Hans", "zh-Hant", "en"])
def test_the_sheet_says_how_long_pictures_are_kept(desk: FlaskClient, language: str) -> None:
    page = desk.get(f"{HOLDER}?lang={language}").text
    assert "images." not in re.sub(r"<[^>]*>", " ", page)
    assert 'type="file"' in page


def test_a_picture_is_shown_to_whom_it_is_allowed_in_the_one_answer_only(desk: FlaskClient) -> None:
    upload(desk, PHOTOGRAPH)
    picture = stored(desk)
    refused = desk.post(f"{picture}/look", follow_redirects=True)
    assert 'value="see-image"' in refused.text
    step_up(desk, "see-image")
    shown = desk.post(f"{picture}/look")
    _, kept = cleaned(PHOTOGRAPH)
    assert base64.b64encode(kept).decode() in shown.text
    assert shown.headers["Cache-Control"] == "no-store"
    assert "data:image" not in desk.get(HOLDER).text
    assert desk.get(f"{picture}/look").status_code == 405


def test_a_scanned_page_is_given_as_it_is(desk: FlaskClient) -> None:
    upload(desk, SCAN, "扫描件.pdf")
    step_up(desk, "see-image")
    shown = desk.post(f"{stored(desk, 'PDF')}/look")
    assert shown.mimetype == "application/pdf"
    assert shown.data == cleaned(SCAN)[1]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"MZ not a picture", "image-unknown"),
        (PHOTOGRAPH[:-900], "image-broken"),
        (b"", "file-empty"),
        (PHOTOGRAPH + bytes(4 * 1024 * 1024), "image-too-large"),
    ],
    ids=["program", "broken", "empty", "too-large"],
)
def test_an_upload_that_is_not_what_it_says_is_refused_in_words(
    desk: FlaskClient, data: bytes, code: str
) -> None:
    before = desk.get(HOLDER).text.count("/look")
    answer = upload(desk, data)
    assert code in answer.text
    assert answer.text.count("/look") == before


def test_a_film_is_not_even_taken_in(desk: FlaskClient) -> None:
    assert upload(desk, bytes(17 * 1024 * 1024)).status_code == 413


def test_a_picture_is_let_go_with_a_reason(desk: FlaskClient) -> None:
    upload(desk, PHOTOGRAPH)
    picture = stored(desk)
    step_up(desk, "purge-image")
    desk.post(f"{picture}/purge", data={"reason": "住户要求"})
    page = desk.get(HOLDER).text
    assert f"{picture}/look" not in page
    assert (
        "image-purged"
        in desk.post(f"{picture}/purge", data={"reason": "再删"}, follow_redirects=True).text
    )


def test_an_upload_is_kept_in_memory_and_in_no_file(
    desk: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_file(*_args: object, **_kwargs: object) -> None:
        raise AssertionError("a picture went into a file of this machine")

    monkeypatch.setattr("werkzeug.formparser.SpooledTemporaryFile", no_file)
    assert upload(desk, PHOTOGRAPH).status_code == 200
