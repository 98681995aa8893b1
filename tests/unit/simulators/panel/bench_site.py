"""A small site of real simulated devices, and how tests ask the panel over it."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from flask.testing import FlaskClient

from cardserver.client import ServerUnavailable
from cardserver.payments.api import ProviderName
from cardserver.wire_books import JournalLine, Trial
from simulators.acceptor import VirtualAcceptor
from simulators.acceptor_path import AT_ONCE
from simulators.barrier import VirtualArm, VirtualBarrier
from simulators.cardbox import CardBox
from simulators.clock import DemoClock
from simulators.display import VirtualDisplay
from simulators.paper import VirtualPrinter
from simulators.payments.notices import Letter
from simulators.payments.providers import PayProviders
from simulators.reader import VirtualReader

ORDER = "P202611220000001"
READERS = ("desk", "kiosk", "door", "carpark")


def build_readers() -> dict[str, VirtualReader]:
    return {name: VirtualReader(f"Yika Virtual Reader {name}") for name in READERS}


def build_boards() -> dict[str, VirtualBarrier]:
    """A door, and an arm that moves at once."""
    return {
        "door": VirtualBarrier(doorway=True),
        "carpark": VirtualBarrier(arm=VirtualArm(rise_s=1e-9, fall_s=1e-9)),
    }


def taken(_letter: Letter) -> tuple[int, bytes]:
    """A merchant's server that takes every notice."""
    return 200, b"success"


@dataclass
class BenchSite:
    """Devices only; the books are two figures, and can be away."""

    clock: DemoClock = field(default_factory=DemoClock)
    readers: dict[str, VirtualReader] = field(default_factory=build_readers)
    box: CardBox = field(init=False)
    printers: dict[str, VirtualPrinter] = field(
        default_factory=lambda: {name: VirtualPrinter() for name in ("desk", "kiosk")}
    )
    acceptor: VirtualAcceptor = field(default_factory=lambda: VirtualAcceptor(timing=AT_ONCE))
    boards: dict[str, VirtualBarrier] = field(default_factory=build_boards)
    displays: dict[str, VirtualDisplay] = field(
        default_factory=lambda: {"carpark": VirtualDisplay(stored=("一卡",))}
    )
    addresses: dict[str, str] = field(
        default_factory=lambda: {
            "desk": "/desk/",
            "kiosk": "/kiosk/",
            "gate": "/gate/",
            "panel": "/panel/",
            "openapi": "/openapi.json",
        }
    )
    server_away: bool = False
    payments: PayProviders = field(init=False)

    def __post_init__(self) -> None:
        self.box = CardBox(self.readers)
        self.payments = PayProviders(self.clock, base="http://127.0.0.1:1", deliver=taken)
        for provider in ProviderName:
            self.payments.book.place(
                provider,
                ORDER,
                amount_fen=15000,
                subject="停车充值",
                expires=self.clock() + timedelta(days=36500),
                notify_url="http://127.0.0.1/",
            )

    def balances(self) -> dict[str, int]:
        self._reach_server()
        return {"cash:desk-1": 2000, "income:card-cost": -2000}

    def trial(self) -> Trial:
        self._reach_server()
        return Trial(
            money_in_fen=10000,
            settled_fen=2000,
            returned_fen=8000,
            held_fen=0,
            payable_fen=0,
            suspense_fen=0,
            unbalanced_entries=0,
        )

    def journal(self) -> list[JournalLine]:
        self._reach_server()
        now = self.clock.now()
        words = {"station": "desk-1", "operator": "张晓", "action": "settle", "detail": ""}
        return [JournalLine(at=now, subject=f"card {n}", **words) for n in range(30)]

    def _reach_server(self) -> None:
        if self.server_away:
            raise ServerUnavailable("no answer")


def ask(client: FlaskClient, path: str) -> Any:
    """The JSON at that path."""
    answer = client.get(path)
    assert answer.status_code == 200, answer.text
    return answer.json


def look(client: FlaskClient) -> Any:
    """The state of everything."""
    return ask(client, "/state.json")


def post(client: FlaskClient, path: str, **body: Any) -> Any:
    """Make a call that is expected to work."""
    answer = client.post(f"/api/{path}", json=body)
    assert answer.status_code in {200, 201}, answer.text
    return answer.json
