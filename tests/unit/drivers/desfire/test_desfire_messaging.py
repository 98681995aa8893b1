"""Secure messaging against the published sessions of NXP AN12196 and AN12343, and against forgers.

The whole dialogues are in test_desfire_published_exchanges.py; here are the sessions of which the
notes publish the keys only.
"""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.cards.desfire_crypto import aes, crc32, pad_zero
from drivers.cards.desfire_messaging import (
    Command,
    CommMode,
    Ev1Messaging,
    Ev2Messaging,
    SecureMessaging,
)
from drivers.errors import CardIntegrityError


def ev2(ti: str, enc: str, mac: str, counter: int = 0) -> Ev2Messaging:
    return Ev2Messaging(
        ti=bytes.fromhex(ti),
        enc=aes(bytes.fromhex(enc)),
        mac=aes(bytes.fromhex(mac)),
        counter=counter,
    )


def light() -> Ev2Messaging:
    """Session of AN12343 tables 23 and 24 (the enciphering key does not enter)."""
    return ev2("e2d3af69", "00" * 16, "9366fa195eb566f5bd2bad4020b83002")


WRITE = Command(ins=0x8D, header=bytes.fromhex("00000000190000"), data=b"\x22" * 25)
READ = Command(ins=0xAD, header=bytes.fromhex("00000000300000"), answer_size=48)
CONTENT = b"\x22" * 25 + bytes(23)
SETTINGS = "0040eeee000100d1fe001f00004400004400002000006a0000"


def test_an12196_table_7_get_file_settings_with_mac() -> None:
    messaging = ev2("7a21085e", "00" * 16, "8248134a386e86eb7faf54a52e536cb6")
    command = Command(ins=0xF5, header=b"\x02")
    assert messaging.wrap(command).hex() == "026597a457c8cd442c"
    answer = bytes.fromhex(SETTINGS + "2a474282e7a47986")
    assert messaging.unwrap(command, answer).hex() == SETTINGS
    assert messaging.counter == 1


def test_an12196_table_27_set_configuration_in_full_mode() -> None:
    messaging = ev2(
        "d779b1d0", "7951a705f47f3c29b596454dc1490383", "fe4edbf46536557e304682f33e63a84f"
    )
    command = Command(ins=0x5C, header=b"\x00", data=b"\x02", mode=CommMode.FULL)
    assert messaging.wrap(command).hex() == "008ea0138a7af6fc8e99df2a3a305602c43a7a3c9228c3134a"
    assert messaging.unwrap(command, bytes.fromhex("86044208cad1676a")) == b""


def test_an12196_table_28_get_card_uid() -> None:
    messaging = ev2(
        "df055522", "2b4d963c014dc36f24f69a50a394f875", "379d32130ce61705dd5fd8c36b95d764"
    )
    command = Command(ins=0x51, mode=CommMode.FULL, answer_size=7)
    assert messaging.wrap(command).hex() == "8e2c155adda99be3"
    answer = bytes.fromhex("70756055688505b52a5e26e59e329cd6595f672298ea41b7")
    assert messaging.unwrap(command, answer).hex() == "04958caa5c5e80"


def test_an12343_tables_23_and_24_write_and_read_with_mac() -> None:
    messaging = light()
    assert messaging.wrap(WRITE) == WRITE.header + WRITE.data + bytes.fromhex("68f2c28c575a1628")
    assert messaging.unwrap(WRITE, bytes.fromhex("0820f68898c2a7f1")) == b""
    assert messaging.wrap(READ) == READ.header + bytes.fromhex("0d9be191d5960834")
    assert messaging.unwrap(READ, CONTENT + bytes.fromhex("a49a44222d926666")) == CONTENT


