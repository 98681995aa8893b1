"""What the panel needs of a site: its simulated devices, and the card server's view of money."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from cardserver.wire_books import JournalLine, Trial
from simulators.acceptor import VirtualAcceptor
from simulators.barrier import VirtualBarrier
from simulators.cardbox import CardBox, Place
from simulators.clock import DemoClock
from simulators.display import VirtualDisplay
from simulators.faults import FaultPlan
from simulators.paper import VirtualPrinter
from simulators.payments.providers import PayProviders
from simulators.reader import Listener


class PanelReader(Place, Protocol):
    """A reader as the panel handles it; `simulators.reader.VirtualReader` is one."""

    listener: Listener | None

    @property
    def name(self) -> str:
        """Name as the PC/SC service would report it."""

    @property
    def exchanges(self) -> int:
        """APDUs so far."""

    def wait_card(self, timeout_s: float) -> bool:
        """Whether a card lies there. Raises DeviceNotFound when the reader is unplugged."""

    def plan(self, plan: FaultPlan | None) -> None:
        """Let these faults happen from now on."""

    def unplug(self) -> None:
        """Pull the cable."""

    def replug(self) -> None:
        """Put it back."""


class PanelSite(Protocol):
    """A site as the panel handles it. Readers are named desk, kiosk, door and carpark; printers
    desk and kiosk; boards (a relay board with the arm or door leaf it moves) door and carpark.
    """

    @property
    def clock(self) -> DemoClock:
        """The estate's time."""

    @property
    def readers(self) -> Mapping[str, PanelReader]:
        """By name."""

    @property
    def box(self) -> CardBox:
        """The cards a person has."""

    @property
    def printers(self) -> Mapping[str, VirtualPrinter]:
        """By name."""

    @property
    def acceptor(self) -> VirtualAcceptor:
        """The kiosk's."""

    @property
    def boards(self) -> Mapping[str, VirtualBarrier]:
        """By the lane's name."""

    @property
    def displays(self) -> Mapping[str, VirtualDisplay]:
        """Text displays, by the lane's name; not every lane has one."""

    @property
    def payments(self) -> PayProviders:
        """WeChat Pay and Alipay, and the resident's phone."""

    @property
    def addresses(self) -> Mapping[str, str]:
        """Paths of the other pages: desk, kiosk, gate, panel, openapi."""

    def journal(self) -> Sequence[JournalLine]:
        """The audit journal's latest lines, newest first. Raises ServerError."""

    def balances(self) -> Mapping[str, int]:
        """Ledger accounts in fen. Raises ServerError."""

    def trial(self) -> Trial:
        """Where all money is. Raises ServerError."""
