"""The panel's lanes: cars before an arm, people at a door, and the contacts of a board."""

import pytest
from flask.testing import FlaskClient

from simulators.barrier_wire import checksum
from tests.unit.simulators.panel.bench_site import BenchSite, look, post

PULSE = b"\x01\x05\x02\x00\x00\x05"
OPEN_LANE = PULSE + checksum(PULSE)
LAMP = b"\x01\x05\x02\x02\x00\x1e"
GO = LAMP + checksum(LAMP)
ASK = b"\x01\x02\x00\x00\x00\x08"
INPUTS = ASK + checksum(ASK)


def inputs(site: BenchSite, lane: str) -> list[int]:
    """Numbers of the inputs that are closed, from 1."""
    bits = site.boards[lane].receive(INPUTS)[3]
    return [number + 1 for number in range(8) if bits >> number & 1]


def refused(client: FlaskClient, call: str, **body: object) -> str:
    answer = client.post(f"/api/{call}", json=body)
    assert 400 <= answer.status_code < 500
    return str(answer.get_json()["code"])


def test_an_opening_is_counted_and_the_arm_is_up_while_the_vehicle_waits(
    client: FlaskClient, site: BenchSite
) -> None:
    assert post(client, "lanes/carpark/vehicle", present=True)["vehicle_present"] is True
    assert site.boards["carpark"].receive(OPEN_LANE) == OPEN_LANE
    lane = look(client)["lanes"]["carpark"]
    assert (lane["openings"], lane["relay_closed"], lane["arm_up"]) == (1, True, True)
    told = post(client, "lanes/carpark/vehicle", present=False)
    assert told["vehicle_present"] is False


def test_a_car_waits_drives_onto_the_loop_and_through(client: FlaskClient, site: BenchSite) -> None:
    assert post(client, "lanes/carpark/traffic", place="before")["place"] == "before"
    assert post(client, "lanes/carpark/traffic", place="beneath")["blocked"] is True
    assert look(client)["lanes"]["carpark"]["place"] == "before"
    site.boards["carpark"].receive(OPEN_LANE)
    told = post(client, "lanes/carpark/traffic", place="beneath")
    assert (told["place"], told["vehicle_present"]) == ("beneath", True)
    assert inputs(site, "carpark") == [1, 2, 5, 6]
    told = post(client, "lanes/carpark/traffic", place="through")
    assert (told["place"], told["passed"], told["vehicle_present"]) == ("away", 1, False)


def test_a_car_that_backs_off_has_not_passed(client: FlaskClient, site: BenchSite) -> None:
    site.boards["carpark"].receive(OPEN_LANE)
    post(client, "lanes/carpark/traffic", place="beneath")
    told = post(client, "lanes/carpark/traffic", place="before")
    assert (told["place"], told["passed"], told["vehicle_present"]) == ("before", 0, False)
    assert post(client, "lanes/carpark/traffic", place="away")["place"] == "away"


def test_a_person_goes_through_a_door_that_was_let_go(client: FlaskClient, site: BenchSite) -> None:
    post(client, "lanes/door/traffic", place="before")
    assert post(client, "lanes/door/traffic", place="through")["blocked"] is True
    site.boards["door"].receive(OPEN_LANE)
    assert look(client)["lanes"]["door"]["strike_free"] is True
    told = post(client, "lanes/door/traffic", place="beneath")
    assert (told["door_open"], told["arm_height"]) == (True, 1.0)
    assert inputs(site, "door") == [3, 5, 6]
    told = post(client, "lanes/door/traffic", place="through")
    assert (told["door_open"], told["passed"]) == (False, 1)


def test_a_door_can_be_forced_and_shut_again(client: FlaskClient, site: BenchSite) -> None:
    assert post(client, "lanes/door/door", open=True)["door_open"] is True
    assert 3 in inputs(site, "door")
    assert post(client, "lanes/door/door", open=False)["door_open"] is False
    assert refused(client, "lanes/carpark/door", open=True) == "no-door"


