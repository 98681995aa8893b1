"""`yika card`: a card issued, read and formatted without a screen, through a server on loopback.

Reader and printer are virtual devices behind their production drivers; the reader is planted. What
`yika card info` says over the real PC/SC service is in `tests/contract/test_card_command.py`.
"""

import json
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from werkzeug.serving import make_server

from cardserver.domain.signin import DEMO_PASSWORD
from drivers.api.readers import CardReader
from kiosk import cli, cli_card
from kiosk.station.config import DevicePart
from simulators import estate as demo_estate
from simulators.cards.api import VirtualCard
from simulators.cards.catalogue import make
from simulators.faults import Fault, FaultKind, FaultPlan
from simulators.reader import VirtualReader
from simulators.stream import TcpPort
from tests.databases.sites import SettledSite, put_away

STATION = """
[station]
name = "前台1"
server = "{server}"
company = "翠湖物业服务有限公司"
phone = "0755-8000 1234"

[reader]
driver = "planted"

[printer]
profile = "generic-80"
kind = "network"
host = "127.0.0.1"
port = {printer}
"""
UID = bytes.fromhex("04A1B2C3D4E5F6")
KINDS = ("classic-1k", "desfire-ev2")


class Office:
    """A desk without a screen: its file, its reader, and somebody's password in a file."""

    def __init__(self, site: SettledSite, folder: Path, url: str) -> None:
        self.site = site
        self.reader = VirtualReader("Planted Reader")
        self.config = folder / "desk.toml"
        port = site.hardware.ports["printer-desk"]
        assert isinstance(port, TcpPort)
        self.config.write_text(STATION.format(server=url, printer=port.port), encoding="utf-8")
        token = site.tokens[demo_estate.DESK]
        (folder / "station.token").write_text(token, encoding="ascii")
        self.password = folder / "password"
        self.password.write_text(f"{DEMO_PASSWORD}\n", encoding="utf-8")

    def run(self, act: str, *words: str, operator: str = demo_estate.OPERATOR) -> Result:
        who = ["--operator", operator, "--password-file", str(self.password)]
        command = ["card", act, "--config", str(self.config), *who, *words]
        return CliRunner().invoke(cli.main, command)

    def issue(self, *words: str) -> Result:
        holder = str(self.site.people.owner)
        return self.run("issue", "--holder", holder, "--verified", "--received", "50.00", *words)

    def lay(self, kind: str = "desfire-ev2") -> VirtualCard:
        card = make(kind, UID)
        self.reader.insert(card)
        return card

    def block(self, issued: Mapping[str, Any]) -> None:
        """IC-18a: a customer's card is blocked before it is erased."""
        self.site.counter.server.block(int(issued["card_number"]), "returned")

    def taken_fen(self) -> int:
        """What came in and was not given back as change."""
        trial = self.site.trial()
        return trial.money_in_fen - trial.returned_fen

    def balanced(self) -> bool:
        return self.site.trial().balanced


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    site = SettledSite(tmp_path / "site")
    http = make_server("127.0.0.1", 0, site.server_app)
    thread = threading.Thread(target=http.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    made = Office(site, tmp_path, f"http://127.0.0.1:{http.server_port}")

    def plugged(_part: DevicePart | None) -> CardReader:
        return made.reader

    monkeypatch.setattr(cli_card, "open_reader", plugged)
    monkeypatch.setattr(cli_card, "_WAIT_S", 0.01)
    yield made
    http.shutdown()
    thread.join()
    http.server_close()
    put_away(site)


def facts(result: Result) -> Mapping[str, Any]:
    assert result.exit_code == 0, result.output
    found: Mapping[str, Any] = json.loads(result.stdout)
    return found


def refused(result: Result, words: str) -> bool:
    """In one sentence, without a traceback."""
    said = result.output.splitlines()
    assert result.exit_code == 1, result.output
    assert "Traceback" not in result.output
    return words in said[-1]


@pytest.mark.parametrize("kind", KINDS)
def test_a_card_is_issued_read_and_formatted_without_a_screen(office: Office, kind: str) -> None:
    blank = office.lay(kind)
    memory = blank.dump()
    issued = facts(office.issue("--json"))
    assert issued["uid"] == UID.hex()
    assert (issued["received"], issued["change"]) == ("50.00", "30.00")
    assert issued["paper"] == "printed"
    assert issued["card_number"] in office.site.printers["desk"].sheets[-1].text
    read = facts(office.run("dump", "--json"))
    assert f"{read['door']['first']} - {read['door']['last']}" == issued["rights"]["door"]
    assert read["parking"] is None
    assert refused(office.run("format", "--yes"), "customer-card-live, IC-18a")
    office.block(issued)
    assert facts(office.run("format", "--yes", "--json")) == {"formatted": issued["card_number"]}
    assert blank.dump() == memory, "to the last bit as from the factory"
    assert office.balanced()


def test_a_card_pulled_away_while_it_is_issued_is_finished_and_not_paid_again(
    office: Office,
) -> None:
    card = office.lay()
    office.reader.plan(FaultPlan(Fault(kind=FaultKind.TEAR_AFTER, at=20)))
    assert refused(office.issue(), "card-removed")
    taken = office.taken_fen()
    office.reader.plan(None)
    office.reader.insert(card)
    issued = facts(office.issue("--json"))
    assert (issued["received"], issued["change"]) == ("0.00", "0.00")
    assert office.taken_fen() == taken
    read = facts(office.run("dump", "--json"))
    assert read["door"]["card_number"] == issued["card_number"]
    assert office.balanced()


def test_a_card_pulled_away_while_it_is_formatted_is_finished_by_the_same_command(
    office: Office,
) -> None:
    card = office.lay("classic-1k")
    office.block(facts(office.issue("--json")))
    office.reader.plan(FaultPlan(Fault(kind=FaultKind.TEAR_AFTER, at=12)))
    assert refused(office.run("format", "--yes"), "card-removed")
    office.reader.plan(None)
    office.reader.insert(card)
    assert "formatted" in facts(office.run("format", "--yes", "--json"))
    assert card.dump() == make("classic-1k", UID).dump()


def test_a_card_that_can_not_be_issued_costs_nothing(office: Office) -> None:
    before = office.taken_fen()
    assert refused(office.issue(), "card-absent")
    stranger = office.lay("ntag215")
    memory = stranger.dump()
    assert refused(office.issue(), "NTAG215 is not used here")
    assert stranger.dump() == memory
    assert office.taken_fen() == before
    office.lay()
    facts(office.issue("--json"))
    taken = office.taken_fen()
    assert refused(office.issue(), "format-first")
    assert office.taken_fen() == taken


def test_what_was_paid_for_a_card_that_never_came_is_used_for_the_next_one(office: Office) -> None:
    office.lay()
    office.reader.plan(FaultPlan(Fault(kind=FaultKind.SILENCE, at=3)))
    office.issue()
    office.reader.plan(None)
    office.reader.remove()
    office.lay()
    facts(office.issue("--json"))
    assert office.taken_fen() == 20_00
    assert office.balanced()


WRONG_WORDS = (
    (("--received", "5"), 1, "received 5.00 of 20.00"),
    (("--received", "a lot"), 2, "no amount in yuan"),
    (("--received", "-20"), 2, "no amount in yuan"),
    (("--received", "1e30"), 2, "no amount in yuan"),
    (("--received", "20.001"), 2, "no amount in yuan"),
    (("--holder", "999999"), 1, "not-found"),
    (("--holder", "nobody"), 2, "--holder"),
)


def test_wrong_words_take_no_money(office: Office) -> None:
    office.lay()
    for words, exit_code, said in WRONG_WORDS:
        result = office.issue(*words)
        assert (result.exit_code, said in result.output) == (exit_code, True), result.output
        assert "Traceback" not in result.output
    assert office.taken_fen() == 0


def test_nothing_is_issued_before_the_owner_record_was_looked_at_ic_02(office: Office) -> None:
    result = office.run("issue", "--holder", "1", "--received", "20")
    assert result.exit_code == 2
    assert "IC-02" in result.output


def test_a_wrong_password_opens_nothing(office: Office) -> None:
    office.password.write_text("guess\n", encoding="utf-8")
    office.lay()
    assert refused(office.run("dump"), "sign-in-wrong")


def test_a_card_of_nobody_is_read_as_empty_and_never_formatted(office: Office) -> None:
    card = office.lay("classic-1k")
    memory = card.dump()
    assert "door" not in facts(office.run("dump", "--json"))
    assert refused(office.run("format", "--yes"), "it was not touched")
    assert card.dump() == memory
