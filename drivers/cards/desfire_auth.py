"""The mutual authentications of DESFire, as dialogues that send nothing themselves.

Each function is a generator: it yields an instruction and its payload, is sent the data of the
answer, and returns the session's `SecureMessaging`. The caller sees to the status bytes.

| instruction | name | used for |
|---|---|---|
| 1A | AuthenticateISO | the all-zero DES key of a card fresh from the factory, nothing else |
| AA | AuthenticateAES | AES keys on cards without EV2 messaging |
| 71, 77 | AuthenticateEV2First, -NonFirst | AES keys on EV2 and EV3 |

Sources: NXP AN12196 Rev. 2.0 tables 14, 19, 23 (EV2); recorded EV1 exchanges (see
`drivers.cards.desfire_messaging`).
"""

import hmac
from collections.abc import Callable, Generator
from typing import Final

from drivers.cards.desfire_crypto import (
    DES_KEY_SIZE,
    BlockCipher,
    aes,
    rotate_left,
    single_des,
    xor,
)
from drivers.cards.desfire_messaging import TI_SIZE, Ev1Messaging, Ev2Messaging, SecureMessaging
from drivers.errors import CardAuthenticationFailed, CardIntegrityError

Challenge = Callable[[int], bytes]
Dialogue = Generator[tuple[int, bytes], bytes, SecureMessaging]

AUTHENTICATE_ISO: Final = 0x1A
AUTHENTICATE_AES: Final = 0xAA
AUTHENTICATE_EV2_FIRST: Final = 0x71
AUTHENTICATE_EV2_NON_FIRST: Final = 0x77
MORE: Final = 0xAF
FACTORY_DES_KEY: Final = bytes(DES_KEY_SIZE)
_NO_CAPABILITIES: Final = b"\x00"
_CAPABILITIES_SIZE: Final = 12


def factory_dialogue(*, challenge: Challenge) -> Dialogue:
    """AuthenticateISO with key 0 of the card and the all-zero DES key."""
    cipher = single_des(FACTORY_DES_KEY)
    rnd_a, rnd_b = yield from _chained(AUTHENTICATE_ISO, 0, cipher, challenge)
    # The halves of the factory key are equal, so the session key is single DES too.
    return Ev1Messaging(single_des(rnd_a[:4] + rnd_b[:4]))


def aes_dialogue(key_no: int, key: bytes, *, challenge: Challenge) -> Dialogue:
    """AuthenticateAES. Raises CardAuthenticationFailed, CardIntegrityError."""
    rnd_a, rnd_b = yield from _chained(AUTHENTICATE_AES, key_no, aes(key), challenge)
    return Ev1Messaging(aes(rnd_a[:4] + rnd_b[:4] + rnd_a[12:] + rnd_b[12:]))


def ev2_first_dialogue(key_no: int, key: bytes, *, challenge: Challenge) -> Dialogue:
    """AuthenticateEV2First. Raises CardAuthenticationFailed, CardIntegrityError."""
    cipher = aes(key)
    question = bytes([key_no]) + _NO_CAPABILITIES
    rnd_a, rnd_b, last = yield from _restarted(AUTHENTICATE_EV2_FIRST, question, cipher, challenge)
    size = cipher.block_size
    clear = _deciphered(cipher, cipher.zero_iv, last, TI_SIZE + size + _CAPABILITIES_SIZE)
    _require_proof(clear[TI_SIZE : TI_SIZE + size], rnd_a, key_no)
    enc, mac = _ev2_keys(cipher, rnd_a, rnd_b)
    return Ev2Messaging(ti=clear[:TI_SIZE], enc=enc, mac=mac)


def ev2_non_first_dialogue(
    key_no: int, key: bytes, previous: Ev2Messaging, *, challenge: Challenge
) -> Dialogue:
    """AuthenticateEV2NonFirst: other keys in the transaction of `previous`, whose counter goes on.

    Raises CardAuthenticationFailed, CardIntegrityError.
    """
    cipher = aes(key)
    question = bytes([key_no])
    rnd_a, rnd_b, last = yield from _restarted(
        AUTHENTICATE_EV2_NON_FIRST, question, cipher, challenge
    )
    _require_proof(_deciphered(cipher, cipher.zero_iv, last, cipher.block_size), rnd_a, key_no)
    enc, mac = _ev2_keys(cipher, rnd_a, rnd_b)
    return Ev2Messaging(ti=previous.ti, enc=enc, mac=mac, counter=previous.counter)


def _chained(
    ins: int, key_no: int, cipher: BlockCipher, challenge: Challenge
) -> Generator[tuple[int, bytes], bytes, tuple[bytes, bytes]]:
    """1A and AA: one CBC chain runs through all three messages."""
    size = cipher.block_size
    first = yield ins, bytes([key_no])
    rnd_b = _deciphered(cipher, cipher.zero_iv, first, size)
    rnd_a = challenge(size)
    ours = cipher.encrypt(first, rnd_a + rotate_left(rnd_b))
    last = yield MORE, ours
    _require_proof(_deciphered(cipher, ours[-size:], last, size), rnd_a, key_no)
    return rnd_a, rnd_b


def _restarted(
    ins: int, question: bytes, cipher: BlockCipher, challenge: Challenge
) -> Generator[tuple[int, bytes], bytes, tuple[bytes, bytes, bytes]]:
    """71 and 77: every message starts at IV zero. The last answer is still ciphered."""
    first = yield ins, question
    rnd_b = _deciphered(cipher, cipher.zero_iv, first, cipher.block_size)
    rnd_a = challenge(cipher.block_size)
    last = yield MORE, cipher.encrypt(cipher.zero_iv, rnd_a + rotate_left(rnd_b))
    return rnd_a, rnd_b, last


def _deciphered(cipher: BlockCipher, iv: bytes, message: bytes, size: int) -> bytes:
    if len(message) != size:
        raise CardIntegrityError(f"an authentication message has {len(message)} bytes, not {size}")
    return cipher.decrypt(iv, message)


def _require_proof(received: bytes, rnd_a: bytes, key_no: int) -> None:
    if not hmac.compare_digest(received, rotate_left(rnd_a)):
        raise CardAuthenticationFailed("the card could not prove its key", key_no=key_no)


def _ev2_keys(cipher: BlockCipher, rnd_a: bytes, rnd_b: bytes) -> tuple[BlockCipher, BlockCipher]:
    """Session keys for ciphering and for MACs (AN12196 Rev. 2.0, table 14, steps 25 to 28)."""
    mixed = rnd_a[:2] + xor(rnd_a[2:8], rnd_b[:6]) + rnd_b[6:] + rnd_a[8:]
    enc = cipher.cmac(b"\xa5\x5a\x00\x01\x00\x80" + mixed)
    mac = cipher.cmac(b"\x5a\xa5\x00\x01\x00\x80" + mixed)
    return aes(enc), aes(mac)
