"""Whole dialogues replayed byte by byte: recorded EV1 cards and NXP AN12196 (EV2).

The transcripts name their sources. Only RndA is given; every other byte sent is ours.
"""

from collections.abc import Callable
from typing import Any

import pytest

from drivers.api.cards import CardKind, SecureChannel
from drivers.cards import desfire_commands as commands
from drivers.cards import desfire_frames as frames
from drivers.cards.desfire_auth import ev2_first_dialogue, factory_dialogue
from drivers.cards.desfire_messaging import Command, CommMode, Ev2Messaging
from drivers.cards.desfire_session import PICC, Session
from drivers.errors import CardAuthenticationFailed

Replay = Callable[..., Any]
ZERO = bytes(16)
KEY_A = bytes.fromhex("00102030405060708090a0b0b0a09080")
KEY_B = bytes.fromhex("10182028303840485058606870788088")
UID = bytes.fromhex("04063f72633480")


def session_on(channel: Any, secure_channel: SecureChannel | None = None) -> Session:
    return Session(channel, uid=UID, secure_channel=secure_channel, challenge=channel.challenge)


@pytest.fixture
def native_frames(monkeypatch: pytest.MonkeyPatch) -> None:
    """The recordings were made without ISO wrapping, whose frames hold five bytes more."""
    monkeypatch.setattr(frames, "FRAME_DATA", 59)


def authenticate_application_des(session: Session) -> None:
    """The driver opens only the card itself with DES; the recording opens an application too."""
    session._run_dialogue(0, None, factory_dialogue(challenge=session._challenge))


@pytest.mark.usefixtures("native_frames")
def test_a_recorded_card_is_formatted_and_divided_under_its_factory_key(replay: Replay) -> None:
    session = session_on(replay("recorded_ev1_des.txt"))
    session.select_picc()
    assert commands.get_key_version(session, 0) == 0
    session.authenticate_factory()
    version = commands.get_version(session)
    assert version.kind is CardKind.DESFIRE_EV1
    assert version.uid == UID
    assert version.storage_bytes == 8192
    assert (version.week, version.year) == (49, 2013)
    assert version.batch == bytes.fromhex("ba4519e320")
    commands.format_picc(session)
    names = [bytes.fromhex(text) for text in ("16de00", "24de00", "16ae00", "ccbbaa")]
    for name, keys in zip(names, (0x02, 0x42, 0x82, 0x01), strict=True):
        commands.create_application(session, name, settings=0x0F, keys=keys)
    assert commands.get_application_ids(session) == set(names)
    commands.delete_application(session, names[-1])
    assert commands.get_application_ids(session) == set(names[:-1])

    assert session.find(names[0])
    authenticate_application_des(session)
    assert commands.get_key_settings(session) == bytes.fromhex("0f02")
    commands.change_key_settings(session, 0x0D)
    assert commands.get_key_settings(session) == bytes.fromhex("0d02")

    assert session.find(names[0])
    authenticate_application_des(session)
    new = bytes.fromhex("00102031405060708090a0b0b0a09080")
    session.run(Command(ins=0xC4, header=b"\x00", data=new, mode=CommMode.FULL, ends_session=True))
    assert session.key_no is None


@pytest.mark.usefixtures("native_frames")
def test_a_recorded_card_changes_aes_keys_and_serves_a_file(replay: Replay) -> None:
    session = session_on(replay("recorded_ev1_aes.txt"), SecureChannel.EV1)
    assert session.find(bytes.fromhex("16ae00"))
    session.authenticate(0, ZERO)
    commands.change_key(session, 0, KEY_A, version=0x10)
    assert session.key_no is None
    session.authenticate(0, KEY_A)
    commands.change_key(session, 0, KEY_B, version=0x10)
    session.authenticate(0, KEY_B)
    assert commands.get_key_version(session, 0) == 0x10
    commands.change_key(session, 0, ZERO, version=0x00)
    session.authenticate(0, ZERO)
    commands.change_key(session, 1, KEY_A, version=0x10, old=ZERO)
    commands.change_key(session, 1, KEY_B, version=0x10, old=KEY_A)
    session.authenticate(1, KEY_B)
    session.run(Command(ins=0xCD, header=bytes.fromhex("05001100500000")))
    assert commands.get_file_ids(session) == {5}
    assert commands.get_backup_data_file(session, 5) is None  # it is a standard data file
    content = bytes(range(80))
    commands.write_data(session, 5, content[:52], offset=0, mode=CommMode.PLAIN)
    commands.write_data(session, 5, content[52:], offset=52, mode=CommMode.PLAIN)
    first = commands.read_data(session, 5, offset=0, length=48, mode=CommMode.PLAIN)
    rest = commands.read_data(session, 5, offset=48, length=32, mode=CommMode.PLAIN)
    assert first + rest == content
    session.run(Command(ins=0xDF, header=b"\x05"))
    assert commands.get_file_ids(session) == frozenset()


