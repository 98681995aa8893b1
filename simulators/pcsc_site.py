"""The demo site on the real PC/SC daemon: desk and kiosk read their cards through pcscd and vpcd.

A card that is laid down in the panel is attached to a slot of vsmartcard's virtual reader, and
everything from pyscard to pcscd is what runs in a real estate. Door and lane stay in process, as
vpcd has two slots.
"""

import threading
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path

from drivers.api.readers import CardReader
from drivers.errors import CardRemoved, DeviceTimeout
from drivers.readers.pcsc import PcscReader
from simulators.acceptor_path import Timing
from simulators.cardbox_kept import CardBoxError
from simulators.cards.api import VirtualCard
from simulators.clock import DemoClock
from simulators.faults import FaultPlan, PowerCut
from simulators.pcscd import open_pcscd
from simulators.reader import Listener
from simulators.site import Site
from simulators.vpcd import Attachment, attach

_PLACES = ("desk", "kiosk")
_TURN_S = 10.0


class CableIsReal(CardBoxError):
    """A slot of pcscd has no cable that a simulator could pull; end and start pcscd instead."""

    code = "cable-is-real"


class VpcdPlace:
    """A slot of the virtual reader, as a person's hand and the panel see it (`PanelReader`).

    Exchanges are counted and faults happen on the card's side. A silence takes the card away, as
    vpcd knows no time limit of its own.
    """

    def __init__(self, name: str, port: int) -> None:
        self.listener: Listener | None = None
        self.exchanges = 0
        self._name = name
        self._port = port
        self._lock = threading.RLock()
        self._attachment: Attachment | None = None
        self._plan: FaultPlan | None = None

    @property
    def name(self) -> str:
        """Name of the slot at pcscd."""
        return self._name

    @property
    def card(self) -> VirtualCard | None:
        """The card that lies there."""
        attachment = self._attachment
        return attachment.card if attachment is not None else None

    def insert(self, card: VirtualCard) -> None:
        """Lay a card down, in place of one that lies there. pcscd notices within half a second."""
        with self._lock:
            self.remove()
            self._attachment = attach(card, self._port, plan=_Relay(self))

    def remove(self) -> VirtualCard | None:
        """Pull the card away, whatever it is doing; returns it."""
        with self._lock:
            attachment, self._attachment = self._attachment, None
        if attachment is None:
            return None
        attachment.remove()
        return attachment.card

    def plan(self, plan: FaultPlan | None) -> None:
        """Let these faults happen from now on; None for none."""
        self._plan = plan

    def wait_card(self, timeout_s: float) -> bool:  # noqa: ARG002 - nobody waits here
        """Whether a card lies there."""
        return self.card is not None

    def unplug(self) -> None:
        """Raises CableIsReal."""
        raise CableIsReal("this reader is pcscd's; end pcscd to see it go")

    def replug(self) -> None:
        """Raises CableIsReal."""
        raise CableIsReal("this reader is pcscd's; start pcscd to see it come back")

    def exchange(self, send: Callable[[bytes], bytes], apdu: bytes) -> bytes:
        """One APDU through the plan of the moment; a tear lets go of the card."""
        self.exchanges += 1
        plan, answer = self._plan, b""
        try:
            answer = send(apdu) if plan is None else plan.exchange(send, apdu)
        except (CardRemoved, DeviceTimeout, PowerCut):
            self._attachment = None
            raise
        finally:
            if self.listener is not None:
                self.listener(apdu, answer)
        return answer


class _Relay(FaultPlan):
    """The plan of an attachment is whatever its place plans at the moment."""

    def __init__(self, place: VpcdPlace) -> None:
        super().__init__()
        self._place = place

    def exchange(self, send: Callable[[bytes], bytes], apdu: bytes) -> bytes:
        return self._place.exchange(send, apdu)


class PcscSite(Site):
    """A site whose desk and kiosk read through pcscd. `closing` is done when it has closed."""

    def __init__(
        self,
        folder: Path,
        *,
        clock: DemoClock | None,
        slots: Mapping[str, int],
        note_timing: Timing | None,
    ) -> None:
        self.slots = {
            place: VpcdPlace(name, port)
            for place, (name, port) in zip(_PLACES, slots.items(), strict=True)
        }
        readers: dict[str, CardReader] = {
            place: PcscReader(slot.name) for place, slot in self.slots.items()
        }
        self.closing = ExitStack()
        super().__init__(
            folder, clock=clock, readers=readers, places=self.slots, note_timing=note_timing
        )

    def stop(self) -> None:
        """Close. The readers are given back before the cards are taken off them."""
        with self.closing:
            super().stop()
            for slot in self.slots.values():
                slot.remove()


def open_pcsc_site(
    folder: Path, clock: DemoClock | None = None, *, note_timing: Timing | None = None
) -> Site:
    """A site on the daemon that runs, or on one started for it (needs root).

    Raises PcscdUnavailable: pcscd or its virtual reader is missing, or somebody else holds them.
    """
    with ExitStack() as opening:
        daemon = opening.enter_context(open_pcscd(turn_s=_TURN_S))
        site = PcscSite(folder, clock=clock, slots=daemon.slots, note_timing=note_timing)
        site.closing = opening.pop_all()
        return site
