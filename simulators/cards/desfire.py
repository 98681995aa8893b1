"""A MIFARE DESFire EV1, EV2 or EV3 with real cryptography, behind ISO 7816-4 wrapped commands.

Supported: Authenticate (D40), AuthenticateISO (DES, 2K3DES, 3K3DES), AuthenticateAES, AuthenticateEV2First/NonFirst,
key and key settings commands, applications, all file types except the transaction MAC file,
transactions, SetConfiguration 00 to 02, ISO SELECT of the card and of applications by DF name.
Not supported: several key sets, delegated applications, LRP.

Judged by: the recording of a real EV1 (sotechcllc/RFDoorLock, "Desfire EV1 Communication
Examples"), AN12196 for EV2 messaging, NIST vectors for CMAC, and the error table that
cindersocket/dfc-core's conformance tests expect. Every status other than 00 and AF ends the
authentication. From the factory the master key is DES, all zero.

    90 INS 00 00 [Lc data] 00  ->  data 91 status        (multi-byte numbers LSB first)
    INS [data]                 ->  status data           (native, as some hosts send it)
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from simulators.cards import apdu, desfire_dump, pcsc
from simulators.cards.apdu import Command
from simulators.cards.api import CardDump, Random
from simulators.cards.desfire_auth import (
    Handshake,
    authenticate,
    authenticate_d40,
    authenticate_ev2_first,
    authenticate_ev2_non_first,
)
from simulators.cards.desfire_command import FRAME, Spec
from simulators.cards.desfire_data_commands import COMMANDS as DATA_COMMANDS
from simulators.cards.desfire_file_commands import COMMANDS as FILE_COMMANDS
from simulators.cards.desfire_key_commands import COMMANDS as KEY_COMMANDS
from simulators.cards.desfire_memory import PICC_LEVEL, PRODUCTION, Picc
from simulators.cards.desfire_picc_commands import COMMANDS as PICC_COMMANDS
from simulators.cards.desfire_session import Mode
from simulators.cards.desfire_status import Generation, Refused, Status, demand
from simulators.cards.pcsc import GetData

COMMANDS: Final[Mapping[int, Spec]] = {
    **PICC_COMMANDS,
    **KEY_COMMANDS,
    **FILE_COMMANDS,
    **DATA_COMMANDS,
}
HANDSHAKES: Final = {
    0x0A: authenticate_d40,
    0x1A: authenticate,
    0xAA: authenticate,
    0x71: authenticate_ev2_first,
    0x77: authenticate_ev2_non_first,
}
EV2_HANDSHAKES: Final = {0x71, 0x77}
NEXT_FRAME: Final = 0xAF

ISO_CLASS: Final = 0x00
WRAPPED_CLASS: Final = 0x90

ISO_SELECT: Final = 0xA4
DESFIRE_DF_NAME: Final = bytes.fromhex("D2760000850100")
ATS_HISTORICAL: Final = b"\x80"
ATS: Final = bytes.fromhex("067577810280")
SAK: Final = b"\x20"
ATQA: Final = bytes.fromhex("0344")
STORAGE: Final = {2: 0x16, 4: 0x18, 8: 0x1A}


@dataclass(slots=True)
class _Gathering:
    """A command that is still coming in, frame by frame."""

    spec: Spec
    ins: int
    data: bytes
    modes: tuple[Mode, Mode]
    bare: int  # bytes without protection
    size: int  # bytes with it


class VirtualDesfire:
    """A DESFire card in its factory state: DES master key, no applications.

    `storage_kb` is 2, 4 or 8; `random` gives challenges and EV2 transaction identifiers;
    `production` is what GetVersion ends with: batch (5), week and year in BCD (2).
    """

    def __init__(
        self,
        uid: bytes,
        generation: str = Generation.EV2,
        *,
        storage_kb: int = 8,
        random: Random = os.urandom,
        production: bytes = PRODUCTION,
    ) -> None:
        if len(uid) != 7:
            raise ValueError("a DESFire UID has 7 bytes")
        self.picc = Picc(uid, Generation(generation), STORAGE[storage_kb], random, production)
        self._chain: Handshake | _Gathering | list[bytes] | None = None
        self.power_off()

    @property
    def kind(self) -> str:
        """Name in the catalogue."""
        return f"desfire-{self.picc.generation}"

    @property
    def uid(self) -> bytes:
        """Identifier, 7 bytes."""
        return self.picc.uid

    @property
    def atr(self) -> bytes:
        """ATR of an ISO/IEC 14443-4 card with the historical byte 80."""
        return pcsc.atr(ATS_HISTORICAL)

    def power_on(self) -> bytes:
        """Activate: the card level is selected, nothing is authenticated."""
        self.power_off()
        return self.atr

    def power_off(self) -> None:
        """Lose session, pending writes and half-received commands."""
        self._chain = None
        self.picc.select(PICC_LEVEL)
        if self.picc.random_id:
            self.picc.visible_uid = b"\x08" + self.picc.random(3)
        else:
            self.picc.visible_uid = self.picc.uid

    def dump(self) -> CardDump:
        """All keys, applications and files."""
        return {"kind": self.kind, **desfire_dump.dump(self.picc)}

    def load(self, state: Mapping[str, Any]) -> None:
        """Take over a dump of a card of this generation and identifier."""
        if state.get("kind") != self.kind or state.get("uid") != self.uid.hex():
            raise ValueError(f"not a dump of this {self.kind}")
        desfire_dump.load(self.picc, state)
        self.power_off()

    def transmit(self, apdu_bytes: bytes) -> bytes:
        """Answer a wrapped or bare native command, an ISO SELECT or the reader's own FF CA."""
        if not apdu_bytes:
            return apdu.WRONG_LENGTH
        if apdu_bytes[0] not in {ISO_CLASS, WRAPPED_CLASS, pcsc.READER_CLASS}:
            data, status = self._answer(apdu_bytes[0], apdu_bytes[1:])
            return bytes([status]) + data
        command = apdu.parse(apdu_bytes)
        if apdu_bytes[0] == WRAPPED_CLASS:
            data, status = self._wrapped(command)
            return data + bytes([0x91, status])
        if command is None:
            return apdu.WRONG_LENGTH
        if command.cla == pcsc.READER_CLASS:
            return self._reader_command(command)
        return self._iso_command(command)

    # Outside the native command set.

    def _reader_command(self, command: Command) -> bytes:
        if command.ins != pcsc.GET_DATA:
            return apdu.INSTRUCTION_UNKNOWN
        values = {
            GetData.UID: self.picc.visible_uid,
            GetData.HISTORICAL_BYTES: ATS,
            GetData.SAK: SAK,
            GetData.ATQA: ATQA,
        }
        return pcsc.answer_get_data(command, {int(p1): value for p1, value in values.items()})

    def _iso_command(self, command: Command) -> bytes:
        if command.ins != ISO_SELECT:
            return apdu.INSTRUCTION_UNKNOWN
        self._chain = None
        if command.p1 == 0x04:
            aid = self._aid_of_name(command.data)
        elif command.p1 == 0x00 and command.data in {b"", b"\x3f\x00"}:
            aid = PICC_LEVEL
        else:
            aid = None
        if aid is None:
            return apdu.NOT_FOUND
        self.picc.select(aid)
        return apdu.OK

    def _aid_of_name(self, name: bytes) -> bytes | None:
        if name == DESFIRE_DF_NAME:
            return PICC_LEVEL
        applications = self.picc.applications.values()
        return next((each.aid for each in applications if name and each.df_name == name), None)

    # Native commands.

    def _wrapped(self, command: Command | None) -> tuple[bytes, Status]:
        if command is None:
            self._end()
            return b"", Status.LENGTH
        return self._answer(command.ins, command.data)

    def _answer(self, ins: int, data: bytes) -> tuple[bytes, Status]:
        try:
            return self._native(ins, data)
        except Refused as refusal:
            self._end()
            return b"", refusal.status

    def _end(self) -> None:
        """Every error ends the chain and the authentication."""
        self._chain = None
        self.picc.session = None

    def _native(self, ins: int, data: bytes) -> tuple[bytes, Status]:
        chain, self._chain = self._chain, None
        demand(len(data) <= FRAME or self._since_ev2, Status.LENGTH)
        if ins == NEXT_FRAME:
            return self._continue(chain, data)
        demand(chain is None, Status.ABORTED)
        if ins in HANDSHAKES and (ins not in EV2_HANDSHAKES or self._since_ev2):
            handshake = HANDSHAKES[ins](self.picc, ins, data)
            question = next(handshake)
            self._chain = handshake
            return question, Status.MORE
        spec = COMMANDS.get(ins)
        if spec is None or self.picc.generation not in spec.generations:
            raise Refused(Status.ILLEGAL_COMMAND)
        return self._begin(spec, ins, data)

    @property
    def _since_ev2(self) -> bool:
        return self.picc.generation is not Generation.EV1

    def _continue(
        self, chain: Handshake | _Gathering | list[bytes] | None, data: bytes
    ) -> tuple[bytes, Status]:
        match chain:
            case None:
                raise Refused(Status.ILLEGAL_COMMAND)
            case list():
                demand(not data, Status.LENGTH)
                return self._send(chain)
            case _Gathering():
                demand(data, Status.LENGTH)
                chain.data += data
                return self._gather(chain, len(data))
            case handshake:
                return self._finish(handshake, data), Status.OK

    def _finish(self, handshake: Handshake, reply: bytes) -> bytes:
        try:
            handshake.send(reply)
        except StopIteration as end:
            proof: bytes = end.value
            return proof
        raise AssertionError("a handshake has two steps")

    # Commands that may come in several frames, and answers that may leave in several.

    def _begin(self, spec: Spec, ins: int, data: bytes) -> tuple[bytes, Status]:
        modes = spec.modes(self.picc, data)
        bare = size = len(data)
        if spec.streams is not None:
            payload = spec.streams(data)
            session = self.picc.session
            bare = spec.header + payload
            size = spec.header + (session.sealed_size(payload, modes[0]) if session else payload)
        return self._gather(_Gathering(spec, ins, data, modes, bare, size), len(data))

    def _gather(self, coming: _Gathering, frame: int) -> tuple[bytes, Status]:
        demand(len(coming.data) <= coming.size, Status.LENGTH)
        if len(coming.data) == coming.size:
            return self._run(coming)
        # All the payload in a frame with room to spare: what is missing is its protection.
        demand(len(coming.data) != coming.bare or frame >= FRAME, Status.INTEGRITY)
        self._chain = coming
        return b"", Status.MORE

    def _run(self, command: _Gathering) -> tuple[bytes, Status]:
        spec, data, session = command.spec, command.data, self.picc.session
        request, response = command.modes
        if session is not None:
            data = session.open(command.ins, data, spec.header, request)
        else:
            demand(request not in {Mode.FULL, Mode.CRYPTOGRAM}, Status.AUTHENTICATION)
        demand(len(data) in spec.lengths, Status.LENGTH)
        answer = spec.run(self.picc, data)
        parts = answer if isinstance(answer, list) else [answer]
        sealed = b"".join(parts)
        if session is not None and session is self.picc.session:
            sealed = session.close(sealed, response)
        return self._send(_frames(sealed, parts[:-1], spec))

    def _send(self, frames: list[bytes]) -> tuple[bytes, Status]:
        if len(frames) == 1:
            return frames[0], Status.OK
        self._chain = frames[1:]
        return frames[0], Status.MORE


def _frames(sealed: bytes, parts: list[bytes], spec: Spec) -> list[bytes]:
    """Cut an answer: first the parts that have frames of their own, then as much as fits."""
    frames = []
    for part in parts:
        frames.append(sealed[: len(part)])
        sealed = sealed[len(part) :]
    most = len(sealed) if spec.in_one_frame else FRAME // spec.unit * spec.unit
    rest = [sealed[start : start + most] for start in range(0, len(sealed), most or 1)]
    return frames + (rest or [b""])
