"""How long a reader and its field take: the physical part of a tap.

Figures: ISO/IEC 14443-3 at 106 kbit/s sends a bit in 9.44 us, a byte is 9 bits, and each change of
direction costs 91 us; an ACR122-class desktop reader needs 26 to 40 ms for a block and asks for a
card about every 280 ms; a PN532-class embedded reader has a mutual authentication behind it
after 138 ms with the application selected after 55 ms.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeAlias

BYTE_AT_106_S: Final = 9 * 9.44e-6
TURN_S: Final = 91e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """Seconds that a reader costs. `exchange_s` covers the host's link and the card's thinking."""

    name: str
    poll_s: float = 0.0
    activation_s: float = 0.0
    exchange_s: float = 0.0
    byte_s: float = 0.0

    def of_exchange(self, sent: int, received: int) -> float:
        """Seconds for one exchange of that many bytes."""
        return self.exchange_s + self.byte_s * (sent + received)

    def of_activation(self) -> float:
        """Seconds from a card's arrival to its ATR: half a polling turn on average."""
        return self.poll_s / 2 + self.activation_s


NONE: Final = Timing(name="none")
EMBEDDED: Final = Timing(
    name="embedded",
    poll_s=0.020,
    activation_s=5.8e-3,
    exchange_s=2 * TURN_S + 12e-3,
    byte_s=BYTE_AT_106_S,
)
ACR122: Final = Timing(
    name="acr122", poll_s=0.280, activation_s=0.030, exchange_s=0.028, byte_s=BYTE_AT_106_S
)
TIMINGS: Final = {timing.name: timing for timing in (NONE, EMBEDDED, ACR122)}

Sleep: TypeAlias = Callable[[float], None]


def pause(seconds: float, sleep: Sleep = time.sleep) -> None:
    """Sleep, but not for nothing: a zero costs no system call."""
    if seconds > 0:
        sleep(seconds)
