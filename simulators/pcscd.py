"""The real PC/SC daemon with vsmartcard's virtual reader, for whoever needs both.

A daemon that already runs is used and left alone. Otherwise one is started in the foreground, which
works in a bare container without systemd or udev but needs root, and is stopped at the end. There
is one daemon on a machine, so processes that want it take turns; within a process it may be opened
again while it is open.
"""

import fcntl
import os
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, ClassVar, Final

from drivers.errors import DeviceError
from drivers.readers.pcsc import PcscReader, list_names
from simulators.vpcd import FIRST_PORT, SECOND_PORT

TURN_S: Final = 300.0
START_S: Final = 15.0
STOP_S: Final = 10.0
_POLL_S: Final = 0.05
_VIRTUAL: Final = "Virtual PCD"
_SYSTEM_PATH: Final = "/usr/sbin:/usr/local/sbin:/sbin"


class PcscdUnavailable(Exception):
    """There is no daemon with an empty virtual reader, and none can be started; says why."""

    code: ClassVar[str] = "pcscd-unavailable"


@contextmanager
def open_pcscd(*, turn_s: float = TURN_S) -> Iterator["Pcscd"]:
    """The running daemon with two empty virtual slots. Raises PcscdUnavailable."""
    _TURN.take(turn_s)
    daemon = Pcscd()
    try:
        daemon.find_or_start()
        yield daemon
    finally:
        daemon.stop()
        _TURN.give_back()


class Pcscd:
    """The daemon. `slots` maps the names of the two virtual reader slots to their vpcd ports."""

    def __init__(self) -> None:
        self.slots: Mapping[str, int] = {}
        self._process: subprocess.Popen[bytes] | None = None
        self._log: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - lives with the daemon

    def find_or_start(self) -> None:
        """Use the daemon that runs, or start one; its slots must be empty."""
        if reader_names():
            self._wait_for_slots()
        else:
            self.start()
        # The daemon notices a little later that the card of whoever was here before is gone.
        if not _wait_until(lambda: not self._taken(), STOP_S):
            raise PcscdUnavailable(f"somebody else's card lies on {', '.join(self._taken())}")

    def _taken(self) -> list[str]:
        return [name for name in self.slots if _has_card(name)]

    def start(self) -> None:
        """Start a daemon of our own and wait until the virtual reader is there."""
        program = shutil.which("pcscd") or shutil.which("pcscd", path=_SYSTEM_PATH)
        if program is None:
            raise PcscdUnavailable("pcscd is not installed (Debian: pcscd, vsmartcard-vpcd)")
        words = [program, "--foreground", *_polkit_words(program)]
        self._process = subprocess.Popen(words, stdout=self._log, stderr=self._log)
        self._wait_for_slots()

    def kill(self) -> None:
        """End the daemon at once, as a crash would; `start` brings it back."""
        if self._process is None:
            raise PcscdUnavailable("this pcscd was started by somebody else, not ours to end")
        self._process.kill()
        self._process.wait(STOP_S)

    def stop(self) -> None:
        """End our own daemon decently; leave somebody else's alone."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait(STOP_S)
        self._log.close()

    def _wait_for_slots(self) -> None:
        if not _wait_until(self._slots_are_there, START_S):
            words = self._last_words()
            raise PcscdUnavailable(f"pcscd has no vpcd reader (Debian: vsmartcard-vpcd). {words}")

    def _slots_are_there(self) -> bool:
        names = [name for name in reader_names() if _VIRTUAL in name]
        self.slots = dict(zip(names, (FIRST_PORT, SECOND_PORT), strict=False))
        if self._process is not None and self._process.poll() is not None:
            raise PcscdUnavailable(f"pcscd ended at once: {self._last_words()}")
        return len(self.slots) == 2

    def _last_words(self) -> str:
        self._log.seek(0)
        return self._log.read().decode(errors="replace")[-500:].strip()


def reader_names() -> Sequence[str]:
    """Names of all readers; none when the daemon does not run."""
    try:
        return sorted(list_names())
    except DeviceError:
        return ()


def _has_card(name: str) -> bool:
    reader = PcscReader(name)
    try:
        return reader.wait_card(0)
    except DeviceError:
        return False
    finally:
        reader.close()


def _polkit_words(program: str) -> Sequence[str]:
    """Since 2.0 pcscd asks polkit, which no bare container has."""
    words = subprocess.run([program, "--help"], capture_output=True, check=False, text=True)
    return ["--disable-polkit"] if "--disable-polkit" in words.stdout + words.stderr else []


def _wait_until(reached: Callable[[], bool], timeout_s: float) -> bool:
    """Look again and again, as the daemon tells nobody that it has started."""
    pause = threading.Event()
    for _ in range(max(1, int(timeout_s / _POLL_S))):
        if reached():
            return True
        pause.wait(_POLL_S)
    return False


class _Turn:
    """This process's hold on the machine's only daemon, however often it is asked for."""

    def __init__(self) -> None:
        self._depth = 0
        self._lock: IO[bytes] | None = None

    def take(self, timeout_s: float) -> None:
        """Wait for our turn. Raises PcscdUnavailable."""
        if not self._depth:
            # One lock for each account: nobody may open another's file in a shared folder.
            path = Path(tempfile.gettempdir()) / f"yika-pcscd-{os.getuid()}.lock"
            lock = path.open("wb")
            if not _wait_until(lambda: _is_ours(lock), timeout_s):
                lock.close()
                raise PcscdUnavailable("somebody else holds the PC/SC daemon")
            self._lock = lock
        self._depth += 1

    def give_back(self) -> None:
        """Let the next one have it once all of ours are done."""
        self._depth -= 1
        if not self._depth and self._lock is not None:
            self._lock.close()
            self._lock = None


_TURN: Final = _Turn()


def _is_ours(lock: IO[bytes]) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
