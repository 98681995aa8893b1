"""People read what a lane is called; lines, rules and files keep its id."""

import json
from datetime import timedelta

import httpx
from sqlalchemy import select

from cardserver.db.tables import AuditRow
from cardserver.domain.gateevent import EventKind, GateEvent
from cardserver.domain.lanes import Direction
from cardserver.domain.signin import DEMO_PASSWORD
from cardserver.domain.station import StationKind
from cardserver.services import gatealarms, gatelanes, gatereports, gateviews
from cardserver.services.passages import passages
from cardserver.services.setup import SETUP
from cardserver.services.taps import put_lane
from cardserver.services.turn import Caller, looking, reading, writing
from cardserver.wire_gatesync import PassagesRequest
from simulators.estate import HEAD
from simulators.site import Site
from simulators.teller import FIRST_DAY
from tests.databases.gatework import WritingGate
from tests.scenario.ground import MORNING
from tests.unit.kiosk.gate.conftest import Gate

DAY = FIRST_DAY.date()
GATE = Caller(station="gate-2", kind=StationKind.GATE)


def line(gate: Gate, detail: str = "0.1") -> GateEvent:
    """Something for the gate to tell."""
    return gate.journal.append(
        GateEvent(sequence=0, at=MORNING, lane="", kind=EventKind.STARTED, detail=detail)
    )


def told_names(gate: Gate) -> list[dict[str, str]]:
    """What each batch says that the gate hands over from now on."""
    said: list[dict[str, str]] = []

    def listen(request: httpx.Request) -> None:
        if request.url.path == "/api/gates/events":
            said.append(json.loads(request.content)["names"])

    gate.ground.line.before = listen
    return said


def names(gate: Gate) -> dict[str, str]:
    with reading(gate.ground.estate, SETUP) as turn:
        return gatelanes.names_of_lanes(turn)


def test_a_gate_tells_its_names_once_and_again_to_a_centre_that_began_anew(gate: Gate) -> None:
    gate.uplink.upload.name_lanes({"car-park-entry": "车场入口"})
    said = told_names(gate)
    for look_back in (False, False, True):
        if look_back:
            gate.uplink.upload.look_back()
        line(gate)
        gate.uplink.round()
    assert [bool(each) for each in said] == [True, False, True]
    assert names(gate) == {"car-park-entry": "车场入口"}


def test_names_that_no_wire_takes_are_told_as_far_as_they_fit(gate: Gate) -> None:
    long = "东门 " * 40
    gate.uplink.upload.name_lanes({"a": "  3栋\t大门\n", "b": long, "c": "\x00 \x7f"})
    line(gate)
    gate.uplink.round()
    told = names(gate)
    assert told == {"a": "3栋 大门", "b": long[:60].strip()}


def test_a_new_name_is_on_record_and_the_same_is_not_written_twice(gate: Gate) -> None:
    estate = gate.ground.estate
    for name in ("东门", "东门", "东大门"):
        gatelanes.tell_names(estate, GATE, {"east": name})
    with looking(estate) as connection:
        notes = connection.execute(
            select(AuditRow.subject, AuditRow.detail).where(AuditRow.action == "lane-name")
        ).all()
    assert [tuple(each) for each in notes] == [("east", "东门"), ("east", "东大门, was 东门")]


def test_whoever_asks_is_told_the_name_beside_the_id(gate: Gate) -> None:
    estate = gate.ground.estate
    writing_gate = WritingGate(estate=estate, station="gate-1", now=MORNING)
    writing_gate.tap(7, granted=False, lane="east")
    writing_gate.tap(7, granted=False, lane="west")
    writing_gate.write(EventKind.OPENED_BY_HAND, lane="east", by="李强", detail="送货")
    writing_gate.write(EventKind.FORCED, lane="east")
    writing_gate.send()
    gatelanes.tell_names(estate, GATE, {"east": "东门"})
    day = MORNING.date()
    denied = gatereports.denied(estate, SETUP, day, day).denied
    assert {each.lane: each.lane_name for each in denied} == {"east": "东门", "west": ""}
    (opening,) = gatereports.openings(estate, SETUP, day, day).lines
    (alarm,) = gatealarms.alarms(estate, SETUP).alarms
    refusals = gateviews.refusals(estate, SETUP, 7).lines
    shown = [(each.lane, each.lane_name) for each in (opening, alarm.line, *refusals)]
    assert shown == [("east", "东门"), ("east", "东门"), ("west", ""), ("east", "东门")]


def test_a_gate_learns_what_lanes_of_other_gates_are_called(gate: Gate) -> None:
    gatelanes.tell_names(gate.ground.estate, GATE, {"east": "东门"})
    told = passages(gate.ground.estate, GATE, PassagesRequest(known={}))
    assert told.names == {"east": "东门"}


# --- on the screens and in the file --------------------------------------------------------------


def test_the_desk_shows_names_and_the_file_has_the_id_beside_it(site: Site) -> None:
    lane = site.lanes[1]
    assert (lane.lane.lane_id, lane.name) == ("carpark", "车场入口")
    lane.open_by_hand("李卫国", "送货", card_number=None)
    site.uplink.round()
    with writing(site.estate, SETUP) as turn:
        put_lane(turn, "carpark", Direction.ENTRY)
    gate = WritingGate(estate=site.estate, station="gate-2", now=site.clock())
    gate.tap(1, lane="carpark")
    gate.tap(1, granted=False, lane="carpark")
    gate.tap(1, granted=False, lane="north")
    gate.send()
    site.clock.travel_to(gate.now + timedelta(minutes=1))
    desk = site.stations["desk"].app.test_client()
    leave = {"name": HEAD, "password": DEMO_PASSWORD, "action": "gate-reports"}
    desk.post("/step-up", data=leave)
    for address in ("/gates/", "/gates/why?card=1", f"/gates/reports?first={DAY}&last={DAY}"):
        shown = desk.get(address).text
        assert "<td>车场入口" in shown, address
        assert "<td>carpark" not in shown, address
        assert "<td>north" in shown, address
    file = desk.get(f"/gates/reports.csv?first={DAY}&last={DAY}").get_data().decode("utf-8-sig")
    assert "车场入口,carpark," in file
    assert "north,north," in file
