"""A house door: a leaf with a contact and a closer, and a strike that lets it go.

The strike is free while the board's relay is closed, while the exit button is pressed and while the
fire alarm stands: the last two by their own wiring, whatever any program does.
"""

from collections.abc import Callable


class VirtualDoor:
    """The leaf. `free` asks the strike."""

    def __init__(self, free: Callable[[], bool]) -> None:
        self._free = free
        self._open = False
        self.stuck = False

    @property
    def open(self) -> bool:
        """What the door contact says."""
        return self._open

    def push(self) -> bool:
        """Somebody pushes; True when the door stands open then."""
        self._open = self._open or (self._free() and not self.stuck)
        return self._open

    def force(self) -> None:
        """Somebody breaks it open."""
        self._open = True

    def shut(self) -> None:
        """The closer pulls it shut behind somebody, unless it sticks."""
        self._open = self._open and self.stuck
