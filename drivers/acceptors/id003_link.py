"""The host's half of the ID-003 dialogue: one command, one answer, and what to do when it is lost.

An answer bears no number, so an old one could pass for a new one. Three habits keep that out: what
the line held before a command is thrown away; of several answers the newest counts; and after an
answer that did not come in time the line is listened to until it has been silent for a while.
Every command may be sent again: an acceptor that has obeyed refuses it the second time.
"""

import logging
import time
from collections.abc import Callable
from typing import Final

from drivers.acceptors.id003_frame import Decoder, Frame, encode
from drivers.api.streams import ByteStream
from drivers.errors import DeviceTimeout

_PORTION: Final = 512
_MOST_NOISE: Final = 64
"""Portions that are thrown away at most before a command: a line that never falls silent is lost
all the same, by the timeout of the answer."""

_log = logging.getLogger(__name__)


class Id003Link:
    """The dialogue with an acceptor over an open stream. Belongs to one thread."""

    def __init__(
        self,
        stream: ByteStream,
        *,
        timeout_s: float = 0.2,
        tries: int = 10,
        device: str = "",
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._stream = stream
        self._timeout_s = timeout_s
        self._tries = tries
        self._device = device
        self._clock = clock
        self._stumbled = False

    def ask(self, command: Frame, expected: Callable[[Frame], bool]) -> Frame:
        """Send a command and return the newest answer that `expected` takes for one.

        Raises:
            DeviceTimeout: no answer after all tries.
            DeviceNotFound: the line is gone.
        """
        packet = encode(command)
        for attempt in range(self._tries):
            self._hush(self._timeout_s if self._stumbled else 0.0)
            self._stream.write(packet)
            answer = self._await_answer(expected)
            if answer is not None:
                self._stumbled = attempt > 0
                return answer
            self._stumbled = True
            _log.debug("no answer to %02X, try %d of %d", command.code, attempt + 1, self._tries)
        raise DeviceTimeout(
            f"the acceptor does not answer (asked {self._tries} times)",
            device=self._device,
            timeout_s=self._timeout_s,
        )

    def tell(self, message: Frame) -> None:
        """Send what is never answered (ACK)."""
        self._stream.write(encode(message))

    def pause(self, seconds: float) -> None:
        """Let the acceptor do its work for a moment; what it says unasked is thrown away."""
        self._stream.read(_PORTION, seconds)

    def _hush(self, silence_s: float) -> None:
        for _ in range(_MOST_NOISE):
            if not self._stream.read(_PORTION, silence_s):
                return

    def _await_answer(self, expected: Callable[[Frame], bool]) -> Frame | None:
        """The answer, or None when it did not come in time or came damaged."""
        decoder, answer = Decoder(), None
        deadline = self._clock() + self._timeout_s
        while (left_s := deadline - self._clock()) > 0:
            portion = self._stream.read(_PORTION, 0.0 if answer else left_s)
            frames = decoder.feed(portion) if portion else decoder.settle()
            for frame in frames:
                answer = frame if expected(frame) else answer
            if not portion or (decoder.damaged and answer is None):
                return answer
        return answer
