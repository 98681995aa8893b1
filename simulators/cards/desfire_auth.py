"""The handshakes: Authenticate (0A), AuthenticateISO (1A), AuthenticateAES (AA), EV2First (71) and
EV2NonFirst (77).

NXP MF3ICD40 for 0A, MF3ICDx21_41_81 for 1A and AA, AN12196 for 71 and 77. Each is a generator: it
yields what the card answers with status AF and is sent the host's next frame; what it returns ends
the handshake.
"""

from collections.abc import Generator
from typing import Final, TypeAlias

from simulators.cards.desfire_crypto import (
    CHALLENGE_SIZE,
    Key,
    KeyKind,
    cmac,
    decrypt,
    encrypt,
    exclusive_or,
    rotate_left,
)
from simulators.cards.desfire_d40 import D40Session, receive
from simulators.cards.desfire_memory import Picc
from simulators.cards.desfire_session import Ev1Session, Ev2Session
from simulators.cards.desfire_status import Refused, Status, demand

Handshake: TypeAlias = Generator[bytes, bytes, bytes]

KINDS: Final = {
    0x0A: frozenset({KeyKind.DES}),
    0x1A: frozenset({KeyKind.DES, KeyKind.TDES3}),
    0xAA: frozenset({KeyKind.AES}),
    0x71: frozenset({KeyKind.AES}),
    0x77: frozenset({KeyKind.AES}),
}
NO_CAPABILITIES: Final = bytes(6)


def authenticate(picc: Picc, ins: int, data: bytes) -> Handshake:
    """AuthenticateISO and AuthenticateAES: one chain of blocks over all three messages."""
    demand(len(data) == 1, Status.LENGTH)
    number, key = _key(picc, ins, data[0])
    size = CHALLENGE_SIZE[key.kind]
    challenge = picc.random(size)
    question = encrypt(key, bytes(key.block_size), challenge)
    reply = yield question
    demand(len(reply) == 2 * size, Status.LENGTH)
    plain = decrypt(key, question[-key.block_size :], reply)
    demand(plain[size:] == rotate_left(challenge), Status.AUTHENTICATION)
    picc.session = Ev1Session(number, _session_key(key, plain[:size], challenge))
    return encrypt(key, reply[-key.block_size :], rotate_left(plain[:size]))


def authenticate_d40(picc: Picc, ins: int, data: bytes) -> Handshake:
    """Authenticate: the card only ever enciphers, each message from a zero vector."""
    demand(len(data) == 1, Status.LENGTH)
    number, key = _key(picc, ins, data[0])
    challenge = picc.random(8)
    reply = yield encrypt(key, bytes(8), challenge)
    demand(len(reply) == 16, Status.LENGTH)
    plain = receive(key, reply)
    demand(plain[8:] == rotate_left(challenge), Status.AUTHENTICATION)
    picc.session = D40Session(number, _session_key(key, plain[:8], challenge))
    return encrypt(key, bytes(8), rotate_left(plain[:8]))


def authenticate_ev2_first(picc: Picc, ins: int, data: bytes) -> Handshake:
    """AuthenticateEV2First: a new transaction identifier, the counter at zero."""
    demand(len(data) >= 2 and len(data) == 2 + data[1] and data[1] <= 6, Status.LENGTH)
    number, key = _key(picc, ins, data[0])
    capabilities = data[2:].ljust(6, b"\x00")
    challenges = yield from _ev2_challenges(picc, key)
    transaction = picc.random(4)
    picc.session = _ev2_session(number, key, challenges, transaction, 0)
    proof = transaction + rotate_left(challenges[0]) + NO_CAPABILITIES + capabilities
    return encrypt(key, bytes(16), proof)


def authenticate_ev2_non_first(picc: Picc, ins: int, data: bytes) -> Handshake:
    """AuthenticateEV2NonFirst: new keys within the running transaction."""
    before = picc.session
    if not isinstance(before, Ev2Session):
        raise Refused(Status.PERMISSION)
    demand(len(data) == 1, Status.LENGTH)
    number, key = _key(picc, ins, data[0])
    challenges = yield from _ev2_challenges(picc, key)
    picc.session = _ev2_session(number, key, challenges, before.transaction, before.count)
    return encrypt(key, bytes(16), rotate_left(challenges[0]))


def _key(picc: Picc, ins: int, number: int) -> tuple[int, Key]:
    keys = picc.application.keys
    demand(number < len(keys), Status.NO_SUCH_KEY)
    demand(keys[number].kind in KINDS[ins], Status.AUTHENTICATION)
    return number, keys[number]


def _session_key(key: Key, a: bytes, b: bytes) -> Key:
    if key.kind is KeyKind.AES:
        return Key(KeyKind.AES, a[:4] + b[:4] + a[12:] + b[12:])
    value = a[:4] + b[:4]
    if key.kind is KeyKind.TDES3:
        value += a[6:10] + b[6:10] + a[12:] + b[12:]
    elif key.is_single_des:
        value += value
    else:
        value += a[4:] + b[4:]
    return Key(key.kind, bytes(byte & 0xFE for byte in value))


def _ev2_challenges(picc: Picc, key: Key) -> Generator[bytes, bytes, tuple[bytes, bytes]]:
    challenge = picc.random(16)
    reply = yield encrypt(key, bytes(16), challenge)
    demand(len(reply) == 32, Status.LENGTH)
    plain = decrypt(key, bytes(16), reply)
    demand(plain[16:] == rotate_left(challenge), Status.AUTHENTICATION)
    return plain[:16], challenge


def _ev2_session(
    number: int, key: Key, challenges: tuple[bytes, bytes], transaction: bytes, count: int
) -> Ev2Session:
    """Session keys by CMAC over a vector of both challenges (SP 800-108 in counter mode)."""
    a, b = challenges
    vector = b"\x00\x01\x00\x80" + a[:2] + exclusive_or(a[2:8], b[:6]) + b[6:] + a[8:]
    return Ev2Session(
        number,
        cipher=Key(KeyKind.AES, cmac(key, b"\xa5\x5a" + vector)),
        mac=Key(KeyKind.AES, cmac(key, b"\x5a\xa5" + vector)),
        transaction=transaction,
        count=count,
    )
