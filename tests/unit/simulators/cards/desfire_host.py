"""The reader's side of a DESFire dialogue, for tests: AES sessions of EV1 and of EV2.

Written from the data sheets with the CMAC of the cryptography package, which knows no start
vector: it is chained by putting the block in front whose encryption is that vector.
"""

import binascii
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.cmac import CMAC

from simulators.cards.desfire import VirtualDesfire
from simulators.cards.desfire_memory import DataFile

ZERO_KEY = bytes(16)
CHALLENGE = bytes(range(0xA0, 0xB0))
AID = b"\x01\x02\x03"


def cbc(key: bytes, start: bytes, data: bytes, *, encrypting: bool) -> bytes:
    cipher = Cipher(algorithms.AES(key), modes.CBC(start))
    context = cipher.encryptor() if encrypting else cipher.decryptor()
    return context.update(data) + context.finalize()


def cmac(key: bytes, message: bytes, start: bytes = b"") -> bytes:
    code = CMAC(algorithms.AES(key))
    if start:
        code.update(cbc(key, bytes(16), start, encrypting=False))
    code.update(message)
    return code.finalize()


def crc(data: bytes) -> bytes:
    return (binascii.crc32(data) ^ 0xFFFFFFFF).to_bytes(4, "little")


class Line(Protocol):
    """A card, or a card at the end of a line."""

    def transmit(self, apdu: bytes) -> bytes: ...


def wrap(ins: int, data: bytes = b"") -> bytes:
    return bytes([0x90, ins, 0, 0]) + (bytes([len(data)]) + data if data else b"") + b"\0"


def send(card: Line, ins: int, data: bytes = b"") -> tuple[int, bytes]:
    """Send in frames of at most 59 bytes, collect all frames of the answer: status, data."""
    frames = [data[start : start + 59] for start in range(0, len(data), 59)] or [b""]
    for frame in frames[:-1]:
        answer = card.transmit(wrap(ins, frame))
        if answer != b"\x91\xaf":
            return answer[-1], answer[:-2]
        ins = 0xAF
    answer = card.transmit(wrap(ins, frames[-1]))
    received = answer[:-2]
    while answer[-1] == 0xAF:
        answer = card.transmit(wrap(0xAF))
        received += answer[:-2]
    return answer[-1], received


def demand_ok(code: int) -> None:
    assert code == 0, f"status {code:02X}"


def status(card: Line, ins: int, data: bytes = b"") -> int:
    return send(card, ins, data)[0]


@dataclass
class Ev1Host:
    """After AuthenticateAES: one chain over everything."""

    card: Line
    key: bytes
    chain: bytes = field(default=bytes(16))

    def plain(self, ins: int, data: bytes = b"") -> bytes:
        """A command without protection of its own; the answer bears a MAC."""
        self.chain = cmac(self.key, bytes([ins]) + data, self.chain)
        return self._with_mac(*send(self.card, ins, data))

    def mac(self, ins: int, header: bytes, payload: bytes = b"") -> bytes:
        self.chain = cmac(self.key, bytes([ins]) + header + payload, self.chain)
        code = self.chain[:8] if payload else b""
        return self._with_mac(*send(self.card, ins, header + payload + code))

    def full(self, ins: int, header: bytes, payload: bytes = b"", *, size: int = 0) -> bytes:
        """Send `payload`, or expect `size` bytes."""
        if not payload:
            return self._enciphered(ins, header, size)
        sealed = self._seal(payload + crc(bytes([ins]) + header + payload))
        return self._with_mac(*send(self.card, ins, header + sealed))

    def change_key(self, number: int, new: bytes, version: bytes, old: bytes | None) -> None:
        masked = new if old is None else bytes(a ^ b for a, b in zip(new, old, strict=True))
        body = masked + version
        body += crc(bytes([0xC4, number]) + body) + (crc(new) if old is not None else b"")
        code, data = send(self.card, 0xC4, bytes([number]) + self._seal(body))
        if old is None:
            demand_ok(code)
            assert data == b""
        else:
            self._with_mac(code, data)

    def _seal(self, plain: bytes) -> bytes:
        sealed = cbc(self.key, self.chain, plain + bytes(-len(plain) % 16), encrypting=True)
        self.chain = sealed[-16:]
        return sealed

    def _enciphered(self, ins: int, header: bytes, size: int) -> bytes:
        self.chain = cmac(self.key, bytes([ins]) + header, self.chain)
        code, sealed = send(self.card, ins, header)
        demand_ok(code)
        plain = cbc(self.key, self.chain, sealed, encrypting=False)
        self.chain = sealed[-16:]
        assert plain[size : size + 4] == crc(plain[:size] + b"\0")
        assert not any(plain[size + 4 :])
        assert len(plain) - size < 4 + 16
        return plain[:size]

    def _with_mac(self, code: int, data: bytes) -> bytes:
        demand_ok(code)
        self.chain = cmac(self.key, data[:-8] + b"\0", self.chain)
        assert data[-8:] == self.chain[:8]
        return data[:-8]


