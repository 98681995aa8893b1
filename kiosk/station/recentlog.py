"""The last lines of a station's log, kept in memory for the service page and for support.

Numbers of cards, phones and orders are crossed out: what goes wrong is seen without them.
"""

import logging
import re
from collections import deque
from typing import Final

_LINES: Final = 300
_NUMBER: Final = re.compile(r"\d{5,}|\b[0-9A-Fa-f]{8,}\b")
_OURS: Final = ("kiosk", "drivers", "printer", "cardserver")
_FORM: Final = "{asctime} {levelname} {name}: {message}"


class RecentLog(logging.Handler):
    """Keeps the latest lines of our own loggers from `start` to `stop`."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.setFormatter(logging.Formatter(_FORM, style="{"))
        self._lines: deque[str] = deque(maxlen=_LINES)

    def start(self) -> None:
        """Listen."""
        for name in _OURS:
            logging.getLogger(name).addHandler(self)

    def stop(self) -> None:
        """Listen no more."""
        for name in _OURS:
            logging.getLogger(name).removeHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a line, without numbers of people or cards."""
        self._lines.append(_NUMBER.sub("…", self.format(record)))

    @property
    def lines(self) -> list[str]:
        """Oldest first."""
        return list(self._lines)
