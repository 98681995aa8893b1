"""`yika doctor`: what is wrong and what to do, of real parts on virtual devices.

Printer, acceptor and barrier sit behind their production drivers on sockets and ptys, the server
answers on a port of loopback. Only the reader is planted: a driver that opens a virtual one.
"""

import json
import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from werkzeug.serving import make_server

from cardserver.domain.finding import Finding, Mark, guarded
from cardserver.domain.keys import EstateId
from cardserver.services.enrolling import enrol, revoke
from cardserver.services.opening import open_estate
from cardserver.services.setup import SETUP
from cardserver.services.turn import Estate
from cardserver.vault import KeyFile, create_vault, demo_vault, export_gate, open_vault
from cardserver.wire_books import Health
from drivers.acceptors import id003, ssp
from drivers.api.acceptors import BillEventKind
from drivers.errors import DeviceNotFound
from drivers.readers.pcsc import list_names
from kiosk import cli
from kiosk.checkup import machine, server
from kiosk.checkup.visit import visit
from kiosk.gate.identity import create_identity
from kiosk.selfservice.journal import Entry, TillJournal
from kiosk.station.clock import system_clock
from kiosk.station.config import ConfigInvalid, load_config
from kiosk.station.devices import open_paper, open_server
from simulators import estate as demo_estate
from simulators.acceptor import VirtualAcceptor
from simulators.acceptor_path import AT_ONCE
from simulators.barrier import VirtualBarrier
from simulators.clock import DemoClock
from simulators.id003 import VirtualId003
from simulators.paper import VirtualPrinter
from simulators.stream import PtyPort, StreamDevice, TcpPort
from tests.databases.servers import server_of
from tests.databases.stores import lay_out_sqlite

PLANTED_READER = """
from drivers.api.readers import (ReaderDriver)
from drivers.errors import DeviceNotFound
from simulators.reader import VirtualReader

def open_reader(settings):
    reader = VirtualReader("Planted Reader")
    if settings.get("reader") == "elsewhere":
        reader.unplug()
    return reader

DRIVER = ReaderDriver(name="planted", open=open_reader, list_names=lambda: ["Planted Reader"])
"""
STATION = """
[station]
name = "前台1"
server = "{server}"
token_file = "station.token"
company = "翠湖物业服务有限公司"
phone = "0755-8000 1234"
"""
LANE = """
[[lane]]
id = "car-in"
name = "车场入口"
right = "parking"
zone = 0
reader = {{ driver = "planted_readers.virtual", reader = "{reader}" }}
barrier = {{ driver = "modbus_relay", port = "{port}", board = "waveshare-d", relay = 1, {inputs} }}
"""
NOWHERE = "http://127.0.0.1:9"
GATE_KEY = KeyFile(bytes(range(32)))


class Deaf:
    def receive(self, _: bytes) -> bytes:
        return b""


class Office:
    """A folder with a station's file, and a card server on loopback."""

    def __init__(
        self, folder: Path, url: str, tokens: Mapping[str, str], clock: DemoClock, estate: Estate
    ) -> None:
        self.estate = estate
        self.folder = folder
        self.url = url
        self.tokens = tokens
        self.clock = clock

    def file(self, *sections: str, kind: str = demo_estate.DESK, url: str = "") -> Path:
        """A station's file with these sections and the token of that station."""
        token = self.tokens.get(kind, "a gate has none")
        (self.folder / "station.token").write_text(token, encoding="ascii")
        path = self.folder / "station.toml"
        head = STATION.format(server=url or self.url)
        path.write_text("\n".join((head, *sections)), encoding="utf-8")
        return path


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    clock = DemoClock()
    lay_out_sqlite(tmp_path / "yika.db")
    vault = create_vault(tmp_path / "keyring.json", GATE_KEY, estate_id=EstateId("LAKE01"))
    estate = open_estate(f"sqlite:///{tmp_path / 'yika.db'}", vault, name="翠湖", clock=clock)
    demo_estate.put_operators(estate)
    tokens = demo_estate.hand_out_tokens(estate)
    http = make_server("127.0.0.1", 0, server_of(estate))
    thread = threading.Thread(target=http.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield Office(tmp_path, f"http://127.0.0.1:{http.server_port}", tokens, clock, estate)
    http.shutdown()
    thread.join()
    http.server_close()
    estate.engine.dispose()


@pytest.fixture
def planted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "planted_readers"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "virtual.py").write_text(PLANTED_READER, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)


