"""Secure messaging, seen from the card: how a session opens commands and closes answers.

`Ev1Session` follows AuthenticateISO (1A) and AuthenticateAES (AA): one chain of start vectors over
the whole session. `Ev2Session` follows AuthenticateEV2First (71): a transaction identifier and a
command counter, no chain. (The kind before both is in `desfire_d40`.) NXP MF3ICDx21_41_81 (EV1),
AN12196 and MF2DLHX0 (EV2 messaging).
"""

from collections.abc import Callable, Container, Iterable
from enum import StrEnum, unique
from typing import Final, Protocol, TypeAlias

from simulators.cards.desfire_crypto import (
    CRC_SIZE,
    Key,
    cmac,
    crc32,
    decrypt,
    encrypt,
    zero_pad,
)
from simulators.cards.desfire_status import Refused, Status, demand

MAC_SIZE: Final = 8
LAST_COUNT: Final = 0xFFFF

Lengths: TypeAlias = Container[int]


@unique
class Mode(StrEnum):
    """How a command or an answer is protected while a session is open."""

    PLAIN = "plain"  # a file in plain mode: EV1 still answers with a MAC
    COMMAND = "command"  # anything else: EV1 sends its MAC with the answer only, EV2 with both
    MAC = "mac"
    FULL = "full"
    CRYPTOGRAM = "cryptogram"  # ChangeKey, which carries check sums of its own


class Session(Protocol):
    """An authentication that holds."""

    @property
    def key_no(self) -> int:
        """The key that was proved."""

    def open(self, ins: int, data: bytes, header: int, mode: Mode, lengths: Lengths) -> bytes:
        """Check and decipher a command's data; its first `header` bytes are always clear.

        What was enciphered ends in zeros or a CRC, which alone don't tell where the payload ends:
        the opened data has one of `lengths`.

        Raises:
            Refused: INTEGRITY.
        """

    def close(self, data: bytes, mode: Mode) -> bytes:
        """Protect the data of a successful answer."""

    def sealed_size(self, size: int, mode: Mode) -> int:
        """How long a payload of `size` bytes is on the wire."""

    def cryptogram_check(self, prefix: bytes, body: bytes) -> bytes:
        """What must follow the `body` of a ChangeKey cryptogram; `prefix` is its clear part."""

    def key_check(self, value: bytes) -> bytes:
        """What must follow that when the new key is masked with the old one."""


class Ev1Session:
    """Secure messaging of EV1, for DES, 3K3DES and AES session keys."""

    def __init__(self, key_no: int, key: Key) -> None:
        self.key_no = key_no
        self.key = key
        self._chain = bytes(key.block_size)

    def open(self, ins: int, data: bytes, header: int, mode: Mode, lengths: Lengths) -> bytes:
        """See `Session.open`."""
        match mode:
            case Mode.PLAIN | Mode.COMMAND:
                self._absorb(bytes([ins]) + data)
                return data
            case Mode.MAC:
                body, mac = data[:-MAC_SIZE], data[-MAC_SIZE:]
                demand(self._absorb(bytes([ins]) + body) == mac, Status.INTEGRITY)
                return body
            case Mode.FULL:
                clear, plain = data[:header], self._decipher(data[header:])
                sizes = [size for size in range(len(plain)) if header + size in lengths]
                return clear + checked_payload(plain, sizes, bytes([ins]) + clear, crc32)
            case Mode.CRYPTOGRAM:
                return data[:header] + self._decipher(data[header:])

    def close(self, data: bytes, mode: Mode) -> bytes:
        """See `Session.close`."""
        if mode is not Mode.FULL or not data:
            return data + self._absorb(data + bytes([Status.OK]))
        checked = data + crc32(data + bytes([Status.OK]))
        sealed = encrypt(self.key, self._chain, zero_pad(checked, self.key.block_size))
        self._chain = sealed[-self.key.block_size :]
        return sealed

    def sealed_size(self, size: int, mode: Mode) -> int:
        """See `Session.sealed_size`."""
        if mode is Mode.FULL:
            block = self.key.block_size
            return (size + CRC_SIZE + block - 1) // block * block
        return size + (MAC_SIZE if mode is Mode.MAC else 0)

    def cryptogram_check(self, prefix: bytes, body: bytes) -> bytes:
        """See `Session.cryptogram_check`."""
        return crc32(prefix + body)

    def key_check(self, value: bytes) -> bytes:
        """See `Session.key_check`."""
        return crc32(value)

    def _absorb(self, message: bytes) -> bytes:
        self._chain = cmac(self.key, message, self._chain)
        return self._chain[:MAC_SIZE]

    def _decipher(self, sealed: bytes) -> bytes:
        demand(sealed and len(sealed) % self.key.block_size == 0, Status.LENGTH)
        plain = decrypt(self.key, self._chain, sealed)
        self._chain = sealed[-self.key.block_size :]
        return plain