@dataclass
class Ev2Host:
    """After AuthenticateEV2First: transaction identifier and counter."""

    card: Line
    cipher: bytes
    code: bytes
    transaction: bytes
    count: int = 0

    def plain(self, ins: int, data: bytes = b"") -> bytes:
        """A command of the card; both sides bear a MAC."""
        return self.mac(ins, data)

    def bare(self, ins: int, data: bytes = b"") -> bytes:
        """A command on a file in plain mode."""
        code, answer = send(self.card, ins, data)
        demand_ok(code)
        self.count += 1
        return answer

    def mac(self, ins: int, header: bytes, payload: bytes = b"") -> bytes:
        body = header + payload
        return self._with_mac(*send(self.card, ins, body + self._sign(ins, body)))

    def full(self, ins: int, header: bytes, payload: bytes = b"", *, size: int = 0) -> bytes:
        body = header
        if payload:
            body += cbc(self.cipher, self._start(b"\xa5\x5a"), pad(payload), encrypting=True)
        sealed = self._with_mac(*send(self.card, ins, body + self._sign(ins, body)))
        if not sealed:
            return b""
        plain = cbc(self.cipher, self._start(b"\x5a\xa5"), sealed, encrypting=False)
        data = plain.rstrip(b"\0").removesuffix(b"\x80")
        assert len(data) == size
        return data

    def change_key(self, number: int, new: bytes, version: bytes, old: bytes | None) -> None:
        masked = new if old is None else bytes(a ^ b for a, b in zip(new, old, strict=True))
        payload = masked + version + (b"" if old is None else crc(new))
        if old is not None:
            self.full(0xC4, bytes([number]), payload)
            return
        body = bytes([number])
        body += cbc(self.cipher, self._start(b"\xa5\x5a"), pad(payload), encrypting=True)
        code, answer = send(self.card, 0xC4, body + self._sign(0xC4, body))
        demand_ok(code)
        assert answer == b""

    def _sign(self, code: int, body: bytes) -> bytes:
        counter = self.count.to_bytes(2, "little")
        return cmac(self.code, bytes([code]) + counter + self.transaction + body)[1::2]

    def _start(self, label: bytes) -> bytes:
        block = label + self.transaction + self.count.to_bytes(2, "little") + bytes(8)
        return cbc(self.cipher, bytes(16), block, encrypting=True)

    def _with_mac(self, code: int, data: bytes) -> bytes:
        demand_ok(code)
        self.count += 1
        assert data[-8:] == self._sign(0, data[:-8])
        return data[:-8]


Host = Ev1Host | Ev2Host
Login = Callable[..., Host]


def pad(data: bytes) -> bytes:
    return (data + b"\x80").ljust((len(data) // 16 + 1) * 16, b"\0")


def rotated(data: bytes) -> bytes:
    return data[1:] + data[:1]


def log_in_ev1(card: VirtualDesfire, number: int = 0, key: bytes = ZERO_KEY) -> Ev1Host:
    question = card.transmit(wrap(0xAA, bytes([number])))
    assert question[-2:] == b"\x91\xaf", question.hex()
    challenge = cbc(key, bytes(16), question[:16], encrypting=False)
    reply = cbc(key, question[:16], CHALLENGE + rotated(challenge), encrypting=True)
    proof = card.transmit(wrap(0xAF, reply))
    assert proof[-2:] == b"\x91\x00", proof.hex()
    assert cbc(key, reply[-16:], proof[:16], encrypting=False) == rotated(CHALLENGE)
    session = CHALLENGE[:4] + challenge[:4] + CHALLENGE[12:] + challenge[12:]
    return Ev1Host(card, session)


def log_in_ev2(card: VirtualDesfire, number: int = 0, key: bytes = ZERO_KEY) -> Ev2Host:
    question = card.transmit(wrap(0x71, bytes([number, 0])))
    assert question[-2:] == b"\x91\xaf", question.hex()
    challenge = cbc(key, bytes(16), question[:16], encrypting=False)
    reply = cbc(key, bytes(16), CHALLENGE + rotated(challenge), encrypting=True)
    proof = card.transmit(wrap(0xAF, reply))
    assert proof[-2:] == b"\x91\x00", proof.hex()
    plain = cbc(key, bytes(16), proof[:32], encrypting=False)
    assert plain[4:20] == rotated(CHALLENGE)
    mixed = bytes(a ^ b for a, b in zip(CHALLENGE[2:8], challenge[:6], strict=True))
    vector = b"\x00\x01\x00\x80" + CHALLENGE[:2] + mixed + challenge[6:] + CHALLENGE[8:]
    return Ev2Host(
        card, cmac(key, b"\xa5\x5a" + vector), cmac(key, b"\x5a\xa5" + vector), plain[:4]
    )


def with_aes_application(
    generation: str = "ev2", *, settings: int = 0x0F, keys: int = 3, storage_kb: int = 8
) -> VirtualDesfire:
    """A card with one selected application of AES keys, all zero."""
    card = VirtualDesfire(bytes.fromhex("04112233445566"), generation, storage_kb=storage_kb)
    card.power_on()
    assert status(card, 0xCA, AID + bytes([settings, 0x80 | keys])) == 0
    assert status(card, 0x5A, AID) == 0
    return card


def content(card: VirtualDesfire, number: int = 1) -> bytes:
    """What a data file of the selected application, or of the only one, holds for good."""
    application = card.picc.applications.get(card.picc.selected, card.picc.master)
    if application is card.picc.master:
        (application,) = card.picc.applications.values()
    file = application.files[number]
    assert isinstance(file, DataFile)
    return file.data


def file_header(number: int, offset: int, length: int) -> bytes:
    return bytes([number]) + offset.to_bytes(3, "little") + length.to_bytes(3, "little")


def creation(number: int, comm: int, access: str, size: int) -> bytes:
    """Data of CreateStd/BackupDataFile; `access` as on the wire, e.g. ``2012``."""
    return bytes([number, comm]) + bytes.fromhex(access) + size.to_bytes(3, "little")
