"""Cards that a station must recognise, name and leave alone.

Each counts what would have changed it, so that a test can show that it was left untouched.
"""

from collections.abc import Mapping
from typing import Any, Final

from simulators.cards import apdu, pcsc
from simulators.cards.apdu import Command
from simulators.cards.api import CardDump
from simulators.cards.pcsc import CardName, GetData

PAGE_SIZE: Final = 4
READ_SIZE: Final = 16
FIRST_DATA_PAGE: Final = 4
GET_VERSION: Final = b"\x60"
SELECT: Final = 0xA4

PPSE: Final = b"2PAY.SYS.DDF01"
DEBIT_AID: Final = bytes.fromhex("A000000333010101")  # UnionPay debit
_ENTRY: Final = bytes.fromhex("610D4F08") + DEBIT_AID + bytes.fromhex("870101")
PPSE_FCI: Final = bytes.fromhex("6F24840E") + PPSE + bytes.fromhex("A512BF0C0F") + _ENTRY
WRITING_INS: Final = frozenset({0xD0, 0xD2, 0xD6, 0xDA, 0xDC, 0xE0, 0xE2, 0xE4, 0x3D, 0xC4, 0xCA})

# A page of the capability container tells an NTAG from an Ultralight (NFC Forum Type 2, 6.1).
_PAGES: Final = {"ultralight": 16, "ntag213": 45, "ntag215": 135}
_CAPABILITY: Final = {
    "ultralight": bytes(4),
    "ntag213": bytes.fromhex("E1101200"),
    "ntag215": bytes.fromhex("E1103E00"),
}
_VERSION: Final = {
    "ntag213": bytes.fromhex("0004040201000F03"),
    "ntag215": bytes.fromhex("0004040201001103"),
}


class VirtualType2:
    """An Ultralight, NTAG213 or NTAG215: pages of four bytes, all of them free to write."""

    def __init__(self, uid: bytes, kind: str) -> None:
        if len(uid) != 7:
            raise ValueError("a UID of these chips has 7 bytes")
        self._kind = kind
        self._uid = uid
        self.pages = _factory_pages(uid, kind)
        self.writes_attempted = 0

    @property
    def kind(self) -> str:
        """Name in the catalogue."""
        return self._kind

    @property
    def uid(self) -> bytes:
        """Identifier, 7 bytes."""
        return self._uid

    @property
    def atr(self) -> bytes:
        """Part 3 has one name for the whole family; readers use it for NTAG too."""
        return pcsc.storage_card_atr(CardName.ULTRALIGHT)

    def power_on(self) -> bytes:
        """Activate."""
        return self.atr

    def power_off(self) -> None:
        """Nothing is held in RAM."""

    def dump(self) -> CardDump:
        """All pages."""
        return {"kind": self.kind, "uid": self._uid.hex(), "pages": self.pages.hex()}

    def load(self, state: Mapping[str, Any]) -> None:
        """Take over a dump of this card."""
        pages = bytes.fromhex(str(state.get("pages", "")))
        if state.get("uid") != self._uid.hex() or len(pages) != len(self.pages):
            raise ValueError(f"not a dump of this {self.kind}")
        self.pages = bytearray(pages)

    def transmit(self, apdu_bytes: bytes) -> bytes:
        """FF CA, FF B0, FF D6, and GET_VERSION as a native frame."""
        command = apdu.parse(apdu_bytes)
        if command is None:
            return apdu.WRONG_LENGTH
        if command.cla != pcsc.READER_CLASS:
            return apdu.CLASS_UNKNOWN
        if command.ins == pcsc.GET_DATA:
            values: dict[int, bytes] = {
                GetData.UID: self._uid,
                GetData.SAK: b"\x00",
                GetData.ATQA: b"\x00\x44",
            }
            return pcsc.answer_get_data(command, values)
        return self._run(command)

    def _run(self, command: Command) -> bytes:
        match command.ins:
            case 0xB0:
                return self._read(command)
            case 0xD6:
                return self._write(command)
            case 0x00 | 0xEF if command.data == GET_VERSION and self._kind in _VERSION:
                return _VERSION[self._kind] + apdu.OK
            case _:
                return apdu.INSTRUCTION_UNKNOWN

    def _read(self, command: Command) -> bytes:
        start = command.p2 * PAGE_SIZE
        if start >= len(self.pages):
            return apdu.NOT_FOUND
        wrapped = self.pages[start:] + self.pages  # reading rolls over to page 0
        return bytes(wrapped[: command.le or READ_SIZE]) + apdu.OK

    def _write(self, command: Command) -> bytes:
        self.writes_attempted += 1
        start = command.p2 * PAGE_SIZE
        if len(command.data) != PAGE_SIZE:
            return apdu.WRONG_LENGTH
        if command.p2 < FIRST_DATA_PAGE or start >= len(self.pages):
            return apdu.NOT_FOUND
        self.pages[start : start + PAGE_SIZE] = command.data
        return apdu.OK