@pytest.mark.parametrize("contact", ["exit_button", "fire"])
def test_exit_button_and_fire_free_the_door_by_their_own_wires(
    client: FlaskClient, site: BenchSite, contact: str
) -> None:
    post(client, "lanes/door/contacts", **{contact: True})
    assert post(client, "lanes/door/traffic", place="through")["passed"] == 1
    assert site.boards["door"].openings == (), "no board was asked"
    post(client, "lanes/door/contacts", **{contact: False})
    assert post(client, "lanes/door/traffic", place="through")["blocked"] is True


def test_fire_raises_the_arm_and_holds_it(client: FlaskClient, site: BenchSite) -> None:
    told = post(client, "lanes/carpark/contacts", fire=True)
    assert (told["fire"], told["arm_up"]) == (True, True)
    assert inputs(site, "carpark") == [1, 6], "the fire contact opens"
    for place in ("through", "through"):
        post(client, "lanes/carpark/traffic", place=place)
    assert look(client)["lanes"]["carpark"]["arm_up"] is True
    assert post(client, "lanes/carpark/contacts", fire=False)["fire"] is False


def test_a_loop_that_sticks_and_an_open_cabinet_are_seen_by_the_board(
    client: FlaskClient, site: BenchSite
) -> None:
    told = post(client, "lanes/carpark/contacts", loop_stuck=True, tamper=True)
    assert (told["loop_stuck"], told["tamper"], told["vehicle_present"]) == (True, True, False)
    assert inputs(site, "carpark") == [2, 5]


@pytest.mark.parametrize("lane", ["door", "carpark"])
def test_what_is_stuck_stays_shut(client: FlaskClient, site: BenchSite, lane: str) -> None:
    assert post(client, f"lanes/{lane}/arm", stuck=True)["stuck"] is True
    site.boards[lane].receive(OPEN_LANE)
    assert post(client, f"lanes/{lane}/traffic", place="through")["blocked"] is True
    told = look(client)["lanes"][lane]
    assert (told["openings"], told["arm_height"]) == (1, 0.0)
    assert post(client, f"lanes/{lane}/arm", stuck=False)["stuck"] is False


def test_lamps_and_the_display_are_told(client: FlaskClient, site: BenchSite) -> None:
    site.boards["carpark"].receive(GO)
    lane = look(client)["lanes"]["carpark"]
    assert (lane["lamps"], lane["openings"]) == (["go"], 0)
    assert (lane["display"], lane["display_colour"]) == (["一卡"], "")


@pytest.mark.parametrize("lane", ["door", "carpark"])
def test_every_lane_begins_shut(client: FlaskClient, lane: str) -> None:
    door = lane == "door"
    assert look(client)["lanes"][lane] == {
        "openings": 0,
        "relay_closed": False,
        "arm_up": False,
        "arm_height": 0.0,
        "stuck": False,
        "vehicle_present": False,
        "place": "away",
        "passed": 0,
        "door_open": False if door else None,
        "strike_free": False,
        "exit_button": False,
        "fire": False,
        "tamper": False,
        "loop_stuck": False,
        "lamps": [],
        "display": None if door else ["一卡"],
        "display_colour": "",
    }


@pytest.mark.parametrize(
    ("call", "body", "code"),
    [
        ("lanes/roof/traffic", {"place": "away"}, "no-such-lane"),
        ("lanes/door/traffic", {"place": "up"}, "bad-value"),
        ("lanes/door/traffic", {}, "missing-field"),
        ("lanes/door/contacts", {}, "missing-field"),
        ("lanes/door/contacts", {"fire": 1}, "bad-value"),
        ("lanes/door/contacts", {"fire": True, "smoke": True}, "unknown-field"),
        ("lanes/roof/contacts", {"fire": True}, "no-such-lane"),
        ("lanes/door/door", {"open": "yes"}, "bad-value"),
    ],
)
def test_what_makes_no_sense_is_refused(
    client: FlaskClient, call: str, body: dict[str, object], code: str
) -> None:
    assert refused(client, call, **body) == code