@contextmanager
def plugged(device: StreamDevice) -> Iterator[str]:
    port = PtyPort(device)
    try:
        yield port.path
    finally:
        port.close()


def run(*words: str | Path) -> Result:
    return CliRunner().invoke(cli.main, ["doctor", *map(str, words)])


def found(path: Path, subject: str, **how: Any) -> Finding:
    """The one finding of that subject."""
    findings = [each for each in visit(path, **how) if each.subject == subject]
    assert len(findings) == 1, findings
    return findings[0]


def needs_hands(finding: Finding, words: str) -> bool:
    return finding.mark is Mark.WRONG and words in finding.says and bool(finding.advice)


# --- the machine ----------------------------------------------------------------------------------


def test_without_a_file_the_machine_itself_is_looked_at() -> None:
    findings = {each.subject: each for each in visit()}
    assert list(findings) == ["Python", "packages", "clock", machine.PCSC, "serial ports"]
    assert all(findings[each].mark is Mark.FINE for each in ("Python", "packages", "clock"))


def test_the_card_reader_service_is_found_as_it_is() -> None:
    (finding,) = machine.card_reader_service()
    try:
        names = list_names()
    except DeviceNotFound:
        assert needs_hands(finding, "does not run")
    else:
        assert finding.mark is (Mark.FINE if names else Mark.LOOK)
        assert all(name in finding.says for name in names)


def test_a_missing_package_is_named_with_the_way_to_get_it() -> None:
    _, finding = machine.python_and_packages({"a_module_nobody_has": "rare-package"})
    assert needs_hands(finding, "rare-package")
    assert "pip install" in finding.advice


def test_a_clock_from_before_the_program_is_wrong() -> None:
    (finding,) = machine.clock(lambda: datetime(2019, 12, 31, 23, 59, tzinfo=UTC))
    assert needs_hands(finding, "long past")


def test_what_can_not_be_looked_at_is_a_finding_and_no_traceback() -> None:
    def sick() -> Iterator[Finding]:
        yield Finding(subject="a", mark=Mark.FINE, says="so far")
        raise ZeroDivisionError("一除以零")

    first, second = guarded("a", sick)
    assert first.says == "so far"
    assert needs_hands(second, "ZeroDivisionError")


# --- the command ----------------------------------------------------------------------------------


def test_the_exit_code_says_whether_hands_are_needed(office: Office) -> None:
    sick = run("--config", office.file(url=NOWHERE))
    assert sick.exit_code == 1
    assert "✕ server" in sick.output
    assert "→ Does `yika serve` run there" in sick.output
    assert sick.output.splitlines()[-1].endswith("thing(s) need hands.")


def test_json_is_one_object_and_says_the_same(office: Office) -> None:
    result = run("--json", "--config", office.file())
    facts = json.loads(result.stdout)
    marks = {each["mark"] for each in facts["findings"]}
    assert marks <= set(Mark)
    assert facts["ok"] is (Mark.WRONG not in marks)
    assert result.exit_code == (0 if facts["ok"] else 1)
    assert {"subject", "mark", "says", "advice"} == set(facts["findings"][0])


