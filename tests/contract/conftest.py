"""The real PC/SC daemon with vsmartcard's virtual reader, for all tests that need it.

A daemon that already runs is used and left alone. Otherwise one is started in the foreground, which
works in a bare container without systemd or udev but needs root, and stopped at the end.
"""

import os
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Iterator, Sequence
from typing import IO, Final, NoReturn

import pytest

from simulators.vpcd import FIRST_PORT, SECOND_PORT

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
        if not list_readers():
            self.start()
        self._wait_for_slots()

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
        pause = threading.Event()
        for _ in range(int(START_S / POLL_S)):
            names = [name for name in list_readers() if "PCD" in name]
            if len(names) >= 2:
                self.slots = dict(zip(names, (FIRST_PORT, SECOND_PORT), strict=False))
                return
            if self._process is not None and self._process.poll() is not None:
                unavailable(f"pcscd ended at once: {self._last_words()}")
            pause.wait(POLL_S)
        unavailable(f"pcscd has no vpcd readers (Debian: vsmartcard-vpcd). {self._last_words()}")

    def _last_words(self) -> str:
        self._log.seek(0)
        return self._log.read().decode(errors="replace")[-500:].strip()


def _polkit_words(program: str) -> Sequence[str]:
    """Since 2.0 pcscd asks polkit, which no bare container has."""
    words = subprocess.run([program, "--help"], capture_output=True, check=False, text=True)
    return ["--disable-polkit"] if "--disable-polkit" in words.stdout + words.stderr else []


def list_readers() -> Sequence[str]:
    """Names of all readers; none when the daemon does not run."""
    from smartcard.scard import (
        SCARD_S_SUCCESS,
        SCARD_SCOPE_SYSTEM,
        SCardEstablishContext,
        SCardListReaders,
        SCardReleaseContext,
    )

    code, context = SCardEstablishContext(SCARD_SCOPE_SYSTEM)
    if code != SCARD_S_SUCCESS:
        return ()
    try:
        code, names = SCardListReaders(context, [])
        return sorted(names) if code == SCARD_S_SUCCESS else ()
    finally:
        SCardReleaseContext(context)


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
    daemon = Pcscd()
    yield daemon
    daemon.stop()
