"""What the panel's calls do to cards, readers and the clock."""

from datetime import UTC, datetime

import pytest
from flask.testing import FlaskClient

from drivers.errors import CardRemoved, DeviceNotFound, DeviceTimeout
from simulators.cards.catalogue import CATALOGUE
from simulators.panel import create_app
from simulators.reader import VirtualReader
from tests.unit.simulators.panel.bench_site import READERS, BenchSite, ask, look, post

GET_UID = bytes.fromhex("FFCA000000")


# --- cards and readers


def test_a_new_card_is_in_the_wallet(client: FlaskClient) -> None:
    told = client.post(
        "/api/cards", json={"kind": "classic-1k", "uid": "5f1a2b3c", "label": "旧卡"}
    )
    assert told.status_code == 201
    assert told.json == {
        "id": "card-1",
        "label": "旧卡",
        "kind": "classic-1k",
        "name": "MIFARE Classic 1K",
        "uid": "5F1A2B3C",
        "where": None,
    }
    assert look(client)["cards"] == [told.json]


def test_every_kind_can_be_taken(client: FlaskClient) -> None:
    kinds = ask(client, "/api/kinds")
    assert list(kinds) == sorted(CATALOGUE)
    for kind in kinds:
        assert post(client, "cards", kind=kind)["kind"] == kind
    assert len(look(client)["cards"]) == len(CATALOGUE)


def test_a_card_is_laid_moved_and_lifted(client: FlaskClient, site: BenchSite) -> None:
    post(client, "cards", kind="desfire-ev2")
    for name in READERS:
        assert post(client, f"readers/{name}/lay", card="card-1")["card"] == "card-1"
        assert look(client)["cards"][0]["where"] == name
        assert [each for each in READERS if site.readers[each].card] == [name]
    assert post(client, "readers/carpark/lift")["lifted"] == "card-1"
    assert post(client, "readers/carpark/lift")["lifted"] is None
    assert look(client)["cards"][0]["where"] is None


def test_a_second_card_takes_the_first_ones_place(client: FlaskClient) -> None:
    post(client, "cards", kind="classic-1k")
    post(client, "cards", kind="desfire-ev1")
    post(client, "readers/desk/lay", card="card-1")
    post(client, "readers/desk/lay", card="card-2")
    assert [card["where"] for card in look(client)["cards"]] == [None, "desk"]


def laid(client: FlaskClient, site: BenchSite) -> VirtualReader:
    post(client, "cards", kind="classic-1k")
    post(client, "readers/desk/lay", card="card-1")
    return site.readers["desk"]


def test_a_planned_tear_counts_down_fires_and_leaves_the_card_in_the_wallet(
    client: FlaskClient, site: BenchSite
) -> None:
    reader = laid(client, site)
    told = post(client, "readers/desk/plan", faults=[{"kind": "tear-before", "at": 2}])
    assert told["faults"] == [{"kind": "tear-before", "at": 2, "bit": 0, "left": 2}]
    channel = reader.connect()
    for left in (1, 0):
        channel.transmit(GET_UID)
        assert look(client)["readers"]["desk"]["faults"][0]["left"] == left
    with pytest.raises(CardRemoved):
        channel.transmit(GET_UID)
    state = look(client)
    assert state["readers"]["desk"] | {"name": ""} == {
        "name": "",
        "plugged": True,
        "card": None,
        "exchanges": 3,
        "faults": [],
        "fired": ["tear-before"],
        "log": False,
    }
    assert state["cards"][0]["where"] is None


def test_another_plan_takes_the_place_of_the_first(client: FlaskClient, site: BenchSite) -> None:
    reader = laid(client, site)
    post(client, "readers/desk/plan", faults=[{"kind": "tear-before", "at": 0}])
    post(client, "readers/desk/plan", faults=[{"kind": "silence", "at": 0}])
    channel = reader.connect()
    with pytest.raises(DeviceTimeout):
        channel.transmit(GET_UID)
    assert post(client, "readers/desk/plan", faults=[])["fired"] == []
    assert channel.transmit(GET_UID)[-2:] == b"\x90\x00"


def test_one_wrong_bit_can_be_chosen(client: FlaskClient, site: BenchSite) -> None:
    reader = laid(client, site)
    channel = reader.connect()
    right = channel.transmit(GET_UID)
    post(client, "readers/desk/plan", faults=[{"kind": "bit-flip", "at": 0, "bit": 9}])
    wrong = channel.transmit(GET_UID)
    assert int.from_bytes(right, "little") ^ int.from_bytes(wrong, "little") == 1 << 9


