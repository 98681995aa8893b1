"""The panel's page and the tour: complete in every language, each button a documented call."""

import json
import re
from html.parser import HTMLParser
from importlib.resources import files
from string import Formatter
from types import SimpleNamespace
from typing import Any, ClassVar

import pytest
from flask import Flask
from flask.testing import FlaskClient

from kiosk.station.i18n import LANGUAGE_NAMES
from simulators import estate
from simulators.faults import FaultKind
from simulators.tour import STEPS
from simulators.tour import create_app as create_tour
from simulators.words import section, texts
from tests.unit.simulators.panel.bench_site import ORDER, BenchSite, look

CATALOGUES = ("panel_texts", "tour_texts")
TEMPLATES = files("simulators") / "templates"
SCRIPTS = ("panel.js", "panel_draw.js", "panel_state.js")
STATIC = files("simulators") / "static"


class Buttons(HTMLParser):
    """Collects every element with a call, and every path that a part of the page depends on."""

    PATHS: ClassVar = ("data-if", "data-unless", "data-text")

    def __init__(self, page: str) -> None:
        super().__init__()
        self.calls: list[tuple[str, Any]] = []
        self.paths: set[str] = set()
        self.attributes: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.attributes += found
        self.paths |= {value for name in self.PATHS if (value := found.get(name))}
        if "data-call" in found:
            self.calls.append((found["data-call"] or "", json.loads(found["data-body"] or "")))


@pytest.fixture
def page(client: FlaskClient) -> str:
    return client.get("/").text


EXAMPLE_FIELDS = {
    "$kind": "silence",
    "$at": 5,
    "$bytes": 200,
    "$stage": "safe",
    "$date": "2026-06-09",
    "$order": f"wechat:{ORDER}",
    "$provider": "alipay",
    "$what": "close:paid-meanwhile",
}


def filled(body: Any, path: str) -> Any:
    if isinstance(body, dict):
        return {name: filled(value, path) for name, value in body.items()}
    if isinstance(body, list):
        return [filled(value, path) for value in body]
    if isinstance(body, str) and body.startswith("$"):
        return "classic-1k" if path == "api/cards" else EXAMPLE_FIELDS[body]
    return body


def test_every_button_is_a_call_that_works(page: str, client: FlaskClient) -> None:
    buttons = Buttons(page)
    assert len(buttons.calls) > 60
    for path, body in buttons.calls:
        answer = client.post(f"/{path}", json=filled(body, path))
        assert answer.status_code in {200, 201}, f"{path} {body}: {answer.text}"


def test_every_call_but_laying_a_card_has_a_button(page: str, app: Flask) -> None:
    pattern = re.compile(r"readers/\w+|printers/\w+|lanes/\w+")
    pressed = {pattern.sub(lambda m: m[0].split("/")[0], path) for path, _ in Buttons(page).calls}
    there = {
        rule.rule.lstrip("/").replace("/<name>", "")
        for rule in app.url_map.iter_rules()
        if "POST" in (rule.methods or set())
    }
    assert there - pressed == {"api/readers/lay"}


def test_what_the_page_shows_is_in_the_state(page: str, client: FlaskClient) -> None:
    state = look(client)
    for path in Buttons(page).paths:
        found: Any = state
        for name in path.split("."):
            assert name in found, path
            found = found[name]


def test_nothing_on_the_pages_is_barred_by_their_own_policy(page: str, site: BenchSite) -> None:
    tour = create_tour(site).test_client().get("/").text
    for shown in (page, tour):
        assert [name for name in Buttons(shown).attributes if name.startswith("on")] == []
        assert not re.search(r"""(?:src|href)=["'](?:https?:)?//""", shown)


def fetch(client: FlaskClient, path: str) -> tuple[str | None, bytes]:
    """Type and content of a file that the page brings."""
    with client.get(path) as answer:
        assert answer.status_code == 200, path
        return answer.mimetype, answer.get_data()


def address(page: str, folder: str, name: str) -> str:
    """Where the page has its files: below a mark of what is in them."""
    found = re.search(rf"/{folder}/[0-9a-f]{{8}}/", page)
    assert found is not None
    return found[0] + name


LOOKS = (("static", "yika.css"), ("static", "yika.svg"), ("own", "panel.css"))


@pytest.mark.parametrize(("folder", "name"), LOOKS)
def test_the_page_brings_its_looks(client: FlaskClient, page: str, folder: str, name: str) -> None:
    path = address(page, folder, name)
    assert path in page
    assert fetch(client, path)[1]


def test_a_browser_keeps_what_the_pages_bring_and_asks_anew_after_a_release(
    client: FlaskClient, page: str, site: BenchSite
) -> None:
    """The scripts' own modules too, whose addresses stand in no page."""
    own = [address(page, "own", name) for name in SCRIPTS]
    paths = [*own, *(address(page, folder, name) for folder, name in LOOKS)]
    for path in paths:
        with client.get(path) as answer:
            assert answer.headers["Cache-Control"].endswith("immutable"), path
        before = re.sub("/[0-9a-f]{8}/", "/00000000/", path)
        assert client.get(before).status_code == 404
    tour = create_tour(site).test_client()
    shown = tour.get("/").text
    for part in ("tour.css", "yika.css"):
        path = next(each for each in re.findall(r'href="([^"]+)"', shown) if each.endswith(part))
        with tour.get(path) as answer:
            assert answer.headers["Cache-Control"].endswith("immutable"), path


