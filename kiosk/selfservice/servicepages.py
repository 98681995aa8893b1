"""The service page: sign in behind the door, devices, test page, cash box, log, report."""

from collections.abc import Callable, Sequence
from uuid import uuid4

from flask import Blueprint, Response, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from cardserver.client import ServerError
from cardserver.wire_reconciliation import BoxView
from kiosk.selfservice.service import STAYS_S, BehindTheDoor, ServiceOver
from kiosk.station.clock import ESTATE_ZONE
from kiosk.station.health import Health
from kiosk.station.said import Said
from kiosk.station.typed import id_of

_LONGEST = 200
_LOG_SHOWN = 40


def service_pages(service: BehindTheDoor, look: Callable[[], Health]) -> Blueprint:
    """The pages under ``/service``. `look` says how the kiosk is."""
    pages = Blueprint("service", __name__, url_prefix="/service", template_folder="templates")
    said = Said("service.page")

    @pages.get("/")
    def page() -> str:
        service.stay()
        return render_template(
            "selfservice/service.html",
            service=service,
            health=look(),
            boxes=_boxes(service),
            box_id=uuid4(),
            in_the_box=service.in_the_box() if service.name else 0,
            counters=service.counters() if service.name else None,
            log=service.log.lines[-_LOG_SHOWN:],
            zone=ESTATE_ZONE,
            stays=int(STAYS_S),
            **said.take(),
        )

    @pages.get("/report.json")
    def report() -> Response:
        if not service.name:
            return jsonify({"problem": ServiceOver.code})
        answer = jsonify(service.report(look()))
        answer.headers["Content-Disposition"] = "attachment; filename=yika-kiosk.json"
        return answer

    _add_acts(pages, service, said)
    return pages


def _add_acts(pages: Blueprint, service: BehindTheDoor, said: Said) -> None:

    @pages.post("/sign-in")
    def sign_in() -> ResponseReturnValue:
        name = request.form.get("name", "")[:_LONGEST]
        password = request.form.get("password", "")[:_LONGEST]
        return said.attempt(lambda: service.sign_in(name, password), "")

    @pages.post("/sign-out")
    def sign_out() -> ResponseReturnValue:
        service.sign_out()
        return redirect(url_for("selfservice.page"), code=303)

    @pages.post("/test-page")
    def test_page() -> ResponseReturnValue:
        return said.attempt(service.print_test_page, "test-page")

    @pages.post("/box")
    def take_box() -> ResponseReturnValue:
        box_id = id_of(request.form.get("box_id", ""))
        return said.attempt(lambda: service.take_box(box_id), "box")


def _boxes(service: BehindTheDoor) -> Sequence[BoxView]:
    if not service.name:
        return []
    try:
        return service.boxes()
    except ServerError:
        return []
