"""The host's half of the SSP dialogue: one command, one answer, and what to do when it is lost.

GA138, "Packet sequencing": a new command flips the sequence bit; a command sent again keeps it, and
the slave then repeats its last answer and does nothing. So a lost or garbled answer is asked for
again without doing anything twice. An answer with the other sequence bit is a late copy of an
earlier one and is thrown away: what the line delivers late it delivers in order.
"""

import logging
import time
from collections.abc import Callable
from typing import Final

from drivers.acceptors.ssp_frame import Decoder, Frame, encode
from drivers.api.streams import ByteStream
from drivers.errors import DeviceTimeout

SYNC: Final = b"\x11"

_LOWEST_ANSWER: Final = 0xF0  # generic responses are F0h and above: below is our own echo
_PORTION: Final = 512

_log = logging.getLogger(__name__)


class SspLink:
    """The dialogue with one slave over an open stream. Belongs to one thread.

    `gap` turns true when an answer did not come at once; the host should then make sure that the
    same slave still answers (GA138). The caller clears it.
    """

    def __init__(
        self,
        stream: ByteStream,
        *,
        address: int = 0,
        timeout_s: float = 1.0,
        tries: int = 20,
        device: str = "",
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._stream = stream
        self._address = address
        self._timeout_s = timeout_s
        self._tries = tries
        self._device = device
        self._clock = clock
        self._sequence = 0
        self._in_step = False
        self.gap = False

    def sync(self) -> None:
        """Begin anew: the slave forgets its last answer, the next command has sequence 0."""
        self._sequence = 1
        self._exchange(SYNC)
        self.gap = False

    def ask(self, command: bytes) -> bytes:
        """Send a new command and return its answer's data (generic response first).

        Raises:
            DeviceTimeout: no answer after all tries, or an earlier one was never answered. From
                here on only `sync` helps: another command under the same sequence bit could be
                taken for the unanswered one.
            DeviceNotFound: the line is gone.
        """
        if not self._in_step:
            raise self._lost()
        return self._exchange(command)

    def _exchange(self, command: bytes) -> bytes:
        self._in_step = False
        packet = encode(Frame(address=self._address, sequence=self._sequence, data=command))
        self._stream.read(_PORTION, 0.0)
        for attempt in range(self._tries):
            self._stream.write(packet)
            answer = self._await_answer()
            if answer is not None:
                self._sequence ^= 1
                self._in_step = True
                return answer
            self.gap = True
            _log.debug("no answer to %02X, try %d of %d", command[0], attempt + 1, self._tries)
        raise self._lost()

    def _await_answer(self) -> bytes | None:
        """The answer, or None when it did not come in time or came damaged."""
        decoder = Decoder()
        deadline = self._clock() + self._timeout_s
        while (left_s := deadline - self._clock()) > 0:
            portion = self._stream.read(_PORTION, left_s)
            if not portion:
                return None
            for frame in decoder.feed(portion):
                if self._answers(frame):
                    return frame.data
            if decoder.damaged:
                return None
        return None

    def _answers(self, frame: Frame) -> bool:
        return (
            frame.address == self._address
            and frame.sequence == self._sequence
            and frame.data[0] >= _LOWEST_ANSWER
        )

    def _lost(self) -> DeviceTimeout:
        return DeviceTimeout(
            f"the acceptor does not answer (asked {self._tries} times)",
            device=self._device,
            timeout_s=self._timeout_s,
        )
