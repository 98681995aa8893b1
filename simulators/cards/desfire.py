"""A MIFARE DESFire EV1, EV2 or EV3 with real cryptography and real error behaviour.

    90 INS 00 00 [Lc data] 00  ->  data 91 status        (multi-byte numbers LSB first)
    INS [data]                 ->  status data           (native, as some hosts send it)
    00 A4 04 00 Lc name        ->  9000                  (the card itself or an application)

Supported: Authenticate (D40), AuthenticateISO (DES, 2K3DES, 3K3DES), AuthenticateAES,
AuthenticateEV2First and NonFirst with their secure messaging; key and key settings commands;
applications; all file types except the transaction MAC file; transactions; SetConfiguration 00
to 02. Not supported: several key sets, delegated applications, LRP.

Judged by: the recording of a real EV1 (sotechcllc/RFDoorLock, "Desfire EV1 Communication
Examples"), the session of AN12196 for EV2 messaging, libfreefare's own test suite run through
pcscd, and the statuses that cindersocket/dfc-core's conformance tests expect. From the factory the
master key is DES, all zero.
"""

import os
from collections.abc import Mapping
from typing import Any, Final

from simulators.cards import apdu, desfire_dump, pcsc
from simulators.cards.apdu import Command
from simulators.cards.api import CardDump, Random
from simulators.cards.desfire_memory import PICC_LEVEL, PRODUCTION, Picc
from simulators.cards.desfire_native import NativeProtocol
from simulators.cards.desfire_status import Generation
from simulators.cards.pcsc import GetData

ISO_CLASS: Final = 0x00
WRAPPED_CLASS: Final = 0x90
ISO_SELECT: Final = 0xA4
BY_NAME: Final = 0x04
BY_FILE: Final = 0x00
MASTER_FILES: Final = {b"", b"\x3f\x00"}
DESFIRE_DF_NAME: Final = bytes.fromhex("D2760000850100")

ATS_HISTORICAL: Final = b"\x80"
ATS: Final = bytes.fromhex("067577810280")
SAK: Final = b"\x20"
ATQA: Final = bytes.fromhex("0344")
STORAGE: Final = {2: 0x16, 4: 0x18, 8: 0x1A}
UID_SIZE: Final = 7


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
        if len(uid) != UID_SIZE:
            raise ValueError("a DESFire UID has 7 bytes")
        self.picc = Picc(uid, Generation(generation), STORAGE[storage_kb], random, production)
        self._native = NativeProtocol(self.picc)
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
        """Lose session, uncommitted writes and half-received commands."""
        self._native.power_off()
        shown = b"\x08" + self.picc.random(3) if self.picc.random_id else self.picc.uid
        self.picc.visible_uid = shown

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
        """Answer a wrapped or native command, an ISO SELECT or the reader's own FF CA."""
        if not apdu_bytes:
            return apdu.WRONG_LENGTH
        first = apdu_bytes[0]
        if first not in {ISO_CLASS, WRAPPED_CLASS, pcsc.READER_CLASS}:
            data, status = self._native.answer(first, apdu_bytes[1:])
            return bytes([status]) + data
        command = apdu.parse(apdu_bytes)
        if first == WRAPPED_CLASS and len(apdu_bytes) >= apdu.HEADER_SIZE:
            data, status = self._native.answer(apdu_bytes[1], command.data if command else None)
            return data + bytes([0x91, status])
        if command is None:
            return apdu.WRONG_LENGTH
        if command.cla == pcsc.READER_CLASS:
            return self._reader_command(command)
        return self._iso_command(command)

    def _reader_command(self, command: Command) -> bytes:
        if command.ins != pcsc.GET_DATA:
            return apdu.INSTRUCTION_UNKNOWN
        values: dict[int, bytes] = {
            GetData.UID: self.picc.visible_uid,
            GetData.HISTORICAL_BYTES: ATS,
            GetData.SAK: SAK,
            GetData.ATQA: ATQA,
        }
        return pcsc.answer_get_data(command, values)

    def _iso_command(self, command: Command) -> bytes:
        if command.ins != ISO_SELECT:
            return apdu.INSTRUCTION_UNKNOWN
        aid = self._aid(command)
        if aid is None:
            return apdu.NOT_FOUND
        self._native.select(aid)
        return apdu.OK

    def _aid(self, command: Command) -> bytes | None:
        if command.p1 == BY_FILE and command.data in MASTER_FILES:
            return PICC_LEVEL
        if command.p1 != BY_NAME or not command.data:
            return None
        if command.data == DESFIRE_DF_NAME:
            return PICC_LEVEL
        applications = self.picc.applications.values()
        return next((each.aid for each in applications if each.df_name == command.data), None)
