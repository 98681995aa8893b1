"""Who comes to a lane: a car to an arm, a person to a door. Nobody goes through what is shut.

traffic = Traffic(barrier)
traffic.go(Place.BEFORE)          # at the reader
traffic.go(Place.BENEATH)         # onto the loop, or into the open door
traffic.go(Place.THROUGH)         # on, and away on the other side
"""

from enum import StrEnum, unique

from simulators.barrier import VirtualBarrier


@unique
class Place(StrEnum):
    """Where somebody stands, or shall go. Nobody stays THROUGH: that is away, on the other side."""

    AWAY = "away"
    BEFORE = "before"
    BENEATH = "beneath"
    THROUGH = "through"


class WayShut(Exception):
    """An arm or a locked door is in the way. Nobody moved."""


class Traffic:
    """One lane's traffic: one car or person at a time. `passed` counts who went through."""

    def __init__(self, barrier: VirtualBarrier) -> None:
        self._barrier = barrier
        self.place = Place.AWAY
        self.passed = 0

    def go(self, place: Place) -> None:
        """Go there, through all places on the way. Raises WayShut."""
        if place is Place.THROUGH:
            self.go(Place.BENEATH)
            self._clear()
            self.passed += 1
            self.place = Place.AWAY
            return
        if place is Place.BENEATH:
            self._enter()
        elif self.place is Place.BENEATH:
            self._clear()
        self.place = place

    def _enter(self) -> None:
        door = self._barrier.door
        if self.place is Place.BENEATH:
            return
        if not (self._barrier.arm_up if door is None else door.push()):
            raise WayShut("it is shut")
        if door is None:
            self._barrier.vehicle_present = True

    def _clear(self) -> None:
        door = self._barrier.door
        if door is None:
            self._barrier.vehicle_present = False
        else:
            door.shut()
