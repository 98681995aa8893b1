"""The one seam between a station and the server: one method per API call.

How a call travels, and the two errors that come out, are in `cardserver.clientbase`; the calls are
in ``cardserver/client_<topic>.py``: those of every station are the client's own, those that only a
desk, a kiosk or a gate makes are reached by their topic.
"""

import socket
import ssl
from functools import cache, cached_property
from typing import TYPE_CHECKING, Final, Self, TypeVar

import httpx

from cardserver.client_approvals import ApprovalsCalls
from cardserver.client_books import BookCalls
from cardserver.client_charges import ChargeCalls
from cardserver.client_credits import CreditCalls
from cardserver.client_documents import DocumentCalls
from cardserver.client_gatereports import GateReportCalls
from cardserver.client_gaterules import GateRulesCalls
from cardserver.client_gates import GateCalls
from cardserver.client_holders import HolderCalls
from cardserver.client_images import ImagesCalls
from cardserver.client_laid import LaidCalls
from cardserver.client_operations import OperationCalls
from cardserver.client_operators import OperatorsCalls
from cardserver.client_papers import PapersCalls
from cardserver.client_parking import ParkingCalls
from cardserver.client_payments import PaymentCalls
from cardserver.client_people import PeopleCalls
from cardserver.client_reconciliation import ReconciliationCalls
from cardserver.client_register import RegisterCalls
from cardserver.client_review import ReviewCalls
from cardserver.client_sales import SaleCalls
from cardserver.client_shifts import ShiftCalls
from cardserver.client_taps import TapCalls
from cardserver.clientbase import Calls, Credentials, ServerError, ServerRefused, ServerUnavailable

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
        http = httpx.Client(
            base_url=url, headers=headers, timeout=TIMEOUT_S, trust_env=False, verify=_trusted()
        )
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


class CardServerClient(HolderCalls, SaleCalls, OperationCalls, DocumentCalls, TapCalls, BookCalls):
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
