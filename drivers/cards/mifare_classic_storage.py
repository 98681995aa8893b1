"""MIFARE Classic blocks through the storage-card commands of PC/SC part 3 (clause 3.2.2.1).

    FF 82 00 slot 06 key                        load key      slot 0 for key A, 1 for key B
    FF 86 00 00 05 01 00 block type slot        authenticate  opens the sector the block lies in
    FF B0 00 block 10                           read
    FF D6 00 block 10 data                      update
    FF D7 00 block 05 02 value                  decrement     most significant byte first

Part 3 knows no decrement: the form here is that of ACS readers (ACR122U API 2.04, 5.5). Readers
that want another one, or another key structure or slot, are adapted where they are opened
(`drivers.readers.quirks`); one that refuses the volatile form is offered the stored form.

A Classic card falls silent after a failed authentication until it is selected anew, so every
refusal ends in a reset, and the reset asks for the UID again: the card that answers must be the
same one.
"""

from typing import Final

from drivers.apdu import OK, Response, command, parse_response, require_ok
from drivers.api.readers import Channel
from drivers.cards.mifare_classic_access import BLOCK_SIZE, KeyType
from drivers.errors import (
    ApduRefused,
    CardAuthenticationFailed,
    CardRemoved,
    DeviceError,
    FrameError,
)

GET_UID: Final = command(0xFF, 0xCA, 0, 0, le=0)

_KEY_SLOT: Final = {KeyType.A: 0, KeyType.B: 1}
_KEY_STRUCTURES: Final = (0x00, 0x20)
_NOT_ABOUT_THE_KEY: Final = frozenset(
    {0x6700, 0x6986, 0x6988, 0x6989, 0x6A81, 0x6A86, 0x6B00, 0x6D00, 0x6E00}
)
"""The reader's own trouble with an authentication; whatever else it says, the card said no."""
_SMALL_SECTORS: Final = 32
_SMALL_BLOCKS: Final = 4
_LARGE_BLOCKS: Final = 16


def first_block(sector: int) -> int:
    """Block number of a sector's first block: 4 blocks each, from sector 32 on 16 blocks each."""
    if sector < _SMALL_SECTORS:
        return sector * _SMALL_BLOCKS
    return _SMALL_SECTORS * _SMALL_BLOCKS + (sector - _SMALL_SECTORS) * _LARGE_BLOCKS


def sector_of(block: int) -> int:
    """Return the sector a block (0 to 255) lies in."""
    start_of_large = _SMALL_SECTORS * _SMALL_BLOCKS
    if block < start_of_large:
        return block // _SMALL_BLOCKS
    return _SMALL_SECTORS + (block - start_of_large) // _LARGE_BLOCKS


def trailer_block(sector: int) -> int:
    """Block number of a sector's trailer, its last block."""
    return first_block(sector + 1) - 1


class BlockStorage:
    """The blocks of one Classic card. Remembers which sector is open, and with which key."""

    def __init__(self, channel: Channel, uid: bytes) -> None:
        self._channel = channel
        self._uid = uid
        self._structures = list(_KEY_STRUCTURES)
        self._loaded: tuple[KeyType, bytes] | None = None
        self._open: tuple[int, KeyType, bytes] | None = None
        self._in_doubt = False

    @property
    def uid(self) -> bytes:
        """UID of the card that every reset must find again."""
        return self._uid

    def is_open(self, sector: int, key_type: KeyType, key: bytes) -> bool:
        """True while this key's authentication for the sector stands."""
        return self._open == (sector, key_type, key)

    def authenticate(self, sector: int, key_type: KeyType, key: bytes) -> None:
        """Open a sector. Costs nothing when it is open with this key already.

        Raises:
            CardAuthenticationFailed: the card refused; it has been reset. `key_no` is 0 for key A,
                1 for key B.
            ApduRefused: the reader cannot do it at all.
        """
        if self._in_doubt:
            self.reset()
        if self.is_open(sector, key_type, key):
            return
        self._open = None
        self._load(key_type, key)
        block, slot = first_block(sector), _KEY_SLOT[key_type]
        answer = self._send(command(0xFF, 0x86, 0, 0, bytes([0x01, 0x00, block, key_type, slot])))
        if answer.sw in _NOT_ABOUT_THE_KEY:
            require_ok(answer, uid=self._uid)
        if not answer.ok:
            self.reset()
            raise CardAuthenticationFailed(
                f"sector {sector} refused key {key_type.name}", uid=self._uid, key_no=slot
            )
        self._open = (sector, key_type, key)

    def _load(self, key_type: KeyType, key: bytes) -> None:
        if self._loaded == (key_type, key):
            return
        self._loaded = None
        sw = OK
        for structure in self._structures:
            sw = self._send(command(0xFF, 0x82, structure, _KEY_SLOT[key_type], key)).sw
            if sw == OK:
                self._structures = [structure]
                self._loaded = (key_type, key)
                return
        raise ApduRefused("the reader takes no key", uid=self._uid, sw=sw)

    def read(self, block: int) -> bytes:
        """Read 16 bytes. Raises ApduRefused, CardRemoved."""
        data = self._require(self._send(command(0xFF, 0xB0, 0, block, le=BLOCK_SIZE)))
        if len(data) != BLOCK_SIZE:
            raise FrameError(f"a block of {len(data)} bytes")
        return data

    def write(self, block: int, data: bytes) -> None:
        """Replace the 16 bytes of a block; a trailer's sector has to be opened anew after it.

        Raises:
            ApduRefused: the card or reader said no.
            CardRemoved: the card has gone.
        """
        if len(data) != BLOCK_SIZE:
            raise ValueError("a block has 16 bytes")
        sector = sector_of(block)
        if block == trailer_block(sector):
            self._open = None  # what opened the sector says nothing about its new keys
        self._require(self._send(command(0xFF, 0xD6, 0, block, data)))

    def decrement(self, block: int, amount: int = 1) -> None:
        """Lower the number in a value block, in place.

        Raises:
            ApduRefused: no value block, no right to it, or the reader has no such command.
            CardRemoved: the card has gone; whether it counted is not known.
        """
        operand = b"\x02" + amount.to_bytes(4, "big")
        self._require(self._send(command(0xFF, 0xD7, 0, block, operand)))

    def _require(self, answer: Response) -> bytes:
        """Return the data, or find out by a reset whether the card is still there at all.

        ACS readers answer 6300 to everything, a card taken away included.
        """
        if not answer.ok:
            self.reset()
        return require_ok(answer, uid=self._uid)

    def reset(self) -> None:
        """Select the card anew. Every authentication and loaded key is forgotten.

        Raises:
            CardRemoved: no card lies there any more, or another one.
        """
        self._open = self._loaded = None
        self._channel.reset()
        self._in_doubt = False
        if require_ok(self._send(GET_UID), uid=self._uid) != self._uid:
            raise CardRemoved("another card lies on the reader", uid=self._uid)

    def _send(self, apdu: bytes) -> Response:
        try:
            return parse_response(self._channel.transmit(apdu))
        except DeviceError:
            self._in_doubt = True  # nobody knows what the card heard: select it anew before more
            self._open = self._loaded = None
            raise
