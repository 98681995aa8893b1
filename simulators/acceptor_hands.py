"""What hands can do to a virtual banknote acceptor, whichever protocol it speaks.

The panel may call this while a port's thread lets the machine answer.
"""

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from simulators.acceptor_path import NotePath, PowerLost, RejectReason, Stage


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptorView:
    """What a person before the open machine would see; values in fen."""

    powered: bool
    enabled: bool
    stage: Stage
    note_fen: int | None
    accepts_fen: tuple[int, ...]
    cashbox_fen: tuple[int, ...]
    returned_fen: tuple[int, ...]
    stacked_count: int
    rejected_count: int
    cashbox_in: bool
    stacker_full: bool


class AcceptorHands(ABC):
    """Payers with their notes, staff with the cashbox, and whoever pulls the plug."""

    def __init__(self, path: NotePath, notes_fen: Sequence[int]) -> None:
        self._notes_fen = tuple(notes_fen)
        self._path = path
        self._lock = threading.RLock()
        self._commands_left: int | None = None

    @abstractmethod
    def _forget_dialogue(self) -> None:
        """The machine has begun anew: nothing of what was said before counts."""

    def _count_command(self) -> None:
        """A command is done, its answer not sent yet. Raises PowerLost where a cut was planned."""
        if self._commands_left is None:
            return
        self._commands_left -= 1
        if self._commands_left <= 0:
            self._commands_left = None
            self._path.power_off()
            raise PowerLost

    def insert_note(self, value_fen: int) -> None:
        """A payer offers a note; one that the dataset does not know will not be recognised."""
        known = value_fen in self._notes_fen
        self._insert(value_fen, self._notes_fen.index(value_fen) + 1 if known else 0)

    def insert_foreign_note(self) -> None:
        """A payer offers a note of another country (worth nothing here)."""
        self._insert(0, 0)

    def _insert(self, value_fen: int, channel: int) -> None:
        with self._lock:
            self._catch_up()
            self._do(lambda: self._path.insert(value_fen, channel))

    def pull_note_back(self) -> bool:
        """A payer tugs at the note; only one that is still being read comes out."""
        with self._lock:
            self._catch_up()
            if self._path.stage is not Stage.READING:
                return False
            self._do(lambda: self._path.give_back(RejectReason.PULLED_BACK))
            return True

    def fill_stacker(self) -> None:
        """Let the stacker be full until the cashbox is taken out."""
        with self._lock:
            self._catch_up()
            self._path.fill()

    def jam(self, *, safe: bool = False) -> None:
        """Block the path, with the note beyond the payer's reach if `safe`."""
        with self._lock:
            self._catch_up()
            self._path.jam(safe=safe)

    def clear_jam(self) -> None:
        """Staff frees the path; the machine restarts and reports what became of the note."""
        with self._lock:
            self._path.clear_jam()
            self._forget_dialogue()

    def remove_cashbox(self) -> tuple[int, ...]:
        """Staff pulls the cashbox out and takes its notes (fen)."""
        with self._lock:
            self._catch_up()
            return self._path.take_cashbox()

    def replace_cashbox(self) -> None:
        """Staff puts the empty cashbox back."""
        with self._lock:
            self._path.put_cashbox()

    def cut_power(self) -> None:
        """The supply fails now."""
        with self._lock:
            self._catch_up()
            self._path.power_off()

    def cut_power_at(self, stage: Stage) -> None:
        """The supply fails when the next note comes to `stage`."""
        with self._lock:
            self._path.cut_at = stage

    def cut_power_after(self, commands: int) -> None:
        """The supply fails when that many further commands are done, before the last answer."""
        with self._lock:
            self._commands_left = commands

    def restore_power(self) -> None:
        """The supply comes back: the machine clears its path, is off, and waits for a host.

        Cuts that were planned and have not happened are called off.
        """
        with self._lock:
            self._path.cut_at, self._commands_left = None, None
            if not self._path.powered:
                self._path.power_on()
                self._forget_dialogue()

    def view(self) -> AcceptorView:
        """How things stand now."""
        with self._lock:
            self._catch_up()
            path = self._path
            return AcceptorView(
                powered=path.powered,
                enabled=path.enabled,
                stage=path.stage,
                note_fen=path.note.value_fen if path.note is not None else None,
                accepts_fen=tuple(self._notes_fen[n - 1] for n in sorted(path.open_channels)),
                cashbox_fen=tuple(path.cashbox),
                returned_fen=tuple(path.returned),
                stacked_count=path.stacked_count,
                rejected_count=path.rejected_count,
                cashbox_in=path.cashbox_in,
                stacker_full=path.full,
            )

    def _catch_up(self) -> None:
        self._do(self._path.advance)

    def _do(self, act: Callable[[], None]) -> None:
        try:
            act()
        except PowerLost:
            return