def _factory_pages(uid: bytes, kind: str) -> bytearray:
    check_0 = 0x88 ^ uid[0] ^ uid[1] ^ uid[2]
    check_1 = uid[3] ^ uid[4] ^ uid[5] ^ uid[6]
    head = uid[:3] + bytes([check_0]) + uid[3:] + bytes([check_1, 0x48, 0, 0])
    return bytearray((head + _CAPABILITY[kind]).ljust(_PAGES[kind] * PAGE_SIZE, b"\x00"))


class VirtualIsoCard:
    """An ISO/IEC 14443-4 card of somebody else: answers SELECT of its names, nothing else."""

    def __init__(
        self, uid: bytes, kind: str, historical_bytes: bytes, files: Mapping[bytes, bytes]
    ) -> None:
        self._uid = uid
        self._kind = kind
        self._historical_bytes = historical_bytes
        self._files = files
        self.writes_attempted = 0

    @property
    def kind(self) -> str:
        """Name in the catalogue."""
        return self._kind

    @property
    def uid(self) -> bytes:
        """Identifier."""
        return self._uid

    @property
    def atr(self) -> bytes:
        """ATR around the historical bytes of its ATS."""
        return pcsc.atr(self._historical_bytes)

    def power_on(self) -> bytes:
        """Activate."""
        return self.atr

    def power_off(self) -> None:
        """Nothing is held in RAM."""

    def dump(self) -> CardDump:
        """It has no memory of ours."""
        return {"kind": self.kind, "uid": self._uid.hex()}

    def load(self, state: Mapping[str, Any]) -> None:
        """Check only that it is this card."""
        if state.get("uid") != self._uid.hex():
            raise ValueError(f"not a dump of this {self.kind}")

    def transmit(self, apdu_bytes: bytes) -> bytes:
        """FF CA, SELECT by name; 6D00 or 6E00 for the rest."""
        command = apdu.parse(apdu_bytes)
        if command is None:
            return apdu.WRONG_LENGTH
        if command.cla == pcsc.READER_CLASS:
            if command.ins != pcsc.GET_DATA:
                return apdu.INSTRUCTION_UNKNOWN
            ats = bytes([len(self._historical_bytes) + 5, 0x78, 0x80, 0x70, 0x02])
            values = {0: self._uid, 1: ats + self._historical_bytes, 2: b"\x20", 3: b"\x00\x04"}
            return pcsc.answer_get_data(command, values)
        self.writes_attempted += command.ins in WRITING_INS
        if command.cla != 0:
            return apdu.CLASS_UNKNOWN
        if command.ins != SELECT:
            return apdu.INSTRUCTION_UNKNOWN
        answer = self._files.get(command.data) if command.p1 == 4 else None
        return apdu.NOT_FOUND if answer is None else answer + apdu.OK


def bank_card(uid: bytes) -> VirtualIsoCard:
    """A payment card: its directory of payment applications and one application (EMV book 1)."""
    fci = bytes.fromhex("6F0A8408") + DEBIT_AID
    historical_bytes = bytes.fromhex("0031C173C8400000900000")
    return VirtualIsoCard(uid, "bank-card", historical_bytes, {PPSE: PPSE_FCI, DEBIT_AID: fci})


def unknown_iso_card(uid: bytes) -> VirtualIsoCard:
    """A card that speaks ISO/IEC 14443-4 and says nothing about itself."""
    return VirtualIsoCard(uid, "iso-14443-4", b"UNKNOWN", {})
