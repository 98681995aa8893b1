"""The one seam between a station and the server: one method per API call.

How a call travels, and the two errors that come out, are in `cardserver.clientbase`. Groups of
calls that only a desk makes have modules of their own (``cardserver/client_<topic>.py``).
"""

import socket
import ssl
from collections.abc import Mapping, Sequence
from functools import cache, cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Self, TypeVar
from uuid import uuid4

import httpx

from cardserver.client_approvals import ApprovalsCalls
from cardserver.client_charges import ChargeCalls
from cardserver.client_credits import CreditCalls
from cardserver.client_gatereports import GateReportCalls
from cardserver.client_gaterules import GateRulesCalls
from cardserver.client_gates import GateCalls
from cardserver.client_images import ImagesCalls
from cardserver.client_laid import LaidCalls
from cardserver.client_operators import OperatorsCalls
from cardserver.client_papers import PapersCalls
from cardserver.client_parking import ParkingCalls
from cardserver.client_payments import PaymentCalls
from cardserver.client_people import PeopleCalls
from cardserver.client_reconciliation import ReconciliationCalls
from cardserver.client_register import RegisterCalls
from cardserver.client_review import ReviewCalls
from cardserver.client_shifts import ShiftCalls
from cardserver.clientbase import Calls, Credentials, ServerError, ServerRefused, ServerUnavailable
from cardserver.domain.admission import Direction
from cardserver.domain.document import PrintResult
from cardserver.wire import (
    AbandonRequest,
    Balances,
    BeginRequest,
    BlockRequest,
    CancelRequest,
    CardView,
    ChangeRequest,
    DocumentList,
    DocumentView,
    Evidence,
    Handing,
    HandoverRequest,
    Health,
    HolderList,
    HolderView,
    Journal,
    JournalLine,
    KeyingRequest,
    KeyingState,
    KeyingSteps,
    OperationList,
    OperationRequest,
    OperationView,
    Outcome,
    PrintReport,
    Quote,
    QuoteRequest,
    ReadKeys,
    RefundRequest,
    ReprintRequest,
    SaleRequest,
    SaleView,
    Settled,
    TapReport,
    TapsRequest,
    TapsTaken,
    TenderRequest,
    Ticket,
    Trial,
    VerificationRequest,
    VerificationView,
    Voided,
    VoidRequest,
    WaitingSale,
    WaitingSales,
)
from cardserver.wire_gates import SnapshotView

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

TIMEOUT_S: Final = 10.0
_KEEPALIVE: Final = {"TCP_KEEPIDLE": 3, "TCP_KEEPINTVL": 2, "TCP_KEEPCNT": 3}
"""Seconds of silence before the first probe, between probes, and how many may stay unanswered."""

C = TypeVar("C", bound=Calls)

__all__ = [
    "CardServerClient",
    "ServerError",
    "ServerRefused",
    "ServerUnavailable",
    "connect",
    "connect_gate",
    "in_process",
    "in_process_gate",
]


def connect(url: str, token: str, session: str = "") -> "CardServerClient":
    """A client of the server at `url`, e.g. ``http://127.0.0.1:8700``.

    Raises ServerUnavailable for what is no address.
    """
    headers = {"Authorization": f"Bearer {token}"}
    try:
        http = httpx.Client(base_url=url, headers=headers, timeout=TIMEOUT_S, trust_env=False)
    except (httpx.InvalidURL, UnicodeError) as error:
        raise ServerUnavailable(f"{url} is no address of a server") from error
    return CardServerClient(http, credentials=Credentials(session))


def in_process(app: "WSGIApplication", token: str, session: str = "") -> "CardServerClient":
    """A client of a server in the same process, without a socket."""
    headers = {"Authorization": f"Bearer {token}"}
    transport = httpx.WSGITransport(app=app)
    http = httpx.Client(transport=transport, base_url="http://in-process", headers=headers)
    return CardServerClient(http, credentials=Credentials(session))


def connect_gate(url: str, signer: httpx.Auth) -> "CardServerClient":
    """A gate's client: it signs each call (`cardserver.clientsigning.GateSigner`).

    Raises ServerUnavailable for what is no address.
    """
    try:
        transport = httpx.HTTPTransport(verify=_trusted(), socket_options=_alive(), trust_env=False)
        http = httpx.Client(
            base_url=url, auth=signer, timeout=TIMEOUT_S, trust_env=False, transport=transport
        )
    except (httpx.InvalidURL, UnicodeError) as error:
        raise ServerUnavailable(f"{url} is no address of a server") from error
    return CardServerClient(http)


