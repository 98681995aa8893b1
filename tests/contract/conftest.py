"""The real PC/SC daemon with vsmartcard's virtual reader, for all tests that need it.

A daemon that already runs is used and left alone. Otherwise one is started in the foreground, which
works in a bare container without systemd or udev but needs root, and stopped at the end. A machine
has one daemon: test sessions take turns, and a card that somebody else laid on it is respected.
"""

import contextlib
import fcntl
import os
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import IO, Final, NoReturn

import pytest

from simulators.vpcd import FIRST_PORT, SECOND_PORT

TURN_S: Final = 300.0
START_S: Final = 15.0
STOP_S: Final = 10.0
POLL_S: Final = 0.05
SYSTEM_PATH: Final = "/usr/sbin:/usr/local/sbin:/sbin"


class Pcscd:
    """The daemon. `slots` maps the names of the two virtual reader slots to their vpcd ports."""

    def __init__(self) -> None:
        self.slots: dict[str, int] = {}
        self._process: subprocess.Popen[bytes] | None = None
        self._log: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 -- lives with the daemon

    def find_or_start(self) -> None:
        """Use the daemon that runs, or start one; its slots must be empty."""
        if list_readers():
            self._wait_for_slots()
        else:
            self.start()
        if taken := [name for name in self.slots if has_card(name)]:
            unavailable(f"somebody else's card lies on {', '.join(taken)}")

    def start(self) -> None:
        """Start a daemon of our own and wait until the virtual reader is there."""
        program = shutil.which("pcscd") or shutil.which("pcscd", path=SYSTEM_PATH)
        if program is None:
            unavailable("pcscd is not installed (Debian: pcscd, vsmartcard-vpcd)")
        words = [program, "--foreground", *_polkit_words(program)]
        self._process = subprocess.Popen(words, stdout=self._log, stderr=self._log)
        self._wait_for_slots()

    def kill(self) -> None:
        """End the daemon at once, as a crash would; `start` brings it back."""
        if self._process is None:
            unavailable("this pcscd was started by somebody else and is not ours to end")
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
        def are_there() -> bool:
            names = [name for name in list_readers() if "PCD" in name]
            self.slots = dict(zip(names, (FIRST_PORT, SECOND_PORT), strict=False))
            if self._process is not None and self._process.poll() is not None:
                unavailable(f"pcscd ended at once: {self._last_words()}")
            return len(self.slots) == 2

        if not wait_until(are_there, START_S):
            words = self._last_words()
            unavailable(f"pcscd has no vpcd readers (Debian: vsmartcard-vpcd). {words}")

    def _last_words(self) -> str:
        self._log.seek(0)
        return self._log.read().decode(errors="replace")[-500:].strip()


def _polkit_words(program: str) -> Sequence[str]:
    """Since 2.0 pcscd asks polkit, which no bare container has."""
    words = subprocess.run([program, "--help"], capture_output=True, check=False, text=True)
    return ["--disable-polkit"] if "--disable-polkit" in words.stdout + words.stderr else []


@contextlib.contextmanager
def _context() -> Iterator[int | None]:
    """A PC/SC context; None when the daemon does not run."""
    from smartcard import scard

    code, context = scard.SCardEstablishContext(scard.SCARD_SCOPE_SYSTEM)
    if code != scard.SCARD_S_SUCCESS:
        yield None
        return
    yield context
    scard.SCardReleaseContext(context)


def list_readers() -> Sequence[str]:
    """Names of all readers; none when the daemon does not run."""
    from smartcard import scard

    with _context() as context:
        if context is None:
            return ()
        code, names = scard.SCardListReaders(context, [])
        return sorted(names) if code == scard.SCARD_S_SUCCESS else ()


def has_card(reader: str) -> bool:
    """Whether a card lies on this reader now."""
    from smartcard import scard

    with _context() as context:
        if context is None:
            return False
        _, found = scard.SCardGetStatusChange(context, 0, [(reader, scard.SCARD_STATE_UNAWARE)])
        return bool(found[0][1] & scard.SCARD_STATE_PRESENT)


def wait_until(reached: Callable[[], bool], timeout_s: float) -> bool:
    """Look again and again, as the daemon tells nobody that it has started."""
    pause = threading.Event()
    for _ in range(int(timeout_s / POLL_S)):
        if reached():
            return True
        pause.wait(POLL_S)
    return False


def _lock_file() -> Path:
    """One for each account, as nobody may open another's file in a shared temporary folder."""
    return Path(tempfile.gettempdir()) / f"yika-pcscd-{os.getuid()}.lock"


@contextlib.contextmanager
def _turn() -> Iterator[None]:
    """Hold the machine's only daemon for this session."""
    with _lock_file().open("wb") as lock:

        def is_ours() -> bool:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return False
            return True

        if not wait_until(is_ours, TURN_S):
            unavailable("another test session holds the PC/SC daemon")
        yield


def unavailable(reason: str) -> NoReturn:
    """Skip, or fail where nothing may be skipped."""
    if os.environ.get("CI", "").lower() not in {"", "0", "false"}:
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def pcscd() -> Iterator[Pcscd]:
    """The running daemon with two virtual reader slots."""
    try:
        import smartcard  # noqa: F401
    except ImportError:
        unavailable("pyscard is not installed (extra: station)")
    with _turn():
        daemon = Pcscd()
        try:
            daemon.find_or_start()
            yield daemon
        finally:
            daemon.stop()