def test_a_cable_is_pulled_and_put_back_with_the_card_still_there(
    client: FlaskClient, site: BenchSite
) -> None:
    reader = laid(client, site)
    for _ in range(2):  # saying it twice does no harm
        assert post(client, "readers/desk/cable", plugged=False)["plugged"] is False
    with pytest.raises(DeviceNotFound):
        reader.connect()
    assert look(client)["readers"]["desk"]["card"] == "card-1"
    for _ in range(2):
        assert post(client, "readers/desk/cable", plugged=True)["plugged"] is True
    assert reader.connect().transmit(GET_UID)[-2:] == b"\x90\x00"


# --- the byte log


def test_bytes_are_recorded_while_the_log_is_on(client: FlaskClient, site: BenchSite) -> None:
    channel = laid(client, site).connect()
    channel.transmit(GET_UID)
    post(client, "readers/desk/log", on=True)
    uid = channel.transmit(GET_UID)
    site.readers["desk"].remove()
    with pytest.raises(CardRemoved):
        channel.transmit(GET_UID)
    post(client, "readers/desk/log", on=False)
    told = ask(client, "/api/readers/desk/log")
    assert told["on"] is False
    assert [(line["number"], line["command"], line["answer"]) for line in told["lines"]] == [
        (1, "FF CA 00 00 00", uid.hex(" ").upper()),
        (2, "FF CA 00 00 00", ""),
    ]
    later = ask(client, "/api/readers/desk/log?after=1")["lines"]
    assert [line["number"] for line in later] == [2]
    assert ask(client, "/api/readers/kiosk/log")["lines"] == []


def test_a_listener_that_was_there_before_is_still_called(site: BenchSite) -> None:
    heard: list[bytes] = []
    site.readers["desk"].listener = lambda command, _: heard.append(command)
    client = create_app(site).test_client()
    laid(client, site).connect().transmit(GET_UID)
    assert heard == [GET_UID]


# --- the clock


def test_a_day_is_gone_to_with_the_hour_kept_or_chosen(
    client: FlaskClient, site: BenchSite
) -> None:
    site.clock.travel_to(datetime(2026, 3, 1, 4, 30, tzinfo=UTC))
    told = post(client, "clock/travel", date="2027-05-08")
    assert (told["date"], told["time"][:5]) == ("2027-05-08", "12:30")
    told = post(client, "clock/travel", date="2027-05-08", time="23:59:59")
    assert told["date"] == "2027-05-08"
    assert site.clock.now() >= datetime(2027, 5, 8, 15, 59, 59, tzinfo=UTC)
    assert told["days_ahead"] * 86400 == pytest.approx(told["offset_s"], abs=86400)


@pytest.mark.parametrize(
    ("today", "wanted", "expected"),
    [
        ("2026-03-01", "06-09", "2026-06-09"),
        ("2026-06-09", "06-09", "2026-06-09"),
        ("2026-06-10", "06-09", "2027-06-09"),
        ("2025-01-01", "02-29", "2028-02-29"),
        ("2096-03-01", "02-28", "2097-02-28"),
    ],
)
def test_the_next_day_of_a_name_is_today_or_later(
    client: FlaskClient, today: str, wanted: str, expected: str
) -> None:
    post(client, "clock/travel", date=today)
    assert post(client, "clock/travel", next=wanted)["date"] == expected
    assert post(client, "clock/travel", next=wanted)["date"] == expected


def test_the_calendar_goes_on_by_days_and_months_and_back(client: FlaskClient) -> None:
    post(client, "clock/travel", date="2026-01-31", time="12:00")
    assert post(client, "clock/advance", months=1)["date"] == "2026-02-28"
    assert post(client, "clock/advance", days=1)["date"] == "2026-03-01"
    assert post(client, "clock/advance", days=-1, months=-1)["date"] == "2026-01-31"
    assert post(client, "clock/advance", minutes=12 * 60)["date"] == "2026-02-01"
    told = post(client, "clock/present")
    assert (told["offset_s"], told["days_ahead"]) == (0, 0)


# --- money


def test_the_books_are_shown_with_their_sum(client: FlaskClient) -> None:
    state = look(client)
    assert state["money"]["away"] is False
    assert state["money"]["trial"]["balanced"] is True
    assert state["money"]["balances"]["cash:desk-1"] == 2000
    assert len(state["journal"]) == 20


def test_a_card_server_that_is_away_hides_nothing_else(
    client: FlaskClient, site: BenchSite
) -> None:
    site.server_away = True
    state = look(client)
    assert state["money"] == {"away": True, "why": "no answer"}
    assert state["readers"].keys() == set(READERS)


def test_the_card_server_is_left_alone_if_asked(client: FlaskClient, site: BenchSite) -> None:
    site.server_away = True
    state = ask(client, "/state.json?money=no")
    assert "money" not in state
    assert state["clock"]["date"]
