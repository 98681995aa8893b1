"""Questions to a printer and its answers, sorted, with a limit on every wait."""

import time
from collections import deque
from collections.abc import Callable
from typing import Final

from printer.channel import Channel
from printer.status import PrinterStatus, Question, RealTime, Reply, read_status, split_replies

ANSWER_S: Final = 0.3  # an answer takes 2 ms at 9600 baud; some USB bridges sit on it for 100 ms

Clock = Callable[[], float]

_ORDER: Final = (
    Question.PRINTER,
    Question.PAPER,
    Question.OFFLINE_CAUSE,
    Question.ERROR_CAUSE,
)
_READ_SIZE: Final = 256
_STALE_READS: Final = 64  # a printer that never stops talking is not waited for


class Dialogue:
    """One conversation over one channel; what was said before it began is thrown away.

    Real-time answers do not tell their question, so after the first one that stays away no more
    are asked: a late answer must not be taken for the answer to the next question.
    """

    def __init__(self, channel: Channel, clock: Clock = time.monotonic) -> None:
        self.clock = clock
        self._channel = channel
        self._rest = b""
        self._replies: deque[Reply] = deque()
        for _ in range(_STALE_READS):
            if not channel.read(_READ_SIZE, 0.0):
                break

    def ask_status(self) -> PrinterStatus:
        """Ask DLE EOT 1, 4, 2 and 3; other replies that come in between are kept for later.

        Raises:
            PrinterOffline: the way to the printer is gone.
        """
        answers: dict[Question, int] = {}
        for question in _ORDER:
            answer = self._ask(question)
            if answer is None:
                break
            answers[question] = answer
        return read_status(answers)

    def next_reply(self, until: float) -> Reply | None:
        """The next reply that is no real-time answer; None when the clock has reached `until`.

        Raises:
            PrinterOffline: the way to the printer is gone.
        """
        while True:
            while self._replies:
                reply = self._replies.popleft()
                if not isinstance(reply, RealTime):
                    return reply
            if self.clock() >= until:
                return None
            self._listen(until)

    def _ask(self, question: Question) -> int | None:
        # What was said before the question was asked is no answer to it.
        self._replies = deque(each for each in self._replies if not isinstance(each, RealTime))
        self._channel.write(bytes((0x10, 0x04, question)), ANSWER_S)
        until = self.clock() + ANSWER_S
        while True:
            for reply in self._replies:
                if isinstance(reply, RealTime):
                    self._replies.remove(reply)
                    return reply.byte
            if self.clock() >= until:
                return None
            self._listen(until)

    def _listen(self, until: float) -> None:
        heard = self._channel.read(_READ_SIZE, max(0.0, until - self.clock()))
        replies, self._rest = split_replies(self._rest + heard)
        self._replies.extend(replies)
