"""How a session answers cards that refuse, break the order, or lie."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.api.cards import CardIdentity, CardKind, KeyRole, KeySet, SecureChannel
from drivers.cards import desfire_commands as commands
from drivers.cards.desfire import DesfireCard
from drivers.cards.desfire_commands import DataFile
from drivers.cards.desfire_crypto import aes
from drivers.cards.desfire_frames import FRAME_DATA, MAX_ANSWER_FRAMES, transceive
from drivers.cards.desfire_messaging import Command, CommMode
from drivers.cards.desfire_session import Session
from drivers.cards.desfire_version import parse_version
from drivers.errors import (
    ApduRefused,
    CardAuthenticationFailed,
    CardFull,
    CardIntegrityError,
    DeviceError,
    FrameError,
)

Play = Callable[..., Any]
UID = bytes.fromhex("04112233445566")
ZERO = bytes(16)
# The first authentication of the recorded EV1 card (recorded_ev1_aes.txt), all-zero AES key 0.
RND_A = bytes.fromhex("f44b26f5686f3a391cd38ebd10772281")
QUESTION = ("90aa0000010000", "b969fdfe56fd91fc9de6f6f213b8fd1e91af")
PROOF = (
    "90af00002036aad7df6e436ba08d18613830a70d5ad43e3d3f4a8d47541eee623a934e477400",
    "800db680bc146bd121d6578f2d2e20599100",
)
EV2_QUESTION = "9071000002000000"


def session_on(channel: Any, secure_channel: SecureChannel | None = None) -> Session:
    return Session(channel, uid=UID, secure_channel=secure_channel, challenge=channel.challenge)


def test_ev1_is_fallen_back_to_on_illegal_command(play: Play) -> None:
    channel = play((EV2_QUESTION, "911c"), QUESTION, PROOF, challenges=[RND_A])
    session = session_on(channel)
    session.authenticate(0, ZERO)
    assert session.secure_channel is SecureChannel.EV1


def test_ev2_is_not_asked_for_twice(play: Play) -> None:
    refused = ("90aa0000010000", "91ae")
    channel = play((EV2_QUESTION, "911c"), refused, refused)
    session = session_on(channel)
    assert not session.opens(0, ZERO)
    assert not session.opens(0, ZERO)
    assert session.secure_channel is None


def test_a_card_recorded_with_ev2_is_not_talked_down(play: Play) -> None:
    session = session_on(play((EV2_QUESTION, "911c")), SecureChannel.EV2)
    with pytest.raises(CardIntegrityError) as caught:
        session.authenticate(0, ZERO)
    assert caught.value.uid == UID


@pytest.mark.parametrize("status", ["ae", "9d", "40"])
def test_a_refused_key_is_no_reason_to_fall_back(play: Play, status: str) -> None:
    session = session_on(play((EV2_QUESTION, "91" + status)))
    with pytest.raises(CardAuthenticationFailed) as caught:
        session.authenticate(0, ZERO)
    assert caught.value.key_no == 0


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ("9100", CardIntegrityError),  # "you are in", without a challenge
        ("b969fdfe56fd91fc9de6f6f213b8fd1e9100", CardIntegrityError),
        ("b969fdfe56fd91fc9de6f6f213b8fd91af", CardIntegrityError),
        ("91af", CardIntegrityError),
        ("91ca", ApduRefused),
        ("6f00", ApduRefused),
        ("9000", ApduRefused),
        ("91", FrameError),
        ("", FrameError),
    ],
)
def test_a_challenge_out_of_order_opens_nothing(
    play: Play, answer: str, error: type[Exception]
) -> None:
    session = session_on(play((QUESTION[0], answer)), SecureChannel.EV1)
    with pytest.raises(error):
        session.authenticate(0, ZERO)
    assert session.key_no is None


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ("9100", CardIntegrityError),
        ("800db680bc146bd121d6578f2d2e205991af", CardIntegrityError),
        ("800db680bc146bd121d6578f2d2e20589100", CardAuthenticationFailed),
        ("91ae", CardAuthenticationFailed),
    ],
)
def test_a_card_must_prove_itself(play: Play, answer: str, error: type[Exception]) -> None:
    channel = play(QUESTION, (PROOF[0], answer), challenges=[RND_A])
    session = session_on(channel, SecureChannel.EV1)
    with pytest.raises(error):
        session.authenticate(0, ZERO)
    assert session.key_no is None


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ("9100", CardIntegrityError),  # nfc-tools/libfreefare issue 90
        ("109100", CardIntegrityError),
        ("10" + "00" * 8 + "9100", CardIntegrityError),
        ("91ae", CardAuthenticationFailed),
        ("910e", CardFull),
        ("91ee", ApduRefused),
    ],
)
def test_an_answer_without_its_proof_ends_the_session(
    play: Play, answer: str, error: type[Exception]
) -> None:
    channel = play(QUESTION, PROOF, ("90640000010000", answer), challenges=[RND_A])
    session = session_on(channel, SecureChannel.EV1)
    session.authenticate(0, ZERO)
    with pytest.raises(error):
        commands.get_key_version(session, 0)
    assert session.key_no is None
    with pytest.raises(CardAuthenticationFailed):
        session.run(Command(ins=commands.COMMIT_TRANSACTION))


def test_an_open_session_is_not_opened_again(play: Play) -> None:
    channel = play(QUESTION, PROOF, challenges=[RND_A])
    session = session_on(channel, SecureChannel.EV1)
    session.authenticate(0, ZERO)
    session.authenticate(0, ZERO)


def test_no_key_is_sent_without_a_session(play: Play) -> None:
    """nfc-tools/libfreefare issue 68."""
    session = session_on(play())
    with pytest.raises(CardAuthenticationFailed):
        commands.change_picc_key(session, ZERO, version=1)
    with pytest.raises(CardAuthenticationFailed):
        commands.change_key(session, 1, ZERO, version=1, old=ZERO)


def test_another_key_is_not_changed_without_its_old_value(play: Play) -> None:
    channel = play(QUESTION, PROOF, challenges=[RND_A])
    session = session_on(channel, SecureChannel.EV1)
    session.authenticate(0, ZERO)
    with pytest.raises(ValueError):
        commands.change_key(session, 1, ZERO, version=1)


def test_a_missing_application_is_an_answer_and_other_refusals_are_not(play: Play) -> None:
    session = session_on(play(("905a000003501ef500", "91a0"), ("905a000003501ef500", "91cd")))
    aid = bytes.fromhex("501ef5")
    assert not session.find(aid)
    assert session.selected is None
    with pytest.raises(ApduRefused):
        session.find(aid)


def test_a_long_command_goes_out_in_frames(play: Play) -> None:
    payload = bytes(range(FRAME_DATA + 2))
    first = "903d0000" + f"{FRAME_DATA:02x}" + payload[:FRAME_DATA].hex() + "00"
    rest = "90af000002" + payload[FRAME_DATA:].hex() + "00"
    channel = play((first, "91af"), (rest, "aa91af"), ("90af000000", "bb9100"))
    assert transceive(channel, 0x3D, payload) == (0x00, b"\xaa\xbb")


@pytest.mark.parametrize("answer", ["9100", "aa91af"])
def test_an_answer_to_half_a_command_is_refused(play: Play, answer: str) -> None:
    payload = bytes(FRAME_DATA + 1)
    channel = play(("903d0000" + f"{FRAME_DATA:02x}" + "00" * FRAME_DATA + "00", answer))
    with pytest.raises(CardIntegrityError):
        transceive(channel, 0x3D, payload)


def test_a_refusal_of_half_a_command_ends_it(play: Play) -> None:
    payload = bytes(FRAME_DATA + 1)
    channel = play(("903d0000" + f"{FRAME_DATA:02x}" + "00" * FRAME_DATA + "00", "917e"))
    assert transceive(channel, 0x3D, payload) == (0x7E, b"")


def test_an_answer_without_end_is_cut_off() -> None:
    class Endless:
        sent = 0

        def transmit(self, _apdu: bytes) -> bytes:
            self.sent += 1
            return bytes(59) + b"\x91\xaf"

    channel = Endless()
    with pytest.raises(CardIntegrityError):
        transceive(channel, 0x6A)  # type: ignore[arg-type]
    assert channel.sent == MAX_ANSWER_FRAMES + 1


@given(answers=st.lists(st.binary(max_size=70), max_size=12), ev2=st.booleans())
def test_hostile_bytes_give_one_family_of_errors(answers: list[bytes], ev2: bool) -> None:
    class Hostile:
        atr = b""

        def transmit(self, _apdu: bytes) -> bytes:
            if not answers:
                return b"\x91\x00"
            return answers.pop() + b"\x91" + (b"\xaf" if len(answers) % 2 else b"\x00")

    kind = SecureChannel.EV2 if ev2 else None
    identity = CardIdentity(kind=CardKind.DESFIRE_EV2, uid=UID, atr=b"", name="")
    card = DesfireCard(Hostile(), identity, kind)  # type: ignore[arg-type]
    with pytest.raises(DeviceError):
        card.read_slot(0, KeySet(1, {KeyRole.DESFIRE_READ: ZERO}))


@given(st.binary(max_size=40))
def test_any_version_is_read_or_refused(answer: bytes) -> None:
    try:
        version = parse_version(answer)
    except CardIntegrityError:
        assert len(answer) < 28
    else:
        assert len(version.uid) == 7


@pytest.mark.parametrize(
    ("hardware", "kind"),
    [
        ("04010101001a05", CardKind.DESFIRE_EV1),
        ("04010112001a05", CardKind.DESFIRE_EV2),
        ("04010133001a05", CardKind.DESFIRE_EV3),
        ("04010100021805", None),  # the first DESFire
        ("04080130001305", None),  # DESFire Light
        ("04040230001105", None),  # NTAG 424
        ("05010133001a05", None),  # not NXP
    ],
)
def test_generations_are_told_apart(hardware: str, kind: CardKind | None) -> None:
    answer = bytes.fromhex(hardware) + bytes(21)
    assert parse_version(answer).kind is kind


class ProvingChannel:
    """The recorded card up to its authentication, and then any data at all, properly proved."""

    def __init__(self, data: bytes) -> None:
        self.answers = [bytes.fromhex(QUESTION[1]), bytes.fromhex(PROOF[1])]
        self.data = data

    def challenge(self, _size: int) -> bytes:
        return RND_A

    def transmit(self, apdu: bytes) -> bytes:
        if self.answers:
            return self.answers.pop(0)
        session_key = aes(bytes.fromhex("f44b26f5c05ddd7110772281c4d066e8"))  # as recorded
        payload = apdu[5:-1] if len(apdu) > 5 else b""
        iv = session_key.cmac(apdu[1:2] + payload)
        return self.data + session_key.cmac(self.data + b"\x00", iv)[:8] + b"\x91\x00"


def proving(data: bytes) -> Session:
    session = session_on(ProvingChannel(data), SecureChannel.EV1)
    session.authenticate(0, ZERO)
    return session


def test_a_proved_answer_of_the_wrong_length_is_refused() -> None:
    with pytest.raises(CardIntegrityError, match="2 bytes"):
        commands.read_data(proving(b"\x01\x02"), 0, offset=0, length=16, mode=CommMode.PLAIN)


def test_a_list_of_applications_must_be_whole() -> None:
    assert commands.get_application_ids(proving(b"abcdef")) == {b"abc", b"def"}
    with pytest.raises(CardIntegrityError):
        commands.get_application_ids(proving(b"abcd"))


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("0101f012540000", DataFile(mode=CommMode.MAC, access=(1, 2, 15, 0), size=84)),
        ("0001f012540000", None),  # a standard file
        ("0102f012540000", None),  # no such mode
        ("0101f0125400", None),
    ],
)
def test_file_settings_are_read_or_are_not_ours(answer: str, expected: DataFile | None) -> None:
    assert commands.get_backup_data_file(proving(bytes.fromhex(answer)), 0) == expected


def test_a_disturbed_card_is_reset_before_it_is_selected_again(play: Play) -> None:
    select = ("905a000003501ef500", "9100")
    channel = play(select, (QUESTION[0], "6f00"), select)
    session = session_on(channel, SecureChannel.EV1)
    aid = bytes.fromhex("501ef5")
    assert session.find(aid)
    assert channel.resets == 0
    with pytest.raises(ApduRefused):
        session.authenticate(0, ZERO)
    assert session.find(aid)
    assert channel.resets == 1


def test_a_card_that_cannot_be_left_for_itself_is_refused(play: Play) -> None:
    session = session_on(play(("905a00000300000000", "91a0")))
    with pytest.raises(ApduRefused):
        session.select_picc()


def test_the_factory_key_is_not_asked_for_again_while_it_stands(replay: Play) -> None:
    channel = replay("recorded_ev1_uid.txt")
    session = session_on(channel)
    session.authenticate_factory()
    session.authenticate_factory()
    assert commands.get_card_uid(session).hex() == "041b42eac45580"
