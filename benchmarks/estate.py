"""A demo estate with one desk, without pages: cards are issued, extended and tapped as in earnest.

Server, client, station and drivers are the production code; the card and its reader are virtual,
and the reader counts every command, those that it would answer itself included.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final
from uuid import uuid4

from cardserver.client import CardServerClient, in_process, in_process_gate
from cardserver.clientsigning import GateSigner
from cardserver.domain.admission import Snapshot
from cardserver.domain.gatekeys import GateKeys
from cardserver.domain.sale import TenderKind, TenderState
from cardserver.domain.sealed import KEY_FILE_SIZE, KeyFile
from cardserver.domain.verification import PARKING_PAPERS, Paper, VerificationMethod
from cardserver.services.opening import open_estate
from cardserver.services.turn import Estate
from cardserver.vault import demo_vault, export_gate
from cardserver.web.app import create_app
from cardserver.wire_cards import CardView
from cardserver.wire_requests import AddParkingRequest, IssueRequest, OperationRequest, TopUpRequest
from cardserver.wire_sales import SaleRequest, TenderRequest
from cardserver.wire_verifications import VerificationRequest
from drivers.api.cards import Card, SecureChannel
from drivers.cards.opening import open_card
from kiosk.station.beginning import begin
from kiosk.station.operating import carry_out
from simulators import estate as demo_estate
from simulators.cards.catalogue import make
from simulators.reader import VirtualReader

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

UID: Final = bytes.fromhex("04A1B2C3D4E5F6")
_GATE_SECRET: Final = KeyFile(bytes(KEY_FILE_SIZE))  # opens demo keys only


def demo_gate_keys() -> GateKeys:
    """The demo's reading keys, as a gate opens them."""
    blob = export_gate(demo_vault(), _GATE_SECRET)
    return GateKeys.open(blob, _GATE_SECRET, allow_demo=True)


class Desk:
    """A reader with one card on it, and the owner of the demo estate in front of it."""

    def __init__(
        self,
        server: CardServerClient,
        gate: CardServerClient,
        people: demo_estate.People,
        kind: str,
    ) -> None:
        self.reader = VirtualReader()
        self.reader.insert(make(kind, UID))
        self._kind = kind
        self._uid = UID
        self._server = server
        self._gate = gate
        self._people = people

    def lay_blank(self, number: int) -> None:
        """Another blank card, told from the others by its number, lies on the reader."""
        self._uid = UID[:3] + number.to_bytes(4, "big")
        self.reader.remove()
        self.reader.insert(make(self._kind, self._uid))

    def issue(self) -> CardView:
        """A new door card, from the blank one."""
        verified = self._verified(frozenset())
        request = IssueRequest(holder_id=self._people.owner, verification_id=verified)
        return self._change(request)

    def take_away(self) -> tuple[VirtualReader, bytes]:
        """The reader with the card on it, and the card's UID; the desk gets another reader."""
        taken, self.reader = self.reader, VirtualReader()
        return taken, self._uid

    def add_parking(self, card: CardView, agreement: int | None = None) -> CardView:
        """One month of parking beside the door right, by the owner's agreement or another one."""
        request = AddParkingRequest(
            card_number=card.number,
            agreement_id=agreement or self._people.owner_agreement,
            months=1,
            verification_id=self._verified(PARKING_PAPERS),
        )
        return self._change(request)

    def top_up(self, card: CardView) -> CardView:
        """One month more."""
        return self._change(TopUpRequest(card_number=card.number, months=1))

    def issue_list(self) -> Snapshot:
        """What a gate knows now."""
        return self._gate.snapshot().to_domain()

    def _verified(self, papers: frozenset[Paper]) -> str:
        verification = VerificationRequest(
            verification_id=str(uuid4()),
            holder_id=self._people.owner,
            method=VerificationMethod.OWNER_RECORD,
            papers_seen=tuple(papers),
        )
        return self._server.verify(verification).verification_id

    def _change(self, request: OperationRequest) -> CardView:
        sale_id = self._paid(request)
        known = self._server.card(uid=self._uid)
        secure_channel = known.secure_channel if known else None
        channel = self.reader.connect()
        try:
            card: Card = open_card(
                channel,
                secure_channel=SecureChannel(secure_channel) if secure_channel else None,
                full=True,
            )
            ticket = begin(request, card, self._server, sale_id, known=known is not None)
            return carry_out(ticket, card, self._server, lambda _step: None).card
        finally:
            channel.close()

    def _paid(self, request: OperationRequest) -> str:
        total_fen = self._server.quote(request).total_fen
        sale = SaleRequest(sale_id=str(uuid4()), request=request, quoted_total_fen=total_fen)
        tender = TenderRequest(
            tender_id=str(uuid4()),
            kind=TenderKind.CASH_DESK,
            value_fen=total_fen,
            state=TenderState.CREDITED,
            checked=True,
        )
        self._server.open_sale(sale)
        self._server.tender(sale.sale_id, tender)
        return sale.sale_id


@contextmanager
def open_desk(kind: str) -> Iterator[Desk]:
    """A desk of a fresh estate with a blank card of this kind (`simulators.cards.catalogue`)."""
    with TemporaryDirectory(prefix="yika-bench-") as folder:
        database = f"sqlite:///{Path(folder) / 'yika.db'}"
        estate = open_estate(database, demo_vault(), name=demo_estate.ESTATE_NAME)
        try:
            people = demo_estate.settle_in(estate)
            yield desk_of(estate, people, create_app(estate), kind)
        finally:
            estate.engine.dispose()


def desk_of(estate: Estate, people: demo_estate.People, app: "WSGIApplication", kind: str) -> Desk:
    """A desk of this estate, its clerk signed in, with a blank card of this kind."""
    tokens = demo_estate.hand_out_tokens(estate)
    session = demo_estate.sign_in(estate, demo_estate.DESK).token
    server = in_process(app, tokens[demo_estate.DESK], session)
    key = KeyFile(bytes(32))
    keys = GateKeys.open(export_gate(estate.vault, key), key, allow_demo=True)
    signer = GateSigner(demo_estate.GATE_IDENTITY, keys, clock=estate.clock)
    gate = in_process_gate(app, signer)
    return Desk(server, gate, people, kind)