def checked_payload(
    plain: bytes, sizes: Iterable[int], prefix: bytes, check: Callable[[bytes], bytes]
) -> bytes:
    """The payload of one of `sizes` in front of its CRC and the zeros that fill the last block."""
    for size in sizes:
        sum_ = check(prefix + plain[:size])
        rest = plain[size:]
        if rest.startswith(sum_) and not any(rest[len(sum_) :]):
            return plain[:size]
    raise Refused(Status.INTEGRITY)


class Ev2Session:
    """Secure messaging of EV2."""

    def __init__(
        self, key_no: int, *, cipher: Key, mac: Key, transaction: bytes, count: int
    ) -> None:
        self.key_no = key_no
        self.transaction = transaction
        self.count = count
        self._cipher = cipher
        self._mac = mac

    def open(self, ins: int, data: bytes, header: int, mode: Mode, _lengths: Lengths) -> bytes:
        """See `Session.open`."""
        demand(self.count < LAST_COUNT, Status.AUTHENTICATION)
        if mode is Mode.PLAIN:
            return data
        demand(len(data) >= MAC_SIZE, Status.INTEGRITY)
        body, mac = data[:-MAC_SIZE], data[-MAC_SIZE:]
        demand(self._sign(ins, body) == mac, Status.INTEGRITY)
        if mode in {Mode.FULL, Mode.CRYPTOGRAM} and len(body) > header:
            return body[:header] + self._decipher(body[header:])
        return body

    def close(self, data: bytes, mode: Mode) -> bytes:
        """See `Session.close`."""
        self.count += 1
        if mode is Mode.PLAIN:
            return data
        if mode is Mode.FULL and data:
            data = encrypt(self._cipher, self._start(b"\x5a\xa5"), zero_pad(data + b"\x80", 16))
        return data + self._sign(Status.OK, data)

    def sealed_size(self, size: int, mode: Mode) -> int:
        """See `Session.sealed_size`."""
        if mode is Mode.PLAIN:
            return size
        return (size // 16 + 1) * 16 + MAC_SIZE if mode is Mode.FULL else size + MAC_SIZE

    def cryptogram_check(self, _prefix: bytes, _body: bytes) -> bytes:
        """The MAC over the whole command stands for it."""
        return b""

    def key_check(self, value: bytes) -> bytes:
        """See `Session.key_check`."""
        return crc32(value)

    def _sign(self, code: int, body: bytes) -> bytes:
        """Odd bytes of the CMAC over command or status, counter, transaction and body."""
        counter = self.count.to_bytes(2, "little")
        return cmac(self._mac, bytes([code]) + counter + self.transaction + body)[1::2]

    def _start(self, label: bytes) -> bytes:
        block = label + self.transaction + self.count.to_bytes(2, "little") + bytes(8)
        return encrypt(self._cipher, bytes(16), block)

    def _decipher(self, sealed: bytes) -> bytes:
        demand(len(sealed) % 16 == 0, Status.LENGTH)
        padded = decrypt(self._cipher, self._start(b"\xa5\x5a"), sealed)
        plain = padded.rstrip(b"\x00")
        demand(plain.endswith(b"\x80") and len(padded) - len(plain) < 16, Status.INTEGRITY)
        return plain[:-1]
