"""The API's description says what the API does: paths, models, token, refusals."""

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Any

import pytest

import cardserver
from cardserver.web.app import create_app
from cardserver.wirebase import Told, Wire
from tests.databases.frontdesk import open_desk
from tests.databases.stores import sqlite_store

METHODS = {"get", "post"}


@pytest.fixture(scope="module")
def described(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder: Path = tmp_path_factory.mktemp("description")
    answer = create_app(open_desk(sqlite_store(folder)).estate).test_client().get("/openapi.json")
    assert answer.json is not None
    return dict(answer.json)


def calls(described: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in described["paths"].items():
        for method, call in methods.items():
            yield path, method, call


def references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for value in node.values():
            yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


def test_it_is_openapi_3_1_and_every_reference_leads_somewhere(described: dict[str, Any]) -> None:
    assert described["openapi"] == "3.1.0"
    known = {f"#/components/schemas/{name}" for name in described["components"]["schemas"]}
    found = set(references(described))
    assert found
    assert found <= known


def test_every_call_has_a_name_a_summary_an_answer_and_a_refusal(
    described: dict[str, Any],
) -> None:
    names = [call["operationId"] for _, _, call in calls(described)]
    assert len(names) == len(set(names)) == 201
    for path, method, call in calls(described):
        assert method in METHODS
        assert call["summary"].endswith("."), path
        assert set(call["responses"]) == {"200", "default"}, path
        refusal = call["responses"]["default"]["content"]["application/json"]["schema"]
        assert refusal == {"$ref": "#/components/schemas/Refusal"}
        assert ("requestBody" in call) == (method == "post"), path


def test_every_parameter_of_a_path_is_described(described: dict[str, Any]) -> None:
    for path, _, call in calls(described):
        inside = {part.strip("{}") for part in path.split("/") if part.startswith("{")}
        named = {p["name"] for p in call.get("parameters", []) if p["in"] == "path"}
        assert named == inside, path


def test_every_call_but_health_asks_for_the_token(described: dict[str, Any]) -> None:
    assert described["components"]["securitySchemes"]["bearer"]["scheme"] == "bearer"
    for path, _, call in calls(described):
        assert call["security"] == ([] if path == "/api/health" else [{"bearer": []}]), path


def test_every_model_on_the_wire_is_described_once(described: dict[str, Any]) -> None:
    shapes = [each.name for each in iter_modules(cardserver.__path__) if "wire" in each.name]
    models = {
        name
        for shape in shapes
        for name, value in vars(import_module(f"cardserver.{shape}")).items()
        if isinstance(value, type) and issubclass(value, Wire) and value not in {Wire, Told}
        if not name.startswith("_") and not name.endswith("Query")  # those stand with their path
    }
    assert len(models) > 200
    assert models <= set(described["components"]["schemas"])