@given(bit=st.integers(min_value=0, max_value=8 * (48 + 8) - 1))
def test_an_answer_with_any_bit_flipped_is_no_answer(bit: int) -> None:
    messaging = light()
    messaging.wrap(WRITE)
    messaging.unwrap(WRITE, bytes.fromhex("0820f68898c2a7f1"))
    messaging.wrap(READ)
    answer = bytearray(CONTENT + bytes.fromhex("a49a44222d926666"))
    answer[bit // 8] ^= 1 << bit % 8
    with pytest.raises(CardIntegrityError):
        messaging.unwrap(READ, bytes(answer))


def test_an_answer_is_good_for_one_command_only() -> None:
    messaging = light()
    messaging.wrap(WRITE)
    messaging.unwrap(WRITE, bytes.fromhex("0820f68898c2a7f1"))
    messaging.wrap(WRITE)
    with pytest.raises(CardIntegrityError):
        messaging.unwrap(WRITE, bytes.fromhex("0820f68898c2a7f1"))


@pytest.mark.parametrize("make", [light, lambda: Ev1Messaging(aes(bytes(16)))])
@given(
    command=st.builds(
        Command,
        ins=st.integers(min_value=0, max_value=255),
        header=st.binary(max_size=7),
        data=st.binary(max_size=20),
        mode=st.sampled_from([CommMode.MAC, CommMode.FULL]),
        answer_size=st.integers(min_value=0, max_value=40),
    ),
    answer=st.binary(max_size=80),
)
def test_made_up_answers_are_never_taken(
    make: Callable[[], SecureMessaging], command: Command, answer: bytes
) -> None:
    messaging = make()
    messaging.wrap(command)
    with pytest.raises(CardIntegrityError):
        messaging.unwrap(command, answer)


def test_a_bare_status_is_taken_after_the_change_of_the_own_key_only() -> None:
    own = Command(ins=0xC4, header=b"\x00", data=bytes(17), mode=CommMode.FULL, ends_session=True)
    other = Command(ins=0xC4, header=b"\x01", data=bytes(17), mode=CommMode.FULL)
    makers: list[Callable[[], SecureMessaging]] = [light, lambda: Ev1Messaging(aes(bytes(16)))]
    for make in makers:
        messaging = make()
        messaging.wrap(own)
        assert messaging.unwrap(own, b"") == b""
        messaging = make()
        messaging.wrap(own)
        with pytest.raises(CardIntegrityError):
            messaging.unwrap(own, bytes(8))
        messaging = make()
        messaging.wrap(other)
        with pytest.raises(CardIntegrityError):
            messaging.unwrap(other, b"")


def test_the_last_counter_is_not_used() -> None:
    messaging = ev2("7a21085e", "00" * 16, "00" * 16, counter=0xFFFE)
    command = Command(ins=0x60, mode=CommMode.PLAIN)
    messaging.wrap(command)
    messaging.unwrap(command, b"")
    assert messaging.counter == 0xFFFF
    with pytest.raises(CardIntegrityError):
        messaging.wrap(command)


class Ev1Peer:
    """The card's side of EV1 Full answers, written from the description, not from the driver."""

    def __init__(self, key: bytes) -> None:
        self.cipher = aes(key)
        self.iv = bytes(16)

    def answer(self, command: Command, data: bytes, *, spoil: int = 0) -> bytes:
        self.iv = self.cipher.cmac(bytes([command.ins]) + command.header, self.iv)
        clear = bytearray(pad_zero(data + crc32(data + b"\x00"), 16))
        clear[-1] ^= spoil
        ciphered = self.cipher.encrypt(self.iv, bytes(clear))
        self.iv = ciphered[-16:]
        return ciphered


@given(contents=st.lists(st.binary(min_size=1, max_size=64), min_size=1, max_size=5))
def test_ciphered_ev1_answers_are_read_in_a_chain(contents: list[bytes]) -> None:
    card, messaging = Ev1Peer(bytes(16)), Ev1Messaging(aes(bytes(16)))
    for content in contents:
        size = len(content)
        command = Command(ins=0xBD, header=bytes(7), mode=CommMode.FULL, answer_size=size)
        messaging.wrap(command)
        assert messaging.unwrap(command, card.answer(command, content)) == content


def test_dirty_padding_of_a_ciphered_ev1_answer_is_refused() -> None:
    card, messaging = Ev1Peer(bytes(16)), Ev1Messaging(aes(bytes(16)))
    command = Command(ins=0xBD, header=bytes(7), mode=CommMode.FULL, answer_size=3)
    messaging.wrap(command)
    with pytest.raises(CardIntegrityError):
        messaging.unwrap(command, card.answer(command, b"abc", spoil=1))


def test_a_ciphered_ev1_answer_of_unknown_size_is_a_mistake_of_ours() -> None:
    messaging = Ev1Messaging(aes(bytes(16)))
    command = Command(ins=0x51, mode=CommMode.FULL)
    messaging.wrap(command)
    with pytest.raises(ValueError):
        messaging.unwrap(command, bytes(16))


def test_ciphered_ev2_answers_must_be_whole_blocks_with_padding() -> None:
    messaging = light()
    command = Command(ins=0x51, mode=CommMode.FULL)
    for body in (bytes(7), bytes(16)):
        messaging.wrap(command)
        mac_of = Ev2Messaging(
            ti=messaging.ti,
            enc=aes(bytes(16)),
            mac=aes(bytes.fromhex("9366fa195eb566f5bd2bad4020b83002")),
            counter=messaging.counter + 1,
        )
        with pytest.raises(CardIntegrityError):
            messaging.unwrap(command, body + mac_of._short_mac(0, body))


def test_a_command_does_not_show_its_data() -> None:
    command = Command(ins=0xC4, header=b"\x00", data=b"secret-key-bytes", tail=b"tail")
    assert "secret" not in repr(command)
    assert "tail" not in repr(command)


def test_ev1_sends_the_macs_of_writes_only() -> None:
    messaging = Ev1Messaging(aes(bytes(16)))
    write = Command(ins=0x3D, header=bytes(7), data=b"x")
    assert len(messaging.wrap(write)) == 7 + 1 + 8
    plain = Command(ins=0x3D, header=bytes(7), data=b"x", mode=CommMode.PLAIN)
    assert len(messaging.wrap(plain)) == 7 + 1
    create = Command(ins=0xCA, header=bytes(5))
    assert len(messaging.wrap(create)) == 5
