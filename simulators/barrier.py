"""A virtual barrier: a relay board on Modbus RTU, an arm that takes its time, a loop, contacts.

The arm obeys its own controller (GB/T 24973-2010): it rises on a pulse, waits for the vehicle,
falls when the loop is free again, and turns back up at once when something comes under it.

    barrier = VirtualBarrier()
    port = PtyPort(barrier)           # the driver opens port.path
    barrier.vehicle_present = True
"""

import threading
import time
from collections.abc import Callable
from typing import Final

from simulators.barrier_board import Model, Opening, VirtualRelayBoard
from simulators.doorway import VirtualDoor

ARM_INPUT: Final = 0
LOOP_INPUT: Final = 1
DOOR_INPUT: Final = 2
EXIT_INPUT: Final = 3
FIRE_INPUT: Final = 4  # opens when there is fire
TAMPER_INPUT: Final = 5  # opens with the cabinet
LAMPS: Final = {"go": 2, "stop": 3, "alarm": 4}  # relays


class VirtualArm:
    """The barrier's own controller and motor. It never needs a host to be safe."""

    def __init__(
        self,
        *,
        clock: Callable[[], float] = time.monotonic,
        rise_s: float = 1.8,
        fall_s: float = 1.8,
        close_after_s: float | None = 15.0,
    ) -> None:
        self._clock = clock
        self._rise_s = rise_s
        self._fall_s = fall_s
        self._close_after_s = close_after_s
        self._at_s = clock()
        self._height = 0.0  # 0 is down, 1 is up
        self._rising = False
        self._waited_s = 0.0
        self._vehicle = False
        self._freed = False
        self.stuck = False

    @property
    def height(self) -> float:
        """0 is down, 1 is up."""
        self._advance()
        return self._height

    @property
    def up(self) -> bool:
        """What the arm's end switch says."""
        return self.height >= 1.0

    @property
    def vehicle_present(self) -> bool:
        """What the loop says; set it to drive onto the loop and off again."""
        return self._vehicle

    @vehicle_present.setter
    def vehicle_present(self, present: bool) -> None:
        self._advance()
        if present and self._height > 0:
            self._rising = True
        if self._vehicle and not present and not self._freed:
            self._rising = False
        self._vehicle = present
        self._waited_s = 0.0

    def open(self) -> None:
        """The open contact closed."""
        self._advance()
        self._rising = True
        self._waited_s = 0.0

    def free(self, *, freed: bool) -> None:
        """The fire alarm's contact: up, and up for as long as it stands."""
        self._advance()
        self._freed = freed
        self._rising = self._rising or freed
        self._waited_s = 0.0

    def _advance(self) -> None:
        now = self._clock()
        left_s, self._at_s = now - self._at_s, now
        if self.stuck:
            return
        if self._rising:
            left_s = self._rise(left_s)
        if not self._rising:
            self._height = max(0.0, self._height - left_s / self._fall_s)

    def _rise(self, left_s: float) -> float:
        """Rise, then wait for the vehicle; returns the time that remains for falling."""
        needed_s = (1.0 - self._height) * self._rise_s
        if left_s < needed_s:
            self._height += left_s / self._rise_s
            return 0.0
        self._height = 1.0
        self._waited_s += left_s - needed_s
        if (
            self._freed
            or self._vehicle
            or self._close_after_s is None
            or self._waited_s < self._close_after_s
        ):
            return 0.0
        self._rising = False
        return self._waited_s - self._close_after_s


class VirtualBarrier:
    """A lane's barrier: a board whose first relay opens the arm or door; a `StreamDevice`.

    Inputs of the board: 1 the arm's end switch, 2 the loop, 3 the door contact, 4 the exit button,
    5 the fire alarm and 6 the cabinet (these two open when it happens). Relays 3 to 5 are lamps:
    go, stop, alarm. With `doorway` the relay frees a door's strike in place of raising an arm.
    """

    def __init__(
        self,
        *,
        model: Model = Model.WAVESHARE,
        unit: int = 1,
        relay: int = 0,
        arm: VirtualArm | None = None,
        doorway: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.board = VirtualRelayBoard(model=model, unit=unit, clock=clock)
        self.arm = arm or VirtualArm(clock=clock)
        self.door = VirtualDoor(lambda: self.strike_free) if doorway else None
        self.exit_button = False
        self.tamper = False
        self.loop_stuck = False
        self._fire = False
        self._relay = relay
        self._seen = 0
        self._lock = threading.RLock()

    @property
    def openings(self) -> tuple[Opening, ...]:
        """Every time that the relay closed, oldest first."""
        return tuple(opening for opening in self.board.openings if opening.relay == self._relay)

    @property
    def arm_up(self) -> bool:
        """What the arm's end switch says."""
        with self._lock:
            return self.arm.up

    @property
    def vehicle_present(self) -> bool:
        """What the loop says; set it to drive onto the loop and off again."""
        with self._lock:
            return self.arm.vehicle_present

    @vehicle_present.setter
    def vehicle_present(self, present: bool) -> None:
        with self._lock:
            self.arm.vehicle_present = present

    @property
    def height(self) -> float:
        """How far the arm or the door stands open: 0 is shut, 1 is open."""
        with self._lock:
            return self.arm.height if self.door is None else float(self.door.open)

    @property
    def stuck(self) -> bool:
        """The arm or the door sticks where it is."""
        return self.arm.stuck if self.door is None else self.door.stuck

    @stuck.setter
    def stuck(self, stuck: bool) -> None:
        with self._lock:
            if self.door is None:
                self.arm.stuck = stuck
            else:
                self.door.stuck = stuck

    @property
    def fire(self) -> bool:
        """The fire alarm's contact: it frees arm and strike by its own wires."""
        return self._fire

    @fire.setter
    def fire(self, fire: bool) -> None:
        with self._lock:
            self._fire = fire
            self.arm.free(freed=fire)

    @property
    def strike_free(self) -> bool:
        """Does the strike let the door go?"""
        return self._fire or self.exit_button or self.board.relays[self._relay]

    @property
    def lamps(self) -> dict[str, bool]:
        """Which lamps are lit."""
        relays = self.board.relays
        return {name: relays[number] for name, number in LAMPS.items()}

    def receive(self, data: bytes) -> bytes:
        """Answer the host; the arm obeys the relay."""
        with self._lock:
            inputs = self.board.inputs
            inputs[ARM_INPUT] = self.arm.up
            inputs[LOOP_INPUT] = self.loop_stuck or self.arm.vehicle_present
            inputs[DOOR_INPUT] = self.door is not None and self.door.open
            inputs[EXIT_INPUT] = self.exit_button
            inputs[FIRE_INPUT] = not self._fire
            inputs[TAMPER_INPUT] = not self.tamper
            answer = self.board.receive(data)
            for _ in self.openings[self._seen :]:
                if self.door is None:
                    self.arm.open()
            self._seen = len(self.openings)
            return answer
