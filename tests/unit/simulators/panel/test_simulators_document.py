"""docs/simulators.md against the panel: every call is documented, and every example works."""

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from kiosk.station.i18n import LANGUAGE_NAMES
from simulators.cards.catalogue import CATALOGUE
from simulators.panel_machines import CONDITIONS, CUTS
from simulators.timing import TIMINGS
from tests.unit.simulators.panel.bench_site import BenchSite, look

PAGE = Path(__file__).parents[4] / "docs" / "simulators.md"
TEXT = PAGE.read_text(encoding="utf-8")
MOUNT = "/panel"
ADDRESS = "http://127.0.0.1:8780"
ROWS = re.findall(r"^\| `(GET|POST) (/panel/[^ `]*)` \|", TEXT, re.MULTILINE)
EXAMPLES = [
    line for line in TEXT.splitlines() if line.startswith("curl ") and f"{ADDRESS}{MOUNT}/" in line
]
RECEIPT = b"\x1b@20.00\n\n\n\x1dV\x00"


def as_documented(rule: str) -> str:
    return MOUNT + rule


def calls_of(app: Flask) -> set[tuple[str, str]]:
    return {
        (method, as_documented(rule.rule))
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) & {"GET", "POST"}
        if not rule.endpoint.endswith("static")
    }


def test_every_call_is_documented_and_every_documented_call_exists(app: Flask) -> None:
    assert sorted(ROWS) == sorted(calls_of(app))


def parts_of(example: str) -> tuple[str, str, str]:
    """Method, path and body of a line that calls curl."""
    words = shlex.split(example)
    address = next(word for word in words if word.startswith(ADDRESS))
    body = words[words.index("--json") + 1] if "--json" in words else ""
    return ("POST" if body else "GET"), address.removeprefix(ADDRESS + MOUNT), body


def test_every_call_has_an_example(app: Flask) -> None:
    adapter = app.url_map.bind("localhost")
    shown = set()
    for example in EXAMPLES:
        method, path, _ = parts_of(example)
        rule, _ = adapter.match(path.partition("?")[0], method, return_rule=True)
        shown.add((method, as_documented(rule.rule)))
    assert calls_of(app) - shown == {("GET", "/panel/")}


def test_the_examples_work_one_after_the_other(client: FlaskClient, site: BenchSite) -> None:
    site.printers["desk"].receive(RECEIPT)
    for example in EXAMPLES:
        method, path, body = parts_of(example)
        answer = client.open(path, method=method, data=body)
        assert answer.status_code in {200, 201}, f"{example}: {answer.text}"


def fields_of(part: str) -> set[str]:
    row = re.search(rf"^\| `{re.escape(part)}` \| (.*) \|$", TEXT, re.MULTILINE)
    assert row, part
    return set(re.findall(r"`([a-z_]+)`", row[1]))


def test_every_field_of_the_state_is_documented(client: FlaskClient) -> None:
    client.post("/api/cards", json={"kind": "classic-1k"})
    state: dict[str, Any] = look(client) or {}
    shown = {
        "clock": state["clock"],
        "cards": state["cards"][0],
        "readers.<name>": state["readers"]["desk"],
        "printers.<name>": state["printers"]["desk"],
        "acceptor": state["acceptor"],
        "lanes.<name>": state["lanes"]["door"],
        "payments": state["payments"],
        "payments.orders": state["payments"]["orders"][0],
    }
    for part, fields in shown.items():
        assert set(fields) <= fields_of(part), part
    assert set(state["money"]["trial"]) - {"unbalanced_entries"} <= set(
        re.findall(r"`([a-z_]+)`", TEXT)
    )
    assert {part.partition(".")[0] for part in (*shown, "run", "money", "journal")} == set(state)


@pytest.mark.parametrize("word", [*CATALOGUE, *CONDITIONS, *CUTS, *TIMINGS])
def test_every_choice_is_named(word: str) -> None:
    assert f"`{word}`" in TEXT


def test_the_languages_of_the_page_are_named() -> None:
    assert set(LANGUAGE_NAMES) == {"zh-Hans", *re.findall(r"\?lang=([\w-]+)", TEXT)}
