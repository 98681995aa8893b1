"""The mechanics of a virtual banknote acceptor: where the note is, and what happened to it.

::

    insert        read_s            accept            stack_s / 2          stack_s / 2
    -----> READING ----> ESCROW -----------> STACKING -----------> SAFE -----------> cashbox
              |            |                               credit is due from SAFE on
              +------------+---> RETURNING --return_s--> back in the payer's hand

Time comes from `clock` and every call first brings the machine up to now: nothing runs by itself.
Reports are SSP poll events (GA138), since that is what the machine is asked for.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum, StrEnum, unique
from typing import Final

RESET_DONE, READ, CREDIT, REJECTING, REJECTED, STACKED = 0xF1, 0xEF, 0xEE, 0xED, 0xEC, 0xEB
SAFE_JAM, UNSAFE_JAM, DISABLED, FULL, CASHBOX_IN, CASHBOX_OUT = 0xEA, 0xE9, 0xE8, 0xE7, 0xE4, 0xE3
TO_CASHBOX, FROM_FRONT, STACKING, CHANNELS_OFF = 0xE2, 0xE1, 0xCC, 0xB5


class PowerLost(Exception):
    """The supply failed in the middle of a command, which is therefore never answered."""


@unique
class Stage(StrEnum):
    """Where the note is. SAFE: past the point from which a payer could pull it back."""

    EMPTY = "empty"
    READING = "reading"
    ESCROW = "escrow"
    RETURNING = "returning"
    STACKING = "stacking"
    SAFE = "safe"
    JAMMED = "jammed"


@unique
class RejectReason(IntEnum):
    """Why the last note was given back (GA138, "Reject codes")."""

    NONE = 0x00
    NOT_RECOGNISED = 0x02
    BY_HOST = 0x08
    CHANNEL_INHIBITED = 0x0C
    PULLED_BACK = 0x10
    ESCROW_TIMEOUT = 0x13
    UNABLE_TO_STACK = 0x1D


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """How long a note takes, in seconds. Zeros make every step happen at once."""

    read_s: float = 1.2
    stack_s: float = 1.6
    return_s: float = 0.6
    escrow_s: float = 10.0


AT_ONCE: Final = Timing(read_s=0.0, stack_s=0.0, return_s=0.0)


@dataclass(slots=True)
class Note:
    """A note in the machine; `channel` is 0 when it was not recognised."""

    value_fen: int
    channel: int
    reported: bool = False  # the host has fetched that it is in escrow
    credited: bool = False  # the host has fetched its credit


class NotePath:
    """The machine. What survives a power cut: the notes themselves and the two counters."""

    def __init__(self, *, timing: Timing, clock: Callable[[], float], capacity: int) -> None:
        self._timing = timing
        self._clock = clock
        self._capacity = capacity
        self._since = 0.0
        self._host_until = 0.0  # a note in escrow is given back unless the host speaks before
        self._events: deque[bytes] = deque()
        self._safe_jam = False
        self.powered = False
        self.enabled = False
        self.open_channels: frozenset[int] = frozenset()
        self.stage = Stage.EMPTY
        self.note: Note | None = None
        self.cut_at: Stage | None = None
        self.cashbox: list[int] = []
        self.returned: list[int] = []
        self.cashbox_in = True
        self.full = False
        self.stacked_count = 0
        self.rejected_count = 0
        self.last_reject = RejectReason.NONE
        self.power_on()

    # --- time -----------------------------------------------------------------------------------

    def advance(self) -> None:
        """Let everything happen that is due by now. Raises PowerLost where a cut was planned."""
        while self.powered and self._step():
            pass

    def _step(self) -> bool:
        due_at = self._due_at()
        if self._clock() < due_at:
            return False
        match self.stage:
            case Stage.READING:
                self._judge(due_at)
            case Stage.ESCROW:
                self.give_back(RejectReason.ESCROW_TIMEOUT, at=due_at)
            case Stage.STACKING:
                self._enter(Stage.SAFE, at=due_at)
                self._tell(CREDIT, self._channel())
            case Stage.SAFE:
                self._drop_into_cashbox()
                self._tell(STACKED)
            case Stage.RETURNING:
                self._hand_back()
                self._tell(REJECTED)
            case _:
                return False
        return True

    def _due_at(self) -> float:
        """When the note goes on by itself."""
        match self.stage:
            case Stage.READING:
                return self._since + self._timing.read_s
            case Stage.ESCROW:
                return self._host_until
            case Stage.STACKING | Stage.SAFE:
                return self._since + self._timing.stack_s / 2
            case Stage.RETURNING:
                return self._since + self._timing.return_s
            case Stage.EMPTY | Stage.JAMMED:
                return float("inf")

    def _enter(self, stage: Stage, *, at: float | None = None) -> None:
        self._since = self._clock() if at is None else at
        self.stage = stage
        if stage is self.cut_at:
            self.cut_at = None
            self.power_off()
            raise PowerLost

    def _judge(self, at: float) -> None:
        if self._channel() == 0:
            self.give_back(RejectReason.NOT_RECOGNISED, at=at)
        elif self._channel() not in self.open_channels:
            self.give_back(RejectReason.CHANNEL_INHIBITED, at=at)
        else:
            self._host_until = at + self._timing.escrow_s
            self._enter(Stage.ESCROW, at=at)

    def _channel(self) -> int:
        return self.note.channel if self.note is not None else 0

    # --- what the host does ----------------------------------------------------------------------

    def hear_host(self) -> None:
        """The host spoke: a note in escrow is kept for another ten seconds."""
        self._host_until = self._clock() + self._timing.escrow_s

    def fetch_report(self) -> bytes:
        """Poll: accept a note in escrow whose report was fetched before, and report."""
        if self.stage is Stage.ESCROW and self.note is not None and self.note.reported:
            if self.full or not self.cashbox_in:
                self.give_back(RejectReason.UNABLE_TO_STACK)
            else:
                self._enter(Stage.STACKING)
            self.advance()
        report = b"".join(self._events) + self._standing()
        self._events.clear()
        if self.note is not None:
            self.note.reported |= self.stage is Stage.ESCROW
            self.note.credited |= self.stage is Stage.SAFE
        return report

    def _standing(self) -> bytes:
        """What is reported again in every poll for as long as it lasts."""
        absent = b"" if self.cashbox_in else bytes([CASHBOX_OUT])
        match self.stage:
            case Stage.READING:
                return bytes([READ, 0]) + absent
            case Stage.ESCROW:
                return bytes([READ, self._channel()]) + absent
            case Stage.RETURNING:
                return bytes([REJECTING]) + absent
            case Stage.STACKING | Stage.SAFE:
                return bytes([STACKING]) + absent
            case Stage.JAMMED:
                return bytes([SAFE_JAM if self._safe_jam else UNSAFE_JAM]) + absent
            case Stage.EMPTY:
                return absent

    def give_back(self, reason: RejectReason, *, at: float | None = None) -> None:
        """Send the note in the path back to the payer, now or since `at`."""
        self.last_reject = reason
        self._enter(Stage.RETURNING, at=at)

    def switch(self, *, enabled: bool) -> None:
        """Enable or disable; a note that is in the path already goes on."""
        if self.enabled and not enabled:
            self._tell(DISABLED)
        self.enabled = enabled

    def open_only(self, channels: frozenset[int], *, tell: bool) -> None:
        """Take notes of these channels; with none left the host is told, if it knows the event."""
        if tell and self.enabled and self.open_channels and not channels:
            self._tell(CHANNELS_OFF)
        self.open_channels = channels

    # --- what people do --------------------------------------------------------------------------

    def insert(self, value_fen: int, channel: int) -> None:
        """Offer a note. A machine that cannot take it leaves it in the payer's hand."""
        ready = self.powered and self.enabled and self.cashbox_in and not self.full
        if not ready or not self.open_channels or self.stage is not Stage.EMPTY:
            self.returned.append(value_fen)
            return
        self.note = Note(value_fen=value_fen, channel=channel)
        self._enter(Stage.READING)

    def jam(self, *, safe: bool) -> None:
        """Block the path. A safe jam holds the note where no payer can reach it."""
        self._safe_jam = self.note is not None and (safe or self.stage is Stage.SAFE)
        self.stage = Stage.JAMMED
        self.switch(enabled=False)

    def clear_jam(self) -> None:
        """Staff frees the path, upon which the machine restarts."""
        if self.stage is Stage.JAMMED:
            self.stage = Stage.SAFE if self._safe_jam else Stage.RETURNING
            if self.note is None:
                self.stage = Stage.EMPTY
            if self.powered:
                self.power_off()
                self.power_on()

    def fill(self) -> None:
        """Let the stacker count as full."""
        self.full = True
        self._tell(FULL)

    def take_cashbox(self) -> tuple[int, ...]:
        """Pull the cashbox out and empty it."""
        notes = tuple(self.cashbox)
        self.cashbox.clear()
        self.cashbox_in, self.full = False, False
        return notes

    def put_cashbox(self) -> None:
        """Put the cashbox back."""
        if not self.cashbox_in:
            self.cashbox_in = True
            self._tell(CASHBOX_IN)

    # --- power -----------------------------------------------------------------------------------

    def power_off(self) -> None:
        """Stop where it is; reports that were not fetched are lost."""
        self.powered = False
        self._events.clear()

    def power_on(self) -> None:
        """Start, clear the path, and report what was found in it (GA138, events E1 and E2)."""
        if self.powered:
            return
        self.powered, self.enabled, self.open_channels = True, False, frozenset()
        self._tell(RESET_DONE)
        if self.note is not None and self.stage is not Stage.JAMMED:
            self._clear_path(self.note)
        if self.full:
            self._tell(FULL)
        self._tell(DISABLED)

    def _clear_path(self, note: Note) -> None:
        if self.stage is not Stage.SAFE:
            known = note.channel if self.stage is not Stage.READING else 0
            self._hand_back()
            self._tell(FROM_FRONT, known)
            return
        self._drop_into_cashbox()
        if not note.credited:
            self._tell(TO_CASHBOX, note.channel)

    def _hand_back(self) -> None:
        if self.note is not None:
            self.returned.append(self.note.value_fen)
        self.rejected_count += 1
        self.note, self.stage = None, Stage.EMPTY

    def _drop_into_cashbox(self) -> None:
        if self.note is not None:
            self.cashbox.append(self.note.value_fen)
        self.stacked_count += 1
        self.note, self.stage = None, Stage.EMPTY
        if len(self.cashbox) >= self._capacity:
            self.fill()

    def _tell(self, *event: int) -> None:
        if self.powered:
            self._events.append(bytes(event))
