"""The real PC/SC daemon with vsmartcard's virtual reader, for whoever needs both.

A daemon that already runs is used and left alone. Otherwise one is started in the foreground, which
works in a bare container without systemd or udev but needs root, and is stopped at the end.
"""

import shutil
import subprocess
import tempfile
import threading
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import IO, ClassVar, Final, Self

from drivers.errors import DeviceError
from drivers.readers.pcsc import list_names
from simulators.vpcd import FIRST_PORT, SECOND_PORT

START_S: Final = 15.0
STOP_S: Final = 10.0
_POLL_S: Final = 0.05
_VIRTUAL: Final = "Virtual PCD"
_SYSTEM_PATH: Final = "/usr/sbin:/usr/local/sbin:/sbin"


class PcscdUnavailable(Exception):
    """There is no daemon with a virtual reader, and none can be started. The message says why."""

    code: ClassVar[str] = "pcscd-unavailable"


class Pcscd:
    """The daemon. `slots` maps the names of the two virtual reader slots to their vpcd ports.

    Raises PcscdUnavailable where it can't be had.
    """

    def __init__(self) -> None:
        self.slots: Mapping[str, int] = {}
        self._process: subprocess.Popen[bytes] | None = None
        self._log: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - lives with the daemon
        try:
            if not reader_names():
                self.start()
            self._wait_for_slots()
        except PcscdUnavailable:
            self.stop()
            raise

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

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def _wait_for_slots(self) -> None:
        pause = threading.Event()
        for _ in range(int(START_S / _POLL_S)):
            names = [name for name in reader_names() if _VIRTUAL in name]
            if len(names) >= 2:
                self.slots = dict(zip(names, (FIRST_PORT, SECOND_PORT), strict=False))
                return
            if self._process is not None and self._process.poll() is not None:
                raise PcscdUnavailable(f"pcscd ended at once: {self._last_words()}")
            pause.wait(_POLL_S)
        raise PcscdUnavailable(
            f"pcscd has no virtual reader (Debian: vsmartcard-vpcd). {self._last_words()}"
        )

    def _last_words(self) -> str:
        self._log.seek(0)
        return self._log.read().decode(errors="replace")[-500:].strip()


def _polkit_words(program: str) -> Sequence[str]:
    """Since 2.0 pcscd asks polkit, which no bare container has."""
    words = subprocess.run([program, "--help"], capture_output=True, check=False, text=True)
    return ["--disable-polkit"] if "--disable-polkit" in words.stdout + words.stderr else []


def reader_names() -> Sequence[str]:
    """Names of all readers; none when the daemon does not run."""
    try:
        return sorted(list_names())
    except DeviceError:
        return ()