def test_the_true_uid_of_a_recorded_card_is_deciphered(replay: Replay) -> None:
    session = session_on(replay("recorded_ev1_uid.txt"))
    session.authenticate_factory()
    assert session.selected == PICC
    assert commands.get_card_uid(session).hex() == "041b42eac45580"


def test_nxps_full_write_is_ours(replay: Replay, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frames, "FRAME_DATA", 255)  # the chip of the note takes long frames
    session = session_on(replay("recorded_ev2_an12196.txt"), SecureChannel.EV2)
    session.authenticate(0, ZERO)
    text = b"choose.url.com/ntag424?e=" + b"0" * 32 + b"&c=" + b"0" * 16
    content = b"\x00\x51\xd1\x01\x4d\x55\x04" + text
    header = bytes.fromhex("02000000800000")
    padded = content + bytes(128 - len(content))
    session.run(Command(ins=0x8D, header=header, data=padded, mode=CommMode.FULL))
    settings = bytes.fromhex("4000e0c1f121200000430000430000")
    session.run(Command(ins=0x5F, header=b"\x02", data=settings, mode=CommMode.FULL))


def test_nxps_second_authentication_goes_on_in_the_same_transaction(replay: Replay) -> None:
    session = session_on(replay("recorded_ev2_an12196_keys.txt"), SecureChannel.EV2)
    session.authenticate(3, ZERO)
    data = bytes.fromhex("0102030405060708090a")
    header = bytes.fromhex("030000000a0000")
    session.run(Command(ins=0x8D, header=header, data=data, mode=CommMode.FULL))
    session.authenticate(0, ZERO)
    header = bytes.fromhex("010e0000120000")
    data = bytes.fromhex("ff0506e10500808283000000000000000000")
    session.run(Command(ins=0x8D, header=header, data=data, mode=CommMode.PLAIN))
    new = bytes.fromhex("f3847d627727ed3bc9c4cc050489b966")
    commands.change_key(session, 2, new, version=1, old=ZERO)
    assert session.key_no == 0
    new = bytes.fromhex("5004bf991f408672b1ef00f08f9e8647")
    commands.change_key(session, 0, new, version=1)
    assert session.key_no is None


def test_nxps_desfire_light_is_authenticated() -> None:
    """AN12343 Rev. 1.1, table 16: the other note with a whole EV2First."""
    rnd_a = bytes.fromhex("b04d0787c93ee0cc8cacc8e86f16c6fe")
    dialogue = ev2_first_dialogue(0, ZERO, challenge=lambda size: rnd_a[:size])
    assert next(dialogue) == (0x71, b"\x00\x00")
    ins, proof = dialogue.send(bytes.fromhex("24677ddbd46349e623798fd729006e79"))
    assert ins == 0xAF
    assert proof.hex() == "3b50445f21d21d77d500794deb245e5a754f5f901844259f4c9b31a5c7335acd"
    last = bytes.fromhex("04c6dbd67417ed0d31ddde4d2e3ffac2b4b074f638eef7fff9254963b65c7759")
    with pytest.raises(StopIteration) as end:
        dialogue.send(last)
    messaging = end.value.value
    assert isinstance(messaging, Ev2Messaging)
    assert messaging.ti.hex() == "8cf141f3"


@pytest.mark.parametrize("name", ["recorded_ev1_aes.txt", "recorded_ev2_an12196.txt"])
def test_with_another_challenge_the_recorded_card_proves_nothing(
    play: Replay, replay: Replay, name: str
) -> None:
    recorded = replay(name)
    exchanges, recorded.left = recorded.left, []
    question = next(at for at, (sent, _) in enumerate(exchanges) if sent[1] in {0xAA, 0x71})
    answers = [received for _, received in exchanges[question : question + 2]]

    class AnyProof:
        def transmit(self, apdu: bytes) -> bytes:
            answer: bytes = answers.pop(0)
            return answer

    session = Session(
        AnyProof(),  # type: ignore[arg-type]
        uid=UID,
        secure_channel=SecureChannel.EV1 if "ev1" in name else SecureChannel.EV2,
        challenge=lambda size: b"\x42" * size,
    )
    with pytest.raises(CardAuthenticationFailed) as caught:
        session.authenticate(0, ZERO)
    assert caught.value.key_no == 0
    assert caught.value.uid == UID
    assert session.key_no is None
