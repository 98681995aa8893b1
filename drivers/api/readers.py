"""Readers of cards: what one does, and the line to a card that lies on it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol


class Channel(Protocol):
    """A card in the field, held exclusively (PC/SC: connected with SHARE_EXCLUSIVE)."""

    @property
    def atr(self) -> bytes:
        """Answer to reset as the reader reports it (ISO 7816-3; PC/SC part 3 for storage cards)."""

    def transmit(self, apdu: bytes) -> bytes:
        """Send one command APDU; the answer is its data followed by SW1 SW2 (never shorter than 2).

        Raises:
            CardRemoved: the card left the field.
            DeviceNotFound: the reader or its service is gone.
            DeviceTimeout: no answer.
        """

    def reset(self) -> bytes:
        """Power the card off and on; every authentication is lost. Returns the ATR."""

    def close(self) -> None:
        """Let go of the card. Safe to call twice and after a removal."""


class CardReader(Protocol):
    """One reader slot."""

    @property
    def name(self) -> str:
        """Name of the reader as its service reports it; quirks are chosen by it."""

    def wait_card(self, timeout_s: float) -> bool:
        """Wait until a card lies in the field; False when the time is over first."""

    def wait_removed(self, timeout_s: float) -> bool:
        """Wait until the field is empty; False when the time is over first."""

    def connect(self) -> Channel:
        """Take the card exclusively.

        Raises:
            CardAbsent: the field is empty.
            DeviceBusy: another program holds the card.
            DeviceNotFound: the reader or its service is gone.
        """

    def close(self) -> None:
        """Give the reader back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderDriver:
    """A kind of reader: `open` takes the settings of the reader's section in the station's TOML."""

    name: str
    open: Callable[[Mapping[str, str]], CardReader]
    list_names: Callable[[], Sequence[str]]
