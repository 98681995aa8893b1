"""A whole estate in one process: server, desk, kiosk and two lanes on virtual devices.

Everything above the devices is the production code: the stations speak to the real server through
the real client (a WSGI transport instead of a socket), the acceptor and the barriers sit on ptys
behind pyserial and pymodbus, the printers on TCP ports behind python-escpos.
"""

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

from flask import Flask
from werkzeug.middleware.dispatcher import DispatcherMiddleware

from cardserver.client import CardServerClient, in_process, in_process_gate
from cardserver.clientsigning import GateSigner
from cardserver.db.engine import open_engine
from cardserver.db.upgrade import upgrade
from cardserver.domain.admission import Lane
from cardserver.domain.gatekeys import GateKeys
from cardserver.domain.ids import LaneId
from cardserver.domain.rights import RightKind
from cardserver.domain.sealed import KeyFile
from cardserver.domain.signin import ENDLESS
from cardserver.domain.zone import ESTATE_ZONE
from cardserver.services.settler import Settler
from cardserver.services.setup import SETUP
from cardserver.services.turn import Estate, reading
from cardserver.vault import demo_vault, export_gate
from cardserver.web.app import create_app as create_server
from cardserver.wire_books import JournalLine, Trial
from drivers.acceptors import ssp
from drivers.api.displays import TextDisplay
from drivers.api.readers import CardReader
from drivers.barriers import modbus_relay
from drivers.displays import bx5k
from kiosk.desk.app import create_app as create_desk
from kiosk.desk.counter import Counter
from kiosk.desk.presence import Presence
from kiosk.desk.slips import SlipCheck
from kiosk.gate.journal import GateJournal
from kiosk.gate.lane import LaneLoop
from kiosk.gate.liststore import ListStore
from kiosk.gate.shared import Shared
from kiosk.gate.station import assemble
from kiosk.gate.uplink import Uplink
from kiosk.selfservice.journal import TillJournal
from kiosk.selfservice.machine import Machine
from kiosk.selfservice.station import station_of as kiosk_station
from kiosk.selfservice.visit import Patience
from kiosk.station.events import Bell
from kiosk.station.paper import Letterhead, PaperDesk
from kiosk.station.running import Station
from printer.profile import load_profile
from printer.transports import open_channel
from simulators import estate as demo_estate
from simulators.acceptor import VirtualAcceptor
from simulators.acceptor_path import Timing
from simulators.barrier import VirtualBarrier
from simulators.cardbox import CardBox
from simulators.clock import DemoClock
from simulators.display import VirtualDisplay
from simulators.estate import People
from simulators.panel_site import PanelReader
from simulators.paper import VirtualPrinter
from simulators.paper_model import PAPER_80, TM_T88
from simulators.payments.demo import DemoPayments
from simulators.payments.providers import PayProviders
from simulators.reader import VirtualReader
from simulators.stream import PtyPort, TcpPort

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

ADDRESSES: Final = {
    "desk": "/desk/",
    "kiosk": "/kiosk/",
    "gate": "/gate/",
    "panel": "/panel/",
    "openapi": "/openapi.json",
}
LANES: Final = (
    (Lane(lane_id=LaneId("door"), right=RightKind.DOOR, zone=0), "3栋大门"),
    (Lane(lane_id=LaneId("carpark"), right=RightKind.PARKING, zone=0), "车场入口"),
)
VISITORS: Final = "东门外访客车位"
BRISK_NOTES: Final = Timing(read_s=0.1, stack_s=0.2, return_s=0.1)
"""For a story that nobody watches."""
_GATE_KEY: Final = KeyFile(bytes(range(32)))  # opens demo keys only
_STRIKE_MS: Final = "5000"  # a person needs longer than a barrier's contact
_DEMO_LOCK_S: Final = 3600.0  # visitors read while they try
_DATABASE: Final = "yika.db"
_CARDS: Final = "cards.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hardware:
    """Every virtual device of the site, and the ports they sit on."""

    readers: Mapping[str, VirtualReader]
    printers: Mapping[str, VirtualPrinter]
    acceptor: VirtualAcceptor
    boards: Mapping[str, VirtualBarrier]
    displays: Mapping[str, VirtualDisplay]
    ports: Mapping[str, PtyPort | TcpPort]

    def close(self) -> None:
        """Take all devices off their lines."""
        for port in self.ports.values():
            port.close()


