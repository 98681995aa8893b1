"""Virtual cards in the real pcscd, through vsmartcard's virtual reader driver `vpcd`.

vpcd listens on one TCP port for each of its two slots; the card's side connects. Wire format
(virtualsmartcard, `vpcd.h` and `api.txt`): two bytes of length, most significant first, then

    00 power off    01 power on    02 reset    04 send the ATR    anything longer: a command APDU

One-byte payloads other than these four are APDUs too; only the ATR and APDUs are answered.
Without TCP_QUICKACK before every receive each APDU waits some 40 ms for a delayed acknowledgement,
because vpcd sends length and payload in two small pieces.
"""

import contextlib
import socket
import threading
import time
from collections.abc import Callable
from typing import Final

from drivers.errors import CardRemoved, DeviceTimeout
from simulators.cards.api import VirtualCard
from simulators.faults import FaultPlan, PowerCut

FIRST_PORT: Final = 0x8C7B
SECOND_PORT: Final = FIRST_PORT + 1

POWER_OFF: Final = b"\x00"
POWER_ON: Final = b"\x01"
RESET: Final = b"\x02"
SEND_ATR: Final = b"\x04"

RETRY_S: Final = 0.2
NOTICED_S: Final = 0.6
"""pcscd looks every 0.4 s. A card swapped faster is taken for the old one, with its old state."""
LENGTH_SIZE: Final = 2
_QUICKACK: Final[int | None] = getattr(socket, "TCP_QUICKACK", None)
_empty_since: Final[dict[tuple[str, int], float]] = {}


class Attachment:
    """A card lying on a vpcd slot. It finds its way back when pcscd is restarted.

    A tear or a silence of the fault plan ends it: vpcd knows no time limit of its own.
    """

    def __init__(
        self,
        card: VirtualCard,
        port: int,
        *,
        host: str = "127.0.0.1",
        plan: FaultPlan | None = None,
        at_rest: Callable[[], None] = lambda: None,
    ) -> None:
        self.card = card
        self.port = port
        self.exchanges = 0
        self.connected = threading.Event()
        self._host = host
        self._plan = plan
        self._at_rest = at_rest
        self._gone = threading.Event()
        self._line: socket.socket | None = None
        self._thread = threading.Thread(target=self._live, name=f"vpcd {port}", daemon=True)
        self._thread.start()

    def remove(self) -> None:
        """Pull the card away. Returns when pcscd can no longer reach it."""
        self._gone.set()
        line = self._line
        if line is not None:
            with contextlib.suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)
        self._thread.join()

    def _live(self) -> None:
        slot = (self._host, self.port)
        self._gone.wait(_empty_since.get(slot, 0.0) + NOTICED_S - time.monotonic())
        while not self._gone.is_set():
            try:
                with socket.create_connection((self._host, self.port), timeout=RETRY_S) as line:
                    self._line = line
                    self._lie_on(line)
            except OSError:
                self._gone.wait(RETRY_S)
            finally:
                if self.connected.is_set():
                    _empty_since[slot] = time.monotonic()
                self._line = None
                self.connected.clear()
                self.card.power_off()
                self._at_rest()

    def _lie_on(self, line: socket.socket) -> None:
        line.settimeout(None)
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.connected.set()
        while not self._gone.is_set():
            length = _receive(line, LENGTH_SIZE)
            message = _receive(line, int.from_bytes(length, "big"))
            answer = self._answer(message)
            if answer is not None:
                line.sendall(len(answer).to_bytes(LENGTH_SIZE, "big") + answer)

    def _answer(self, message: bytes) -> bytes | None:
        match message:
            case b"\x00":
                self.card.power_off()
                self._at_rest()
            case b"\x01":
                self.card.power_on()
            case b"\x02":
                self.card.power_off()
                self.card.power_on()
            case b"\x04":
                return self.card.atr
            case _:
                return self._transmit(message)
        return None

    def _transmit(self, apdu: bytes) -> bytes:
        self.exchanges += 1
        if self._plan is None:
            return self.card.transmit(apdu)
        try:
            return self._plan.exchange(self.card.transmit, apdu)
        except (CardRemoved, DeviceTimeout, PowerCut) as end:
            self._gone.set()
            raise ConnectionAbortedError(str(end)) from end


def attach(
    card: VirtualCard, port: int = FIRST_PORT, *, plan: FaultPlan | None = None
) -> Attachment:
    """Lay a card on the vpcd slot of that port, now or as soon as pcscd runs."""
    return Attachment(card, port, plan=plan)


def _receive(line: socket.socket, size: int) -> bytes:
    """Exactly `size` bytes. Raises ConnectionError when vpcd hung up."""
    received = b""
    while len(received) < size:
        if _QUICKACK is not None:  # Linux; the option wears off with every use
            line.setsockopt(socket.IPPROTO_TCP, _QUICKACK, 1)
        piece = line.recv(size - len(received))
        if not piece:
            raise ConnectionResetError("vpcd hung up")
        received += piece
    return received
