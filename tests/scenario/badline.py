"""A bad line in user space: a TCP proxy that delays, cuts, freezes or garbles, by a plan.

A frozen connection is half open: both ends think it lives, and nothing comes through any more.
"""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

_CHUNK = 16 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What befalls one connection; bytes are counted on the way down to the gate."""

    delay_s: float = 0.0
    cut_after: int | None = None
    cut_up_after: int | None = None
    freeze_after: int | None = None
    flip_at: int | None = None


GOOD = Plan()


class BadLine:
    """Listens on `port` and passes on to the target. `plan` is asked for each new connection."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self.plan: Callable[[int], Plan] = lambda _number: GOOD
        self.parted = False
        self.connections = 0
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._closed = threading.Event()
        threading.Thread(target=self._listen, daemon=True).start()

    def part(self) -> None:
        """Nothing gets through any more, and what was open is cut."""
        self.parted = True
        self.cut()

    def mend(self) -> None:
        """The line is as good as new."""
        self.parted = False
        self.plan = lambda _number: GOOD

    def cut(self) -> None:
        with self._lock:
            for each in self._open:
                _end(each)
            self._open.clear()

    def _keep_parted(self) -> None:
        """It was parted while a connection was being made."""
        if self.parted:
            self.cut()

    def close(self) -> None:
        self._closed.set()
        self._listener.close()
        self.cut()

    def _listen(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            if self.parted:
                near.close()
                continue
            far = socket.create_connection(("127.0.0.1", self._target))
            plan = self.plan(self.connections)
            with self._lock:
                self._open |= {near, far}
            self._keep_parted()
            for from_, to, down in ((far, near, True), (near, far, False)):
                threading.Thread(
                    target=self._pass, args=(from_, to, plan), kwargs={"down": down}, daemon=True
                ).start()

    def _pass(self, from_: socket.socket, to: socket.socket, plan: Plan, *, down: bool) -> None:
        passed = 0
        cut = plan.cut_after if down else plan.cut_up_after
        with suppress(OSError):
            while data := from_.recv(_CHUNK):
                self._closed.wait(plan.delay_s)
                if down and plan.flip_at is not None and 0 <= plan.flip_at - passed < len(data):
                    data = _flipped(data, plan.flip_at - passed)
                if (
                    down
                    and plan.freeze_after is not None
                    and passed + len(data) > plan.freeze_after
                ):
                    to.sendall(data[: max(0, plan.freeze_after - passed)])
                    self._closed.wait()
                    return
                if cut is not None and passed + len(data) >= cut:
                    to.sendall(data[: cut - passed])
                    break
                to.sendall(data)
                passed += len(data)
        _end(from_)
        _end(to)


@contextmanager
def bad_line(target: int) -> Iterator[BadLine]:
    line = BadLine(target)
    try:
        yield line
    finally:
        line.close()


def _flipped(data: bytes, place: int) -> bytes:
    return data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]


def _end(each: socket.socket) -> None:
    with suppress(OSError):
        each.shutdown(socket.SHUT_RDWR)
    with suppress(OSError):
        each.close()
