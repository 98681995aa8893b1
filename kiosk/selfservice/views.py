"""The kiosk's screens: one page that follows the machine, and the touches it sends back."""

from flask import Blueprint, Flask, jsonify, render_template, request
from flask.typing import ResponseReturnValue

from cardserver.domain.validity import MAX_MONTHS_AT_ONCE
from kiosk.selfservice.flow import Event, Screen
from kiosk.selfservice.machine import Machine, Touch
from kiosk.station.web import back_to, create_station_app

_CHOICES = (1, 3, 6)


def create_app(machine: Machine) -> Flask:
    """The kiosk's web application over one machine."""
    app = create_station_app("kiosk.selfservice", bell=machine.bell)
    app.register_blueprint(_blueprint(machine))
    return app


def _blueprint(machine: Machine) -> Blueprint:
    kiosk = Blueprint("selfservice", "kiosk.selfservice", template_folder="templates")

    @kiosk.context_processor
    def everywhere() -> dict[str, object]:
        return {
            "machine": machine,
            "visit": machine.visit,
            "screen": machine.screen,
            "Screen": Screen,
            "choices": _CHOICES,
            "today": machine.today,
            "large": request.cookies.get("yika-large") == "1",
        }

    @kiosk.get("/")
    def page() -> str:
        return render_template("selfservice/page.html")

    @kiosk.get("/screen")
    def screen() -> str:
        return render_template("selfservice/screen.html")

    @kiosk.get("/state.json")
    def state() -> ResponseReturnValue:
        return jsonify(state_of(machine))

    @kiosk.post("/touch/<event>")
    def touch(event: str) -> ResponseReturnValue:
        if event == "more-time":
            machine.more_time()
        elif event in set(Event):
            machine.touch(Touch(Event(event), _months()))
        return back_to("selfservice.page")

    @kiosk.post("/large")
    def large() -> ResponseReturnValue:
        answer = back_to("selfservice.page")
        wanted = "0" if request.cookies.get("yika-large") == "1" else "1"
        answer.set_cookie("yika-large", wanted, samesite="Strict", httponly=True)
        return answer

    return kiosk


def _months() -> int:
    try:
        months = int(request.form.get("months", "1"))
    except ValueError:
        return 1
    return min(max(months, 1), MAX_MONTHS_AT_ONCE)


def state_of(machine: Machine) -> dict[str, object]:
    """The kiosk as JSON, for scripts that drive the demo and for tests."""
    visit = machine.visit
    return {
        "screen": machine.screen,
        "closed_reason": machine.closed_reason,
        "problem": visit.problem,
        "months": visit.months,
        "due_fen": visit.sale.due_fen if visit.sale else None,
        "credited_fen": visit.sale.credited_fen if visit.sale else 0,
        "missing_fen": visit.sale.missing_fen if visit.sale else None,
        "accepted_notes_fen": list(machine.accepted_notes()),
        "last_before": visit.last_before.isoformat() if visit.last_before else None,
        "last_after": visit.last_after.isoformat() if visit.last_after else None,
        "printed": visit.printed,
        "document": visit.document.number if visit.document else None,
    }
