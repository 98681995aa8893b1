"""Keys: from the factory's DES key to AES and back, every kind of change, every refusal."""

import pytest

from simulators.cards.desfire import VirtualDesfire
from simulators.cards.desfire_crypto import (
    Key,
    KeyKind,
    cmac,
    crc16,
    decrypt,
    encrypt,
    rotate_left,
    zero_pad,
)
from simulators.cards.desfire_status import Status
from tests.unit.simulators.cards.desfire_host import (
    AID,
    ZERO_KEY,
    Login,
    crc,
    creation,
    file_header,
    log_in_ev1,
    log_in_ev2,
    send,
    status,
    with_aes_application,
    wrap,
)

LOGINS = [pytest.param(log_in_ev1, id="ev1"), pytest.param(log_in_ev2, id="ev2")]
NEW = bytes(range(0x10, 0x20))
OTHER = bytes(range(0x30, 0x40))
DES = Key(KeyKind.DES, bytes(16))


def factory(generation: str = "ev1") -> VirtualDesfire:
    card = VirtualDesfire(bytes.fromhex("04112233445566"), generation)
    card.power_on()
    return card


def log_in_des(card: VirtualDesfire, key: Key = DES) -> Key:
    """AuthenticateISO by a DES key; the session key."""
    question = card.transmit(wrap(0x1A, b"\0"))[:-2]
    challenge = decrypt(key, bytes(8), question)
    mine = b"\x10\x20\x30\x40\x50\x60\x70\x80"
    reply = encrypt(key, question, mine + rotate_left(challenge))
    proof = card.transmit(wrap(0xAF, reply))
    assert proof == encrypt(key, reply[-8:], rotate_left(mine)) + b"\x91\x00"
    value = mine[:4] + challenge[:4]
    return Key(KeyKind.DES, value + (value if key.is_single_des else mine[4:] + challenge[4:]))


@pytest.mark.parametrize("generation", ["ev1", "ev2", "ev3"])
def test_the_factory_key_is_turned_to_aes_and_back(generation: str) -> None:
    card = factory(generation)
    session = log_in_des(card)
    body = NEW + b"\x07"
    sealed = zero_pad(body + crc(b"\xc4\x80" + body), 8)
    assert send(card, 0xC4, b"\x80" + encrypt(session, bytes(8), sealed)) == (0, b"")
    assert status(card, 0x1A, b"\0") == Status.AUTHENTICATION
    assert send(card, 0x64, b"\0") == (0, b"\x07")
    assert send(card, 0x45) == (0, b"\x0f\x81")
    host = log_in_ev1(card, 0, NEW)
    host.change_key(0, bytes(16), b"", None)
    assert card.picc.master.keys == [DES]
    assert send(card, 0x45) == (0, b"\x0f\x01")
    log_in_des(card)


def test_the_master_key_is_turned_to_aes_in_the_oldest_session_too() -> None:
    """Authenticate (0A): the host deciphers what it sends; CRC-16 over the key data alone."""
    card = factory()
    challenge = decrypt(DES, bytes(8), card.transmit(wrap(0x0A, b"\0"))[:-2])
    first = decrypt(DES, bytes(8), NEW[:8])
    second = decrypt(
        DES, bytes(8), bytes(a ^ b for a, b in zip(first, rotate_left(challenge), strict=True))
    )
    proof = card.transmit(wrap(0xAF, first + second))
    assert proof == encrypt(DES, bytes(8), rotate_left(NEW[:8])) + b"\x91\x00"
    value = NEW[:4] + challenge[:4]
    session = Key(KeyKind.DES, value + value)
    body = OTHER + b"\x01"
    plain = zero_pad(body + crc16(body), 8)
    sealed, before = b"", bytes(8)
    for start in range(0, len(plain), 8):
        mixed = bytes(a ^ b for a, b in zip(plain[start : start + 8], before, strict=True))
        before = decrypt(session, bytes(8), mixed)
        sealed += before
    assert send(card, 0xC4, b"\x80" + sealed) == (0, b"")
    log_in_ev1(card, 0, OTHER)


