"""What needs no service: names, and the meaning of return codes. The rest: tests/contract."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from smartcard import scard

from drivers.errors import (
    CardRemoved,
    DeviceBusy,
    DeviceError,
    DeviceFault,
    DeviceNotFound,
    DeviceTimeout,
)
from drivers.readers.pcsc import DRIVER, choose, error_of

CODES = {
    name: value
    for name, value in vars(scard).items()
    if name.startswith(("SCARD_E_", "SCARD_W_", "SCARD_F_", "SCARD_P_"))
}
DUAL = [
    "ACS ACR1252 Dual Reader [ACR1252 Dual Reader PICC] 00 00",
    "ACS ACR1252 Dual Reader [ACR1252 Dual Reader SAM] 01 00",
]
VIRTUAL = ["Virtual PCD 00 00", "Virtual PCD 00 01"]


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("SCARD_E_NO_SERVICE", DeviceNotFound),
        ("SCARD_E_SERVICE_STOPPED", DeviceNotFound),
        ("SCARD_E_UNKNOWN_READER", DeviceNotFound),
        ("SCARD_E_READER_UNAVAILABLE", DeviceNotFound),
        ("SCARD_E_INVALID_HANDLE", DeviceNotFound),
        ("SCARD_W_REMOVED_CARD", CardRemoved),
        ("SCARD_E_NO_SMARTCARD", CardRemoved),
        ("SCARD_E_SHARING_VIOLATION", DeviceBusy),
        ("SCARD_W_UNRESPONSIVE_CARD", DeviceTimeout),
        ("SCARD_E_NOT_TRANSACTED", DeviceTimeout),
        ("SCARD_E_PROTO_MISMATCH", DeviceFault),
    ],
)
def test_a_return_code_has_its_own_error(name: str, kind: type[DeviceError]) -> None:
    error = error_of(CODES[name], "reader")
    assert type(error) is kind
    assert error.device == "reader"


@pytest.mark.parametrize("name", CODES)
def test_every_return_code_has_an_error_that_names_it(name: str) -> None:
    code = CODES[name] & 0xFFFFFFFF
    assert f"{code:08X}" in str(error_of(CODES[name], ""))


@given(st.integers(-(2**31), 2**32 - 1))
def test_any_number_is_an_error_of_ours(code: int) -> None:
    assert isinstance(error_of(code, ""), DeviceError)


def test_a_negative_code_is_the_same_code() -> None:
    """Some builds of pyscard give signed numbers."""
    code = CODES["SCARD_W_REMOVED_CARD"] & 0xFFFFFFFF
    assert isinstance(error_of(code - 2**32, ""), CardRemoved)


def test_a_fault_carries_the_services_own_word() -> None:
    error = error_of(CODES["SCARD_E_PROTO_MISMATCH"], "")
    assert isinstance(error, DeviceFault)
    assert error.status == "8010000F"


@pytest.mark.parametrize(
    ("wanted", "names", "chosen"),
    [
        ("", ["ACS ACR122U"], "ACS ACR122U"),
        ("acr122", ["Virtual PCD 00 00", "ACS ACR122U"], "ACS ACR122U"),
        ("ACR1252", DUAL, DUAL[0]),
        ("", DUAL, DUAL[0]),
        ("SAM", DUAL, DUAL[1]),
        ("Virtual PCD 00 01", VIRTUAL, VIRTUAL[1]),
        ("Reader 0", ["Reader 0", "Reader 00"], "Reader 0"),
    ],
)
def test_a_reader_is_chosen_by_a_part_of_its_name(
    wanted: str, names: list[str], chosen: str
) -> None:
    assert choose(wanted, names) == chosen


@pytest.mark.parametrize(
    ("wanted", "names", "words"),
    [
        ("ACR122", [], "no reader at all"),
        ("ACR122", VIRTUAL, "there is Virtual PCD 00 00"),
        ("Virtual", VIRTUAL, "several"),
        ("", VIRTUAL, "several"),
    ],
)
def test_no_reader_or_too_many_is_said_with_the_names_there_are(
    wanted: str, names: list[str], words: str
) -> None:
    with pytest.raises(DeviceNotFound, match=words):
        choose(wanted, names)


def test_a_reader_is_opened_by_settings_without_being_there() -> None:
    reader = DRIVER.open({"reader": "no such reader, anywhere"})
    assert reader.name == "no such reader, anywhere"
    reader.close()
    reader.close()


def test_a_service_that_ends_while_it_is_asked_for_its_readers_is_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It closes the line without an answer, as it does to an account that may not use it."""
    denied = CODES["SCARD_W_SECURITY_VIOLATION"]
    answers = iter([(denied, []), (scard.SCARD_S_SUCCESS, ["a reader"])])
    released: list[int] = []
    state = ("a reader", scard.SCARD_STATE_PRESENT, b"")
    present = (scard.SCARD_S_SUCCESS, [state])
    monkeypatch.setattr(scard, "SCardEstablishContext", lambda _scope: (0, 7))
    monkeypatch.setattr(scard, "SCardListReaders", lambda _context, _groups: next(answers))
    monkeypatch.setattr(scard, "SCardReleaseContext", released.append)
    monkeypatch.setattr(scard, "SCardGetStatusChange", lambda *_: present)
    reader = DRIVER.open({"reader": ""})
    assert reader.wait_card(5.0)
    assert released == [7], "asked anew, on a new line"
