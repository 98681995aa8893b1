"""The whole story once more, with desk and kiosk on the real PC/SC daemon.

pcscd, libpcsclite and vpcd are other people's; above them runs what runs in an estate.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from drivers.errors import CardRemoved
from drivers.readers.pcsc import PcscReader
from simulators.cards.catalogue import make
from simulators.clock import DemoClock
from simulators.faults import Fault, FaultKind, FaultPlan
from simulators.pcsc_site import CableIsReal, VpcdPlace, open_pcsc_site
from simulators.pcscd import Pcscd
from simulators.site import BRISK_NOTES
from simulators.story import CHAPTERS, tell_all
from simulators.teller import FIRST_DAY, Teller

pytestmark = [pytest.mark.pcscd, pytest.mark.together("pcscd")]

UID = bytes.fromhex("04A1B2C3D4E5F6")
GET_UID = bytes.fromhex("FFCA000000")
SOON_S = 15.0


def test_the_story_on_the_real_card_service(pcscd: Pcscd, tmp_path: Path) -> None:
    told: list[str] = []
    clock = DemoClock()
    clock.travel_to(FIRST_DAY)
    with open_pcsc_site(tmp_path, clock, note_timing=BRISK_NOTES) as site:
        broken = tell_all(site, told.append)
        assert site.readers["desk"].name in pcscd.slots
        assert site.readers["desk"].exchanges > 200
        teller = Teller(site)
        seen = teller.http.get("/panel/state.json").json()["readers"]["desk"]
        assert (seen["plugged"], seen["card"]) == (True, None)
        assert seen["exchanges"] == site.readers["desk"].exchanges
        refused = teller.http.post("/panel/api/readers/desk/cable", json={"plugged": False})
        assert (refused.status_code, refused.json()["code"]) == (409, "cable-is-real")
        teller.close()
    assert not broken
    assert len(told) == len(CHAPTERS)


@pytest.fixture
def place(pcscd: Pcscd) -> Iterator[VpcdPlace]:
    name, port = next(iter(pcscd.slots.items()))
    made = VpcdPlace(name, port)
    yield made
    made.remove()
    reader = PcscReader(name)
    assert reader.wait_removed(SOON_S)
    reader.close()


def test_a_place_counts_and_tells_what_passes_between_daemon_and_card(place: VpcdPlace) -> None:
    heard: list[tuple[bytes, bytes]] = []
    place.listener = lambda command, answer: heard.append((command, answer))
    card = make("classic-1k", UID)
    place.insert(card)
    assert place.card is card
    reader = PcscReader(place.name)
    assert reader.wait_card(SOON_S)
    channel = reader.connect()
    assert channel.transmit(GET_UID) == UID + b"\x90\x00"
    reader.close()
    assert heard == [(GET_UID, UID + b"\x90\x00")]
    assert place.exchanges == 1
    assert place.remove() is card
    assert place.remove() is None, "nothing lies there any more"


def test_a_planned_tear_takes_the_card_off_its_place(place: VpcdPlace) -> None:
    place.insert(make("classic-1k", UID))
    place.plan(FaultPlan(Fault(kind=FaultKind.TEAR_AFTER, at=0)))
    reader = PcscReader(place.name)
    assert reader.wait_card(SOON_S)
    channel = reader.connect()
    with pytest.raises(CardRemoved):
        channel.transmit(GET_UID)
    assert place.card is None
    reader.close()


def test_the_cable_of_a_real_service_can_not_be_pulled_in_the_panel(place: VpcdPlace) -> None:
    for pull in (place.unplug, place.replug):
        with pytest.raises(CableIsReal, match="pcscd"):
            pull()
