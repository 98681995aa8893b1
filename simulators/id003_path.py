"""The mechanics of a virtual acceptor as ID-003 shows them: a status that stands till it changes.

The path itself is that of `simulators.acceptor_path`. Here is what JCM's machines do differently:

- a credit stands as VEND VALID until the host acknowledges it, and nothing is taken meanwhile;
- after a loss of power the note stays where it was until the host says RESET: in the head it then
  comes back, in the stacker it goes into the box, and VEND VALID is forgotten;
- a note in escrow waits ten seconds, and another ten from each HOLD;
- switched on, the machine takes notes of every kind at once (its DIP switches say so).
"""

from collections.abc import Callable
from typing import Final

from simulators.acceptor_path import CREDIT, STACKED, NotePath, RejectReason, Stage, Timing

IDLE, ACCEPTING, ESCROW, STACKING, VEND_VALID, IN_THE_BOX = 0x11, 0x12, 0x13, 0x14, 0x15, 0x16
REJECTING, RETURNING, HOLDING, DISABLED, INITIALISING = 0x17, 0x18, 0x19, 0x1A, 0x1B
POWER_UP, NOTE_IN_HEAD, NOTE_IN_STACKER = 0x40, 0x41, 0x42
FULL, OPEN, JAM_IN_HEAD, JAM_IN_STACKER = 0x43, 0x44, 0x45, 0x46

_REASONS: Final = {
    RejectReason.NOT_RECOGNISED: 0x76,
    RejectReason.CHANNEL_INHIBITED: 0x79,
    RejectReason.PULLED_BACK: 0x7B,
    RejectReason.ESCROW_TIMEOUT: 0x7B,
    RejectReason.UNABLE_TO_STACK: 0x7C,
}


class Id003Path(NotePath):
    """The machine behind the protocol; `channel` 1 stands for escrow code 61h."""

    def __init__(
        self, *, timing: Timing, clock: Callable[[], float], capacity: int, places: int
    ) -> None:
        self._everything = frozenset(range(1, places + 1))
        self._woke_as: int | None = None  # power-up status until RESET
        self._ready_at: float | None = None  # end of the initialisation
        self._boxed = False  # the end of stacking, shown once
        self.vend_valid = False
        self.held = False
        super().__init__(timing=timing, clock=clock, capacity=capacity)

    @property
    def asleep(self) -> bool:
        """True from power-up until RESET."""
        return self._woke_as is not None

    @property
    def at_rest(self) -> bool:
        """True when no note is anywhere and nothing waits for the host."""
        idle = self.stage is Stage.EMPTY and not self.vend_valid
        return idle and self._woke_as is None and self._ready_at is None

    def status(self) -> bytes:
        """What a status request is answered with."""
        if self._woke_as is not None:
            return bytes([self._woke_as])
        if self._ready_at is not None:
            return bytes([INITIALISING])
        if self.stage is Stage.JAMMED:
            return bytes([JAM_IN_STACKER if self._safe_jam else JAM_IN_HEAD])
        if self.vend_valid:
            return bytes([VEND_VALID])
        if self.stage is Stage.EMPTY:
            return self._empty()
        return self._moving()

    def _empty(self) -> bytes:
        boxed, self._boxed = self._boxed, False
        if boxed:
            return bytes([IN_THE_BOX])
        if not self.cashbox_in:
            return bytes([OPEN])
        if self.full:
            return bytes([FULL])
        return bytes([IDLE if self.enabled and self.open_channels else DISABLED])

    def _moving(self) -> bytes:
        match self.stage:
            case Stage.READING:
                return bytes([ACCEPTING])
            case Stage.ESCROW:
                return bytes([HOLDING]) if self.held else bytes([ESCROW, 0x60 + self._channel()])
            case Stage.RETURNING if self.last_reject in _REASONS:
                return bytes([REJECTING, _REASONS[self.last_reject]])
            case Stage.RETURNING:
                return bytes([RETURNING])
            case Stage.SAFE:  # the credit is acknowledged, the note still on its last way
                return bytes([IN_THE_BOX])
            case _:
                return bytes([STACKING])

    # --- what the host does ----------------------------------------------------------------------

    def stack(self) -> bool:
        """Take the note in escrow; False when there is none."""
        if self.stage is not Stage.ESCROW:
            return False
        if self.full or not self.cashbox_in:
            self.give_back(RejectReason.UNABLE_TO_STACK)
        else:
            self._enter(Stage.STACKING)
        return True

    def return_note(self) -> bool:
        """Give the note in escrow back; False when there is none."""
        if self.stage is not Stage.ESCROW:
            return False
        self.give_back(RejectReason.BY_HOST)
        return True

    def hold(self) -> bool:
        """Keep the note in escrow for another ten seconds; False when there is none."""
        if self.stage is not Stage.ESCROW:
            return False
        self.held = True
        self.hear_host()
        return True

    def acknowledge(self) -> None:
        """The host has heard of the credit."""
        self.vend_valid = False

    def reset(self) -> None:
        """Free the path and begin anew; a jam has to be freed by hand."""
        if self.stage is Stage.JAMMED:
            return
        if self.stage is Stage.SAFE:
            self._drop_into_cashbox()
        elif self.note is not None:
            self._hand_back()
        self._woke_as, self._boxed, self.held = None, False, False
        self._ready_at = self._clock() + self._timing.return_s

    # --- time, people, power ---------------------------------------------------------------------

    def advance(self) -> None:
        """Let everything happen that is due by now. Raises PowerLost where a cut was planned."""
        if self._ready_at is not None and self._clock() >= self._ready_at:
            self._ready_at = None
        if self._woke_as is None:
            super().advance()

    def insert(self, value_fen: int, channel: int) -> None:
        """Offer a note. A machine that cannot take it leaves it in the payer's hand."""
        if self.at_rest:
            self.held = False
            super().insert(value_fen, channel)
        else:
            self.returned.append(value_fen)

    def power_on(self) -> None:
        """Wake up, say what lies where, and wait for a RESET."""
        if self.powered:
            return
        self.powered, self.enabled, self.open_channels = True, True, self._everything
        self._ready_at, self._boxed, self.held, self.vend_valid = None, False, False, False
        if self.note is None or self.stage is Stage.JAMMED:
            self._woke_as = POWER_UP
        else:
            self._woke_as = NOTE_IN_STACKER if self.stage is Stage.SAFE else NOTE_IN_HEAD

    def _tell(self, *event: int) -> None:
        """Of the machine's news only two matter: the rest shows in its state."""
        self.vend_valid |= event[0] == CREDIT
        self._boxed |= event[0] == STACKED
