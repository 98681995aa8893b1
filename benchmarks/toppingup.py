"""What the server does for one top-up at the kiosk, and how many it does in a second.

Made are all calls of a visit as the kiosk makes them: what lies here with its price, the sale,
every banknote announced and credited, the operation begun, the card's evidence judged, the slip
told as printed. Card, acceptor and resident take no time. `kiosk.topup` is the time inside the
server's application on SQLite with synchronous=FULL, each top-up beside the same SQL sent bare
(`benchmarks.statements`). The rates are of four kiosks at once on stores that wait for the disk.
"""

import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final
from uuid import uuid4

from benchmarks.estate import Desk, desk_of
from benchmarks.issuing import Metered, as_served
from benchmarks.measure import Effort, Figure, Measure, Middle, median, p95
from benchmarks.statements import Store, paired
from cardserver.client import CardServerClient, in_process
from cardserver.domain.document import PrintResult
from cardserver.domain.parking import SpaceKind, Terms
from cardserver.domain.sale import TenderKind, TenderState
from cardserver.services.opening import open_estate
from cardserver.services.parkingsetup import register_space, register_space_agreement
from cardserver.services.turn import Estate
from cardserver.vault import demo_vault
from cardserver.web.app import create_app
from cardserver.wire_laid import CardLaid
from cardserver.wire_operations import Settled
from cardserver.wire_requests import TopUpRequest
from cardserver.wire_sales import SaleRequest, SaleView, TenderRequest
from drivers.api.cards import SecureChannel
from drivers.cards.opening import open_card
from kiosk.station.beginning import begin
from kiosk.station.operating import carry_out
from simulators import carpark
from simulators import estate as demo_estate
from simulators.reader import VirtualReader
from tests.databases.stores import WAITS_FOR_THE_DISK, cluster, empty_postgresql

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

TOP_UPS: Final = 60
WARM_UP: Final = 5
KIOSKS: Final = 4
NOTE_FEN: Final = 100_00
_KIND: Final = "classic-1k"


class Kiosk:
    """A card that lies on a kiosk's reader, and a resident with banknotes of 100 yuan."""

    def __init__(self, server: CardServerClient, reader: VirtualReader, uid: bytes) -> None:
        self._server = server
        self._reader = reader
        self._uid = uid

    def top_up(self) -> None:
        """One month, from the card laid down to the slip in the hand."""
        server = self._server
        laid = server.laid.card(self._uid)
        card, quote = laid.card, laid.quote
        assert card is not None
        assert quote is not None
        assert card.open_operation is None
        request = TopUpRequest(card_number=card.number, months=1)
        sale = server.open_sale(
            SaleRequest(sale_id=str(uuid4()), request=request, quoted_total_fen=quote.total_fen)
        )
        while sale.missing_fen:
            sale = self._note(sale)
        settled = self._write(request, sale, laid)
        for document in settled.documents:
            print_id = str(uuid4())
            for result in (PrintResult.UNKNOWN, PrintResult.PRINTED):
                server.record_print(document.document_id, print_id, result)

    def _note(self, sale: SaleView) -> SaleView:
        tender_id = str(uuid4())
        for state in (TenderState.ACCEPTING, TenderState.CREDITED):
            note = TenderRequest(
                tender_id=tender_id,
                kind=TenderKind.CASH_NOTE,
                value_fen=NOTE_FEN,
                state=state,
                checked=True,
            )
            sale = self._server.tender(sale.sale_id, note)
        return sale

    def _write(self, request: TopUpRequest, sale: SaleView, laid: CardLaid) -> Settled:
        channel = self._reader.connect()
        secure_channel = laid.card.secure_channel if laid.card else None
        try:
            wanted = SecureChannel(secure_channel) if secure_channel else None
            card = open_card(channel, secure_channel=wanted, full=True)
            ticket = begin(request, card, self._server, sale.sale_id, keys=laid.read_keys)
            return carry_out(ticket, card, self._server, lambda _step: None)
        finally:
            channel.close()


def _kiosks(estate: Estate, app: "WSGIApplication", count: int) -> Sequence[Kiosk]:
    """So many kiosks, on each a card of the owner with a parking right of its own."""
    people = demo_estate.settle_in(estate)
    desk = desk_of(estate, people, app, _KIND)
    uids = [_lay_card(desk, estate, people.owner, number) for number in range(count)]
    token = demo_estate.hand_out_tokens(estate)[demo_estate.KIOSK]
    return [Kiosk(in_process(app, token), reader, uid) for reader, uid in uids]


def _lay_card(desk: Desk, estate: Estate, owner: int, number: int) -> tuple[VirtualReader, bytes]:
    code = f"地下一层 K{number}"
    space = register_space(estate, code, SpaceKind.UNDERGROUND, zone=carpark.ZONE)
    terms = Terms(plate=f"粤B·K{number:04}", begins=carpark.BEGINS, ends=carpark.FAR)
    agreement = register_space_agreement(estate, f"K-{number}", owner, space, terms)
    desk.lay_blank(number)
    desk.add_parking(desk.issue(), agreement)
    return desk.take_away()


def _top_up(name: str, middle: Middle, effort: Effort) -> Figure:
    """Milliseconds of server work in one top-up."""
    with TemporaryDirectory(prefix="yika-bench-") as folder:
        database = Path(folder) / "yika.db"
        estate = open_estate(f"sqlite:///{database}", demo_vault(), name=demo_estate.ESTATE_NAME)
        app = Metered(create_app(estate))
        (kiosk,) = _kiosks(estate, app, 1)
        store = Store(engine=estate.engine, database=database, copy=Path(folder) / "copy.db")
        with as_served():
            return paired(
                name,
                middle,
                lambda: _one(kiosk, app),
                store,
                count=effort.part_of(TOP_UPS),
                warm_up=WARM_UP,
            )


def _one(kiosk: Kiosk, app: Metered) -> float:
    app.spent_s = 0.0
    kiosk.top_up()
    return app.spent_s


def _rate(name: str, database: str, effort: Effort) -> Figure:
    estate = open_estate(database, demo_vault(), name=demo_estate.ESTATE_NAME)
    try:
        kiosks = _kiosks(estate, create_app(estate), KIOSKS)
        each = 1 + effort.part_of(TOP_UPS) // KIOSKS
        with as_served(), ThreadPoolExecutor(KIOSKS) as residents:
            began = time.perf_counter()
            list(residents.map(lambda kiosk: [kiosk.top_up() for _ in range(each)], kiosks))
            took = time.perf_counter() - began
    finally:
        estate.engine.dispose()
    return Figure(name=name, value=KIOSKS * each / took, unit="top-ups/s")


def _rate_sqlite(effort: Effort) -> Figure:
    with TemporaryDirectory(prefix="yika-bench-") as folder:
        return _rate("kiosk.topup.rate.sqlite", f"sqlite:///{Path(folder) / 'yika.db'}", effort)


def _rate_postgresql(effort: Effort) -> Figure:
    name = "kiosk.topup.rate.postgresql"
    address = cluster(WAITS_FOR_THE_DISK) if effort.starts else cluster()
    if address is None:
        return Figure(name=name, value=None, unit="top-ups/s", note="PostgreSQL is not installed")
    return _rate(name, empty_postgresql(address), effort)


MEASURES: Final[Mapping[str, Measure]] = {
    "kiosk.topup": partial(_top_up, "kiosk.topup", p95),
    "kiosk.topup.median": partial(_top_up, "kiosk.topup.median", median),
    "kiosk.topup.rate.sqlite": _rate_sqlite,
    "kiosk.topup.rate.postgresql": _rate_postgresql,
}
