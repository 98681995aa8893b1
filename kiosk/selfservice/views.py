"""The kiosk's screens: one page that follows the machine, and the touches it sends back."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from http import HTTPStatus
from typing import Final, get_args

import segno
from flask import Blueprint, Flask, Response, jsonify, render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup, escape

from cardserver.domain.rights import RightKind
from cardserver.domain.validity import (
    MAX_MONTHS_AT_ONCE,
    ParkingTerm,
    ValidityPeriod,
    extended_parking_term,
)
from cardserver.wire_cards import CardView
from cardserver.wire_payments import Provider
from kiosk.selfservice.flow import Event, Screen
from kiosk.selfservice.kiosk import SCREEN
from kiosk.selfservice.machine import Machine
from kiosk.selfservice.service import BehindTheDoor
from kiosk.selfservice.servicepages import service_pages
from kiosk.selfservice.visit import Touch, Visit
from kiosk.station.health import Device, Health, add_health
from kiosk.station.i18n import DEFAULT_LANGUAGE
from kiosk.station.recentlog import RecentLog
from kiosk.station.web import (
    LANGUAGE_COOKIE,
    back_to,
    create_station_app,
    face_path,
    language,
    nothing_new,
    shown_mark,
)

LARGE_COOKIE: Final = "yika-large"
COUNTED_S: Final = 30
"""The last seconds before a screen gives up waiting are counted down in sight."""

_CHOICES: Final = (1, 3, 6)
_MONTHS: Final = re.compile(r"[0-9]{1,3}")
_BETWEEN_VISITS: Final = frozenset({Screen.ATTRACT, Screen.CLOSED, Screen.READING})
_LEFT_ALONE: Final = "left-alone"


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """So many months, what they cost, and the last day they lead to; not `possible` past `ends`."""

    months: int
    amount_fen: int
    last: date
    possible: bool


def create_app(machine: Machine, *, hours: str = "", log: RecentLog | None = None) -> Flask:
    """The kiosk's web application over one machine, the page behind its door included.

    `hours` are the office's, as people write.
    """
    app = create_station_app("kiosk.selfservice", bell=machine.bell)
    app.register_blueprint(_blueprint(machine, hours))
    add_health(app, lambda: health_of(machine))
    service = BehindTheDoor(machine, log or RecentLog())
    app.register_blueprint(service_pages(service, lambda: health_of(machine)))
    return app


def _blueprint(machine: Machine, hours: str) -> Blueprint:
    kiosk = Blueprint("selfservice", "kiosk.selfservice", template_folder="templates")

    @kiosk.context_processor
    def everywhere() -> dict[str, object]:
        seen = shown_mark(machine.bell, SCREEN)
        visit, screen = _seen_at_once(machine)
        return {
            "seen": seen,
            "machine": machine,
            "visit": visit,
            "screen": screen,
            "Screen": Screen,
            "choices": choices_of(visit.card, machine.today),
            "left": machine.seconds_left,
            "counted_s": COUNTED_S,
            "today": machine.today,
            "hours": hours,
            "large": _large(),
            "personal": _personal(),
            "came_from": request.args.get("from", screen),
            "code_picture": code_picture,
        }

    @kiosk.get("/")
    def page() -> str:
        return render_template("selfservice/page.html")

    @kiosk.get("/screen")
    def screen() -> ResponseReturnValue:
        if _personal() and _visit_is_over(request.args.get("from", ""), machine.screen):
            return _forgotten()
        if nothing_new(machine.bell, SCREEN):
            return "", HTTPStatus.NO_CONTENT
        return render_template("selfservice/screen.html")

    @kiosk.get("/left")
    def left() -> str:
        return render_template("selfservice/left.html")

    @kiosk.get("/state.json")
    def state() -> ResponseReturnValue:
        return jsonify(state_of(machine))

    _add_touches(kiosk, machine)
    return kiosk


def _seen_at_once(machine: Machine) -> tuple[Visit, Screen]:
    """Visit and screen that belong together, though the machine's own thread moves both."""
    while True:
        visit, screen = machine.visit, machine.screen
        if machine.visit is visit:
            return visit, screen


