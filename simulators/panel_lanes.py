"""The panel's calls for the lanes: who comes, what is forced, which contacts close."""

from http import HTTPStatus
from typing import Final

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue

from simulators.barrier import VirtualBarrier
from simulators.panel_bench import Bench
from simulators.panel_body import BadCall, body
from simulators.panel_site import PanelSite
from simulators.panel_state import lane_state
from simulators.traffic import Place, WayShut

CONTACTS: Final = ("exit_button", "fire", "tamper", "loop_stuck")


def blueprint(site: PanelSite, bench: Bench) -> Blueprint:
    """The calls for the lanes."""
    lanes = Blueprint("lanes", __name__)
    _add_traffic(lanes, site, bench)
    _add_way(lanes, site, bench)
    _add_contacts(lanes, site, bench)
    return lanes


def _add_traffic(lanes: Blueprint, site: PanelSite, bench: Bench) -> None:
    @lanes.post("/api/lanes/<name>/traffic")
    def traffic(name: str) -> ResponseReturnValue:
        wish = body()
        place = Place(wish.choice("place", tuple(Place)))
        wish.finish()
        _lane(site, name)
        blocked = False
        try:
            bench.traffic[name].go(place)
        except WayShut:
            blocked = True
        return jsonify(lane_state(site, bench, name) | {"blocked": blocked})

    @lanes.post("/api/lanes/<name>/vehicle")
    def vehicle(name: str) -> ResponseReturnValue:
        wish = body()
        present = wish.flag("present")
        wish.finish()
        _lane(site, name).vehicle_present = present
        return jsonify(lane_state(site, bench, name))


def _add_way(lanes: Blueprint, site: PanelSite, bench: Bench) -> None:
    @lanes.post("/api/lanes/<name>/arm")
    def arm(name: str) -> ResponseReturnValue:
        wish = body()
        stuck = wish.flag("stuck")
        wish.finish()
        _lane(site, name).stuck = stuck
        return jsonify(lane_state(site, bench, name))

    @lanes.post("/api/lanes/<name>/door")
    def door(name: str) -> ResponseReturnValue:
        wish = body()
        stands_open = wish.flag("open")
        wish.finish()
        leaf = _lane(site, name).door
        if leaf is None:
            raise BadCall(f"lane {name} has no door", code="no-door", status=HTTPStatus.CONFLICT)
        if stands_open:
            leaf.force()
        else:
            leaf.shut()
        return jsonify(lane_state(site, bench, name))


def _add_contacts(lanes: Blueprint, site: PanelSite, bench: Bench) -> None:
    @lanes.post("/api/lanes/<name>/contacts")
    def contacts(name: str) -> ResponseReturnValue:
        changes = body().only_flags(CONTACTS)
        barrier = _lane(site, name)
        for contact, closed in changes.items():
            setattr(barrier, contact, closed)
        return jsonify(lane_state(site, bench, name))


def _lane(site: PanelSite, name: str) -> VirtualBarrier:
    barrier = site.boards.get(name)
    if barrier is None:
        raise BadCall(
            f"no lane {name!r}; there are {', '.join(site.boards)}",
            code="no-such-lane",
            status=HTTPStatus.NOT_FOUND,
        )
    return barrier
