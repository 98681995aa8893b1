"""The kiosk behind its door: a technician or the cashier signs in, and nobody is served meanwhile.

What is done here has a name on it: the session is the server's, and the server decides who may.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from threading import Lock
from typing import ClassVar, Final

from cardserver.client import ServerError
from cardserver.domain.document import PrintResult
from cardserver.domain.errors import DomainError
from cardserver.domain.permits import Action, role_permits
from cardserver.wire_operators import SessionView
from cardserver.wire_reconciliation import BoxView, TakeBox
from kiosk.selfservice.journal import Entry
from kiosk.selfservice.machine import Machine
from kiosk.selfservice.opening import IN_SERVICE
from kiosk.station.health import Health
from kiosk.station.recentlog import RecentLog

STAYS_S: Final = 10 * 60.0
"""So long after the last touch the kiosk serves again and the session ends here."""


class ServiceOver(DomainError):
    """Nobody is signed in behind the door, or not any more."""

    code: ClassVar[str] = "service-over"


class VisitGoesOn(DomainError):
    """A resident is still being served, or money is on its way."""

    code: ClassVar[str] = "visit-goes-on"


class OtherOffice(DomainError):
    """The person who signed in does no service at machines."""

    code: ClassVar[str] = "not-for-service"


@dataclass(frozen=True, slots=True, kw_only=True)
class Counters:
    """Notes in the cash box by value in fen, as the journal has them, and the acceptor's own count
    of all it ever stacked; None where it keeps none.
    """

    notes: Mapping[int, int]
    stacked_ever: int | None


class BehindTheDoor:
    """Who is behind the door, and what that person may do. One person at a time."""

    def __init__(self, machine: Machine, log: RecentLog) -> None:
        self.log = log
        self._machine = machine
        self._journal = machine.journal
        self._server = machine.server.with_session("")
        self._session: SessionView | None = None
        self._taking = Lock()

    @property
    def name(self) -> str:
        """Who is signed in; empty when nobody is, or nobody has touched anything for long."""
        if self._session is not None and not self._machine.held:
            self._session = None
        return "" if self._session is None else self._session.name

    @property
    def ready(self) -> bool:
        """True once the last visit is over and no money is on its way."""
        machine = self._machine
        return machine.closed_reason == IN_SERVICE and not machine.till.busy

    def sign_in(self, name: str, password: str) -> None:
        """Begin; a visit that is going on ends first. Raises ServerError, OtherOffice."""
        session = self._server.operators.sign_in(name, password)
        if not role_permits(session.roles, Action.SERVICE):
            self._server.operators.sign_out()
            raise OtherOffice
        self._session = session
        self._machine.hold(STAYS_S)

    def stay(self) -> None:
        """Somebody is at work here."""
        if self.name:
            self._machine.hold(STAYS_S)

    def sign_out(self) -> None:
        """End, and serve again; a server that is away lets the session run out by itself."""
        self._session = None
        self._machine.hold(0)
        try:
            self._server.operators.sign_out()
        except ServerError:
            self._server.credentials.session = ""

    def print_test_page(self) -> PrintResult:
        """A page on which one sees whether printer and profile fit. Raises
        ServiceOver, VisitGoesOn.
        """
        self._check_ready()
        return self._machine.paper.print_test(self._machine.clock())

    def in_the_box(self) -> int:
        """What the kiosk itself has counted into the cash box, in fen. Raises JournalBroken."""
        return self._journal.in_the_box()

    def counters(self) -> Counters:
        """What has been counted, here and in the acceptor itself. Raises JournalBroken."""
        return Counters(
            notes=self._journal.notes_in_the_box(), stacked_ever=self._machine.till.stacked_ever
        )

    def take_box(self, box_id: str) -> BoxView:
        """The cash box is taken out; what lies in it is somebody's to count from now on.

        Written down here first: where the server's answer is lost, the next try is about the same
        box. A button pressed twice carries the same id, and takes one box out. Raises ServerError,
        ServiceOver, VisitGoesOn, JournalBroken.
        """
        self._check_ready()
        with self._taking:
            box_id, fen = self._journal.untold_box() or (box_id, self._journal.box_fen(box_id))
            if fen is None:
                fen = self._journal.in_the_box()
                self._journal.write(Entry.BOX_TAKEN, box_id=box_id, machine_fen=fen)
            box = self._server.reconciliation.take_box(TakeBox(box_id=box_id, machine_fen=fen))
            self._journal.write(Entry.BOX_TOLD, box_id=box_id)
            return box

    def boxes(self) -> list[BoxView]:
        """The boxes taken out of this kiosk, latest first. Raises ServerError."""
        return self._server.reconciliation.boxes()

    def report(self, health: Health) -> Mapping[str, object]:
        """What support needs: devices, journal, log; nobody's name, card or credential."""
        return {
            "health": asdict(health),
            "closed": self._machine.closed_reason,
            "journal_entries": self._journal.check(),
            "in_the_box_fen": self._journal.in_the_box(),
            "counters": asdict(self.counters()),
            "unfinished": [line.kind for line in self._journal.unfinished()],
            "log": self.log.lines,
        }

    def _check_ready(self) -> None:
        if not self.name:
            raise ServiceOver
        if not self.ready:
            raise VisitGoesOn
