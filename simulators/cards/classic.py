"""A MIFARE Classic 1K or 4K behind a PC/SC part 3 reader.

| command                          | APDU                                                        |
|----------------------------------|-------------------------------------------------------------|
| UID, SAK, ATQA                   | FF CA 00, FF CA 02, FF CA 03                                |
| load key                         | FF 82 00 (volatile) or 20 (non-volatile), slot, 06, key     |
| authenticate                     | FF 86 00 00 05 01 00 block type slot                        |
| authenticate, old form           | FF 88 00 block type slot                                    |
| read, write block                | FF B0 00 block Le, FF D6 00 block 10 data                   |
| store, increment, decrement      | FF D7 00 block 05 op value (most significant byte first)    |
| read value                       | FF B1 00 block 04                                           |
| increment, decrement (Omnikey)   | FF D4, FF D8 00 block 04 value (least significant first)    |
| increment, decrement (part 3)    | FF C2 00 03 0B A0 or A1 09 80 01 block 81 04 value (LSB)    |

Sources: PC/SC part 3 2.02, ACS ACR122U API 2.04, and the traffic of LibLogicalAccess.
The key slots belong to the reader: they outlive the card's power.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from simulators.cards import apdu, pcsc
from simulators.cards.apdu import Command
from simulators.cards.api import CardDump
from simulators.cards.classic_access import KeySlot
from simulators.cards.classic_chip import (
    BLOCK_SIZE,
    KEY_SIZE,
    ClassicChip,
    NoSuchBlock,
    Refused,
    Size,
    pack_value,
)
from simulators.cards.pcsc import CardName, GetData

VOLATILE: Final = 0x00
NON_VOLATILE: Final = 0x20
KEY_TYPES: Final = {0x60: KeySlot.A, 0x61: KeySlot.B}
OLD_AUTHENTICATE_SIZE: Final = 6

SAK: Final = {Size.K1: 0x08, Size.K4: 0x18}
ATQA: Final = {Size.K1: b"\x00\x04", Size.K4: b"\x00\x02"}
NAMES: Final = {Size.K1: CardName.CLASSIC_1K, Size.K4: CardName.CLASSIC_4K}


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderQuirks:
    """Where readers differ. With `one_error` every refusal is 6300, as on ACS readers."""

    key_structures: frozenset[int] = frozenset({VOLATILE, NON_VOLATILE})
    key_slots: int = 32
    one_error: bool = False


class VirtualClassic:
    """A Classic card with a reader's part 3 commands in front of it."""

    def __init__(
        self, uid: bytes, size: str = Size.K1, quirks: ReaderQuirks = ReaderQuirks()
    ) -> None:
        if len(uid) not in {4, 7}:
            raise ValueError("a UID has 4 or 7 bytes")
        self._size = Size(size)
        self._uid = uid
        self._quirks = quirks
        self._keys: dict[int, bytes] = {}
        atqa = ATQA[self._size] if len(uid) == 4 else bytes([0, ATQA[self._size][1] | 0x40])
        self._identifiers: dict[int, bytes] = {
            GetData.UID: uid,
            GetData.SAK: bytes([SAK[self._size]]),
            GetData.ATQA: atqa,
        }
        self.chip = ClassicChip(uid, self._size, SAK[self._size], atqa[::-1])
        self._commands: Mapping[int, Callable[[Command], bytes]] = {
            0x82: self._load_key,
            0x86: self._authenticate,
            0x88: self._old_authenticate,
            0xB0: self._read,
            0xD6: self._write,
            0xD7: self._value_operation,
            0xB1: self._read_value,
            0xD4: self._add_little_endian,
            0xD8: self._add_little_endian,
            0xC2: self._transparent_value,
        }

    @property
    def kind(self) -> str:
        """Name in the catalogue."""
        return f"classic-{self._size}"

    @property
    def uid(self) -> bytes:
        """Identifier, 4 or 7 bytes."""
        return self._uid

    @property
    def atr(self) -> bytes:
        """Storage-card ATR with the card's part 3 name."""
        return pcsc.storage_card_atr(NAMES[self._size])

    def power_on(self) -> bytes:
        """Activate."""
        self.chip.power_off()
        return self.atr

    def power_off(self) -> None:
        """Close the open sector."""
        self.chip.power_off()

    def dump(self) -> CardDump:
        """Memory block by block, keys included."""
        blocks = [block.hex() for block in self.chip.blocks]
        return {"kind": self.kind, "uid": self._uid.hex(), "blocks": blocks}

    def load(self, state: Mapping[str, Any]) -> None:
        """Take over a dump of a card of this size and identifier."""
        if state.get("kind") != self.kind or state.get("uid") != self._uid.hex():
            raise ValueError(f"not a dump of this {self.kind}")
        blocks = [bytes.fromhex(str(block)) for block in state.get("blocks") or ()]
        if [len(block) for block in blocks] != [BLOCK_SIZE] * len(self.chip.blocks):
            raise ValueError("not as many blocks as this card has")
        self.chip.blocks = blocks

    def transmit(self, apdu_bytes: bytes) -> bytes:
        """Answer as the reader does, for the card or for itself."""
        command = _parse(apdu_bytes)
        if command is None:
            return apdu.WRONG_LENGTH
        if command.cla != pcsc.READER_CLASS:
            return apdu.CLASS_UNKNOWN
        if command.ins == pcsc.GET_DATA:
            return pcsc.answer_get_data(command, self._identifiers)
        answer = self._run(command)
        failed = answer[-2:] not in {apdu.OK, apdu.END_OF_DATA}
        return apdu.FAILED if failed and self._quirks.one_error else answer

    def _run(self, command: Command) -> bytes:
        run = self._commands.get(command.ins)
        if run is None:
            return apdu.INSTRUCTION_UNKNOWN
        try:
            return run(command)
        except NoSuchBlock:
            return apdu.NOT_FOUND
        except Refused:
            return apdu.NOT_AUTHENTICATED

    # Keys.

    def _load_key(self, command: Command) -> bytes:
        if command.p1 not in self._quirks.key_structures:
            return apdu.KEY_LOAD_UNSUPPORTED
        if command.p2 >= self._quirks.key_slots:
            return apdu.KEY_NUMBER_UNKNOWN
        if len(command.data) != KEY_SIZE:
            return apdu.KEY_LENGTH_WRONG
        self._keys[command.p2] = command.data
        return apdu.OK

    def _authenticate(self, command: Command) -> bytes:
        if (command.p1, command.p2) != (0, 0):
            return apdu.WRONG_PARAMETERS
        if len(command.data) != 5:
            return apdu.WRONG_LENGTH
        version, high, block, key_type, slot = command.data
        if version != 1:
            return apdu.FUNCTION_UNSUPPORTED
        if high != 0:
            return apdu.NOT_FOUND
        return self._open(block, key_type, slot)

    def _old_authenticate(self, command: Command) -> bytes:
        if len(command.data) != 2:
            return apdu.WRONG_LENGTH
        return self._open(command.p2, command.data[0], command.data[1])

    def _open(self, block: int, key_type: int, slot: int) -> bytes:
        if key_type not in KEY_TYPES:
            return apdu.KEY_TYPE_UNKNOWN
        if slot not in self._keys:
            return apdu.KEY_NUMBER_UNKNOWN
        try:
            self.chip.authenticate(block, KEY_TYPES[key_type], self._keys[slot])
        except NoSuchBlock:
            return apdu.NOT_FOUND
        except Refused:
            return apdu.FAILED
        return apdu.OK

    # Blocks.

    def _read(self, command: Command) -> bytes:
        if command.p1 != 0:
            return apdu.NOT_FOUND
        size = command.le or BLOCK_SIZE
        if command.data or size % BLOCK_SIZE:
            return apdu.WRONG_LENGTH
        blocks = range(command.p2, command.p2 + size // BLOCK_SIZE)
        return b"".join(self.chip.read(block) for block in blocks) + apdu.OK

    def _write(self, command: Command) -> bytes:
        if command.p1 != 0:
            return apdu.NOT_FOUND
        if len(command.data) != BLOCK_SIZE:
            return apdu.WRONG_LENGTH
        self.chip.write(command.p2, command.data)
        return apdu.OK

    # Value blocks.

    def _value_operation(self, command: Command) -> bytes:
        if len(command.data) != 5:
            return apdu.WRONG_LENGTH
        block, operation, operand = command.p2, command.data[0], command.data[1:]
        match operation:
            case 0:
                value = int.from_bytes(operand, "big", signed=True)
                self.chip.write(block, pack_value(value, block))
            case 1:
                self.chip.add(block, int.from_bytes(operand, "big"))
            case 2:
                self.chip.add(block, -int.from_bytes(operand, "big"))
            case _:
                return apdu.FUNCTION_UNSUPPORTED
        return apdu.OK

    def _read_value(self, command: Command) -> bytes:
        return self.chip.value(command.p2).to_bytes(4, "big", signed=True) + apdu.OK

    def _add_little_endian(self, command: Command) -> bytes:
        if len(command.data) != 4:
            return apdu.WRONG_LENGTH
        amount = int.from_bytes(command.data, "little")
        self.chip.add(command.p2, amount if command.ins == 0xD4 else -amount)
        return apdu.OK

    def _transparent_value(self, command: Command) -> bytes:
        data = command.data
        if (command.p1, command.p2) != (0, 3):
            return apdu.FUNCTION_UNSUPPORTED
        if len(data) != 11 or data[1:4] != b"\x09\x80\x01" or data[5:7] != b"\x81\x04":
            return apdu.WRONG_LENGTH
        amount = int.from_bytes(data[7:], "little")
        if data[0] not in {0xA0, 0xA1}:
            return apdu.FUNCTION_UNSUPPORTED
        self.chip.add(data[4], amount if data[0] == 0xA0 else -amount)
        return apdu.OK


def _parse(apdu_bytes: bytes) -> Command | None:
    """Parse, knowing that the old authenticate is no ISO 7816-4 command: its P3 is the key type."""
    if apdu_bytes[:3] == b"\xff\x88\x00" and len(apdu_bytes) == OLD_AUTHENTICATE_SIZE:
        return Command(cla=0xFF, ins=0x88, p1=0, p2=apdu_bytes[3], data=apdu_bytes[4:])
    return apdu.parse(apdu_bytes)
