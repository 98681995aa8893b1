"""Barriers and doors: opened by a relay, told of by contacts."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum, unique
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """Contacts of a lane or door as they stand now. None where a contact is not wired.

    `fire`: the fire alarm's contact, which frees exits in hardware, whatever we do.
    `tamper`: the cabinet is open.
    """

    arm_up: bool | None = None
    vehicle_present: bool | None = None
    door_open: bool | None = None
    exit_button: bool | None = None
    fire: bool | None = None
    tamper: bool | None = None


@unique
class Lamp(StrEnum):
    """Lamps and sounders that a board may switch."""

    GO = "go"
    STOP = "stop"
    ALARM = "alarm"  # beacon or sounder for the guard


class Barrier(Protocol):
    """A barrier or door strike. There is no `close`: closing is the barrier's own safety logic."""

    def open(self) -> None:
        """Request one opening by the board's own timed pulse. Raises DeviceTimeout, FrameError."""

    def state(self) -> Inputs:
        """Read the inputs."""

    def light(self, lamp: Lamp, for_s: float) -> None:
        """Light a lamp by the board's own timed pulse; it goes out by itself. Raises as `open`.

        Nothing happens where that lamp is not wired.
        """

    def close(self) -> None:
        """Give the line back (the device, not the arm)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BarrierDriver:
    """A kind of barrier: `open` takes the settings of its section in the station's TOML.

    `open` only checks the settings; the line is opened by the first call to the barrier.
    """

    name: str
    open: Callable[[Mapping[str, str]], Barrier]