def _add_touches(kiosk: Blueprint, machine: Machine) -> None:
    @kiosk.post("/touch/<event>")
    def touch(event: str) -> ResponseReturnValue:
        if event == "more-time":
            machine.more_time()
        elif event == "check-code":
            machine.check_code()
        elif event in set(Event):
            machine.touch(Touch(Event(event), _months(), _provider()))
        came_from = {"from": request.form.get("from", "")}
        return back_to("selfservice.page", part="selfservice.screen", **came_from)

    @kiosk.post("/large")
    def large() -> ResponseReturnValue:
        answer = back_to("selfservice.page")
        wanted = "0" if _large() else "1"
        answer.set_cookie(LARGE_COOKIE, wanted, path=face_path(), samesite="Strict", httponly=True)
        return answer


def _large() -> bool:
    return request.cookies.get(LARGE_COOKIE) == "1"


def _personal() -> bool:
    """Has somebody chosen another language or print than the house's?"""
    return _large() or language() != DEFAULT_LANGUAGE


def _visit_is_over(came_from: str, screen: Screen) -> bool:
    """Does this page follow the machine from somebody's visit to the next one's beginning?"""
    if came_from == _LEFT_ALONE:
        return screen in _BETWEEN_VISITS
    return came_from in set(Screen) - _BETWEEN_VISITS and screen in _BETWEEN_VISITS


def _forgotten() -> Response:
    """The next resident starts in the house language and the usual print."""
    answer = Response()
    answer.headers["HX-Redirect"] = url_for("selfservice.page")
    for cookie in (LANGUAGE_COOKIE, LARGE_COOKIE):
        answer.delete_cookie(cookie, path=face_path())
    return answer


def _provider() -> Provider | None:
    wanted = request.form.get("provider", "")
    return next((known for known in get_args(Provider) if known == wanted), None)


def code_picture(text: str, label: str) -> Markup:
    """The code as a drawing that grows with its box; quiet zone of four modules (ISO/IEC 18004)."""
    drawing = segno.make(text, error="m", micro=False).svg_inline(
        border=4, light="#fff", omitsize=True, svgclass="qr", lineclass=None
    )
    named = drawing.replace("<svg ", f'<svg role="img" aria-label="{escape(label)}" ', 1)
    return Markup(named)  # noqa: S704 - drawn by us from modules, and the label is escaped


def _months() -> int:
    match = _MONTHS.fullmatch(request.form.get("months", "1"))
    return min(max(int(match.group()) if match else 1, 1), MAX_MONTHS_AT_ONCE)


def choices_of(card: CardView | None, today: date) -> Sequence[Choice]:
    """What can be bought for this card, with the last day of each, before any money moves."""
    if card is None or card.parking is None or RightKind.PARKING not in card.rights:
        return ()
    right, agreement = card.rights[RightKind.PARKING], card.parking
    period = ValidityPeriod.inclusive(right.first, right.last)
    term = ParkingTerm(period=period, anchor=right.anchor or right.first.day)
    lasts = {n: extended_parking_term(term, today, n).period.last for n in _CHOICES}
    return [
        Choice(
            months=n,
            amount_fen=n * agreement.monthly_fee_fen,
            last=last,
            possible=last <= agreement.ends,
        )
        for n, last in lasts.items()
    ]


def health_of(machine: Machine) -> Health:
    """The kiosk's devices; `waiting` counts what the server has not heard of its money."""
    printer = "" if machine.paper.can_print else machine.paper.state
    acceptor = "" if machine.notes_fen else machine.acceptor_trouble or "acceptor-away"
    return Health(
        serving=machine.screen is not Screen.CLOSED,
        at_work=machine.at_work,
        devices=[
            Device(name="reader", trouble=machine.post.fault),
            Device(name="printer", trouble=printer),
            Device(name="acceptor", trouble=acceptor),
            Device(name="server", trouble=machine.server_trouble),
        ],
        waiting=int(machine.till.busy),
    )


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
        "from_credit_fen": visit.sale.from_credit_fen if visit.sale else 0,
        "keeps_fen": visit.sale.keeps_fen if visit.sale else 0,
        "keep_rest": visit.keep_rest,
        "credit_fen": visit.credit_fen,
        "providers": list(machine.scan.ready),
        "code": machine.scan.code,
        "notes_out": machine.notes_out,
        "accepted_notes_fen": list(machine.accepted_notes()),
        "last_before": visit.last_before.isoformat() if visit.last_before else None,
        "last_after": visit.last_after.isoformat() if visit.last_after else None,
        "printed": visit.printed,
        "document": visit.document.number if visit.document else None,
    }