@pytest.mark.parametrize(
    "content", [None, b"", b"\xff\xfe", b"[station", b"[station]\nname = 1", b"[[lane]]\nid = 1"]
)
def test_a_file_that_is_none_is_said_so(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "station.toml"
    if content is not None:
        path.write_bytes(content)
    assert needs_hands(found(path, "file"), "station.toml")


# --- the server -----------------------------------------------------------------------------------


def test_a_healthy_server_knows_its_desk(office: Office) -> None:
    findings = {each.subject: each for each in visit(office.file())}
    for subject in ("file", "server", "database", "clocks", "token"):
        assert findings[subject].mark is Mark.FINE, findings[subject]
    assert "翠湖" in findings["server"].says


@pytest.mark.parametrize("kind", [demo_estate.DESK, demo_estate.OFFICE])
def test_a_token_under_which_people_sign_in_is_enough_for_a_desk(office: Office, kind: str) -> None:
    assert found(office.file(kind=kind), "token").mark is Mark.FINE


def test_a_server_that_is_not_there_needs_hands(office: Office) -> None:
    assert needs_hands(found(office.file(url=NOWHERE), "server"), NOWHERE)


def test_a_token_of_another_kind_of_station_needs_hands(office: Office) -> None:
    finding = found(office.file(kind=demo_estate.KIOSK), "token")
    assert needs_hands(finding, "another kind")


def test_an_unknown_token_needs_hands(office: Office) -> None:
    path = office.file()
    (office.folder / "station.token").write_text("desk-1.wrong", encoding="ascii")
    assert needs_hands(found(path, "token"), "does not know")


def test_a_token_that_can_not_be_read_needs_hands(office: Office) -> None:
    path = office.file()
    (office.folder / "station.token").unlink()
    assert needs_hands(found(path, "token"), "station.token")


def test_a_desk_where_nobody_can_sign_in_needs_hands(office: Office) -> None:
    path = office.file()
    with sqlite3.connect(office.folder / "yika.db") as store:
        store.execute("UPDATE operator SET active = 0")
    store.close()
    assert needs_hands(found(path, "operators"), "nobody can sign in")


@pytest.mark.parametrize(("off_s", "side"), [(-60, "behind"), (60, "ahead of")])
def test_clocks_that_differ_need_hands(office: Office, off_s: int, side: str) -> None:
    def off() -> datetime:
        return system_clock() + timedelta(seconds=off_s)

    finding = found(office.file(), "clocks", now=off)
    assert needs_hands(finding, side)
    assert "60" in finding.says or "59.9" in finding.says


def test_a_server_whose_clock_was_set_back_needs_hands(office: Office) -> None:
    office.clock.advance(timedelta(hours=-1))
    assert needs_hands(found(office.file(), "server's clock"), "set back")


def test_small_differences_are_fine(office: Office) -> None:
    office.clock.advance(timedelta(seconds=4))
    assert found(office.file(), "clocks").mark is Mark.FINE


def test_what_waits_in_the_server_is_told() -> None:
    health = Health(
        version=machine.own_version(),
        estate="翠湖",
        time=system_clock(),
        clock_ok=False,
        open_operations=2,
    )
    known, waiting, set_back = server.of_health(health)
    assert known.mark is Mark.FINE
    assert waiting.mark is Mark.LOOK
    assert "2 operation" in waiting.says
    assert needs_hands(set_back, "set back")
    other, *_ = server.of_health(health.model_copy(update={"version": "0.0.1"}))
    assert other.mark is Mark.LOOK


# --- reader and printer ---------------------------------------------------------------------------


@pytest.mark.usefixtures("planted")
def test_a_reader_is_found_by_its_file(office: Office) -> None:
    path = office.file('[reader]\ndriver = "planted_readers.virtual"')
    finding = found(path, "reader")
    assert finding.mark is Mark.FINE
    assert finding.says == "Planted Reader, no card lies on it"


@pytest.mark.usefixtures("planted")
def test_a_reader_that_is_unplugged_needs_hands(office: Office) -> None:
    path = office.file('[reader]\ndriver = "planted_readers.virtual"\nreader = "elsewhere"')
    assert needs_hands(found(path, "reader"), "unplugged")


def test_a_reader_that_nobody_knows_needs_hands(office: Office) -> None:
    path = office.file('[reader]\ndriver = "pcsc2"')
    assert needs_hands(found(path, "reader"), "pcsc2")


@pytest.mark.parametrize(
    ("trouble", "mark", "words"),
    [
        ("", Mark.FINE, "ready"),
        ("paper_near_end", Mark.LOOK, "near its end"),
        ("paper_out", Mark.WRONG, "no paper"),
        ("cover_open", Mark.WRONG, "cover"),
        ("cutter_jammed", Mark.WRONG, "cutter"),
        ("offline", Mark.WRONG, "offline"),
        ("mute", Mark.WRONG, "does not answer"),
    ],
)
def test_a_printer_says_how_it_is(office: Office, trouble: str, mark: Mark, words: str) -> None:
    printer = VirtualPrinter()
    if trouble:
        printer.change(**{trouble: True})
    port = TcpPort(printer)
    try:
        section = f'[printer]\nkind = "network"\nhost = "127.0.0.1"\nport = {port.port}'
        finding = found(office.file(section), "printer")
    finally:
        port.close()
    assert finding.mark is mark
    assert words in finding.says
    assert bool(finding.advice) is (mark is not Mark.FINE)


@pytest.mark.parametrize(
    ("section", "key"),
    [
        ('[reader]\ndriver = "pcsc"\nraeder = "ACR122U"', "reader.raeder"),
        ('[acceptor]\ndriver = "ssp"\nport = "COM3"\ncurrancy = "CNY"', "acceptor.currancy"),
        ('[acceptor]\ndriver = "id003"\nport = "COM3"\naddr = 1', "acceptor.addr"),
        (LANE.format(reader="here", port="COM4", inputs='arm_inptu = "1"'), "barrier.arm_inptu"),
    ],
)
@pytest.mark.usefixtures("planted")
def test_a_key_that_no_driver_knows_is_named_and_not_passed_over(
    office: Office, section: str, key: str
) -> None:
    slips = [each for each in visit(office.file(section)) if key in each.says]
    assert [(each.mark, bool(each.advice)) for each in slips] == [(Mark.WRONG, True)]


def test_a_printers_keys_are_looked_at_before_anything_is_printed(office: Office) -> None:
    for section, key in (
        ('kind = "network"\nhsot = "192.0.2.10"', "printer.hsot"),
        ('kind = "network"', "printer.host"),
        ('kind = "usb"\nvendor = "x"\nproduct = "0x0202"', "printer.vendor"),
        ('kind = "pigeon"', "printer.kind"),
    ):
        config = load_config(office.file(f'[printer]\nprofile = "generic-80"\n{section}'))
        with pytest.raises(ConfigInvalid, match=key):
            open_paper(config, open_server(config))


def test_a_printer_that_can_not_answer_is_only_reached(office: Office, tmp_path: Path) -> None:
    section = f'[printer]\nprofile = "zjiang-58"\nkind = "file"\npath = "{tmp_path / "lp0"}"'
    finding = found(office.file(section), "printer")
    assert finding.mark in {Mark.LOOK, Mark.WRONG}


@pytest.mark.parametrize(
    "section",
    [
        'kind = "network"\nhost = "127.0.0.1"\nport = 9',
        'kind = "serial"\nport = "/dev/no-such-port"',
        'kind = "pigeon"',
        'profile = "no-such-model"\nkind = "network"\nhost = "127.0.0.1"',
    ],
)
def test_a_printer_that_is_not_there_needs_hands(office: Office, section: str) -> None:
    assert needs_hands(found(office.file(f"[printer]\n{section}"), "printer"), "")


# --- acceptor -------------------------------------------------------------------------------------


def acceptor_section(port: str) -> str:
    return f'[acceptor]\ndriver = "ssp"\nport = "{port}"\ntries = 2\ntimeout_ms = 50'


def test_an_acceptors_line_is_tried_without_a_word(office: Office) -> None:
    device = VirtualAcceptor()
    with plugged(device) as port:
        finding = found(office.file(acceptor_section(port)), "acceptor")
    assert finding.mark is Mark.FINE
    assert "--ask-acceptor" in finding.says


def test_an_acceptor_tells_who_it_is_when_asked(office: Office) -> None:
    with plugged(VirtualAcceptor()) as port:
        finding = found(office.file(acceptor_section(port)), "acceptor", ask_acceptor=True)
    assert finding.mark is Mark.FINE
    assert "CNY" in finding.says
    assert "100" in finding.says


def test_an_id003_acceptor_tells_its_notes_and_has_no_serial_number(office: Office) -> None:
    with plugged(VirtualId003(timing=AT_ONCE)) as port:
        path = office.file(acceptor_section(port).replace("ssp", "id003") + '\nparity = "N"')
        finding = found(path, "acceptor", ask_acceptor=True)
    assert finding.mark is Mark.FINE
    assert "serial not told" in finding.says
    assert "CNY 1/5/10/20/50/100" in finding.says


def test_money_that_no_station_heard_of_is_told(office: Office) -> None:
    clock = TurnedClock()
    device = VirtualAcceptor(clock=clock)
    with plugged(device) as port:
        stack_a_note_and_die(device, port, clock)
        path = office.file(acceptor_section(port))
        findings = [each for each in visit(path, ask_acceptor=True) if each.subject == "acceptor"]
    assert [each.mark for each in findings] == [Mark.FINE, Mark.WRONG]
    assert "100.00 yuan" in findings[1].says


def test_a_credit_that_waits_for_the_kiosk_is_told_and_left_to_the_kiosk(office: Office) -> None:
    clock = TurnedClock()
    device = VirtualId003(clock=clock, timing=AT_ONCE)
    with plugged(device) as port:
        settings = {"port": port, "parity": "N"}
        kiosk = id003.DRIVER.open(settings)
        kiosk.start()
        kiosk.enable([100_00])
        device.insert_note(100_00)
        while BillEventKind.ESCROW not in {event.kind for event in kiosk.poll()}:
            clock.now += 0.5
        kiosk.stack()
        kiosk.poll()
        kiosk.close()  # type: ignore[attr-defined]
        path = office.file(acceptor_section(port).replace("ssp", "id003") + '\nparity = "N"')
        for _ in range(2):
            findings = [
                each for each in visit(path, ask_acceptor=True) if each.subject == "acceptor"
            ]
            assert [each.mark for each in findings] == [Mark.LOOK, Mark.WRONG]
            assert "a value it does not say" in findings[1].says


def test_a_note_the_server_refused_to_book_is_worth_a_look(office: Office) -> None:
    path = office.file('[kiosk]\njournal = "kiosk.db"')
    journal = TillJournal(office.folder / "kiosk.db")
    journal.write(Entry.DISPUTED, tender_id="a", reason="not-found: no such sale")
    journal.write(Entry.REST)
    journal.close()
    says = [each for each in visit(path) if each.subject == "till journal"]
    assert [each.mark for each in says] == [Mark.FINE, Mark.LOOK]
    assert "no such sale" in says[1].says


def test_a_line_in_use_is_worth_knowing(office: Office) -> None:
    with plugged(VirtualAcceptor()) as port:
        busy = ssp.DRIVER.open({"port": port})
        busy.start()
        finding = found(office.file(acceptor_section(port)), "acceptor")
        busy.close()  # type: ignore[attr-defined]
    assert finding.mark is Mark.LOOK
    assert "in use" in finding.says


def test_a_deaf_acceptor_needs_hands(office: Office) -> None:
    with plugged(Deaf()) as port:
        finding = found(office.file(acceptor_section(port)), "acceptor", ask_acceptor=True)
    assert needs_hands(finding, "")


@pytest.mark.parametrize("port", ["/dev/no-such-port", ""])
def test_a_port_that_is_not_there_needs_hands(office: Office, port: str) -> None:
    assert needs_hands(found(office.file(acceptor_section(port)), "acceptor"), "port")


# --- gate -----------------------------------------------------------------------------------------


def gate_section(folder: Path, *, demo: bool = False) -> str:
    (folder / "gate.key").write_bytes(GATE_KEY.data)
    vault = demo_vault() if demo else open_vault(folder / "keyring.json", GATE_KEY)
    (folder / "gate.keys").write_bytes(export_gate(vault, GATE_KEY))
    return '[gate]\nkeys_file = "gate.keys"\nkey_file = "gate.key"\njournal = "gate.db"'


def lane_section(port: str, reader: str = "", inputs: str = "") -> str:
    return LANE.format(port=port, reader=reader, inputs=inputs or "unit = 1")


def let_in(office: Office) -> None:
    """What a technician does at the gate and at the centre, with the commands' own parts."""
    identity = create_identity(
        office.folder / "gate.identity", GATE_KEY, estate="LAKE01", station=demo_estate.GATE
    )
    enrol(office.estate, SETUP, demo_estate.GATE, identity.public_key)


def test_a_gate_without_a_key_of_its_own_needs_hands(office: Office) -> None:
    path = office.file(gate_section(office.folder), kind=demo_estate.GATE)
    assert needs_hands(found(path, "own key"), "yika gate enrol")
    create_identity(
        office.folder / "gate.identity", GATE_KEY, estate="LAKE01", station=demo_estate.GATE
    )
    assert needs_hands(found(path, "own key"), "not known")


def test_a_gate_whose_key_was_revoked_is_told_that_and_both_ways_on(office: Office) -> None:
    let_in(office)
    revoke(office.estate, SETUP, demo_estate.GATE)
    found_out = found(office.file(gate_section(office.folder), kind=demo_estate.GATE), "own key")
    assert needs_hands(found_out, "withdrew this gate's registration")
    assert "yika gate enrol --anew" in found_out.advice


@pytest.mark.usefixtures("planted")
def test_a_healthy_gate_is_fine_from_its_key_to_the_arm(office: Office) -> None:
    let_in(office)
    with plugged(VirtualBarrier()) as port:
        lane = lane_section(port, inputs='arm_input = "1", loop_input = "2"')
        path = office.file(gate_section(office.folder), lane, kind=demo_estate.GATE)
        findings = {each.subject: each for each in visit(path)}
    for subject in ("own key", "reader of car-in", "barrier of car-in", "gate keys", "journal"):
        assert findings[subject].mark is Mark.FINE, findings[subject]
    assert findings["barrier of car-in"].says == "the arm is down, the loop is free"
    assert "LAKE01" in findings["gate keys"].says
    assert not (office.folder / "gate.db").exists()


@pytest.mark.usefixtures("planted")
def test_a_board_without_inputs_only_has_its_port_tried(office: Office) -> None:
    with plugged(Deaf()) as port:
        path = office.file(gate_section(office.folder), lane_section(port), kind=demo_estate.GATE)
        assert found(path, "barrier of car-in").mark is Mark.FINE


@pytest.mark.usefixtures("planted")
def test_a_deaf_board_needs_hands(office: Office) -> None:
    with plugged(Deaf()) as port:
        lane = lane_section(port, inputs='arm_input = "1", timeout_ms = 20')
        path = office.file(gate_section(office.folder), lane, kind=demo_estate.GATE)
        assert needs_hands(found(path, "barrier of car-in"), "does not answer")


@pytest.mark.usefixtures("planted")
def test_one_sick_device_hides_no_other(office: Office) -> None:
    lane = lane_section("/dev/no-such-port", reader="elsewhere")
    path = office.file(gate_section(office.folder), lane, kind=demo_estate.GATE)
    findings = {each.subject: each.mark for each in visit(path)}
    assert findings["reader of car-in"] is Mark.WRONG
    assert findings["barrier of car-in"] is Mark.WRONG
    assert findings["gate keys"] is Mark.FINE


def break_nothing(_folder: Path) -> None:
    pass


def lose_the_keys(folder: Path) -> None:
    (folder / "gate.keys").unlink()


def garble_the_keys(folder: Path) -> None:
    (folder / "gate.keys").write_bytes(b"{")


def take_another_key(folder: Path) -> None:
    (folder / "gate.key").write_bytes(bytes(32))


def shorten_the_key(folder: Path) -> None:
    (folder / "gate.key").write_bytes(b"short")


@pytest.mark.parametrize(
    ("spoil", "demo", "words"),
    [
        (break_nothing, True, "demo keys"),
        (lose_the_keys, False, "gate.keys"),
        (garble_the_keys, False, "garbled"),
        (take_another_key, False, "does not open"),
        (shorten_the_key, False, "32 bytes"),
    ],
)
def test_keys_that_open_nothing_need_hands(
    office: Office, spoil: Callable[[Path], None], words: str, *, demo: bool
) -> None:
    path = office.file(gate_section(office.folder, demo=demo), kind=demo_estate.GATE)
    spoil(office.folder)
    assert needs_hands(found(path, "gate keys"), words)


def test_a_journal_without_a_folder_needs_hands(office: Office) -> None:
    section = gate_section(office.folder).replace("gate.db", "no/such/gate.db")
    path = office.file(section, kind=demo_estate.GATE)
    assert needs_hands(found(path, "journal"), "can't be written")


# --- hands ----------------------------------------------------------------------------------------


class TurnedClock:
    """The acceptor's own time, which only a test lets pass."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


def stack_a_note_and_die(device: VirtualAcceptor, port: str, clock: TurnedClock) -> None:
    """A kiosk that has a note taken and ends before it hears of the credit."""
    kiosk = ssp.DRIVER.open({"port": port})
    kiosk.start()
    kiosk.enable([100_00])
    device.insert_note(100_00)
    while BillEventKind.ESCROW not in {event.kind for event in kiosk.poll()}:
        clock.now += 0.5
    kiosk.stack()
    assert BillEventKind.CREDITED not in {event.kind for event in kiosk.poll()}
    kiosk.close()  # type: ignore[attr-defined]
    clock.now += 60


# --- the kiosk's journal --------------------------------------------------------------------------


def test_a_kiosks_journal_is_proved_whole(office: Office) -> None:
    path = office.file('[kiosk]\njournal = "kiosk.db"')
    fresh = found(path, "till journal")
    assert fresh.mark is Mark.FINE
    assert "first start" in fresh.says
    journal = TillJournal(office.folder / "kiosk.db")
    journal.write(Entry.GIVEN_UP, sale_id="s", cancel_id="c", reason="left")
    journal.close()
    assert "1 entries, chained, 1 of them" in found(path, "till journal").says


def test_a_kiosks_journal_with_a_changed_entry_needs_hands(office: Office) -> None:
    path = office.file('[kiosk]\njournal = "kiosk.db"')
    TillJournal(office.folder / "kiosk.db").write(Entry.TOLD, tender_id="t")
    with sqlite3.connect(office.folder / "kiosk.db") as disk:
        disk.execute("DROP TRIGGER entry_is_never_changed")
        disk.execute("UPDATE entry SET body = '{}'")
    assert needs_hands(found(path, "till journal"), "1 was changed")


def test_a_kiosks_journal_without_a_folder_needs_hands(office: Office) -> None:
    path = office.file('[kiosk]\njournal = "nowhere/kiosk.db"')
    assert needs_hands(found(path, "till journal"), "no folder")