@pytest.mark.parametrize("script", SCRIPTS)
def test_the_page_brings_its_scripts(client: FlaskClient, page: str, script: str) -> None:
    assert fetch(client, address(page, "own", script))[0] == "text/javascript"


def test_the_first_page_weighs_little(client: FlaskClient, page: str) -> None:
    parts = [address(page, "own", name) for name in (*SCRIPTS, "panel.css")]
    parts.append(address(page, "static", "yika.css"))
    assert len(page.encode()) + sum(len(fetch(client, part)[1]) for part in parts) < 100_000


# --- words


@pytest.mark.parametrize("name", CATALOGUES)
def test_every_text_is_there_in_every_language_with_the_same_places(name: str) -> None:
    for key, said in texts(name).items():
        assert set(said) == set(LANGUAGE_NAMES), key
        places = {
            tuple(sorted(field for _, field, _, _ in Formatter().parse(text) if field))
            for text in said.values()
        }
        assert len(places) == 1, key
        assert all(text.strip() == text and text for text in said.values()), key


@pytest.mark.parametrize("language", LANGUAGE_NAMES)
def test_the_page_says_everything_in_its_language(
    client: FlaskClient, site: BenchSite, language: str
) -> None:
    tour = create_tour(site).test_client()
    for each, name in ((client, "panel_texts"), (tour, "tour_texts")):
        shown = each.get(f"/?lang={language}").text
        assert f'<html lang="{language}">' in shown
        for key in texts(name):
            assert f">{key}<" not in shown
        assert texts(name)["page.title"][language] in shown


def test_a_chosen_language_is_kept_and_a_strange_one_is_chinese(client: FlaskClient) -> None:
    client.get("/?lang=en")
    assert '<html lang="en">' in client.get("/").text
    client.delete_cookie("yika-demo-language")
    assert '<html lang="zh-Hans">' in client.get("/?lang=tlh").text
    assert client.get_cookie("yika-demo-language") is None


def test_no_word_is_missing_or_left_over() -> None:
    templates = [
        path.read_text("utf-8")
        for folder in TEMPLATES.iterdir()
        if folder.is_dir()
        for path in folder.iterdir()
    ] + [path.read_text("utf-8") for path in TEMPLATES.iterdir() if path.is_file()]
    asked = "\n".join(templates)
    scripts = "\n".join((STATIC / name).read_text("utf-8") for name in SCRIPTS)
    known = {key for name in CATALOGUES for key in texts(name)}
    named = set(re.findall(r"t\('([\w.-]+)'[,)]", asked))
    assert named <= known
    families = set(re.findall(r"t\('([\w.-]+\.)' ~", asked))
    left = {key for key in known - named if not any(key.startswith(family) for family in families)}
    spoken = section("panel_texts", "en", "script")
    assert left == {f"script.{key}" for key in spoken}
    for key in spoken:
        assert re.search(rf'["\'.`]{key}\b', scripts) or f"-{key.partition('-')[2]}" in key, key
    for key in re.findall(r'words\.(\w+)|words\["([\w-]+)"\]|say\("([\w-]+)"', scripts):
        assert "".join(key) in spoken


def test_every_fault_that_can_be_planned_has_its_word() -> None:
    spoken = section("panel_texts", "zh-Hans", "fault")
    assert set(spoken) == {kind for kind in FaultKind if kind is not FaultKind.POWER_CUT}


# --- the tour


def test_the_tour_has_six_steps_that_link_to_their_pages(site: BenchSite) -> None:
    shown = create_tour(site).test_client().get("/").text
    assert len(STEPS) == 6
    assert shown.count('<span class="number">') == 6
    for address in site.addresses.values():
        assert f'href="{address}"' in shown


def test_the_tour_tells_of_people_who_live_there() -> None:
    folk = files("simulators").joinpath("estate.py").read_text("utf-8")
    said = " ".join(texts("tour_texts")[f"step.{step}.do"]["en"] for step in STEPS)
    named = set(re.findall(r"[\u3400-\u9fff]{2,4}", said))
    assert named == {"王秀兰", "赵强", "李㼆", "何静"}
    assert all(f'"{name}"' in folk for name in named)
    assert estate.ESTATE_NAME in texts("tour_texts")["page.what"]["zh-Hans"]


def test_the_tour_needs_nothing_of_the_site_but_addresses() -> None:
    addresses = dict.fromkeys(("desk", "kiosk", "gate", "panel", "openapi"), "/x/")
    shown = create_tour(SimpleNamespace(addresses=addresses)).test_client().get("/")
    assert shown.status_code == 200