def in_process_gate(app: "WSGIApplication", signer: httpx.Auth) -> "CardServerClient":
    """The same to a server in the same process, without a socket."""
    transport = httpx.WSGITransport(app=app)
    return CardServerClient(
        httpx.Client(transport=transport, base_url="http://in-process", auth=signer)
    )


@cache
def _trusted() -> ssl.SSLContext:
    """The certificates this machine trusts; reading them takes a while."""
    return httpx.create_ssl_context(trust_env=False)


def _alive() -> list[tuple[int, int, int]]:
    """Let the system notice a line that is dead at its other end, where it can be told how fast."""
    options = [(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)]
    for name, value in _KEEPALIVE.items():
        if hasattr(socket, name):
            options.append((socket.IPPROTO_TCP, getattr(socket, name), value))
    return options


class CardServerClient(Calls):
    """The server as a station sees it: the calls of every station, and more by topic."""

    def with_session(self, session: str) -> "CardServerClient":
        """The same connection in the name of another session's operator."""
        return self._with(Credentials(session))

    def with_leave(self, leave: str) -> "CardServerClient":
        """The same connection and session, with this leave of a second person and no other."""
        return self._with(Credentials(self.credentials.session, {"": leave} if leave else {}))

    def _with(self, credentials: Credentials) -> "CardServerClient":
        return CardServerClient(
            self._http, credentials=credentials, attempts=self._attempts, wait=self._wait
        )

    def _group(self, calls: type[C]) -> C:
        """A group of calls on the same connection, in the same session."""
        return calls(
            self._http, credentials=self.credentials, attempts=self._attempts, wait=self._wait
        )

    @cached_property
    def operators(self) -> OperatorsCalls:
        """Signing in and out, stepping up, and who may sign in."""
        return self._group(OperatorsCalls)

    @cached_property
    def approvals(self) -> ApprovalsCalls:
        """Calls to owners, applications, appraisals, reports of cards, the hand-over."""
        return self._group(ApprovalsCalls)

    @cached_property
    def register(self) -> RegisterCalls:
        """The card register F1: rows, signatures, corrections."""
        return self._group(RegisterCalls)

    @cached_property
    def review(self) -> ReviewCalls:
        """Reviews, blank cards, working days, reminders, figures, the queue."""
        return self._group(ReviewCalls)

    @cached_property
    def people(self) -> PeopleCalls:
        """People, units, their papers, owner data from a file."""
        return self._group(PeopleCalls)

    @cached_property
    def images(self) -> ImagesCalls:
        """Pictures of papers, where the estate stores them."""
        return self._group(ImagesCalls)

    @cached_property
    def gate_rules(self) -> GateRulesCalls:
        """The rules of the gates."""
        return self._group(GateRulesCalls)

    @cached_property
    def parking(self) -> ParkingCalls:
        """Spaces, tariffs, agreements, the bank's lists."""
        return self._group(ParkingCalls)

    @cached_property
    def papers(self) -> PapersCalls:
        """Calls about books of paper, void papers, invoices and the box."""
        return self._group(PapersCalls)

    @cached_property
    def charges(self) -> ChargeCalls:
        """Charges that the cashier enters."""
        return self._group(ChargeCalls)

    @cached_property
    def credits(self) -> CreditCalls:
        """Credits of cards."""
        return self._group(CreditCalls)

    @cached_property
    def gates(self) -> GateCalls:
        """A gate's own calls, and what is known of gates."""
        return self._group(GateCalls)

    @cached_property
    def gate_reports(self) -> GateReportCalls:
        """What happened at the gates."""
        return self._group(GateReportCalls)

    @cached_property
    def laid(self) -> LaidCalls:
        """A card laid down at a kiosk."""
        return self._group(LaidCalls)

    @cached_property
    def payments(self) -> PaymentCalls:
        """Payments by QR code."""
        return self._group(PaymentCalls)

    @cached_property
    def reconciliation(self) -> ReconciliationCalls:
        """Cash boxes, days compared with bills, differences."""
        return self._group(ReconciliationCalls)

    @cached_property
    def shifts(self) -> ShiftCalls:
        """Shifts, counts, X and Z reports, pay-outs, suspense."""
        return self._group(ShiftCalls)

    def close(self) -> None:
        """Let go of the connection."""
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # --- the server itself

    def health(self) -> Health:
        """Is it there? Needs no token."""
        return self._get("/api/health", Health)

    # --- holders and cards

    def search(self, query: str, limit: int = 20) -> list[HolderView]:
        """Holders by name, unit, phone, plate, card number or the end of the ID number."""
        params = {"query": query, "limit": str(limit)}
        return list(self._get("/api/holders", HolderList, params).holders)

    def holder(self, holder_id: int) -> HolderView:
        """One holder. Refused with ``not-found``."""
        return self._get(f"/api/holders/{holder_id}", HolderView)

    def card(self, *, uid: bytes | None = None, number: int | None = None) -> CardView | None:
        """A card by chip number or card number; None when the server doesn't know it."""
        params = {"number": str(number)} if uid is None else {"uid": uid.hex()}
        return self._find("/api/cards", CardView, params)

    def read_keys(self, uid: bytes) -> ReadKeys | None:
        """Keys that read a card of ours before an operation; None for an unknown card."""
        return self._find("/api/cards/read-keys", ReadKeys, {"uid": uid.hex()})

    def verify(self, request: VerificationRequest) -> VerificationView:
        """Store that a holder was checked."""
        return self._post("/api/verifications", request, VerificationView)

    # --- money

    def quote(self, request: OperationRequest) -> Quote:
        """Price and result of a request. Raises ServerRefused with the rule that forbids it."""
        return self._post("/api/quotes", QuoteRequest(request=request), Quote)

    def open_sale(self, request: SaleRequest) -> SaleView:
        """Open a sale at the quoted price; ``price-changed`` when it is no longer true."""
        return self._post("/api/sales", request, SaleView)

    def sale(self, sale_id: str) -> SaleView:
        """A sale as it stands."""
        return self._get(f"/api/sales/{sale_id}", SaleView)

    def waiting_sales(
        self, *, card_number: int | None = None, station: str | None = None
    ) -> list[WaitingSale]:
        """Sales with money in them that wait for somebody: of one card, one station, or all.

        A kiosk is shown its own, and by card number also top-ups begun elsewhere.
        """
        params = {} if card_number is None else {"card": str(card_number)}
        if station is not None:
            params["station"] = station
        return list(self._get("/api/sales/waiting", WaitingSales, params).sales)

    def waiting_for(self, card_number: int) -> WaitingSales:
        """The same for one card, with the credit that pays its next top-up."""
        return self._get("/api/sales/waiting", WaitingSales, {"card": str(card_number)})

    def tender(self, sale_id: str, request: TenderRequest) -> SaleView:
        """Report one step of one payment."""
        return self._post(f"/api/sales/{sale_id}/tenders", request, SaleView)

    def give_change(self, sale_id: str, change_id: str, amount_fen: int) -> SaleView:
        """Report change handed out; at most what is too much."""
        body = ChangeRequest(change_id=change_id, amount_fen=amount_fen)
        return self._post(f"/api/sales/{sale_id}/change", body, SaleView)

    def cancel_sale(self, sale_id: str, cancel_id: str, reason: str) -> SaleView:
        """Give a sale up; what was paid becomes payable to the customer (`refundable_fen`)."""
        body = CancelRequest(cancel_id=cancel_id, reason=reason)
        return self._post(f"/api/sales/{sale_id}/cancellation", body, SaleView)

    def pay_refund(self, sale_id: str, refund_id: str, amount_fen: int) -> SaleView:
        """Report cash handed back out of `refundable_fen`."""
        body = RefundRequest(refund_id=refund_id, amount_fen=amount_fen)
        return self._post(f"/api/sales/{sale_id}/refunds", body, SaleView)

    # --- operations

    def begin(self, request: BeginRequest) -> Ticket:
        """Open an operation. Refused e.g. with reason ``card-differs``, ``card-busy``."""
        return self._post("/api/operations", request, Ticket)

    def open_operation(self, uid: bytes) -> Ticket | None:
        """The open operation of the card on the reader, to be resumed; None when there is none."""
        return self._find("/api/operations/open", Ticket, {"uid": uid.hex()})

    def open_operations(self) -> list[OperationView]:
        """All operations nobody has ended yet."""
        return list(self._get("/api/operations", OperationList).operations)

    def outcome(self, operation_id: str) -> Outcome:
        """What became of an operation, open or ended. Refused with ``not-found``."""
        return self._get(f"/api/operations/{operation_id}", Outcome)

    def keying_steps(self, operation_id: str) -> dict[str, KeyingState]:
        """The keying journal of an operation."""
        return self._get(f"/api/operations/{operation_id}/keying", KeyingSteps).steps

    def record_keying(self, operation_id: str, step: str, state: KeyingState) -> None:
        """Record a step of keying before the card is touched."""
        body = KeyingRequest(step=step, state=state)
        self._post(f"/api/operations/{operation_id}/keying", body, KeyingSteps)

    def settle(self, operation_id: str, evidence: Evidence) -> Settled:
        """End an operation whose card was read back as planned; the server judges by itself."""
        return self._post(f"/api/operations/{operation_id}/settlement", evidence, Settled)

    def void(
        self, operation_id: str, evidence: Evidence, reason: str, *, keep_sale: bool = False
    ) -> Voided:
        """End an operation whose card was read back unchanged."""
        body = VoidRequest(evidence=evidence, reason=reason, keep_sale=keep_sale)
        return self._post(f"/api/operations/{operation_id}/void", body, Voided)

    def abandon(self, operation_id: str, reason: str, *, keep_sale: bool = False) -> Voided:
        """End an operation without evidence: the card is denied, the money is 待核对."""
        body = AbandonRequest(reason=reason, keep_sale=keep_sale)
        return self._post(f"/api/operations/{operation_id}/abandonment", body, Voided)

    # --- the deny list

    def block(self, card_number: int, reason: str) -> CardView:
        """Deny a card at once; it needn't be there."""
        body = BlockRequest(request_id=str(uuid4()), reason=reason)
        return self._post(f"/api/cards/{card_number}/block", body, CardView)

    def unblock(self, card_number: int, reason: str) -> CardView:
        """Allow a blocked card again, while no replacement exists or is being made."""
        body = BlockRequest(request_id=str(uuid4()), reason=reason)
        return self._post(f"/api/cards/{card_number}/unblock", body, CardView)

    # --- papers

    def document(self, document_id: int) -> DocumentView:
        """One paper."""
        return self._get(f"/api/documents/{document_id}", DocumentView)

    def documents_owed(self, station: str | None = None) -> list[DocumentView]:
        """Papers that are not known to have come out (FEE-32), of one station or of all."""
        params = {} if station is None else {"station": station}
        return list(self._get("/api/documents/owed", DocumentList, params).documents)

    def record_print(self, document_id: int, print_id: str, result: PrintResult) -> DocumentView:
        """Report what became of a print job."""
        body = PrintReport(print_id=print_id, result=result)
        return self._post(f"/api/documents/{document_id}/prints", body, DocumentView)

    def reprint(self, document_id: int, print_id: str) -> DocumentView:
        """Ask for one more paper; the counter rises unless none ever came out."""
        body = ReprintRequest(print_id=print_id)
        return self._post(f"/api/documents/{document_id}/reprints", body, DocumentView)

    def hand_over(self, document_id: int, handover_id: str, how: Handing) -> DocumentView:
        """Report that a printed paper left our hands; refused with ``not-printed`` before."""
        body = HandoverRequest(handover_id=handover_id, how=how)
        return self._post(f"/api/documents/{document_id}/handover", body, DocumentView)

    # --- gates

    def snapshot(self, after_version: int | None = None) -> SnapshotView:
        """The issue list, or what changed in it after a version."""
        params = {} if after_version is None else {"after_version": str(after_version)}
        return self._get("/api/snapshot", SnapshotView, params)

    def post_taps(
        self,
        taps: Sequence[TapReport],
        *,
        journal: str,
        lanes: Mapping[str, Direction] = MappingProxyType({}),
    ) -> TapsTaken:
        """Hand over taps out of a journal; those handed over before are recognised.

        `lanes` tells which way vehicle lanes lead, where that is written down.
        """
        body = TapsRequest(journal=journal, taps=tuple(taps), lanes=dict(lanes))
        return self._post("/api/taps", body, TapsTaken)

    # --- books

    def ledger_balances(self) -> dict[str, int]:
        """Every account that isn't empty, in fen, debit positive."""
        return self._get("/api/ledger/balances", Balances).accounts

    def trial(self) -> Trial:
        """Where all money is."""
        return self._get("/api/ledger/trial", Trial)

    def journal(self, limit: int = 50) -> list[JournalLine]:
        """The latest lines of the audit journal, newest first."""
        return list(self._get("/api/journal", Journal, {"limit": str(limit)}).lines)