@pytest.mark.parametrize("log_in", LOGINS)
def test_a_session_changes_another_key_and_then_its_own(log_in: Login) -> None:
    card = with_aes_application()
    host = log_in(card)
    host.change_key(1, NEW, b"\x05", ZERO_KEY)
    host.change_key(1, OTHER, b"\x06", NEW)
    assert host.plain(0x64, b"\x01") == b"\x06"
    host.change_key(0, NEW, b"\x09", None)
    assert card.picc.session is None
    log_in(card, 0, NEW)
    log_in(card, 1, OTHER)
    assert card.picc.application.keys[2] == Key(KeyKind.AES, ZERO_KEY, 0)


@pytest.mark.parametrize("log_in", LOGINS)
def test_a_key_change_that_names_the_wrong_old_key_changes_nothing(log_in: Login) -> None:
    card = with_aes_application()
    with pytest.raises(AssertionError, match="1E"):
        log_in(card).change_key(1, NEW, b"\x05", OTHER)
    assert card.picc.application.keys[1].value == ZERO_KEY
    assert card.picc.session is None


@pytest.mark.parametrize(
    ("settings", "target", "authenticated", "expected"),
    [
        (0x0B, 1, 0, Status.OK),
        (0x0B, 1, 1, Status.AUTHENTICATION),
        (0xFB, 1, 0, Status.PERMISSION),
        (0xEB, 1, 1, Status.OK),
        (0xEB, 1, 0, Status.AUTHENTICATION),
        (0x2B, 1, 2, Status.OK),
        (0x2B, 1, 0, Status.AUTHENTICATION),
        (0x2B, 2, 0, Status.OK),
        (0x2B, 2, 2, Status.AUTHENTICATION),
        (0x0B, 0, 0, Status.OK),
        (0x0A, 0, 0, Status.PERMISSION),
    ],
)
def test_who_may_change_a_key(
    settings: int, target: int, authenticated: int, expected: Status
) -> None:
    """The cases of dfc-core, and the change key itself, which only the master key changes."""
    card = with_aes_application(settings=settings)
    host = log_in_ev1(card, authenticated)
    old = None if target == authenticated else ZERO_KEY
    if expected is Status.OK:
        host.change_key(target, NEW, b"\x01", old)
        assert card.picc.application.keys[target].value == NEW
    else:
        with pytest.raises(AssertionError, match=f"{expected:02X}"):
            host.change_key(target, NEW, b"\x01", old)
        assert card.picc.application.keys[target].value == ZERO_KEY


@pytest.mark.parametrize("log_in", LOGINS)
def test_key_settings_change_enciphered(log_in: Login) -> None:
    card = with_aes_application()
    host = log_in(card)
    host.full(0x54, b"", b"\x09")
    assert host.plain(0x45) == b"\x09\x83"
    host.full(0x54, b"", b"\x01")
    with pytest.raises(AssertionError, match="9D"):
        host.full(0x54, b"", b"\x0f")


@pytest.mark.parametrize("log_in", LOGINS)
def test_the_true_uid_is_read_enciphered(log_in: Login) -> None:
    card = with_aes_application()
    assert log_in(card).full(0x51, b"", size=7) == card.uid


def as_aes_card(generation: str = "ev2") -> VirtualDesfire:
    card = factory(generation)
    card.picc.master.keys, card.picc.master.kind = [Key(KeyKind.AES, NEW)], KeyKind.AES
    return card


@pytest.mark.parametrize("log_in", LOGINS)
def test_a_random_id_hides_the_uid_until_authenticated(log_in: Login) -> None:
    card = as_aes_card()
    log_in(card, 0, NEW).full(0x5C, b"\0", b"\x02")
    card.power_on()
    shown = card.transmit(bytes.fromhex("FFCA000000"))
    assert (shown[0], len(shown)) == (0x08, 6)
    card.power_on()
    assert card.transmit(bytes.fromhex("FFCA000000")) != shown
    assert send(card, 0x60)[1][14:21] == bytes(7)
    assert log_in(card, 0, NEW).full(0x51, b"", size=7) == card.uid


def test_a_default_key_is_given_to_new_applications() -> None:
    card = as_aes_card()
    host = log_in_ev2(card, 0, NEW)
    host.full(0x5C, b"\x01", OTHER + bytes(8) + b"\x21")
    host.plain(0xCA, AID + b"\x0f\x82")
    assert status(card, 0x5A, AID) == 0
    assert send(card, 0x64, b"\x01") == (0, b"\x21")
    log_in_ev2(card, 1, OTHER)


