"""What a monitoring program hears of each station."""

from collections.abc import Iterator

import pytest
from flask import Flask
from prometheus_client.parser import text_string_to_metric_families

from kiosk.station.health import Health, add_health
from simulators.site import Site
from simulators.teller import Teller
from tests.databases.sites import SettledSite

FACES = ("desk", "kiosk", "gate")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with SettledSite(tmp_path_factory.mktemp("estate")) as running:
        tell = Teller(running)
        tell.until("the kiosk invites", lambda: tell.state("kiosk")["screen"] == "attract")
        tell.until("the gate's devices are there", lambda: all_there(running, "gate"))
        tell.close()
        yield running


def all_there(site: Site, face: str) -> bool:
    answer = site.stations[face].app.test_client().get("/health")
    return not any(device["trouble"] for device in answer.get_json()["devices"])


def samples(site: Site, face: str) -> dict[str, float]:
    answer = site.stations[face].app.test_client().get("/metrics")
    assert answer.content_type.startswith("text/plain")
    return {
        sample.name + "".join(f" {value}" for value in sample.labels.values()): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


@pytest.mark.parametrize("face", FACES)
def test_a_station_says_how_it_is_to_whoever_watches_it(site: Site, face: str) -> None:
    answer = site.stations[face].app.test_client().get("/health")
    assert answer.status_code == 200
    seen = answer.get_json()
    assert seen["at_work"]
    assert {device["name"].split()[0] for device in seen["devices"]} >= {"reader"}
    measured = samples(site, face)
    assert measured["yika_station_at_work"] == 1
    for device in seen["devices"]:
        assert measured[f"yika_device_up {device['name']}"] == float(not device["trouble"])


def test_a_reader_that_is_pulled_out_is_heard_of(site: Site) -> None:
    tell = Teller(site)
    reader = site.hardware.readers["carpark"]
    assert samples(site, "gate")["yika_device_up reader carpark"] == 1
    reader.unplug()
    tell.until("it is away", lambda: not samples(site, "gate")["yika_device_up reader carpark"])
    assert samples(site, "gate")["yika_station_serving"] == 0
    reader.replug()
    tell.until("it is back", lambda: bool(samples(site, "gate")["yika_station_serving"]))
    tell.close()


def test_a_station_whose_work_stands_still_is_unwell() -> None:
    app = Flask(__name__)
    add_health(app, lambda: Health(serving=True, at_work=False))
    assert app.test_client().get("/health").status_code == 503
