"""What lies on the reader, on scripted exchanges.

GetVersion answers: NXP MF3ICDx21_41_81 (EV1), MF3DX2 (EV2), MF3DX3 (EV3) data sheets; generations
as in proxmark3 client/src/cmdhfmfdes.c. NTAG capability containers: NXP NTAG213/215/216, 8.5.6.
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.api.cards import CardIdentity, CardKind
from drivers.cards.opening import driver_for, open_card
from drivers.errors import CardRemoved, CardUnsupported, DeviceError, FrameError
from drivers.identify import identify
from drivers.transcript import ReplayChannel

CLASSIC_1K = "3B8F8001804F0CA000000306030001000000006A"
CLASSIC_4K = "3B8F8001804F0CA0000003060300020000000069"
ULTRALIGHT = "3B8F8001804F0CA0000003060300030000000068"
DESFIRE = "3B8180018080"
JAVA_CARD = "3B8A80014A434F503331563233327A"
UID_7 = ["> FFCA000000", "< 04A1B2C3D4E5F69000"]
SELECT_PAYMENT = "> 00A404000E325041592E5359532E444446303100"


def play(atr: str, *lines: str, full: bool = False) -> CardIdentity:
    channel = ReplayChannel([f"atr {atr}", *lines])
    identity = identify(channel, full=full)
    channel.finish()
    return identity


@pytest.mark.parametrize("full", [False, True])
@pytest.mark.parametrize(
    ("atr", "kind"), [(CLASSIC_1K, CardKind.CLASSIC_1K), (CLASSIC_4K, CardKind.CLASSIC_4K)]
)
def test_a_classic_card_costs_one_exchange(atr: str, kind: CardKind, full: bool) -> None:
    identity = play(atr, *UID_7, full=full)
    assert (identity.kind, identity.uid.hex()) == (kind, "04a1b2c3d4e5f6")
    assert identity.atr == bytes.fromhex(atr)
    assert identity.supported


def test_a_desfire_at_a_tap_costs_one_exchange_and_has_no_generation() -> None:
    identity = play(DESFIRE, *UID_7)
    assert (identity.kind, identity.name) == (CardKind.DESFIRE_EV1, "MIFARE DESFire")


@pytest.mark.parametrize(
    ("hardware", "kind", "name"),
    [
        ("04010101001605", CardKind.DESFIRE_EV1, "MIFARE DESFire EV1 2K"),
        ("04010101001805", CardKind.DESFIRE_EV1, "MIFARE DESFire EV1 4K"),
        ("04010112001A05", CardKind.DESFIRE_EV2, "MIFARE DESFire EV2 8K"),
        ("04010133001805", CardKind.DESFIRE_EV3, "MIFARE DESFire EV3 4K"),
        ("04010100021805", CardKind.OTHER, "MIFARE DESFire D40 4K"),
        ("04083030001305", CardKind.OTHER, "MIFARE DESFire Light"),
        ("04040230001105", CardKind.NTAG, "NTAG 424 DNA"),
        ("04010177001805", CardKind.OTHER, "NXP card of an unknown generation"),
        ("05010101001805", CardKind.ISO_14443_4, "ISO 14443-4 card with DESFire commands"),
        ("0401", CardKind.ISO_14443_4, "ISO 14443-4 card with DESFire commands"),
    ],
)
def test_the_generation_is_found_out_when_asked_for(
    hardware: str, kind: CardKind, name: str
) -> None:
    identity = play(
        DESFIRE,
        *UID_7,
        "> 9060000000",
        f"< {hardware}91AF",
        "> 90AF000000",
        f"< {hardware}91AF",
        "> 90AF000000",
        "< 04A1B2C3D4E5F6BA654321992319009100",
        full=True,
    )
    assert identity.kind is kind
    assert identity.name == name


def test_a_desfire_that_does_not_know_its_version_stays_a_desfire() -> None:
    identity = play(DESFIRE, *UID_7, "> 9060000000", "< 911C", full=True)
    assert identity.kind is CardKind.DESFIRE_EV1


@pytest.mark.parametrize("atr", [CLASSIC_1K, DESFIRE])
def test_a_random_uid_is_not_supported_and_said_so(atr: str) -> None:
    identity = play(atr, "> FFCA000000", "< 08A1B2C39000")
    assert (identity.kind, identity.supported) == (CardKind.OTHER, False)
    assert identity.name.endswith("with a random UID")


@pytest.mark.parametrize("uid", ["08A1B2C3D4E5F6", "18A1B2C3"])
def test_other_uids_that_contain_an_eight_are_fixed(uid: str) -> None:
    assert play(CLASSIC_1K, "> FFCA000000", f"< {uid}9000").supported


def test_a_card_without_a_uid_is_not_supported() -> None:
    identity = play(CLASSIC_1K, "> FFCA000000", "< 6A81")
    assert (identity.supported, identity.uid) == (False, b"")


@pytest.mark.parametrize("uid", ["", "04", "0102030405", "000102030405060708090A"])
def test_a_uid_of_another_length_is_not_believed(uid: str) -> None:
    with pytest.raises(FrameError):
        play(CLASSIC_1K, "> FFCA000000", f"< {uid}9000")


@pytest.mark.parametrize(
    ("answer", "kind", "name"),
    [
        ("E11012000103A00C340300FE000000009000", CardKind.NTAG, "NTAG213"),
        ("E1103E00000000000000000000000000" + "9000", CardKind.NTAG, "NTAG215"),
        ("E1106D009000", CardKind.NTAG, "NTAG216"),
        ("E11006000000000000000000000000009000", CardKind.ULTRALIGHT, "MIFARE Ultralight"),
        ("000000000000000000000000000000009000", CardKind.ULTRALIGHT, "MIFARE Ultralight"),
        ("6300", CardKind.ULTRALIGHT, "MIFARE Ultralight"),
    ],
)
def test_an_ntag_is_told_from_an_ultralight_by_reading_alone(
    answer: str, kind: CardKind, name: str
) -> None:
    identity = play(ULTRALIGHT, *UID_7, "> FFB0000310", f"< {answer}")
    assert (identity.kind, identity.name, identity.supported) == (kind, name, False)


def test_a_bank_card_is_recognised_by_its_payment_directory() -> None:
    identity = play(JAVA_CARD, *UID_7, SELECT_PAYMENT, "< 6F00" + "9000")
    assert (identity.kind, identity.name) == (CardKind.BANK_CARD, "bank card")


def test_another_iso_card_is_named_as_such() -> None:
    assert play(JAVA_CARD, *UID_7, SELECT_PAYMENT, "< 6A82").kind is CardKind.ISO_14443_4


def test_a_desfire_with_an_unusual_atr_is_found_when_asked_for() -> None:
    lines = ["> 9060000000", "< 0401013300180591AF", "> 90AF000000", "< 0091AF"]
    lines += ["> 90AF000000", "< 009100"]
    identity = play(JAVA_CARD, *UID_7, SELECT_PAYMENT, "< 6A82", *lines, full=True)
    assert identity.kind is CardKind.DESFIRE_EV3


def test_a_removal_is_passed_on() -> None:
    with pytest.raises(CardRemoved):
        play(CLASSIC_1K, "> FFCA000000", "! card-removed")


class Hostile:
    """Answers with whatever hypothesis thinks up."""

    def __init__(self, atr: bytes, answers: list[bytes]) -> None:
        self.atr = atr
        self.sent: list[bytes] = []
        self._answers = iter(answers)

    def transmit(self, apdu: bytes) -> bytes:
        self.sent.append(apdu)
        return next(self._answers, b"\x6f\x00")

    def reset(self) -> bytes:
        return self.atr

    def close(self) -> None:
        pass


ATRS = [bytes.fromhex(atr) for atr in (CLASSIC_1K, ULTRALIGHT, DESFIRE, JAVA_CARD)]
ANSWERS = st.binary(max_size=40) | st.binary(max_size=40).map(lambda data: data + b"\x91\xaf")


@given(st.sampled_from(ATRS) | st.binary(max_size=30), st.lists(ANSWERS, max_size=6), st.booleans())
def test_any_answers_give_an_identity_or_our_own_error_and_nothing_is_written(
    atr: bytes, answers: list[bytes], full: bool
) -> None:
    channel = Hostile(atr, answers)
    try:
        identity = identify(channel, full=full)
    except DeviceError:
        pass
    else:
        assert identity.name
    writing = {0xD6, 0xD7, 0x82, 0x86, 0xDA, 0xFC}
    assert all(apdu[1] not in writing for apdu in channel.sent)
    assert len(channel.sent) <= 5


@pytest.mark.parametrize("kind", [CardKind.CLASSIC_1K, CardKind.CLASSIC_4K])
def test_the_driver_of_a_classic_card_is_found_by_its_kind(kind: CardKind) -> None:
    driver = driver_for(kind)
    assert driver is not None
    assert driver.name == "mifare_classic"


@pytest.mark.parametrize(
    ("lines", "name"),
    [
        ([f"atr {ULTRALIGHT}", *UID_7, "> FFB0000310", "< E1103E009000"], "NTAG215"),
        ([f"atr {JAVA_CARD}", *UID_7, SELECT_PAYMENT, "< 9000"], "bank card"),
    ],
)
def test_a_card_we_do_not_work_with_is_refused_by_its_name(lines: list[str], name: str) -> None:
    channel = ReplayChannel(lines)
    with pytest.raises(CardUnsupported) as refused:
        open_card(channel)
    assert (refused.value.name, refused.value.uid.hex()) == (name, "04a1b2c3d4e5f6")
    channel.finish()
