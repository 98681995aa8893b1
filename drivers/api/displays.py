"""Text displays beside a lane."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum, unique
from typing import Protocol


@unique
class Tone(StrEnum):
    """How a text is meant; a display with colours shows it."""

    PLAIN = "plain"
    GOOD = "good"
    BAD = "bad"


class TextDisplay(Protocol):
    """A few lines of text beside a lane, for a driver some metres away."""

    @property
    def rows(self) -> int:
        """Lines it has."""

    @property
    def columns(self) -> int:
        """Columns of a line; a Chinese character takes two. Longer lines run through."""

    def show(self, lines: Sequence[str], *, tone: Tone = Tone.PLAIN, for_s: int = 10) -> None:
        """Show this instead of what stands there, for 1 to 255 seconds.

        Then the text goes away by itself, whatever became of us, and what the display's own memory
        holds stands there; `rest` puts the resting text back. A character it does not have is
        shown as a blank square.

        Raises:
            DeviceTimeout, FrameError: no answer, or none that makes sense. Nothing is sent again.
            DeviceFault: the display refused.
            DeviceNotFound, DeviceBusy: the line cannot be used.
        """

    def rest(self, lines: Sequence[str]) -> None:
        """Show what stands there while there is nothing to say, until the next `show`.

        Raises as `show`.
        """

    def check(self) -> None:
        """Ask whether it is there; what stands on it stays. Raises as `show`."""

    def close(self) -> None:
        """Give the line back. Safe to call twice."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DisplayDriver:
    """A kind of display: `open` takes the settings of its section in the station's TOML.

    `open` only checks the settings; the line is opened by the first call to the display.
    """

    name: str
    open: Callable[[Mapping[str, str]], TextDisplay]
