"""A clock for real lines on which devices have to answer in time, when the machine has none."""

import time
from dataclasses import dataclass, field
from threading import Lock

AT_MOST_S = 0.02
"""So much time passes at most between two looks at the clock."""


@dataclass
class PatientClock:
    """Goes as every clock goes while all that look at it are allowed to work.

    A process that the machine leaves waiting for a second looks at it as late as its device does:
    for both of them next to no time has passed, and who is given up is really silent.
    """

    now: float = field(default_factory=time.monotonic)
    _looked: float = field(default_factory=time.monotonic, init=False)
    _lock: Lock = field(default_factory=Lock, init=False)

    def __call__(self) -> float:
        with self._lock:
            looked = time.monotonic()
            self.now += min(looked - self._looked, AT_MOST_S)
            self._looked = looked
            return self.now
