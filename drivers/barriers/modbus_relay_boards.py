"""Relay boards as data: how each makes a pulse by itself, and what it has by way of inputs.

Only the board's own timed pulse is used. Relay on, sleep, relay off would leave the barrier's open
contact closed for ever if the station died in between.

| board | own pulse | step | longest | inputs | source |
|---|---|---|---|---|---|
| waveshare | coil 0200h + relay | 100 ms | 3,276 s | none | wiki "Modbus RTU Relay", V2 commands |
| waveshare-d | the same | 100 ms | 3,276 s | 8 | wiki "Modbus RTU Relay (D)" |
| lc | registers 0003h + 5 x relay | 100 ms | 6,553 s | 8 | seller's sheet of the LC modules |
| dam0808 | the same | 100 ms | 6,553 s | 8 | Juying DAM0808 commands; FEh = any address |
| r421a08 | register 1 + relay, 06ss | 1 s | 255 s | none | Erriez/R421A08-rs485-8ch-relay-board |
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum, unique
from typing import Final


@unique
class Pulse(StrEnum):
    """Ways in which boards are told to close a relay and open it again by themselves."""

    COIL = "coil"  # WRITE SINGLE COIL, the value is the time
    TWO_REGISTERS = "two-registers"  # WRITE MULTIPLE REGISTERS: mode, then time
    ONE_REGISTER = "one-register"  # WRITE SINGLE REGISTER: mode in the high byte, time in the low


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """A family of boards as delivered. Relays count from 0 here, from 1 on the terminal strip.

    The pulse of relay r goes to `first_address` + r x `stride`; times are whole `step_ms`.
    """

    name: str
    pulse: Pulse
    first_address: int
    stride: int = 1
    mode: int = 0
    step_ms: int
    most_steps: int
    relays: int = 8
    inputs: int
    unit: int = 1
    baud: int = 9600


BOARDS: Final[Mapping[str, Board]] = {
    board.name: board
    for board in (
        Board(
            name="waveshare",
            pulse=Pulse.COIL,
            first_address=0x0200,
            step_ms=100,
            most_steps=0x7FFF,
            inputs=0,
        ),
        Board(
            name="waveshare-d",
            pulse=Pulse.COIL,
            first_address=0x0200,
            step_ms=100,
            most_steps=0x7FFF,
            inputs=8,
        ),
        Board(
            name="lc",
            pulse=Pulse.TWO_REGISTERS,
            first_address=0x0003,
            stride=5,
            mode=0x0004,
            step_ms=100,
            most_steps=0xFFFF,
            inputs=8,
            unit=0xFF,
        ),
        Board(
            name="dam0808",
            pulse=Pulse.TWO_REGISTERS,
            first_address=0x0003,
            stride=5,
            mode=0x0004,
            step_ms=100,
            most_steps=0xFFFF,
            inputs=8,
            unit=0xFE,
        ),
        Board(
            name="r421a08",
            pulse=Pulse.ONE_REGISTER,
            first_address=0x0001,
            mode=0x06,
            step_ms=1000,
            most_steps=0xFF,
            inputs=0,
        ),
    )
}
