"""Secure messaging of DESFire: how a command is protected and how its answer is proved.

Two generations with one face, `SecureMessaging`; both are plain calculations on bytes.

|  | EV1 (after 1A and AA) | EV2 (after 71 and 77) |
|---|---|---|
| IV | one chain through every command and answer | new for each, from TI and counter |
| MAC | first 8 bytes of the CMAC, which is the next IV | every second byte of the CMAC |
| command MAC | always computed, sent with MACed writes only | sent in MAC and Full mode |
| plain answer | still carries a MAC | carries none |
| Full | data, CRC32, zeros; the answer has no MAC | data, 80 00…; then the MAC over it |

Sources: NXP AN12196 and AN12343 (EV2); recorded EV1 exchanges published by ElmueSoft
(sotechcllc/RFDoorLock); proxmark3 client/src/mifare/desfiresecurechan.c for the header lengths.
"""

import hmac
from dataclasses import dataclass, field
from enum import IntEnum, unique
from typing import Final, Protocol

from drivers.cards.desfire_crypto import BlockCipher, crc32, pad_80, pad_zero, unpad_80
from drivers.errors import CardIntegrityError

MAC_SIZE: Final = 8
TI_SIZE: Final = 4
LAST_COUNTER: Final = 0xFFFF
_OK: Final = b"\x00"
# EV1 sends the command's MAC with these only: write data, write record, update record, in the
# native and the ISO numbering.
_EV1_SENDS_MAC: Final = frozenset({0x3D, 0x8D, 0x3B, 0x8B, 0xDB, 0xBA})


@unique
class CommMode(IntEnum):
    """Protection of a command's data; the values are those of a file's communication settings."""

    PLAIN = 0
    MAC = 1
    FULL = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One native command, before protection.

    `header` stays in clear even in Full mode; `data` is what Full mode ciphers, `tail` follows it
    inside the ciphertext but outside the EV1 checksum (only ChangeKey has one).
    `answer_size` is the number of data bytes expected; an EV1 Full answer cannot be read without.
    `free` commands may be sent without a session. `ends_session` marks a change of the key that
    the session stands on: the card answers with a bare status, and a new authentication follows.
    """

    ins: int
    header: bytes = b""
    data: bytes = field(default=b"", repr=False)
    tail: bytes = field(default=b"", repr=False)
    mode: CommMode = CommMode.MAC
    answer_size: int | None = None
    free: bool = False
    ends_session: bool = False


class SecureMessaging(Protocol):
    """A session's protection. Commands and answers must pass strictly in turn."""

    def wrap(self, command: Command) -> bytes:
        """Bytes that follow the instruction byte. Raises CardIntegrityError when used up."""

    def unwrap(self, command: Command, answer: bytes) -> bytes:
        """Data of an answer with status 00. Raises CardIntegrityError when it is not proved."""


class Ev1Messaging:
    """Session of AuthenticateAES or, under the factory key only, of AuthenticateISO."""

    def __init__(self, cipher: BlockCipher) -> None:
        self._cipher = cipher
        self._iv = cipher.zero_iv

    def wrap(self, command: Command) -> bytes:
        """See `SecureMessaging`."""
        if command.mode is CommMode.FULL and command.data:
            return command.header + self._encipher(command)
        clear = command.header + command.data
        self._iv = self._cipher.cmac(bytes([command.ins]) + clear, self._iv)
        if command.mode is CommMode.MAC and command.ins in _EV1_SENDS_MAC:
            return clear + self._iv[:MAC_SIZE]
        return clear

    def unwrap(self, command: Command, answer: bytes) -> bytes:
        """See `SecureMessaging`."""
        if command.ends_session and not answer:
            return b""
        if command.mode is CommMode.FULL and not command.data:
            return self._decipher(command, answer)
        data, mac = _split_mac(answer)
        self._iv = self._cipher.cmac(data + _OK, self._iv)
        _require_equal(mac, self._iv[:MAC_SIZE])
        return data

    def _encipher(self, command: Command) -> bytes:
        checksum = crc32(bytes([command.ins]) + command.header + command.data)
        clear = pad_zero(command.data + checksum + command.tail, self._cipher.block_size)
        ciphered = self._cipher.encrypt(self._iv, clear)
        self._iv = ciphered[-self._cipher.block_size :]
        return ciphered

    def _decipher(self, command: Command, answer: bytes) -> bytes:
        if not answer or len(answer) % self._cipher.block_size:
            raise CardIntegrityError("a ciphered answer does not consist of whole blocks")
        if command.answer_size is None:
            raise ValueError("the size of a ciphered EV1 answer must be known")
        clear = self._cipher.decrypt(self._iv, answer)
        self._iv = answer[-self._cipher.block_size :]
        data = clear[: command.answer_size]
        expected = pad_zero(data + crc32(data + _OK), self._cipher.block_size)
        _require_equal(clear, expected)
        return data


class Ev2Messaging:
    """Session of AuthenticateEV2First and NonFirst; `ti` and `counter` outlive a NonFirst."""

    def __init__(self, *, ti: bytes, enc: BlockCipher, mac: BlockCipher, counter: int = 0) -> None:
        self.ti: Final = ti
        self.counter = counter
        self._enc = enc
        self._mac = mac

    def wrap(self, command: Command) -> bytes:
        """See `SecureMessaging`."""
        if self.counter >= LAST_COUNTER:
            raise CardIntegrityError("the command counter of this session is used up")
        if command.mode is CommMode.PLAIN:
            return command.header + command.data
        body = command.header + self._protected(command)
        return body + self._short_mac(command.ins, body)

    def unwrap(self, command: Command, answer: bytes) -> bytes:
        """See `SecureMessaging`."""
        self.counter += 1
        if command.mode is CommMode.PLAIN or (command.ends_session and not answer):
            return answer
        data, mac = _split_mac(answer)
        _require_equal(mac, self._short_mac(0, data))
        if command.mode is CommMode.FULL and data:
            return self._decipher(data)
        return data

    def _protected(self, command: Command) -> bytes:
        if command.mode is not CommMode.FULL or not command.data:
            return command.data
        clear = pad_80(command.data + command.tail, self._enc.block_size)
        return self._enc.encrypt(self._iv(b"\xa5\x5a"), clear)

    def _decipher(self, data: bytes) -> bytes:
        if len(data) % self._enc.block_size:
            raise CardIntegrityError("a ciphered answer does not consist of whole blocks")
        return unpad_80(self._enc.decrypt(self._iv(b"\x5a\xa5"), data))

    def _iv(self, label: bytes) -> bytes:
        place = pad_zero(label + self.ti + self._counter_bytes(), self._enc.block_size)
        return self._enc.encrypt(self._enc.zero_iv, place)

    def _short_mac(self, code: int, body: bytes) -> bytes:
        return self._mac.cmac(bytes([code]) + self._counter_bytes() + self.ti + body)[1::2]

    def _counter_bytes(self) -> bytes:
        return self.counter.to_bytes(2, "little")


def _split_mac(answer: bytes) -> tuple[bytes, bytes]:
    if len(answer) < MAC_SIZE:
        raise CardIntegrityError("the answer carries no MAC")
    return answer[:-MAC_SIZE], answer[-MAC_SIZE:]


def _require_equal(received: bytes, expected: bytes) -> None:
    if not hmac.compare_digest(received, expected):
        raise CardIntegrityError("the answer does not prove that it comes from the card")
