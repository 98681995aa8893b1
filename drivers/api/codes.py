"""Readers that give a number and nothing else (Wiegand, OSDP)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeRead:
    """What a reader saw that only tells an identifier (Wiegand, OSDP): no record, no seal.

    `code` is the identifier without parity, the first bit sent highest, filled up to whole bytes;
    `bits` is how many of it were sent. `read_at` is the earliest instant (`time.monotonic`) at
    which the card may have been held there: a read that waited in a line, in a buffer or in the
    reader itself keeps its old instant. `duress`: the agreed digits were typed before the card.
    """

    code: bytes
    bits: int
    read_at: float
    duress: bool = False

    @property
    def uid(self) -> bytes:
        """The card's UID, or ``b""`` when the reader's format has no room for a whole one."""
        return self.code if self.bits in UID_BITS else b""

    @property
    def number(self) -> int:
        """The identifier as a number, as installers read it from lists of such cards."""
        return int.from_bytes(self.code, "big")


UID_BITS: Final = frozenset({32, 56, 80})
"""Lengths of a UID (ISO/IEC 14443-3: four, seven or ten bytes)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderLink:
    """How the line to a reader stands. `drops` counts how often it was lost since the start.

    `secure`: an encrypted session is up (None: the protocol knows none). `tamper`: the reader's
    housing was opened (None: it cannot tell). `damaged` counts reads that failed their parity.
    """

    up: bool
    secure: bool | None = None
    drops: int = 0
    damaged: int = 0
    tamper: bool | None = None


class CodeReader(Protocol):
    """A reader that tells identifiers by itself. It finds a lost line again by itself, too."""

    def poll(self, timeout_s: float) -> CodeRead | None:
        """The next read, oldest first; None when the time is over.

        Raises:
            DeviceTimeout: the reader has been away for longer than a moment.
            DeviceNotFound, DeviceBusy, DeviceFault: the line cannot be used.
        Call it again after any of them; the pause between two tries is the driver's own.
        """

    def answer(self, *, granted: bool) -> None:
        """Show the outcome by the reader's own lamp and buzzer, where it has them. Never raises."""

    def link(self) -> ReaderLink:
        """How the line stands; from any thread."""

    def close(self) -> None:
        """Give the line back. Safe to call twice."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeReaderDriver:
    """A kind of such readers: `open` takes the settings of the reader's section in the TOML.

    `open` only checks the settings; the line is opened by the first `poll`.
    """

    name: str
    open: Callable[[Mapping[str, str]], CodeReader]
