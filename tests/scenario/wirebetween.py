"""A wire between two network namespaces, packet by packet: delay, loss, copies, silence.

Two TUN devices stand at its ends (Linux, Documentation/networking/tuntap). What `tc netem` would do
is done here, so that it works on a kernel without that module. Everything stays on this machine.
"""

import fcntl
import heapq
import os
import random
import selectors
import struct
import subprocess
import threading
import time
from dataclasses import dataclass
from itertools import count

CENTRE, GATE = "10.213.0.1", "10.213.0.2"
_TUNSETIFF = 0x400454CA
_IFF_TUN_NO_PI = 0x0001 | 0x1000
_LONGEST = 65536


def open_end(name: str, address: str) -> int:
    """A TUN device in the namespace of this process; its file descriptor."""
    end = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(end, _TUNSETIFF, struct.pack("16sH22x", name.encode(), _IFF_TUN_NO_PI))
    for words in (f"addr add {address}/24 dev {name}", f"link set {name} up", "link set lo up"):
        subprocess.run(["ip", *words.split()], check=True)
    return end


@dataclass(frozen=True, slots=True, kw_only=True)
class Weather:
    """How the wire is: times in seconds, the rest are chances of a packet."""

    delay_s: float = 0.0
    jitter_s: float = 0.0
    loss: float = 0.0
    copies: float = 0.0
    deaf_up: bool = False
    deaf_down: bool = False


class WireBetween:
    """Carries packets until it is closed; `weather` may change at any time."""

    def __init__(
        self, centre: int, gate: int, seed: int, part_after_down: int | None = None
    ) -> None:
        self._ends = {centre: gate, gate: centre}
        self._gate = gate
        self._dice = random.Random(seed)
        self._due: list[tuple[float, int, int, bytes]] = []
        self._numbers = count()
        self._closed = threading.Event()
        self.weather = Weather()
        self.part_after_down = part_after_down
        self.carried = 0
        self.lost = 0
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._closed.set()
        self._thread.join(5)

    def _run(self) -> None:
        ends = selectors.DefaultSelector()
        for end in self._ends:
            ends.register(end, selectors.EVENT_READ)
        while not self._closed.is_set():
            soon = self._due[0][0] - time.monotonic() if self._due else 0.05
            for key, _ in ends.select(max(0.0, min(soon, 0.05))):
                self._take(os.read(int(key.fd), _LONGEST), int(key.fd))
            while self._due and self._due[0][0] <= time.monotonic():
                _, _, end, packet = heapq.heappop(self._due)
                os.write(end, packet)
                self.carried += 1

    def _take(self, packet: bytes, from_: int) -> None:
        weather, up = self.weather, from_ == self._gate
        if not up and self.part_after_down is not None:
            self.part_after_down -= 1
            if self.part_after_down < 0:
                self.weather = weather = Weather(deaf_up=True, deaf_down=True)
        deaf = weather.deaf_up if up else weather.deaf_down
        if deaf or self._dice.random() < weather.loss:
            self.lost += 1
            return
        for _ in range(2 if self._dice.random() < weather.copies else 1):
            late = weather.delay_s + self._dice.random() * weather.jitter_s
            place = (time.monotonic() + late, next(self._numbers), self._ends[from_], packet)
            heapq.heappush(self._due, place)
