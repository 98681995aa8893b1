"""One RS-485 line with OSDP readers on it, and the thread that serves it.

libosdp is the control panel (`osdp_panel`); this is its heartbeat, its line and its impatience:

- **Heartbeat.** OSDP wants service at least every 50 ms. The bus's thread never waits longer than
  `SERVICE_S`, and does nothing but move bytes and hand over what was said.
- **Back soon.** libosdp lets a reader that went silent rest for 300 s (osdp-dev/libosdp #214). Here
  a silent or refused reader is started anew after half a second, for ten seconds; later ever more
  slowly, at most `retrying.LONGEST_S`. A secure channel that was lost is up again in two seconds.
- **Nothing in clear.** What is said by a reader whose secure channel is not up is thrown away and
  counted, should libosdp ever let it through.
- **Old reads stay old.** A reader may keep a read while its line is down and tell it later
  (osdp-dev/libosdp #133). What comes in the first second after a line came up carries the instant
  at which it was lost.
"""

import logging
import threading
import time
import weakref
from collections.abc import Callable, Sequence
from typing import Final

from drivers.bytestream import LineSettings, open_serial
from drivers.errors import DeviceError, DeviceFault
from drivers.readers.osdp_panel import CardBits, Housing, Keys, Line, Nonsense, Panel, Said, Wire
from drivers.readers.osdp_seat import Seat, Seen
from drivers.readers.retrying import Pause

_log = logging.getLogger(__name__)

SERVICE_S: Final = 0.01
"""The longest the bus waits for bytes; the standard's limit for the service is 50 ms."""
SILENT_S: Final = 1.5
"""A reader that said nothing for so long is away. It answers a poll every 50 ms when it is well."""
HELD_S: Final = 1.0
_ANSWER_S: Final = 2.0
_CHUNK: Final = 512


