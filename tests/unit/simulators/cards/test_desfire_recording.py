"""The virtual EV1 answers as a real one did, byte for byte, when it draws the same challenges.

The recording (see its first lines) covers ISO authentication with DES, 2K3DES and 3K3DES keys, AES
authentication, ChangeKey of every kind, key settings, files and chained MACs over long sequences.
"""

from pathlib import Path

from simulators.cards.desfire import VirtualDesfire

RECORDING = Path(__file__).with_name("desfire_ev1_recording.txt")
UID = bytes.fromhex("04063F72633480")
PRODUCTION = bytes.fromhex("BA4519E320 4913")


def entries(mark: str) -> list[bytes]:
    lines = RECORDING.read_text(encoding="ascii").splitlines()
    return [bytes.fromhex(line[2:]) for line in lines if line.startswith(mark)]


def test_a_recorded_dialogue_with_a_real_card_is_answered_byte_for_byte() -> None:
    challenges = iter(entries("?"))
    card = VirtualDesfire(
        UID, "ev1", random=lambda _: next(challenges), production=PRODUCTION, storage_kb=8
    )
    card.power_on()
    answers = []
    for command in entries(">"):
        data = command[1:]
        wrapped = bytes([0x90, command[0], 0, 0]) + (bytes([len(data)]) + data if data else b"")
        answer = card.transmit(wrapped + b"\0")
        answers.append(answer[-1:] + answer[:-2])
    assert answers == entries("<")
    assert len(answers) == 85
    assert next(challenges, None) is None


def test_the_same_dialogue_works_in_native_frames() -> None:
    challenges = iter(entries("?"))
    card = VirtualDesfire(
        UID, "ev1", random=lambda _: next(challenges), production=PRODUCTION, storage_kb=8
    )
    card.power_on()
    assert [card.transmit(command) for command in entries(">")] == entries("<")
