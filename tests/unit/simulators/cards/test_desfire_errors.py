"""Statuses that strangers' reader suites expect of a card (dfc-core, libfreefare; facts 3.8)."""

import pytest

from simulators.cards.desfire import VirtualDesfire
from simulators.cards.desfire_status import Status
from tests.unit.simulators.cards.desfire_host import (
    AID,
    creation,
    file_header,
    log_in_ev1,
    send,
    status,
    with_aes_application,
    wrap,
)

FREE = "EEEE"


def blank(generation: str = "ev1") -> VirtualDesfire:
    card = VirtualDesfire(bytes.fromhex("04A1B2C3D4E5F6"), generation)
    card.power_on()
    return card


def answer(card: VirtualDesfire, apdu: str) -> str:
    return card.transmit(bytes.fromhex(apdu)).hex()


@pytest.mark.parametrize(
    ("apdu", "expected"),
    [
        pytest.param("9071000000", Status.ILLEGAL_COMMAND, id="EV2First on EV1"),
        pytest.param("9077000000", Status.ILLEGAL_COMMAND, id="EV2NonFirst on EV1"),
        pytest.param("90AD000007 01000000000000 00", Status.ILLEGAL_COMMAND, id="AD on EV1"),
        pytest.param("906A00000200", Status.LENGTH, id="Lc without its data"),
        pytest.param("9060000001 00 00", Status.LENGTH, id="GetVersion with data"),
        pytest.param("900A000001 01 00", Status.NO_SUCH_KEY, id="key beyond the count"),
        pytest.param("901A000001 04 00", Status.NO_SUCH_KEY, id="the same in ISO"),
        pytest.param("90AA000001 00 00", Status.AUTHENTICATION, id="AES on a DES key"),
        pytest.param("90AF000000", Status.ILLEGAL_COMMAND, id="stray AF"),
        pytest.param("9012000000", Status.ILLEGAL_COMMAND, id="no such command"),
        pytest.param("90DA000003 010203 00", Status.NO_APPLICATION, id="delete what is not there"),
        pytest.param("905A000003 010203 00", Status.NO_APPLICATION, id="select what is not there"),
        pytest.param("90CA000005 0102030F0F 00", Status.PARAMETER, id="15 keys"),
        pytest.param("90CA000005 0102030FC1 00", Status.PARAMETER, id="no such key type"),
        pytest.param("90CA000006 0102030F0100 00", Status.LENGTH, id="half an ISO identifier"),
        pytest.param("906F000000", Status.PERMISSION, id="files at card level"),
        pytest.param("90C7000000", Status.PERMISSION, id="commit at card level"),
        pytest.param("9051000000", Status.AUTHENTICATION, id="GetCardUID without a session"),
        pytest.param("90FC000000", Status.AUTHENTICATION, id="format without a session"),
        pytest.param("9054000001 0F 00", Status.AUTHENTICATION, id="settings without a session"),
        pytest.param("90C4000011" + "00" * 17 + "00", Status.AUTHENTICATION, id="key without one"),
    ],
)
def test_a_blank_ev1_refuses(apdu: str, expected: Status) -> None:
    assert answer(blank(), apdu) == f"91{expected:02x}"


@pytest.mark.parametrize("generation", ["ev2", "ev3"])
def test_an_ev2_refuses_ev2_authentication_with_its_des_key(generation: str) -> None:
    assert answer(blank(generation), "9071000002 0000 00") == "91ae"


def test_non_first_needs_a_running_transaction() -> None:
    card = with_aes_application("ev2")
    assert status(card, 0x77, b"\x00") == Status.PERMISSION


def test_another_command_during_a_chained_answer_aborts_it() -> None:
    card = with_aes_application()
    assert status(card, 0xCD, creation(1, 0, FREE, 80)) == 0
    first = card.transmit(wrap(0xBD, file_header(1, 0, 0)))
    assert (len(first), first[-2:]) == (61, b"\x91\xaf")
    assert card.transmit(wrap(0x6F)) == b"\x91\xca"
    assert card.transmit(wrap(0xAF)) == b"\x91\x1c"


