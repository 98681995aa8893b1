"""Reader models by name, and what becomes of the two commands that models differ in.

Names: as pcscd and Windows report them (pcsc-tools, ccid's supported readers, issue threads).
Bytes: the manuals named in each row.
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.readers.quirks import GENERIC, MODELS, ReaderQuirks, adapt, quirks_of

KEY = "A0A1A2A3A4A5"
LOAD_A, LOAD_B = (bytes.fromhex(f"FF8200{slot}06{KEY}") for slot in ("00", "01"))
STORED_A = bytes.fromhex(f"FF82200006{KEY}")
USE_A = bytes.fromhex("FF860000050100046000")
USE_B = bytes.fromhex("FF860000050100046101")

ACR122 = "ACS ACR122U PICC Interface 00 00"
IDENTIV = "Identiv uTrust 3700 F CL Reader [uTrust 3700 F CL Reader] (55041234) 00 00"
OMNIKEY = "HID Global OMNIKEY 5427 CK [OMNIKEY 5427 CK] (0000) 00 00"


@pytest.mark.parametrize(
    ("name", "model"),
    [
        (ACR122, "ACS ACR122U"),
        ("ACS ACR122 0", "ACS ACR122U"),
        ("ACS ACR1252 1S CL Reader [ACR1252 Dual Reader PICC] 00 00", "ACS ACR1252U or ACR1552U"),
        ("ACS ACR1552 1S CL Reader PICC 0", "ACS ACR1252U or ACR1552U"),
        (IDENTIV, "Identiv / SCM"),
        ("SCM Microsystems Inc. SCL011 Contactless Reader 0", "Identiv / SCM"),
        ("Identive CLOUD 3700 F Contactless Reader 0", "Identiv / SCM"),
        (OMNIKEY, "HID OMNIKEY 5427 CK and 5x2x"),
        ("HID Global OMNIKEY 5022 Smart Card Reader 0", "HID OMNIKEY 5427 CK and 5x2x"),
        ("Virtual PCD 00 01", "Virtual PCD"),
        ("Feitian R502 Contactless Reader 00 00", GENERIC.model),
        ("Some Maker Prox Reader", GENERIC.model),
        ("", GENERIC.model),
    ],
)
def test_a_reader_is_known_by_its_name(name: str, model: str) -> None:
    assert quirks_of(name).model == model


@pytest.mark.parametrize(
    ("name", "load_a", "load_b", "use_a", "use_b"),
    [
        (ACR122, "0000", "0001", "6000", "6101"),
        (IDENTIV, "0060", "0061", "6001", "6101"),
        (OMNIKEY, "2000", "2000", "6000", "6100"),
        ("Virtual PCD 00 00", "0000", "0001", "6000", "6101"),
        ("Some Maker Prox Reader", "0000", "0000", "6000", "6100"),
    ],
)
def test_keys_go_where_the_model_wants_them(
    name: str, load_a: str, load_b: str, use_a: str, use_b: str
) -> None:
    quirks = quirks_of(name)
    assert adapt(LOAD_A, quirks).hex().upper() == f"FF82{load_a}06{KEY}"
    assert adapt(LOAD_B, quirks).hex().upper() == f"FF82{load_b}06{KEY}"
    assert adapt(USE_A, quirks).hex() == f"ff86000005010004{use_a}"
    assert adapt(USE_B, quirks).hex() == f"ff86000005010004{use_b}"


@pytest.mark.parametrize("row", [*MODELS, GENERIC], ids=lambda row: row.model)
def test_an_explicitly_stored_key_stays_a_stored_one(row: ReaderQuirks) -> None:
    assert adapt(STORED_A, row)[2] == 0x20


@given(st.sampled_from([*MODELS, GENERIC]), st.binary(max_size=30))
def test_other_commands_pass_unchanged(row: ReaderQuirks, apdu: bytes) -> None:
    adapted = adapt(apdu, row)
    if apdu[:2] != b"\xff\xd7":
        assert len(adapted) == len(apdu)
    if apdu[:2] not in {b"\xff\x82", b"\xff\x86", b"\xff\xd7"}:
        assert adapted == apdu


@pytest.mark.parametrize(
    ("name", "sent"),
    [
        (ACR122, "ffd7000c050200000001"),
        ("Virtual PCD 00 00", "ffd7000c050200000001"),
        ("Some Maker Prox Reader", "ffd7000c050200000001"),
        (IDENTIV, "fff0000c06c00c01000000"),
        (OMNIKEY, "ffc200030ba10980010c810401000000"),
    ],
)
def test_a_number_is_lowered_in_the_models_own_way(name: str, sent: str) -> None:
    """ACR122U API 2.04, 5.5; LibLogicalAccess's commands for SCM readers and part 3."""
    assert adapt(bytes.fromhex("FFD7000C050200000001"), quirks_of(name)).hex() == sent


@pytest.mark.parametrize("row", [*MODELS, GENERIC], ids=lambda row: row.model)
def test_every_row_says_where_it_is_from(row: ReaderQuirks) -> None:
    assert len(row.source) > 20


def test_each_model_with_lights_has_two_different_signals() -> None:
    signals = [row.signal for row in MODELS if row.signal is not None]
    assert len(signals) == 2
    assert all(signal.accepted != signal.refused for signal in signals)
