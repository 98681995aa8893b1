"""The API's own description: OpenAPI 3.1 at ``/openapi.json``.

The framework writes down paths and models. Added here is what holds for every call: the token, the
operator's session, the one shape of refusals. Nested models get their plain names back.
"""

from typing import Any, Final

from apiflask import APIFlask

from cardserver.web.auth import LEAVE_HEADER, SCHEME, SESSION_HEADER, is_public
from cardserver.wirebase import Refusal

VERSION: Final = "3.1.0"
_REFUSAL: Final = {"$ref": "#/components/schemas/Refusal"}
_SCHEMAS: Final = "#/components/schemas/"
_GENERATED: Final = ("HTTPError", "ValidationError")
_HEADERS: Final = tuple(
    {
        "name": name,
        "in": "header",
        "required": False,
        "description": description,
        "schema": {"type": "string"},
    }
    for name, description in (
        (SESSION_HEADER, "The operator's session; a desk sends it once somebody is signed in."),
        (LEAVE_HEADER, "Leaves of second persons, a comma between two (see POST /api/leaves)."),
    )
)

Node = dict[Any, Any]


def describe(app: APIFlask) -> None:
    """Let the app finish its description."""
    app.config["OPENAPI_VERSION"] = VERSION
    app.security_schemes = {SCHEME: {"type": "http", "scheme": SCHEME}}

    @app.spec_processor
    def finish(spec: Node | str) -> Node | str:
        if isinstance(spec, str):  # YAML; ours is JSON
            return spec
        return _finish(spec, _open_paths(app))


def _open_paths(app: APIFlask) -> frozenset[str]:
    rules = app.url_map.iter_rules()
    return frozenset(rule.rule for rule in rules if is_public(app.view_functions[rule.endpoint]))


def _finish(spec: Node, open_paths: frozenset[str]) -> Node:
    schemas = spec["components"]["schemas"]
    for name in _GENERATED:
        schemas.pop(name, None)
    schemas["Refusal"] = Refusal.model_json_schema()
    spec["components"]["schemas"] = {_plain(name): schema for name, schema in schemas.items()}
    for path, calls in spec["paths"].items():
        for call in calls.values():
            _finish_call(call, is_open=path in open_paths)
    finished: Node = _renamed(spec)
    return finished


def _finish_call(call: Node, *, is_open: bool) -> None:
    refusal = {"application/json": {"schema": _REFUSAL}}
    done = {status: answer for status, answer in call["responses"].items() if status[0] == "2"}
    call["responses"] = {**done, "default": {"description": "Refused: why", "content": refusal}}
    call["security"] = [] if is_open else [{SCHEME: []}]
    if not is_open:
        call.setdefault("parameters", []).extend(_HEADERS)


def _plain(name: str) -> str:
    """A nested model stands under the name of the model around it: ``Sale.Line`` is ``Line``."""
    return name.rpartition(".")[2]


def _renamed(node: Any) -> Any:
    if isinstance(node, dict):
        return {key: _renamed(value) for key, value in node.items()}
    if isinstance(node, list):
        return [_renamed(value) for value in node]
    if isinstance(node, str) and node.startswith(_SCHEMAS):
        return _SCHEMAS + _plain(node.removeprefix(_SCHEMAS))
    return node