def test_an_additional_frame_of_an_answer_takes_no_data() -> None:
    card = blank()
    card.transmit(wrap(0x60))
    assert card.transmit(wrap(0xAF, b"\0")) == b"\x91\x7e"


@pytest.mark.parametrize(
    ("offset", "length"), [(3, 2), (4, 1), (5, 0), (0, 5), (0xFFFFFF, 1), (4, 0)]
)
def test_access_past_the_end_is_a_boundary_error(offset: int, length: int) -> None:
    card = with_aes_application()
    assert status(card, 0xCD, creation(1, 0, FREE, 4)) == 0
    assert status(card, 0xBD, file_header(1, offset, length)) == Status.BOUNDARY
    if length:
        write = file_header(1, offset, length) + bytes(length)
        assert status(card, 0x3D, write) == Status.BOUNDARY
    assert send(card, 0xBD, file_header(1, 0, 0)) == (0, bytes(4))


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        pytest.param(creation(1, 0, FREE, 4), Status.DUPLICATE, id="number taken"),
        pytest.param(creation(0x20, 0, FREE, 4), Status.PARAMETER, id="number too high"),
        pytest.param(creation(2, 4, FREE, 4), Status.PARAMETER, id="no such mode"),
        pytest.param(creation(2, 0, FREE, 0), Status.PARAMETER, id="no size"),
        pytest.param(creation(2, 0, FREE, 0xFFFFFF), Status.OUT_OF_MEMORY, id="no room"),
        pytest.param(b"\x02\xe1\x10\0\xee\xee\x04\0\0", Status.PARAMETER, id="no ISO files here"),
        pytest.param(creation(2, 0, FREE, 4)[:-1], Status.LENGTH, id="a byte short"),
    ],
)
def test_a_file_is_not_created(data: bytes, expected: Status) -> None:
    card = with_aes_application()
    assert status(card, 0xCD, creation(1, 0, FREE, 4)) == 0
    assert status(card, 0xCD, data) == expected
    assert send(card, 0x6F) == (0, b"\x01")


def test_an_application_is_created_once() -> None:
    card = blank()
    assert status(card, 0xCA, AID + b"\x0f\x21") == 0
    assert status(card, 0xCA, AID + b"\x0f\x21") == Status.DUPLICATE
    assert send(card, 0x6A) == (0, AID)


def test_the_29th_application_is_one_too_many_on_ev1_only() -> None:
    for generation, expected in (("ev1", Status.COUNT), ("ev2", Status.OK)):
        card = blank(generation)
        for number in range(1, 29):
            assert status(card, 0xCA, bytes([number, 0, 0, 0x0F, 0x01])) == 0
        assert status(card, 0xCA, bytes([29, 0, 0, 0x0F, 0x01])) == expected


def test_a_list_of_28_applications_comes_in_two_frames_of_whole_identifiers() -> None:
    card = blank()
    for number in range(1, 29):
        assert status(card, 0xCA, bytes([number, 0, 0, 0x0F, 0x01])) == 0
    assert len(card.transmit(wrap(0x6A))) == 57 + 2
    assert len(card.transmit(wrap(0xAF))) == 27 + 2


def test_iso_identifiers_and_names_are_unique_and_listed() -> None:
    card = blank()
    assert status(card, 0xCA, AID + bytes.fromhex("0F2110E1A00000")) == 0
    assert status(card, 0xCA, bytes.fromhex("0405060F2110E1")) == Status.DUPLICATE
    assert status(card, 0xCA, bytes.fromhex("0405060F2111E1A00000")) == Status.DUPLICATE
    assert status(card, 0xCA, bytes.fromhex("0405060F2111E1")) == 0
    assert card.transmit(wrap(0x6D)).hex() == "01020310e1a0000091af"
    assert card.transmit(wrap(0xAF)).hex() == "04050611e19100"
    assert answer(card, "00A4040003A00000") == "9000"
    assert send(card, 0x45) == (0, b"\x0f\x21")


