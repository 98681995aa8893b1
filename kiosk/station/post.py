"""A reader at its post: notices cards coming and going, and lends the card on it to one job a time.

The device belongs to its worker's thread. A second thread here, the watch, asks that worker again
and again for a short blocking wait, so that jobs get their turn between two waits.
"""

import logging
import threading
from collections.abc import Callable
from contextlib import closing
from typing import Final, Generic, TypeVar

from cardserver.client import ServerError
from drivers.api.cards import Card, CardIdentity, SecureChannel
from drivers.api.readers import CardReader
from drivers.cards.opening import open_card
from drivers.errors import CardAbsent, CardRemoved, DeviceError
from drivers.identify import identify
from drivers.worker import DeviceWorker

_log = logging.getLogger(__name__)

_WAIT_S: Final = 0.1
_ASK_S: Final = 5.0
_JOB_S: Final = 60.0
_RETRY_S: Final = 1.0

Seen = TypeVar("Seen")
Result = TypeVar("Result")


class ReaderPost(Generic[Seen]):
    """Watches one reader. `look` runs on the reader's thread when a card arrives; `arrived` then
    gets what it saw, or the DeviceError it ended in; `lifted` is called when the card has gone.
    `occupied` is True in between, `fault` the code of what is wrong with the reader.

    A card that slipped away under a job and is back before anybody saw the reader empty is told as
    lifted and arrived, too: nobody is asked to lay down what lies there. Only once, until the
    reader was seen empty: a reader that loses every card is left to a person.
    """

    def __init__(
        self,
        reader: CardReader,
        *,
        look: Callable[[CardReader], Seen],
        arrived: Callable[[Seen | DeviceError], None],
        lifted: Callable[[], None] = lambda: None,
        fault_changed: Callable[[], None] = lambda: None,
    ) -> None:
        self._reader = reader
        self._look = look
        self._arrived = arrived
        self._lifted = lifted
        self._fault_changed = fault_changed
        self._worker = DeviceWorker(reader.name)
        self._stop = threading.Event()
        self._slipped = threading.Event()
        self._came_back = False
        self._watch = threading.Thread(target=self._run, name=f"watch {reader.name}", daemon=True)
        self.fault = ""
        self.occupied = False

    @property
    def name(self) -> str:
        """Name of the reader."""
        return self._reader.name

    def start(self) -> None:
        """Begin to watch."""
        self._watch.start()

    def stop(self) -> None:
        """Stop watching and give the reader back."""
        self._stop.set()
        if self._watch.is_alive() and threading.current_thread() is not self._watch:
            self._watch.join(timeout=_ASK_S)
        self._worker.stop(_ASK_S, self._reader.close)

    def work(
        self,
        job: Callable[[Card], Result],
        *,
        secure_channel: SecureChannel | None = None,
        full: bool = False,
        timeout_s: float = _JOB_S,
    ) -> Result:
        """Lend the card on the reader to `job` and return what it returns.

        Raises CardAbsent, CardUnsupported, whatever the job raises, and DeviceTimeout.
        """

        def hold() -> Result | ServerError:
            try:
                with closing(self._reader.connect()) as channel:
                    return job(open_card(channel, secure_channel=secure_channel, full=full))
            except ServerError as error:
                return error  # the server's no is not the reader's fault
            except (CardRemoved, CardAbsent):
                self._slipped.set()
                raise

        outcome = self._worker.submit(hold, timeout_s=timeout_s)
        if isinstance(outcome, ServerError):
            raise outcome
        return outcome

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                if self._worker.submit(self._wait_card, timeout_s=_ASK_S):
                    self._receive()
                self._note_fault("")
            except DeviceError as error:
                self._rest(error.code)
            except Exception:  # noqa: BLE001 - a dead watch is a dead counter
                _log.exception("the watch of reader %s met a fault", self.name)
                self._rest(DeviceError.code)

    def _rest(self, code: str) -> None:
        self._note_fault(code)
        self._stop.wait(_RETRY_S)

    def _wait_card(self) -> bool:
        return self._reader.wait_card(_WAIT_S)

    def _wait_removed(self) -> bool:
        return self._reader.wait_removed(_WAIT_S)

    def _receive(self) -> None:
        self.occupied = True
        self._slipped.clear()
        self._note_fault("")
        seen: Seen | DeviceError
        try:
            seen = self._worker.submit(lambda: self._look(self._reader), timeout_s=_ASK_S)
        except DeviceError as error:
            seen = error
        except Exception as error:  # noqa: BLE001 - the card is there, and somebody must be told
            _log.exception("reader %s: a card could not be looked at", self.name)
            seen = DeviceError(f"the look failed: {type(error).__name__}", device=self.name)
        self._tell(lambda: self._arrived(seen))
        try:
            while not self._stop.is_set() and not self._gone():
                pass
        finally:
            self.occupied = False
            self._tell(self._lifted)

    def _gone(self) -> bool:
        """Wait a little: has the card gone, seen or not?"""
        if self._worker.submit(self._wait_removed, timeout_s=_JOB_S):
            self._came_back = False
            return True
        back = self._slipped.is_set() and not self._came_back
        self._came_back = self._came_back or back
        return back

    def _tell(self, call: Callable[[], None]) -> None:
        # The watch must outlive a listener's mistake: a dead watch is a dead counter.
        try:
            call()
        except Exception:  # noqa: BLE001 - see above
            _log.exception("a listener of reader %s failed", self.name)

    def _note_fault(self, code: str) -> None:
        if code != self.fault:
            self.fault = code
            self._tell(self._fault_changed)


def recognise(reader: CardReader) -> CardIdentity:
    """A `look` that only finds out what lies there, touching nothing on it."""
    channel = reader.connect()
    try:
        return identify(channel, full=True)
    finally:
        channel.close()
