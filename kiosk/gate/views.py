"""The gate's screens: one page per lane, readable at three metres, and the guard's overview."""

from datetime import datetime, timedelta
from typing import Final

from flask import Blueprint, Flask, abort, jsonify, render_template
from flask.typing import ResponseReturnValue

from kiosk.gate.journal import GateJournal
from kiosk.gate.lane import LaneLoop, Shown
from kiosk.gate.uplink import Uplink
from kiosk.station.clock import Clock
from kiosk.station.events import Bell
from kiosk.station.web import create_station_app

_SHOWN_FOR: Final = timedelta(seconds=8)
_TAPS_SHOWN: Final = 12


def create_app(
    lanes: list[LaneLoop], *, journal: GateJournal, uplink: Uplink, bell: Bell, clock: Clock
) -> Flask:
    """The gate's web application over its lanes."""
    app = create_station_app("kiosk.gate", bell=bell)
    gate = Blueprint("gate", "kiosk.gate", template_folder="templates")
    by_id = {str(each.lane.lane_id): each for each in lanes}

    @gate.context_processor
    def everywhere() -> dict[str, object]:
        return {"lanes": lanes, "uplink": uplink, "now": clock(), "recent": recent}

    @gate.get("/")
    def guard() -> str:
        return render_template("gate/guard.html", taps=journal.last(_TAPS_SHOWN))

    @gate.get("/lane/<lane_id>")
    def lane(lane_id: str) -> str:
        return render_template("gate/lane.html", each=by_id.get(lane_id) or abort(404))

    @gate.get("/lane/<lane_id>/sign")
    def sign(lane_id: str) -> str:
        return render_template("gate/sign.html", each=by_id.get(lane_id) or abort(404))

    @gate.get("/state.json")
    def state() -> ResponseReturnValue:
        return jsonify(
            {
                "connected": uplink.connected,
                "snapshot_version": uplink.snapshot().version,
                "lanes": {name: lane_state(each) for name, each in by_id.items()},
            }
        )

    app.register_blueprint(gate)
    return app


def recent(shown: Shown | None, now: datetime) -> Shown | None:
    """What a lane shows now: the last decision for a few seconds, then the invitation again."""
    return shown if shown is not None and abs(now - shown.at) < _SHOWN_FOR else None


def lane_state(each: LaneLoop) -> dict[str, object]:
    """A lane as JSON, for scripts that drive the demo and for tests."""
    shown = each.shown
    if shown is None:
        return {"fault": each.post.fault, "last": None}
    decision = shown.decision
    return {
        "fault": each.post.fault,
        "last": {
            "at": shown.at.isoformat(),
            "granted": decision.granted and not shown.try_again,
            "reason": "try-again" if shown.try_again else decision.reason,
            "card_number": decision.card_number,
            "last_day": decision.last_day.isoformat() if decision.last_day else None,
            "opened": shown.opened,
        },
    }
