"""One slot of a MIFARE Classic card: 28 bytes in the three data blocks of a sector.

    block 0   index   head (12) | pointer (1) | key version (1) | CRC (2)
    block 1   copy 0  body (16)                                            slot = head + body
    block 2   copy 1  body (16)

The pointer names the copy that counts: 0, 1, or EE for an empty slot. The CRC is CRC-16 with
polynomial 1021 and preset FFFF (ITU-T V.41 polynomial; check value 29B1) over the 14 bytes before
it, high byte first.

Why a write that breaks off anywhere leaves the old slot, the new one or a torn one: the new body
goes into the copy that does not count, so until the index is written the old slot is whole. Head
and pointer share the index block, so that one block write switches both. A block write which itself
tears leaves a garbled index, which fails its CRC (but for one in 65,536; the seal of the record
catches that). All zeros, an erased block, fail the CRC too: empty is said explicitly, it is never
the absence of something.

The key version tells under which keys the slot was last written; it stays when keys are rolled.
"""

from binascii import crc_hqx
from dataclasses import dataclass, field
from typing import Final

from drivers.cards.mifare_classic_access import BLOCK_SIZE
from drivers.errors import RecordTorn

HEAD_SIZE: Final = 12
SLOT_SIZE: Final = HEAD_SIZE + BLOCK_SIZE

_EMPTY: Final = 0xEE
_COPIES: Final = (0, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotIndex:
    """The index block. `copy` is the body that counts, 0 or 1; None says that the slot is empty."""

    head: bytes = field(default=bytes(HEAD_SIZE), repr=False)
    copy: int | None = None
    key_version: int

    @property
    def idle_copy(self) -> int:
        """The copy that a new body may be written to without harm."""
        return 1 if self.copy == 0 else 0

    def encode(self) -> bytes:
        """Return the block's 16 bytes."""
        pointer = _EMPTY if self.copy is None else self.copy
        checked = self.head + bytes([pointer, self.key_version])
        return checked + _crc(checked)


def parse_index(block: bytes) -> SlotIndex:
    """Read an index block.

    Raises:
        RecordTorn: the checksum or the pointer is wrong.
    """
    checked, crc = block[:-2], block[-2:]
    if len(block) != BLOCK_SIZE or crc != _crc(checked):
        raise RecordTorn("the index block fails its checksum")
    pointer, key_version = checked[-2:]
    if pointer == _EMPTY:
        return SlotIndex(key_version=key_version)
    if pointer not in _COPIES:
        raise RecordTorn(f"the index block points to copy {pointer}")
    return SlotIndex(head=checked[:HEAD_SIZE], copy=pointer, key_version=key_version)


def _crc(data: bytes) -> bytes:
    return crc_hqx(data, 0xFFFF).to_bytes(2, "big")