def build_hardware(note_timing: Timing | None = None) -> Hardware:
    """New devices, all healthy, nothing on them; banknotes take their real time by default."""
    readers = {
        name: VirtualReader(f"Yika Virtual Reader {name}")
        for name in ("desk", "kiosk", "door", "carpark")
    }
    printers = {"desk": VirtualPrinter(TM_T88), "kiosk": VirtualPrinter(PAPER_80)}
    acceptor = VirtualAcceptor(timing=note_timing)
    boards = {"door": VirtualBarrier(doorway=True), "carpark": VirtualBarrier()}
    displays = {"carpark": VirtualDisplay(stored=(demo_estate.ESTATE_NAME,))}
    ports: dict[str, PtyPort | TcpPort] = {"acceptor": PtyPort(acceptor)}
    ports |= {f"printer-{name}": TcpPort(printer) for name, printer in printers.items()}
    ports |= {f"board-{name}": PtyPort(board) for name, board in boards.items()}
    ports |= {f"display-{name}": PtyPort(display) for name, display in displays.items()}
    return Hardware(
        readers=readers,
        printers=printers,
        acceptor=acceptor,
        boards=boards,
        displays=displays,
        ports=ports,
    )


class Site:
    """The running estate. `folder` keeps database, journal and cards from one run to the next.

    `readers` may name other readers than the in-process ones (pcscd's), and `places` then says how
    a person's hand lays cards on them.
    """

    gate_round_s = 0.5
    """How often the gate asks the server for news by itself."""

    def __init__(
        self,
        folder: Path,
        *,
        clock: DemoClock | None = None,
        readers: Mapping[str, CardReader] | None = None,
        places: Mapping[str, PanelReader] | None = None,
        patience: Patience | None = None,
        note_timing: Timing | None = None,
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.clock = clock or DemoClock()
        self.hardware = build_hardware(note_timing)
        self._places: dict[str, PanelReader] = {**self.hardware.readers, **(places or {})}
        self.box = CardBox(self._places)
        self.addresses = ADDRESSES
        self._card_readers: dict[str, CardReader] = {**self.hardware.readers, **(readers or {})}
        self.providers = DemoPayments(self.clock)
        self.estate = self.open_estate(folder / _DATABASE)
        self.people = self.find_people()
        self.tokens = demo_estate.hand_out_tokens(self.estate)
        self.server_app = self.build_server()
        self.gate_keys = GateKeys.open(
            export_gate(self.estate.vault, _GATE_KEY), _GATE_KEY, allow_demo=True
        )
        self.gate_signer = GateSigner(demo_estate.GATE_IDENTITY, self.gate_keys, clock=self.clock)
        self.providers.app = self.server_app
        self.settler = Settler(self.estate)
        self.office = self.client(demo_estate.OFFICE)
        self.counter = self._build_counter()
        self.machine = self._build_machine(patience or Patience())
        self.uplink, self.gate, self.lanes = self._build_gate()
        self.stations = {
            "desk": Station(
                app=create_desk(self.counter, clock=self.clock),
                start=self.counter.start,
                stop=self.counter.stop,
            ),
            "kiosk": kiosk_station(self.machine, hours=demo_estate.HOURS),
            "gate": self.gate,
        }

    # --- what the panel sees

    @property
    def readers(self) -> Mapping[str, PanelReader]:
        """The readers by place, as a hand lays cards on them."""
        return self._places

    @property
    def printers(self) -> Mapping[str, VirtualPrinter]:
        """The virtual printers by place."""
        return self.hardware.printers

    @property
    def acceptor(self) -> VirtualAcceptor:
        """The kiosk's banknote acceptor."""
        return self.hardware.acceptor

    @property
    def boards(self) -> Mapping[str, VirtualBarrier]:
        """The relay boards by lane."""
        return self.hardware.boards

    @property
    def displays(self) -> Mapping[str, VirtualDisplay]:
        """The text displays by lane."""
        return self.hardware.displays

    @property
    def payments(self) -> PayProviders:
        """The payment providers' simulator."""
        return self.providers.sim

    def balances(self) -> dict[str, int]:
        """Ledger accounts in fen."""
        return self.office.ledger_balances()

    def trial(self) -> Trial:
        """Where all money is."""
        return self.office.trial()

    def journal(self, limit: int = 30) -> Sequence[JournalLine]:
        """The latest lines of the audit journal."""
        return self.office.journal(limit)

    # --- life

    def client(self, station: str) -> CardServerClient:
        """The server as one station sees it; nobody is signed in there yet."""
        if station == demo_estate.GATE:
            return in_process_gate(self.server_app, self.gate_signer)
        return in_process(self.server_app, self.tokens[station])

    def go_on_in_time(self) -> None:
        """An estate that an earlier run sent ahead goes on from there: no server takes a clock that
        was set back.
        """
        with reading(self.estate, SETUP) as turn:
            latest = turn.floor
        if latest > self.clock():
            self.clock.travel_to(latest)

    def start(self) -> None:
        """Open for business. Cards of an earlier run are back in the wallet."""
        saved = self.folder / _CARDS
        if saved.exists():
            self.box.load(saved)
        self.settler.start()
        for station in self.stations.values():
            station.start()

    def stop(self) -> None:
        """Close; what was being done ends first."""
        with ThreadPoolExecutor() as hands:  # each waits for its devices, none for another
            list(hands.map(lambda station: station.stop(), self.stations.values()))
        self.settler.stop()
        self.box.save(self.folder / _CARDS)
        self.hardware.close()
        self.providers.close()
        self.estate.engine.dispose()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def wsgi(self) -> "WSGIApplication":
        """All pages under one address: the tour first, the stations beside it."""
        from simulators.panel import create_app as create_panel
        from simulators.tour import create_app as create_tour

        mounts: dict[str, WSGIApplication] = {
            "/desk": self.stations["desk"].app,
            "/kiosk": self.stations["kiosk"].app,
            "/gate": self.stations["gate"].app,
            "/panel": create_panel(self),
            "/api": _under("/api", self.server_app),
            "/openapi.json": _under("/openapi.json", self.server_app),
        }
        return DispatcherMiddleware(create_tour(self), mounts)

    # --- building

    def open_estate(self, path: Path) -> Estate:
        """The estate on the database at that path, made where there is none."""
        engine = open_engine(f"sqlite:///{path}")
        vault = demo_vault()
        upgrade(engine, site=vault.estate_id)
        return Estate(
            name=demo_estate.ESTATE_NAME,
            engine=engine,
            vault=vault,
            zone=ESTATE_ZONE,
            clock=self.clock,
            limits=ENDLESS,
            providers=self.providers,
        )

    def find_people(self) -> People:
        """The people of an earlier run, or new ones; and everybody who works here."""
        people = demo_estate.find_people(self.estate) or demo_estate.settle_in(self.estate)
        demo_estate.put_operators(self.estate)
        return people

    def build_server(self) -> Flask:
        """The server's web application over the estate."""
        return create_server(self.estate)

    def _paper(self, place: str, client: CardServerClient, profile: str, name: str) -> PaperDesk:
        port = self.hardware.ports[f"printer-{place}"]
        if not isinstance(port, TcpPort):
            raise TypeError(place)
        way = {"kind": "network", "host": "127.0.0.1", "port": str(port.port)}
        head = Letterhead(company=demo_estate.COMPANY, station=name, phone=demo_estate.PHONE)
        return PaperDesk(
            open_channel=partial(open_channel, way),
            profile=load_profile(profile),
            letterhead=head,
            server=client,
        )

    def _serial_path(self, name: str) -> str:
        port = self.hardware.ports[name]
        if not isinstance(port, PtyPort):
            raise TypeError(name)
        return port.path

    def _build_counter(self) -> Counter:
        client = self.client(demo_estate.DESK)
        name = f"{demo_estate.ESTATE_NAME} 前台1"
        presence = Presence(client, lock_after_s=_DEMO_LOCK_S)
        presence.take(demo_estate.sign_in(self.estate, demo_estate.DESK))
        return Counter(
            server=client,
            reader=self._card_readers["desk"],
            paper=self._paper("desk", client, "epson-tm-t88", name),
            bell=Bell(),
            station=name,
            presence=presence,
            slips=SlipCheck(client, self.folder / "slip-keys.json"),
        )

    def _build_machine(self, patience: Patience) -> Machine:
        client = self.client(demo_estate.KIOSK)
        name = f"{demo_estate.ESTATE_NAME} 自助机1"
        # Two seconds of silence are enough on a line that has no noise.
        settings = {"port": self._serial_path("acceptor"), "timeout_ms": "250", "tries": "8"}
        return Machine(
            server=client,
            reader=self._card_readers["kiosk"],
            acceptor=ssp.DRIVER.open(settings),
            paper=self._paper("kiosk", client, "generic-80", name),
            bell=Bell(),
            clock=self.clock,
            station=name,
            phone=demo_estate.PHONE,
            journal=TillJournal(self.folder / "kiosk.db"),
            patience=patience,
        )

    def _build_gate(self) -> tuple[Uplink, Station, list[LaneLoop]]:
        bell, server = Bell(), self.client(demo_estate.GATE)
        journal = GateJournal(self.folder / "gate.db")
        uplink = Uplink(
            server=server,
            signer=self.gate_signer,
            store=ListStore(self.folder / "gate-list.db"),
            journal=journal,
            bell=bell,
            clock=self.clock,
            every_s=self.gate_round_s,
            wait_s=self.gate_round_s,
        )
        shared = Shared.of(journal, bell=bell, clock=self.clock)
        lanes = [self._build_lane(lane, name, uplink=uplink, shared=shared) for lane, name in LANES]
        gate = assemble(lanes, shared=shared, uplink=uplink, server=server)
        return uplink, gate, lanes

    def _build_lane(self, lane: Lane, name: str, *, uplink: Uplink, shared: Shared) -> LaneLoop:
        settings = {
            "port": self._serial_path(f"board-{lane.lane_id}"),
            "board": "waveshare-d",
            "relay": "1",
            "fire_input": "!5",
            "tamper_input": "!6",
            "go_relay": "3",
            "stop_relay": "4",
            "alarm_relay": "5",
        }
        if self.hardware.boards[lane.lane_id].door is not None:
            settings |= {"door_input": "3", "exit_input": "4", "pulse_ms": _STRIKE_MS}
        else:
            settings |= {"arm_input": "1", "loop_input": "2"}
        return LaneLoop(
            lane=lane,
            name=name,
            nearest_space=VISITORS if lane.right is RightKind.PARKING else "",
            reader=self._card_readers[lane.lane_id],
            barrier=modbus_relay.DRIVER.open(settings),
            display=self._open_display(lane.lane_id),
            keys=self.gate_keys,
            snapshot=uplink.snapshot,
            shared=shared,
        )

    def _open_display(self, lane: str) -> TextDisplay | None:
        if lane not in self.hardware.displays:
            return None
        way = {"port": self._serial_path(f"display-{lane}"), "columns": "12", "baud": "115200"}
        return bx5k.DRIVER.open(way)


def _under(prefix: str, app: Flask) -> "WSGIApplication":
    """The app behind a dispatcher that must not take the prefix away: its routes name it."""

    def whole(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        environ["PATH_INFO"] = prefix + environ.get("PATH_INFO", "")
        environ["SCRIPT_NAME"] = environ.get("SCRIPT_NAME", "").removesuffix(prefix)
        return app(environ, start_response)

    return whole
