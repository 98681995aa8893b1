"""The native command loop of a DESFire: frames in, frames out, one chain at a time.

A chain is a handshake in its second step, a command that still comes in, or an answer that still
goes out. Frame AF carries it on; anything else while it lasts is answered CA.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from simulators.cards.desfire_auth import (
    Handshake,
    authenticate,
    authenticate_d40,
    authenticate_ev2_first,
    authenticate_ev2_non_first,
)
from simulators.cards.desfire_command import FRAME, Spec
from simulators.cards.desfire_d40 import D40Session
from simulators.cards.desfire_data_commands import COMMANDS as DATA_COMMANDS
from simulators.cards.desfire_data_commands import leave_torn
from simulators.cards.desfire_file_commands import COMMANDS as FILE_COMMANDS
from simulators.cards.desfire_key_commands import COMMANDS as KEY_COMMANDS
from simulators.cards.desfire_memory import PICC_LEVEL, Picc
from simulators.cards.desfire_picc_commands import COMMANDS as PICC_COMMANDS
from simulators.cards.desfire_record_commands import COMMANDS as RECORD_COMMANDS
from simulators.cards.desfire_session import Mode
from simulators.cards.desfire_status import Generation, Refused, Status, demand
from simulators.cards.desfire_value_commands import COMMANDS as VALUE_COMMANDS

COMMANDS: Final[Mapping[int, Spec]] = {
    **PICC_COMMANDS,
    **KEY_COMMANDS,
    **FILE_COMMANDS,
    **DATA_COMMANDS,
    **VALUE_COMMANDS,
    **RECORD_COMMANDS,
}
HANDSHAKES: Final = {
    0x0A: authenticate_d40,
    0x1A: authenticate,
    0xAA: authenticate,
    0x71: authenticate_ev2_first,
    0x77: authenticate_ev2_non_first,
}
EV2_HANDSHAKES: Final = {0x71, 0x77}
EV2_NON_FIRST: Final = 0x77
NEXT_FRAME: Final = 0xAF


@dataclass(slots=True)
class _Coming:
    """A command that comes in frame by frame."""

    spec: Spec
    ins: int
    data: bytes
    modes: tuple[Mode, Mode]
    bare: int  # bytes without protection
    size: int  # bytes with it


class NativeProtocol:
    """Answers native frames for one card."""

    def __init__(self, picc: Picc) -> None:
        self._picc = picc
        self._chain: Handshake | _Coming | list[bytes] | None = None

    def power_off(self) -> None:
        """Lose chain, session and transaction; a standard file keeps what had reached it."""
        chain, self._chain = self._chain, None
        if isinstance(chain, _Coming) and chain.modes[0] is Mode.PLAIN:
            leave_torn(self._picc, chain.ins, chain.data)
        self.select(PICC_LEVEL)

    def select(self, aid: bytes) -> None:
        """Select from outside the native commands (ISO SELECT, power up)."""
        self._chain = None
        self._picc.select(aid)

    def answer(self, ins: int, data: bytes | None) -> tuple[bytes, Status]:
        """One frame in, one frame out; `data` is None when the frame's lengths disagree.

        Every error ends the chain, the transaction and the authentication; only an authentication
        of the oldest kind lives on (libfreefare's tests on real cards).
        """
        picc = self._picc
        try:
            return self._frame(ins, data)
        except Refused as refusal:
            self._chain = None
            picc.drop_pending()
            if not isinstance(picc.session, D40Session) or refusal.status is Status.INTEGRITY:
                picc.session = None
            return b"", refusal.status

    def _frame(self, ins: int, data: bytes | None) -> tuple[bytes, Status]:
        old = self._picc.generation is Generation.EV1
        if data is None or (old and len(data) > FRAME):
            raise Refused(Status.LENGTH)
        if ins == NEXT_FRAME:
            return self._continue(data)
        demand(self._chain is None, Status.ABORTED)
        if ins in HANDSHAKES and not (old and ins in EV2_HANDSHAKES):
            return self._shake_hands(ins, data)
        spec = COMMANDS.get(ins)
        if spec is None or self._picc.generation not in spec.generations:
            raise Refused(Status.ILLEGAL_COMMAND)
        return self._begin(spec, ins, data)

    def _continue(self, data: bytes) -> tuple[bytes, Status]:
        chain, self._chain = self._chain, None
        match chain:
            case None:
                raise Refused(Status.ILLEGAL_COMMAND)
            case list():
                demand(not data, Status.LENGTH)
                return self._send(chain)
            case _Coming():
                demand(data, Status.LENGTH)
                chain.data += data
                return self._gather(chain, len(data))
            case handshake:
                return _proof(handshake, data), Status.OK

    def _shake_hands(self, ins: int, data: bytes) -> tuple[bytes, Status]:
        if ins != EV2_NON_FIRST:
            self._picc.session = None
        handshake = HANDSHAKES[ins](self._picc, ins, data)
        question = next(handshake)
        self._chain = handshake
        return question, Status.MORE

    # Commands.

    def _begin(self, spec: Spec, ins: int, data: bytes) -> tuple[bytes, Status]:
        modes = spec.modes(self._picc, data)
        bare = size = len(data)
        if spec.streams is not None:
            payload, session = spec.streams(data), self._picc.session
            bare = spec.header + payload
            size = spec.header + (session.sealed_size(payload, modes[0]) if session else payload)
        return self._gather(_Coming(spec, ins, data, modes, bare, size), len(data))

    def _gather(self, coming: _Coming, frame: int) -> tuple[bytes, Status]:
        demand(len(coming.data) <= coming.size, Status.LENGTH)
        if len(coming.data) == coming.size:
            return self._run(coming)
        # All the payload in a frame with room to spare: what is missing is its protection.
        demand(len(coming.data) != coming.bare or frame >= FRAME, Status.INTEGRITY)
        self._chain = coming
        return b"", Status.MORE

    def _run(self, command: _Coming) -> tuple[bytes, Status]:
        spec, data, session = command.spec, command.data, self._picc.session
        request, response = command.modes
        lengths = spec.lengths if spec.streams is None else {command.bare}
        if session is not None:
            data = session.open(command.ins, data, spec.header, request, lengths)
        else:
            demand(request not in {Mode.FULL, Mode.CRYPTOGRAM}, Status.AUTHENTICATION)
        demand(len(data) in lengths, Status.LENGTH)
        answer = spec.run(self._picc, data)
        parts = answer if isinstance(answer, list) else [answer]
        sealed = b"".join(parts)
        if session is not None and session is self._picc.session:
            sealed = session.close(sealed, response)
        return self._send(_frames(sealed, parts[:-1], spec))

    def _send(self, frames: list[bytes]) -> tuple[bytes, Status]:
        if len(frames) == 1:
            return frames[0], Status.OK
        self._chain = frames[1:]
        return frames[0], Status.MORE


def _proof(handshake: Handshake, reply: bytes) -> bytes:
    try:
        handshake.send(reply)
    except StopIteration as end:
        proof: bytes = end.value
        return proof
    raise AssertionError("a handshake has two steps")


def _frames(sealed: bytes, parts: list[bytes], spec: Spec) -> list[bytes]:
    """Cut an answer: first the parts that have frames of their own, then as much as fits."""
    frames = []
    for part in parts:
        frames.append(sealed[: len(part)])
        sealed = sealed[len(part) :]
    most = len(sealed) if spec.in_one_frame else FRAME // spec.unit * spec.unit
    rest = [sealed[start : start + most] for start in range(0, len(sealed), most or 1)]
    return frames + (rest or [b""])