def test_format_can_be_disabled_for_ever() -> None:
    card = as_aes_card()
    host = log_in_ev2(card, 0, NEW)
    host.full(0x5C, b"\0", b"\x01")
    with pytest.raises(AssertionError, match="9D"):
        host.plain(0xFC)


@pytest.mark.parametrize(
    ("option", "value", "expected"),
    [(b"\x09", b"\0", "9E"), (b"\x00", b"\0\0", "7E"), (b"\x02", b"\x09\0", "7E")],
)
def test_other_configurations_are_refused(option: bytes, value: bytes, expected: str) -> None:
    card = as_aes_card()
    with pytest.raises(AssertionError, match=expected):
        log_in_ev2(card, 0, NEW).full(0x5C, option, value)


def test_non_first_keeps_transaction_and_counter() -> None:
    """Byte for byte in AN12196; here that a later command is counted on."""
    card = with_aes_application()
    host = log_in_ev2(card)
    host.plain(0xCD, creation(1, 1, "1111", 4))
    question = card.transmit(wrap(0x77, b"\x01"))
    key = Key(KeyKind.AES, ZERO_KEY)
    challenge = decrypt(key, bytes(16), question[:16])
    reply = encrypt(key, bytes(16), NEW + rotate_left(challenge))
    proof = card.transmit(wrap(0xAF, reply))
    assert proof == encrypt(key, bytes(16), rotate_left(NEW)) + b"\x91\x00"
    mixed = bytes(a ^ b for a, b in zip(NEW[2:8], challenge[:6], strict=True))
    vector = b"\x00\x01\x00\x80" + NEW[:2] + mixed + challenge[6:] + NEW[8:]
    host.cipher, host.code = cmac(key, b"\xa5\x5a" + vector), cmac(key, b"\x5a\xa5" + vector)
    assert host.count == 1
    host.mac(0x3D, file_header(1, 0, 4), b"next")
    assert host.count == 2


def test_a_session_ends_before_its_counter_runs_over() -> None:
    card = with_aes_application()
    host = log_in_ev2(card)
    assert card.picc.session is not None
    card.picc.session.count = host.count = 0xFFFF  # type: ignore[attr-defined]
    with pytest.raises(AssertionError, match="AE"):
        host.plain(0x6F)


def test_des_keys_carry_their_version_in_their_lowest_bits() -> None:
    assert Key(KeyKind.DES, bytes.fromhex("0010203140506070") * 2).version == 0x10
    assert Key(KeyKind.DES, b"\x01" * 16).version == 0xFF


def test_a_des_key_of_equal_halves_is_single_des_whatever_its_parity() -> None:
    assert Key(KeyKind.DES, b"\x10" * 8 + b"\x11" * 8).is_single_des
    assert not Key(KeyKind.DES, b"\x10" * 8 + b"\x12" * 8).is_single_des


# SP 800-38B, appendix D.1 (AES-128) and D.5 (two-key TDEA).
@pytest.mark.parametrize(
    ("kind", "key", "message", "expected"),
    [
        (KeyKind.AES, "2b7e151628aed2a6abf7158809cf4f3c", "", "bb1d6929e95937287fa37d129b756746"),
        (
            KeyKind.AES,
            "2b7e151628aed2a6abf7158809cf4f3c",
            "6bc1bee22e409f96e93d7e117393172a",
            "070a16b46b4d4144f79bdd9dd04a287c",
        ),
        (KeyKind.DES, "4cf15134a2850dd58a3d10ba80570d38", "", "bd2ebf9a3ba00361"),
        (
            KeyKind.DES,
            "4cf15134a2850dd58a3d10ba80570d38",
            "6bc1bee22e409f96",
            "4ff2ab813c53ce83",
        ),
    ],
)
def test_cmac_gives_the_nist_examples(kind: KeyKind, key: str, message: str, expected: str) -> None:
    code = cmac(Key(kind, bytes.fromhex(key)), bytes.fromhex(message))
    assert code.hex() == expected
