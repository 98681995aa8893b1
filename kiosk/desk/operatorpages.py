"""The page of who keeps the log-ins: everybody with one, and one person's offices and password.

A password that was typed is sent on and shown nowhere again, not even in a form that is refused.
"""

from collections.abc import Callable
from typing import Any, Final
from uuid import uuid4

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from cardserver.domain.errors import RuleViolation
from cardserver.domain.permits import Role
from kiosk.desk.asking import act_id, attempt, looked, words
from kiosk.desk.counter import Counter
from kiosk.desk.peopleforms import number
from kiosk.station.clock import ESTATE_ZONE

_LONGEST_NAME: Final = 60
_LONGEST_PASSWORD: Final = 200


def operator_pages(counter: Counter) -> Blueprint:
    """The blueprint of ``/log-ins``."""
    pages = Blueprint("keeping", __name__, url_prefix="/log-ins", template_folder="templates")
    _add_list(pages, counter)
    _add_person(pages, counter)
    return pages


def _add_list(pages: Blueprint, counter: Counter) -> None:
    @pages.get("/")
    def page() -> str:
        return _list(counter, {})

    @pages.post("/")
    def add() -> ResponseReturnValue:
        made: list[int] = []

        def act() -> None:
            name = words(request.form.get("name", ""), "name-missing")[:_LONGEST_NAME]
            holder = number(request.form, "holder_id")
            asked = act_id(request.form)
            added = counter.server.operators.add(name, _offices(), _password(), holder, asked)
            made.append(added.operator_id)

        if attempt(counter, act):
            return redirect(url_for("keeping.person", operator_id=made[0]), code=303)
        return _list(counter, {key: request.form.get(key, "") for key in ("name", "holder_id")})


def _add_person(pages: Blueprint, counter: Counter) -> None:
    @pages.get("/<int:operator_id>")
    def person(operator_id: int) -> str:
        return _page(counter, "desk/operators/log_in.html", operator_id=operator_id)

    @pages.post("/<int:operator_id>/<how>")
    def change(operator_id: int, how: str) -> ResponseReturnValue:
        calls = counter.server.operators
        acts: dict[str, Callable[[], object]] = {
            "offices": lambda: calls.set_roles(operator_id, _offices()),
            "password": lambda: calls.set_password(operator_id, _password()),
            "end": lambda: calls.set_active(operator_id, active=False),
            "again": lambda: calls.set_active(operator_id, active=True),
            "unlock": lambda: calls.unlock(operator_id),
        }
        if how in acts and attempt(counter, acts[how]):
            return redirect(url_for("keeping.person", operator_id=operator_id, done=how), code=303)
        return redirect(url_for("keeping.person", operator_id=operator_id), code=303)


def _list(counter: Counter, typed: dict[str, str]) -> str:
    chosen = _offices() if typed else ()
    template = "desk/operators/log_ins.html"
    return _page(counter, template, typed=typed, chosen=chosen, request_id=uuid4())


def _page(counter: Counter, template: str, *, operator_id: int = 0, **more: object) -> str:
    """A page over everybody with a log-in, or over one of them."""
    facts: dict[str, Any] = {"people": (), "person": None}

    def look() -> None:
        people = counter.server.operators.everybody()
        facts["people"] = people
        facts["person"] = next((each for each in people if each.operator_id == operator_id), None)

    looked(counter, facts, look)
    done = request.args.get("done", "")
    return render_template(template, offices=Role, zone=ESTATE_ZONE, done=done, **more, **facts)


def _offices() -> tuple[Role, ...]:
    return tuple(Role(word) for word in request.form.getlist("role") if word in set(Role))


def _password() -> str:
    """The new password, typed twice. Raises RuleViolation ``password-differs``."""
    once, again = (request.form.get(field, "") for field in ("password", "again"))
    if once != again:
        raise RuleViolation("password-differs")
    return once[:_LONGEST_PASSWORD]