class OsdpBus:
    """The readers of one line. They join before the first `start`, or while it runs."""

    def __init__(self, line: LineSettings, *, ticks: Callable[[], float] = time.monotonic) -> None:
        self.line = line
        self.ticks = ticks
        self.trouble: DeviceError | None = None
        self._seats: Sequence[Seat] = ()
        self._roll: Sequence[Seat] = ()  # those whom the panel knows, by their place
        self._panel: Panel | None = None
        self._wire = Wire()
        self._pause = Pause(ticks)
        self._lock = threading.Lock()
        self._changed = threading.Event()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def in_use(self) -> bool:
        """False when the last reader left."""
        return bool(self._seats)

    def join(self, seat: Seat) -> None:
        """Put a reader on the bus. Raises DeviceFault when its address is taken."""
        with self._lock:
            if any(each.address == seat.address for each in self._seats):
                raise DeviceFault(
                    f"address {seat.address} on {self.line.port} is named twice", status="setting"
                )
            self._seats = (*self._seats, seat)
            self._changed.set()

    def leave(self, seat: Seat) -> None:
        """Take a reader off; the last one stops the bus. Safe to call twice."""
        with self._lock:
            self._seats = tuple(each for each in self._seats if each is not seat)
            self._changed.set()
            if self._seats or self._thread is None:
                return
            thread, self._thread = self._thread, None
            self._stopping.set()
        thread.join(timeout=2)

    def start(self) -> None:
        """Serve the line from now on. Does nothing when it is served."""
        with self._lock:
            if self._thread is not None or not self._seats:
                return
            name = f"osdp {self.line.port}"
            self._thread = threading.Thread(target=self._serve, name=name, daemon=True)
            self._thread.start()

    # --- on the bus's own thread

    def _serve(self) -> None:
        while not self._stopping.is_set():
            try:
                if self._wire.stream is None and not self._find_line():
                    self._stopping.wait(SERVICE_S)
                else:
                    self.turn()
            except DeviceError as error:
                self._lose_line(error)
        self._lose_line(None)

    def _find_line(self) -> bool:
        if not self._pause.due():
            return False
        self._wire.stream = open_serial(self.line)
        self._pause.went_well()
        self.trouble = None
        self._changed.set()
        return True

    def _lose_line(self, error: DeviceError | None) -> None:
        stream, self._wire.stream = self._wire.stream, None
        self._wire.trouble = None
        self._wire.flush()
        self.trouble = error
        for seat in self._roll:
            self._down(seat)
        if stream is not None:
            stream.close()

    def turn(self) -> None:
        """Bytes in, one round of libosdp, what was said, who is silent. Raises DeviceError."""
        if self._changed.is_set():
            self._call_the_roll()
        if self._panel is None or self._wire.stream is None:
            self._stopping.wait(SERVICE_S)
            return
        data = self._wire.stream.read(_CHUNK, SERVICE_S)
        now = self.ticks()
        if data:
            self._wire.arrived += data
            for seat in self._roll:
                if seat.address == self._wire.asked:
                    seat.heard_at = now
        told = self._panel.refresh()
        if self._wire.trouble is not None:
            raise self._wire.trouble
        for place, said in told:
            self._tell(place, said, now)
        for place, seat in enumerate(self._roll):
            self._look_after(self._panel, place, seat, now)

    def _call_the_roll(self) -> None:
        """A new panel: libosdp learns its readers once, at the beginning."""
        self._changed.clear()
        for seat in self._roll:
            self._down(seat)
        self._roll = self._seats
        readers = [(seat.address, seat.key) for seat in self._roll]
        self._panel = Panel(readers, self._wire) if readers else None
        for seat in self._roll:
            seat.offline = seat.reviving = False
            seat.pause.due()  # this is the first try
            seat.begin(self.ticks())

    def _tell(self, place: int, said: Said, now: float) -> None:
        seat = self._roll[place]
        match said:
            case Line():
                seat.offline = not said.up
            case Housing():
                seat.tamper = said.opened
            case CardBits() | Keys() | Nonsense():
                if self._panel is None or not self._panel.secure(place):
                    seat.unsafe += 1
                    return
                held = not seat.up or now - seat.since < HELD_S
                seat.put(Seen(said=said, at=seat.lost_at if held else now))

    def _look_after(self, panel: Panel, place: int, seat: Seat, now: float) -> None:
        silent = now - seat.heard_at > SILENT_S
        if panel.secure(place) and not silent:
            if not seat.up:
                self._come_up(panel, place, seat, now)
            self._carry_answers(panel, place, seat, now)
            return
        self._down(seat)
        if seat.reviving:
            seat.reviving = not panel.begin(place)
        elif (silent or seat.offline) and seat.pause.due():
            seat.reviving, seat.offline = panel.give_up(place), False
            seat.begin(now, answered=seat.hears)

    def _come_up(self, panel: Panel, place: int, seat: Seat, now: float) -> None:
        seat.up, seat.since = True, now
        seat.pause.went_well()
        panel.ask_housing(place)
        _log.info("%s: secure channel up", seat.name)

    def _down(self, seat: Seat) -> None:
        if seat.up:
            seat.up, seat.since, seat.lost_at = False, self.ticks(), seat.heard_at
            seat.begin(seat.since)
            seat.drops += 1
            _log.warning("%s: secure channel lost, %d times so far", seat.name, seat.drops)

    def _carry_answers(self, panel: Panel, place: int, seat: Seat, now: float) -> None:
        while seat.answers:
            given_at, granted = seat.answers.popleft()
            if now - given_at <= _ANSWER_S:
                panel.answer(place, granted=granted)


_buses: Final[weakref.WeakValueDictionary[str, OsdpBus]] = weakref.WeakValueDictionary()
_registry: Final = threading.Lock()


def shared_bus(line: LineSettings) -> OsdpBus:
    """The bus of that port. Raises DeviceFault when it is driven in another way already."""
    with _registry:
        bus = _buses.get(line.port)
        if bus is None or not bus.in_use:
            bus = _buses[line.port] = OsdpBus(line)
        elif bus.line != line:
            raise DeviceFault(
                f"{line.port} is named twice, and driven in two ways", status="setting"
            )
        return bus