def test_iso_file_identifiers_need_the_bit_and_are_listed() -> None:
    card = blank()
    assert status(card, 0xCA, AID + b"\x0f\x21") == 0
    assert status(card, 0x5A, AID) == 0
    assert send(card, 0x61) == (0, b"")
    assert status(card, 0xCD, bytes.fromhex("01E110 00 EEEE 040000")) == 0
    assert status(card, 0xCB, bytes.fromhex("02E110 00 EEEE 040000")) == Status.DUPLICATE
    assert send(card, 0x61) == (0, b"\xe1\x10")


def test_iso_select_goes_to_card_level() -> None:
    card = blank()
    assert status(card, 0xCA, AID + b"\x0f\x01") == 0
    assert status(card, 0x5A, AID) == 0
    assert answer(card, "00A4040007D276000085010000") == "9000"
    assert send(card, 0x6A) == (0, AID)
    assert answer(card, "00A4000C023F00") == "9000"
    assert answer(card, "00A404000E325041592E5359532E4444463031") == "6a82"
    assert answer(card, "00B0000000") == "6d00"


@pytest.mark.parametrize(
    ("settings", "ins", "data"),
    [
        pytest.param(0x0D, 0x6F, b"", id="list files"),
        pytest.param(0x0D, 0xF5, b"\x01", id="file settings"),
        pytest.param(0x0D, 0x45, b"", id="key settings"),
        pytest.param(0x0B, 0xCD, creation(2, 0, FREE, 4), id="create"),
        pytest.param(0x0B, 0xDF, b"\x01", id="delete"),
    ],
)
def test_an_application_keeps_to_its_settings(settings: int, ins: int, data: bytes) -> None:
    card = with_aes_application(settings=settings)
    host = log_in_ev1(card)
    host.plain(0xCD, creation(1, 0, FREE, 4))
    assert status(card, 0x5A, AID) == 0
    assert status(card, ins, data) == Status.AUTHENTICATION
    log_in_ev1(card).plain(ins, data)


def test_deleting_an_application_takes_a_master_key() -> None:
    card = with_aes_application()
    assert status(card, 0xDA, AID) == Status.AUTHENTICATION
    assert status(card, 0x5A, b"\0\0\0") == 0
    assert status(card, 0xDA, AID) == Status.AUTHENTICATION
    assert status(card, 0x5A, AID) == 0
    log_in_ev1(card)
    assert send(card, 0xDA, AID) == (0, b"")
    assert send(card, 0x6A) == (0, b"")


def test_commit_without_changes_says_so() -> None:
    card = with_aes_application()
    assert status(card, 0xC7) == Status.NO_CHANGES
    assert status(card, 0xA7) == Status.NO_CHANGES


def test_every_error_ends_the_authentication() -> None:
    card = with_aes_application()
    log_in_ev1(card)
    assert status(card, 0xF5, b"\x09") == Status.NO_FILE
    assert card.picc.session is None


def test_a_wrong_key_is_an_authentication_error() -> None:
    card = with_aes_application()
    card.transmit(wrap(0xAA, b"\0"))
    assert card.transmit(wrap(0xAF, bytes(32))) == b"\x91\xae"
    card.transmit(wrap(0xAA, b"\0"))
    assert card.transmit(wrap(0xAF, bytes(31))) == b"\x91\x7e"


@pytest.mark.parametrize(
    "apdu", ["", "90", "9060", "906000", "FF", "00", "00A4", "FFCA0000", "80CA000000", "FF00480000"]
)
def test_malformed_and_foreign_commands_get_a_status_word(apdu: str) -> None:
    assert len(answer(blank(), apdu)) >= 2


def test_the_reader_answers_for_uid_ats_sak_and_atqa() -> None:
    card = blank()
    assert answer(card, "FFCA000000") == "04a1b2c3d4e5f69000"
    assert answer(card, "FFCA010000") == "0675778102809000"
    assert answer(card, "FFCA020000") == "209000"
    assert answer(card, "FFCA030000") == "03449000"
    assert answer(card, "FFCA000004") == "6c07"
    assert answer(card, "FFCA00000A") == "04a1b2c3d4e5f66282"
    assert answer(card, "FFCA040000") == "6a81"
    assert answer(card, "FFCA000100") == "6b00"
