"""The oldest secure messaging, after Authenticate (0A): what readers of the first DESFire speak.

Only DES and two-key TDEA. No chain: every message starts from a zero vector, and only file data
and cryptograms are protected, by a MAC of four bytes or by enciphering with a CRC of two bytes. The
card always enciphers; the host therefore always deciphers, also when it sends. NXP MF3ICD40.
"""

from typing import Final

from simulators.cards.desfire_crypto import Key, crc16, encrypt, exclusive_or, zero_pad
from simulators.cards.desfire_session import Lengths, Mode, checked_payload
from simulators.cards.desfire_status import Status, demand

MAC_SIZE: Final = 4
CRC_SIZE: Final = 2
BLOCK: Final = 8
ZERO: Final = bytes(BLOCK)


def receive(key: Key, sealed: bytes) -> bytes:
    """Undo the host's deciphering: encipher each block, then take off the block before."""
    demand(sealed and len(sealed) % BLOCK == 0, Status.LENGTH)
    blocks = [sealed[start : start + BLOCK] for start in range(0, len(sealed), BLOCK)]
    before = [ZERO, *blocks]
    return b"".join(
        exclusive_or(encrypt(key, ZERO, block), last)
        for block, last in zip(blocks, before, strict=False)
    )


class D40Session:
    """Secure messaging of the first generation."""

    def __init__(self, key_no: int, key: Key) -> None:
        self.key_no = key_no
        self._key = key

    def open(self, _ins: int, data: bytes, header: int, mode: Mode, lengths: Lengths) -> bytes:
        """See `Session.open`."""
        clear, body = data[:header], data[header:]
        match mode:
            case Mode.MAC:
                payload, mac = body[:-MAC_SIZE], body[-MAC_SIZE:]
                demand(self._mac(payload) == mac, Status.INTEGRITY)
                return clear + payload
            case Mode.FULL:
                plain = receive(self._key, body)
                sizes = [size for size in range(len(plain)) if header + size in lengths]
                return clear + checked_payload(plain, sizes, b"", crc16)
            case Mode.CRYPTOGRAM:
                return clear + receive(self._key, body)
            case _:
                return data

    def close(self, data: bytes, mode: Mode) -> bytes:
        """See `Session.close`."""
        if mode is Mode.MAC and data:
            return data + self._mac(data)
        if mode is Mode.FULL and data:
            return encrypt(self._key, ZERO, zero_pad(data + crc16(data), BLOCK))
        return data

    def sealed_size(self, size: int, mode: Mode) -> int:
        """See `Session.sealed_size`."""
        if mode is Mode.FULL:
            return (size + CRC_SIZE + BLOCK - 1) // BLOCK * BLOCK
        return size + (MAC_SIZE if mode is Mode.MAC else 0)

    def cryptogram_check(self, _prefix: bytes, body: bytes) -> bytes:
        """See `Session.cryptogram_check`."""
        return crc16(body)

    def key_check(self, value: bytes) -> bytes:
        """See `Session.key_check`."""
        return crc16(value)

    def _mac(self, data: bytes) -> bytes:
        return encrypt(self._key, ZERO, zero_pad(data, BLOCK))[-BLOCK:][:MAC_SIZE]
