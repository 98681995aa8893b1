"""How a DESFire command is described: its lengths, its protection, what it does."""

from collections.abc import Callable, Container
from dataclasses import dataclass
from typing import Final, TypeAlias

from simulators.cards.desfire_memory import Picc
from simulators.cards.desfire_session import Mode
from simulators.cards.desfire_status import Generation

Answer: TypeAlias = bytes | list[bytes]
"""Data of an answer; a list keeps its parts in frames of their own."""

ModeOfFile: TypeAlias = Callable[[Picc, bytes], Mode]
"""Protection of a command on a file: depends on the file's mode, its rights and the session."""

FRAME: Final = 59
ALL: Final = frozenset(Generation)
SINCE_EV2: Final = ALL - {Generation.EV1}


@dataclass(frozen=True, slots=True, kw_only=True)
class Spec:
    """One command. `request` and `response` are constants or depend on the file it names."""

    run: Callable[[Picc, bytes], Answer]
    lengths: Container[int]
    header: int = 0
    request: Mode = Mode.COMMAND
    response: Mode = Mode.COMMAND
    mode_of_file: ModeOfFile | None = None
    streams: Callable[[bytes], int] | None = None  # payload size of a command of many frames
    unit: int = 1  # answers are cut between units of this size
    in_one_frame: bool = False  # ISO chaining below the APDU, no AF frames
    generations: frozenset[Generation] = ALL

    def modes(self, picc: Picc, data: bytes) -> tuple[Mode, Mode]:
        """Protection of the command and of its answer."""
        if self.mode_of_file is None:
            return self.request, self.response
        mode = self.mode_of_file(picc, data)
        if self.streams is not None or self.request is Mode.FULL:
            return mode, mode
        # A reading command carries no payload: nothing to encipher, and EV1 sends no MAC with it.
        return (Mode.PLAIN if mode is Mode.PLAIN else Mode.COMMAND), mode
