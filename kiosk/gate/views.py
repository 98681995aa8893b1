"""The gate's screens: one page per lane, readable at three metres, and the guard's overview."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum, unique
from typing import Final

from flask import Blueprint, Flask, abort, jsonify, render_template, request
from flask.typing import ResponseReturnValue

from cardserver.domain.admission import Reason, Snapshot
from cardserver.domain.gateevent import EventKind
from cardserver.domain.gaterules import Filing
from cardserver.domain.schedules import hours_text
from kiosk.gate.checkpages import RESULTS, live_filings
from kiosk.gate.checks import GuardChecks
from kiosk.gate.guarding import BOARD_AWAY
from kiosk.gate.guardpages import REASONS, guard_pages
from kiosk.gate.guards import GuardPost
from kiosk.gate.lane import LaneLoop, Shown
from kiosk.gate.registration import WITHDRAWN
from kiosk.gate.shared import Shared
from kiosk.gate.uplink import Uplink
from kiosk.station.ages import how_long
from kiosk.station.health import Device, Health, add_health
from kiosk.station.said import Said
from kiosk.station.web import create_station_app, language

_SHOWN_FOR: Final = timedelta(seconds=8)
_TAPS_SHOWN: Final = 12
_INSIDE_SHOWN: Final = 200
_DAYLIGHT: Final = range(7, 19)
"""Hours of the estate's day in which a screen may be bright."""


@unique
class Face(StrEnum):
    """What a lane's screen says at a glance: one sign, one colour, one word."""

    INVITE = "invite"
    OPEN = "open"
    SHUT = "shut"  # granted, but the door or arm did not answer
    REFUSED = "refused"
    AGAIN = "again"
    AWAY = "away"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sign:
    """A lane's screen for one moment. `shown` is None where there is nothing to say of a card."""

    face: Face
    shown: Shown | None = None


def create_app(lanes: list[LaneLoop], *, shared: Shared, uplink: Uplink, post: GuardPost) -> Flask:
    """The gate's web application over its lanes; `post` is who stands there."""
    clock, said = shared.clock, Said("gate.guard")
    app = create_station_app("kiosk.gate", bell=shared.bell)
    add_health(app, lambda: health_of(lanes, uplink))
    checks = GuardChecks(shared, lambda: uplink.snapshot().slips)
    app.register_blueprint(guard_pages(lanes, post, shared, said, checks))
    gate = Blueprint("gate", "kiosk.gate", template_folder="templates")
    by_id = {str(each.lane.lane_id): each for each in lanes}
    own_names = {name: each.name for name, each in by_id.items()}

    @gate.context_processor
    def everywhere() -> dict[str, object]:
        now = clock()
        return {
            "lanes": lanes,
            "lane_names": {**uplink.lane_names, **own_names},
            "uplink": uplink,
            "zone": uplink.snapshot().zone,
            "copy_age": how_long("ago", uplink.age),
            "stood_for": lambda since: how_long("for", now - since),
            "theme": theme_at(now.astimezone(uplink.snapshot().zone)),
            "sign_of": lambda each: sign_of(each.shown, each.post.fault, now),
            "Face": Face,
            "Reason": Reason,
            "post": post,
            "reasons": REASONS,
            "results": RESULTS,
            "hours_text": hours_text,
            "own_reminder": uplink.snapshot().rules.reminder.texts.get(language(), ""),
        }

    @gate.get("/")
    def guard() -> str:
        return render_template(
            "gate/guard.html",
            taps=shared.journal.last(_TAPS_SHOWN, EventKind.TAP),
            troubles=[
                each for each in shared.recorder.troubles.standing if each.word != WITHDRAWN
            ],  # that one has words of its own above them
            occupancy=shared.whereabouts.occupancy(),
            inside=shared.whereabouts.who()[:_INSIDE_SHOWN],
            filings=_filings(uplink.snapshot(), clock()),
            # A page that draws its lists anew must not take the word meant for the next one.
            **({} if request.headers.get("HX-Request") else said.take()),
        )

    @gate.get("/lane/<lane_id>")
    def lane(lane_id: str) -> str:
        return render_template("gate/lane.html", each=by_id.get(lane_id) or abort(404))

    @gate.get("/lane/<lane_id>/sign")
    def sign(lane_id: str) -> str:
        return render_template("gate/face.html", each=by_id.get(lane_id) or abort(404))

    @gate.get("/state.json")
    def state() -> ResponseReturnValue:
        return jsonify(state_of(by_id, uplink))

    app.register_blueprint(gate)
    return app


def _filings(snapshot: Snapshot, now: datetime) -> list[Filing]:
    local = max(now, snapshot.time_floor).astimezone(snapshot.zone)
    return live_filings(snapshot.rules, local.date())


def theme_at(local: datetime) -> str:
    """Dark at night, so that the screen does not dazzle whoever drives up to it."""
    return "day" if local.hour in _DAYLIGHT else "night"


def sign_of(shown: Shown | None, fault: str, now: datetime) -> Sign:
    """What a lane shows now: the last decision for a few seconds, then the invitation again."""
    if fault:
        return Sign(face=Face.AWAY)
    if shown is None or abs(now - shown.at) >= _SHOWN_FOR:
        return Sign(face=Face.INVITE)
    if shown.try_again:
        return Sign(face=Face.AGAIN)
    if not shown.decision.granted:
        return Sign(face=Face.REFUSED, shown=shown)
    return Sign(face=Face.OPEN if shown.opened else Face.SHUT, shown=shown)


def health_of(lanes: Sequence[LaneLoop], uplink: Uplink) -> Health:
    """The gate's devices and its line; it serves without the line (GATE-07) and without a text."""
    needed = [
        Device(name=f"{what} {each.lane.lane_id}", trouble=trouble)
        for each in lanes
        for what, trouble in (
            ("reader", each.post.fault),
            ("board", BOARD_AWAY if each.contacts.away else ""),
        )
    ]
    texts = [
        Device(name=f"display {each.lane.lane_id}", trouble=each.display.fault)
        for each in lanes
        if each.display is not None
    ]
    server = Device(name="server", trouble="" if uplink.answers else "server-away")
    known = Device(name="registration", trouble=WITHDRAWN if uplink.withdrawn else "")
    serving = not any(device.trouble for device in needed)
    return Health(
        serving=serving, devices=[*needed, *texts, server, known], waiting=uplink.upload.waiting
    )


def state_of(by_id: Mapping[str, LaneLoop], uplink: Uplink) -> dict[str, object]:
    """The gate as JSON, for scripts that drive the demo and for tests."""
    return {
        "connected": uplink.connected,
        "snapshot_version": uplink.snapshot().version,
        "lanes": {name: lane_state(each) for name, each in by_id.items()},
    }


def lane_state(each: LaneLoop) -> dict[str, object]:
    """A lane as JSON, for scripts that drive the demo and for tests."""
    shown = each.shown
    if shown is None:
        return {"fault": each.post.fault, "occupied": each.post.occupied, "last": None}
    decision = shown.decision
    return {
        "fault": each.post.fault,
        "occupied": each.post.occupied,
        "last": {
            "at": shown.at.isoformat(),
            "granted": decision.granted and not shown.try_again,
            "reason": "try-again" if shown.try_again else decision.reason,
            "card_number": decision.card_number,
            "last_day": decision.last_day.isoformat() if decision.last_day else None,
            "opened": shown.opened,
        },
    }
