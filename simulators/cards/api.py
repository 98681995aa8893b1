"""What every virtual card can do, whichever reader it lies on.

A card keeps its memory for ever (`dump`, `load`). Whatever a real chip holds in RAM, such as an
authentication or uncommitted writes, is gone after `power_off`.
"""

from collections.abc import Callable, Mapping
from typing import Any, Protocol, TypeAlias

CardDump: TypeAlias = dict[str, Any]
"""What `dump` gives: nothing but what JSON can hold; bytes are hex strings."""

Random: TypeAlias = Callable[[int], bytes]
"""Source of challenges: gives as many bytes as asked for. A test injects recorded ones."""


class VirtualCard(Protocol):
    """A card as the reader's field sees it. Not thread-safe: one reader holds it at a time."""

    @property
    def kind(self) -> str:
        """Its name in `simulators.cards.catalogue`."""

    @property
    def atr(self) -> bytes:
        """Answer to reset as a PC/SC reader makes it up (PC/SC part 3, 3.1.3.2.3)."""

    @property
    def uid(self) -> bytes:
        """The identifier the chip left its factory with, 4 or 7 bytes."""

    def power_on(self) -> bytes:
        """Activate the card in the field; returns the ATR."""

    def power_off(self) -> None:
        """Take the field away. Safe at any time, also in the middle of a chain of frames."""

    def transmit(self, apdu: bytes) -> bytes:
        """Answer one command APDU: data followed by SW1 SW2. Takes any bytes and never raises."""

    def dump(self) -> CardDump:
        """The card's whole lasting memory."""

    def load(self, state: Mapping[str, Any]) -> None:
        """Become the card that was dumped. Raises ValueError when `state` is of another card."""
