"""A lane's second kind of reader: it tells a number by itself (Wiegand, OSDP).

The reader belongs to one thread that does nothing but ask it, so that a bus is served while a lane
decides and waits for its barrier; reads go to the lane's own thread in the order they came. Each
keeps the instant at which it was made: one that waited is old, and the lane sees that.
"""

import logging
import threading
from collections.abc import Callable
from queue import Empty, Full, Queue
from typing import Final

from cardserver.domain.admission import Presented, Problem
from drivers.api.codes import CodeRead, CodeReader, ReaderLink
from drivers.errors import DeviceError

_log = logging.getLogger(__name__)

_POLL_S: Final = 0.05
_REST_S: Final = 1.0
_STOP_S: Final = 5.0
_LINE: Final = 32
"""Reads that may wait for the lane; it takes them faster than hands can make them."""


class CodePost:
    """Watches one such reader. `arrived` gets each read on the lane's thread, and what to tell
    whether to show it as granted. `fault` is the code of what is wrong with the reader.
    """

    occupied = False
    """Nobody can tell whether a card still lies there."""

    def __init__(
        self,
        reader: CodeReader,
        name: str,
        *,
        arrived: Callable[[CodeRead, Callable[[bool], None]], None],
        fault_changed: Callable[[], None] = lambda: None,
    ) -> None:
        self.name = name
        self.fault = ""
        self._reader = reader
        self._arrived = arrived
        self._fault_changed = fault_changed
        self._stop = threading.Event()
        self._reads: Queue[CodeRead] = Queue(_LINE)
        self._answers: Queue[bool] = Queue()
        self._threads = [
            threading.Thread(target=self._own, name=f"codes {name}", daemon=True),
            threading.Thread(target=self._serve, name=f"codes of {name}", daemon=True),
        ]

    @property
    def link(self) -> ReaderLink:
        """How the line to the reader stands."""
        return self._reader.link()

    def start(self) -> None:
        """Begin to watch."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Stop watching and give the reader back."""
        self._stop.set()
        for thread in self._threads:
            if thread.is_alive():
                thread.join(_STOP_S)

    def _own(self) -> None:
        """The reader's thread."""
        while not self._stop.is_set():
            try:
                self._ask()
                self._note_fault("")
            except DeviceError as error:
                self._note_fault(error.code)
            except Exception:  # noqa: BLE001 - a dead watch is a dead lane
                _log.exception("the watch of reader %s met a fault", self.name)
                self._note_fault(DeviceError.code)
                self._stop.wait(_REST_S)
        self._reader.close()

    def _ask(self) -> None:
        while not self._answers.empty():
            self._reader.answer(granted=self._answers.get_nowait())
        read = self._reader.poll(_POLL_S)
        if read is None:
            return
        try:
            self._reads.put_nowait(read)
        except Full:
            _log.warning("reader %s: more reads than a lane can take; one is dropped", self.name)

    def _serve(self) -> None:
        """The lane's thread."""
        while not self._stop.is_set():
            try:
                read = self._reads.get(timeout=_POLL_S)
            except Empty:
                continue
            try:
                self._arrived(read, self._answers.put)
            except Exception:  # noqa: BLE001 - see above
                _log.exception("reader %s: a read could not be served", self.name)

    def _note_fault(self, code: str) -> None:
        if code != self.fault:
            self.fault = code
            self._fault_changed()


def presented_by(read: CodeRead) -> Presented:
    """What a lane decides about. A number with no room for a whole UID names no card of ours."""
    if not read.uid:
        return Presented(uid=read.code, problem=Problem.UNSUPPORTED, duress=read.duress)
    return Presented(uid=read.uid, duress=read.duress)
