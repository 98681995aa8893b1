"""Files: modes, rights, frames, transactions, and what a torn card holds afterwards."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.cards.desfire import VirtualDesfire
from simulators.cards.desfire_status import Status
from tests.unit.simulators.cards.desfire_host import (
    AID,
    Ev2Host,
    Host,
    Login,
    content,
    creation,
    file_header,
    log_in_ev1,
    log_in_ev2,
    send,
    status,
    with_aes_application,
    wrap,
)

PLAIN, MAC, FULL = 0, 1, 3
LOGINS = [pytest.param(log_in_ev1, id="ev1"), pytest.param(log_in_ev2, id="ev2")]
BY_KEY_0 = "0000"  # read-and-write and change, read and write: all with key 0


def write(host: Host, mode: int, offset: int, data: bytes) -> None:
    """Write into file 1."""
    header = file_header(1, offset, len(data))
    if mode == FULL:
        host.full(0x3D, header, data)
    elif mode == MAC:
        host.mac(0x3D, header, data)
    elif isinstance(host, Ev2Host):
        host.bare(0x3D, header + data)
    else:
        host.plain(0x3D, header + data)


def read(host: Host, mode: int, offset: int, length: int, *, size: int = 0) -> bytes:
    """Read file 1; `size` is what `length` 0 means."""
    header = file_header(1, offset, length)
    if mode == FULL:
        return host.full(0xBD, header, size=length or size)
    if mode == MAC:
        return host.mac(0xBD, header)
    return host.bare(0xBD, header) if isinstance(host, Ev2Host) else host.plain(0xBD, header)


@pytest.mark.parametrize("log_in", LOGINS)
@pytest.mark.parametrize("mode", [PLAIN, MAC, FULL])
@given(data=st.binary(min_size=1, max_size=300), offset=st.integers(0, 20))
def test_what_was_written_is_read_back_whatever_its_length(
    log_in: Login, mode: int, data: bytes, offset: int
) -> None:
    card = with_aes_application()
    host = log_in(card)
    host.plain(0xCD, creation(1, mode, BY_KEY_0, 320))
    write(host, mode, offset, data)
    write(host, mode, offset, data)  # the chain or the counter went on
    assert read(host, mode, offset, len(data)) == data
    assert read(host, mode, 0, 0, size=320) == (bytes(offset) + data).ljust(320, b"\0")
    assert content(card) == (bytes(offset) + data).ljust(320, b"\0")


@pytest.mark.parametrize("log_in", LOGINS)
def test_a_free_right_is_used_in_plain_whatever_the_mode(log_in: Login) -> None:
    card = with_aes_application()
    assert status(card, 0xCD, creation(1, FULL, "EEEE", 8)) == 0
    assert send(card, 0x3D, file_header(1, 0, 4) + b"free") == (0, b"")
    host = log_in(card)
    assert read(host, PLAIN, 0, 4) == b"free"


@pytest.mark.parametrize(
    ("key", "may_read", "may_write"),
    [(0, False, False), (1, True, False), (2, False, True), (3, True, True)],
)
def test_rights_are_those_of_the_four_nibbles(key: int, may_read: bool, may_write: bool) -> None:
    """Wire bytes 30 12: read 1, write 2, read-and-write 3, change 0 (dfc-core's case)."""
    card = with_aes_application(keys=4)
    assert status(card, 0xCD, creation(1, PLAIN, "3012", 4)) == 0
    for ins, allowed in ((0xBD, may_read), (0x3D, may_write)):
        host = log_in_ev1(card, key)
        data = file_header(1, 0, 4) + (b"" if ins == 0xBD else b"1234")
        if allowed:
            host.plain(ins, data)
        else:
            assert status(card, ins, data) == Status.AUTHENTICATION


def test_a_right_denied_to_all_is_a_permission_error() -> None:
    card = with_aes_application()
    assert status(card, 0xCD, creation(1, PLAIN, "FEEF", 4)) == 0
    assert status(card, 0x3D, file_header(1, 0, 4) + bytes(4)) == Status.PERMISSION
    assert status(card, 0xBD, file_header(1, 0, 4)) == 0


def test_a_write_without_its_mac_is_an_integrity_error_and_ends_the_session() -> None:
    for log_in in (log_in_ev1, log_in_ev2):
        card = with_aes_application()
        log_in(card).plain(0xCD, creation(1, MAC, BY_KEY_0, 8))
        log_in(card)
        assert status(card, 0x3D, file_header(1, 0, 2) + b"\x11\x22") == Status.INTEGRITY
        assert card.picc.session is None
        assert content(card) == bytes(8)


@pytest.mark.parametrize("log_in", LOGINS)
@pytest.mark.parametrize("mode", [MAC, FULL])
@given(place=st.integers(0, 30), bit=st.integers(0, 7))
def test_a_changed_bit_in_a_protected_write_changes_nothing(
    log_in: Login, mode: int, place: int, bit: int
) -> None:
    card = with_aes_application()
    host = log_in(card)
    host.plain(0xCD, creation(1, mode, BY_KEY_0, 16))
    host.card = BadLine(card, place, 1 << bit)
    with pytest.raises(AssertionError, match="1E"):
        write(host, mode, 0, b"0123456789")
    assert content(card) == bytes(16)
    assert card.picc.session is None


@dataclass
class BadLine:
    """Inverts bits of the protected part of each command on its way to the card."""

    card: VirtualDesfire
    place: int
    mask: int

    def transmit(self, apdu: bytes) -> bytes:
        changed = bytearray(apdu)
        start, end = 5 + 7, len(apdu) - 1
        changed[start + self.place % (end - start)] ^= self.mask
        return self.card.transmit(bytes(changed))


@pytest.mark.parametrize("log_in", LOGINS)
def test_a_backup_file_shows_the_old_bytes_until_commit(log_in: Login) -> None:
    card = with_aes_application()
    host = log_in(card)
    host.plain(0xCB, creation(1, FULL, BY_KEY_0, 8))
    write(host, FULL, 0, b"new")
    write(host, FULL, 3, b"er")
    assert read(host, FULL, 0, 0, size=8) == bytes(8)
    host.plain(0xC7)
    assert read(host, FULL, 0, 0, size=8) == b"newer\0\0\0"


def pending(card: VirtualDesfire) -> None:
    host = log_in_ev1(card)
    write(host, MAC, 0, b"half")


@pytest.mark.parametrize(
    "interrupt",
    [
        pytest.param(lambda card: card.power_on(), id="power"),
        pytest.param(lambda card: send(card, 0x5A, AID), id="select"),
        pytest.param(lambda card: send(card, 0xA7), id="abort"),
        pytest.param(lambda card: send(card, 0xF5, b"\x09"), id="error"),
        pytest.param(
            lambda card: card.transmit(bytes.fromhex("00A4040007D2760000850100")), id="ISO select"
        ),
    ],
)
def test_an_uncommitted_write_is_dropped(interrupt: Callable[[VirtualDesfire], object]) -> None:
    card = with_aes_application()
    log_in_ev1(card).plain(0xCB, creation(1, MAC, BY_KEY_0, 8))
    pending(card)
    interrupt(card)
    assert status(card, 0x5A, AID) == 0
    assert status(card, 0xC7) == Status.NO_CHANGES
    assert content(card) == bytes(8)


def test_a_new_authentication_keeps_the_transaction() -> None:
    card = with_aes_application()
    log_in_ev1(card).plain(0xCB, creation(1, MAC, BY_KEY_0, 8))
    pending(card)
    log_in_ev1(card, 1).plain(0xC7)
    assert content(card) == b"half\0\0\0\0"


def test_a_standard_file_keeps_the_frames_that_reached_it() -> None:
    card = with_aes_application()
    assert status(card, 0xCD, creation(1, PLAIN, "EEEE", 100)) == 0
    data = file_header(1, 10, 80) + b"\xaa" * 80
    assert card.transmit(wrap(0x3D, data[:59])) == b"\x91\xaf"
    card.power_off()
    assert content(card) == bytes(10) + b"\xaa" * 52 + bytes(38)


def test_a_backup_file_torn_between_frames_is_untouched() -> None:
    card = with_aes_application()
    assert status(card, 0xCB, creation(1, PLAIN, "EEEE", 100)) == 0
    data = file_header(1, 10, 80) + b"\xaa" * 80
    assert card.transmit(wrap(0x3D, data[:59])) == b"\x91\xaf"
    card.power_off()
    assert content(card) == bytes(100)


@pytest.mark.parametrize("log_in", LOGINS)
def test_file_settings_change_enciphered_by_the_change_key(log_in: Login) -> None:
    card = with_aes_application()
    host = log_in(card)
    host.plain(0xCD, creation(1, PLAIN, "1011", 4))
    host.full(0x5F, b"\x01", b"\x03\x12\x34")
    assert host.plain(0xF5, b"\x01") == bytes.fromhex("00031234040000")
    assert status(card, 0x5F, b"\x01\x00\xee\xee") == Status.AUTHENTICATION


def test_free_file_settings_change_in_plain() -> None:
    card = with_aes_application()
    assert status(card, 0xCD, creation(1, PLAIN, "EEEE", 4)) == 0
    assert status(card, 0x5F, b"\x01\x00\xff\xef") == 0
    assert send(card, 0xF5, b"\x01") == (0, bytes.fromhex("0000FFEF040000"))
    assert status(card, 0x5F, b"\x01\x00\xee\xee") == Status.AUTHENTICATION


def test_a_value_file_moves_between_its_limits_at_commit() -> None:
    card = with_aes_application()
    limits = b"".join(number.to_bytes(4, "little", signed=True) for number in (-10, 100, 50))
    assert status(card, 0xCC, b"\x02\x00\xee\xee" + limits + b"\x01") == 0

    def amount(value: int) -> bytes:
        return b"\x02" + value.to_bytes(4, "little")

    assert status(card, 0xDC, amount(60)) == 0
    assert send(card, 0x6C, b"\x02") == (0, (50).to_bytes(4, "little"))
    assert status(card, 0xC7) == 0
    assert send(card, 0x6C, b"\x02") == (0, (-10).to_bytes(4, "little", signed=True))
    assert status(card, 0x1C, amount(61)) == Status.BOUNDARY
    assert status(card, 0x1C, amount(60)) == 0
    assert status(card, 0xC7) == 0
    assert status(card, 0x1C, amount(1)) == Status.BOUNDARY
    assert status(card, 0x0C, amount(51)) == Status.BOUNDARY
    assert status(card, 0xDC, b"\x02\xff\xff\xff\xff") == Status.PARAMETER
    assert send(card, 0xF5, b"\x02")[1][:4] == b"\x02\x00\xee\xee"


def test_a_cyclic_file_forgets_its_oldest_record() -> None:
    card = with_aes_application()
    assert status(card, 0xC0, bytes.fromhex("0300EEEE020000030000")) == 0
    for number in range(4):
        assert status(card, 0x3B, file_header(3, 0, 2) + bytes([number, number])) == 0
        assert status(card, 0xC7) == 0
    assert send(card, 0xBB, file_header(3, 0, 0)) == (0, b"\x02\x02\x03\x03")
    assert send(card, 0xBB, file_header(3, 0, 1)) == (0, b"\x03\x03")
    assert status(card, 0xBB, file_header(3, 2, 1)) == Status.BOUNDARY


def test_a_linear_file_is_full_and_can_be_cleared() -> None:
    card = with_aes_application()
    assert status(card, 0xC1, bytes.fromhex("0300EEEE010000020000")) == 0
    for number in range(2):
        assert status(card, 0x3B, file_header(3, 0, 1) + bytes([number])) == 0
        assert status(card, 0xC7) == 0
    assert status(card, 0x3B, file_header(3, 0, 1) + b"x") == Status.BOUNDARY
    assert status(card, 0xEB, b"\x03") == 0
    assert status(card, 0x3B, file_header(3, 0, 1) + b"x") == Status.PERMISSION
    assert status(card, 0xEB, b"\x03") == 0
    assert status(card, 0xC7) == 0
    assert status(card, 0xBB, file_header(3, 0, 0)) == Status.BOUNDARY


@pytest.mark.parametrize("ins", [0xBD, 0x3D, 0x6C, 0x0C, 0x3B, 0xBB, 0xEB])
def test_a_command_on_a_file_of_another_type_is_a_parameter_error(ins: int) -> None:
    card = with_aes_application()
    assert status(card, 0xCD, creation(1, PLAIN, "EEEE", 4)) == 0
    assert status(card, 0xCC, bytes.fromhex("0200EEEE") + bytes(13)) == 0
    number = b"\x02" if ins in {0xBD, 0x3D} else b"\x01"
    data = {0x6C: b"", 0x0C: bytes(4), 0xEB: b""}.get(ins, file_header(0, 0, 1)[1:])
    payload = b"x" if ins in {0x3D, 0x3B} else b""
    assert status(card, ins, number + data + payload) == Status.PARAMETER


@given(st.lists(st.binary(max_size=70), max_size=12))
def test_no_bytes_upset_the_card(apdus: list[bytes]) -> None:
    card = with_aes_application("ev2")
    assert status(card, 0xCB, creation(1, FULL, "E0EE", 40)) == 0
    log_in_ev2(card)
    for apdu in apdus:
        assert card.transmit(apdu)
        assert len(card.transmit(b"\x90" + apdu)) >= 2


@given(
    ins=st.sampled_from(sorted({0x0A, 0x1A, 0xAA, 0x71, 0x77, 0xAF, 0xC4, 0x54, 0x5C, 0x5F, 0xCA})),
    data=st.binary(max_size=60),
    logged_in=st.booleans(),
)
def test_no_data_of_a_command_upsets_the_card(ins: int, data: bytes, logged_in: bool) -> None:
    card = with_aes_application("ev2")
    if logged_in:
        log_in_ev1(card)
    assert card.transmit(wrap(ins, data))[-2] == 0x91
