"""The driver on virtual EV1, EV2 and EV3 cards, which were written by another hand."""

import itertools
from typing import Any

import pytest

from drivers.api.cards import CardState, KeyRole, KeySet, SecureChannel, StepState
from drivers.cards import desfire_commands as commands
from drivers.cards import desfire_version
from drivers.cards.desfire import DRIVER
from drivers.cards.desfire_layout import AID, KEY_NUMBERS, NEEDED_BYTES, SLOT_SIZE
from drivers.cards.desfire_messaging import Command, CommMode
from drivers.cards.desfire_session import PICC
from drivers.errors import (
    ApduRefused,
    CardAuthenticationFailed,
    CardForeign,
    CardFull,
    CardIntegrityError,
    CardUnsupported,
)
from simulators.faults import Fault, FaultKind

RECORD = bytes(range(1, SLOT_SIZE + 1))
OTHER = bytes(range(100, 100 + SLOT_SIZE))
STRANGER = bytes.fromhex("112233")


def test_a_blank_card_becomes_ours_and_blank_again(table: Any) -> None:
    card = table.present()
    assert card.state(table.keys) is CardState.BLANK
    table.personalise(card)
    assert card.state(table.keys) is CardState.OURS
    assert card.secure_channel is table.channel_kind
    assert card.read_slot(0, table.keys) == card.read_slot(1, table.keys) == b""
    card.format(table.keys, table.journal)
    assert card.state(table.keys) is CardState.BLANK


def test_formatting_gives_every_byte_back(table: Any) -> None:
    def free() -> int:
        return commands.free_memory(table.session())

    before = free()
    for _ in range(3):
        journal = type(table.journal)()
        card = table.present()
        card.personalise(table.keys, journal)
        card.format(table.keys, journal)
        assert free() == before
    session = table.session()
    session.authenticate_factory()
    assert commands.get_key_settings(session)[0] == 0x0F


def test_what_is_written_is_read_and_slots_are_apart(keyed: Any) -> None:
    card = keyed.present()
    card.write_slot(1, RECORD, keyed.keys)
    assert card.read_slot(1, keyed.keys) == RECORD
    assert card.read_slot(0, keyed.keys) == b"\x01" * SLOT_SIZE
    card.write_slot(0, b"", keyed.keys)
    card.restart()
    assert card.read_slot(0, keyed.keys) == b""
    assert card.read_slot(1, keyed.keys) == RECORD


@pytest.mark.parametrize("data", [b"x", bytes(SLOT_SIZE - 1), bytes(SLOT_SIZE), OTHER + b"x"])
def test_a_slot_takes_its_size_or_nothing(keyed: Any, data: bytes) -> None:
    card = keyed.present()
    with pytest.raises(ValueError):
        card.write_slot(0, data, keyed.keys)
    assert card.read_slot(0, keyed.keys) == b"\x01" * SLOT_SIZE


def test_there_are_two_slots(keyed: Any) -> None:
    with pytest.raises(ValueError):
        keyed.present().read_slot(2, keyed.keys)


def test_a_tap_takes_five_exchanges(keyed: Any) -> None:
    card = keyed.present(keyed.channel_kind)
    assert keyed.count(lambda: card.read_slot(0, keyed.keys)) == 5
    assert keyed.count(lambda: card.read_slot(1, keyed.keys)) == 2
    assert keyed.count(lambda: card.write_slot(1, RECORD, keyed.keys)) == 5


def test_finding_out_that_a_card_speaks_ev1_only_costs_one_exchange(keyed: Any) -> None:
    extra = 1 if keyed.generation == "ev1" else 0
    card = keyed.present()
    assert keyed.count(lambda: card.read_slot(0, keyed.keys)) == 5 + extra
    card.restart()
    assert keyed.count(lambda: card.read_slot(0, keyed.keys)) == 5


def test_a_gate_reads_with_its_key_and_cannot_write(keyed: Any) -> None:
    role = KeyRole.DESFIRE_READ
    gate = KeySet(keyed.keys.version, {role: keyed.keys[role]})
    card = keyed.present()
    assert card.state(gate) is CardState.OURS
    assert card.read_slot(0, gate) == b"\x01" * SLOT_SIZE
    with pytest.raises(KeyError):
        card.write_slot(0, RECORD, gate)


def test_every_key_may_do_its_own_work_only(keyed: Any) -> None:
    session = keyed.session()
    for role in (KeyRole.DESFIRE_READ, KeyRole.DESFIRE_APP):
        assert session.find(AID)
        session.authenticate(KEY_NUMBERS[role], keyed.keys[role])
        with pytest.raises(CardAuthenticationFailed):
            commands.write_data(session, 0, OTHER, offset=0, mode=CommMode.MAC)
    for role in (KeyRole.DESFIRE_WRITE, KeyRole.DESFIRE_APP):
        session.authenticate(KEY_NUMBERS[role], keyed.keys[role])
        with pytest.raises(CardAuthenticationFailed):
            commands.read_data(session, 0, offset=0, length=SLOT_SIZE, mode=CommMode.MAC)
    for role in (KeyRole.DESFIRE_READ, KeyRole.DESFIRE_WRITE):
        session.authenticate(KEY_NUMBERS[role], keyed.keys[role])
        with pytest.raises(CardAuthenticationFailed):
            commands.change_key(session, 1, bytes(16), version=9, old=bytes(16))
        session.authenticate(KEY_NUMBERS[role], keyed.keys[role])
        with pytest.raises(CardAuthenticationFailed):
            commands.get_file_ids(session)
    assert keyed.present().read_slot(0, keyed.keys) == b"\x01" * SLOT_SIZE


def test_nothing_can_be_done_without_a_key(keyed: Any) -> None:
    session = keyed.session()
    for act in (
        lambda: commands.get_application_ids(session),
        lambda: commands.create_application(session, STRANGER, settings=0x0F, keys=0x81),
        lambda: commands.delete_application(session, AID),
        lambda: commands.format_picc(session),
        lambda: commands.change_key_settings(session, 0x0F),
        lambda: commands.get_card_uid(session),
        lambda: commands.commit_transaction(session),
    ):
        before = keyed.reader.exchanges
        with pytest.raises(CardAuthenticationFailed):
            act()
        assert keyed.reader.exchanges == before, "it was sent without a session"


def test_every_key_carries_its_version(keyed: Any) -> None:
    session = keyed.session()
    assert session.find(AID)
    assert {commands.get_key_version(session, number) for number in range(3)} == {1}
    assert session.find(PICC)
    assert commands.get_key_version(session, 0) == 1


def test_the_card_tells_its_uid_under_protection(keyed: Any) -> None:
    session = keyed.session()
    session.select_picc()
    session.authenticate(0, keyed.keys[KeyRole.DESFIRE_PICC])
    assert commands.get_card_uid(session) == keyed.card.uid


def test_an_uncommitted_write_is_taken_back(keyed: Any) -> None:
    session = keyed.session()
    assert session.find(AID)
    write, read = KeyRole.DESFIRE_WRITE, KeyRole.DESFIRE_READ
    session.authenticate(KEY_NUMBERS[write], keyed.keys[write])
    commands.write_data(session, 0, OTHER, offset=0, mode=CommMode.MAC)
    commands.abort_transaction(session)
    with pytest.raises(ApduRefused) as caught:
        commands.commit_transaction(session)
    assert caught.value.sw == 0x910C
    session.authenticate(KEY_NUMBERS[read], keyed.keys[read])
    data = commands.read_data(session, 0, offset=0, length=SLOT_SIZE, mode=CommMode.MAC)
    assert data == b"\x01" * SLOT_SIZE


def test_keys_are_rolled_and_records_stay(keyed: Any) -> None:
    card = keyed.present()
    keyed.roll(card)
    assert card.state(keyed.new_keys) is CardState.OURS
    assert card.state(keyed.keys) is CardState.FOREIGN
    assert card.read_slot(0, keyed.new_keys) == b"\x01" * SLOT_SIZE
    with pytest.raises(CardAuthenticationFailed):
        card.read_slot(0, keyed.keys)


def test_a_blank_card_may_come_where_one_to_roll_is_expected(table: Any) -> None:
    card = table.present()
    table.roll(card)
    assert card.state(table.new_keys) is CardState.OURS


def test_personalising_our_card_again_changes_nothing(keyed: Any) -> None:
    card = keyed.present()
    keyed.personalise(card)
    assert set(keyed.journal.steps.values()) == {StepState.DONE}
    assert card.state(keyed.keys) is CardState.OURS
    assert card.read_slot(0, keyed.keys) == b"\x01" * SLOT_SIZE


def test_the_journal_names_every_step_before_and_after(table: Any) -> None:
    table.personalise(table.present())
    steps = [
        "picc-key",
        "picc-settings",
        "application",
        "app-key-2",
        "app-key-1",
        "app-key-0",
        "file-0",
        "file-1",
    ]
    both = [StepState.BEGUN, StepState.DONE]
    assert table.journal.entries == [(step, state) for step in steps for state in both]


def test_another_estates_card_is_left_alone(keyed: Any) -> None:
    before = keyed.card.dump()
    card = keyed.present()
    assert card.state(keyed.new_keys) is CardState.FOREIGN
    with pytest.raises(CardForeign):
        card.personalise(keyed.new_keys, keyed.journal)
    with pytest.raises(CardForeign):
        card.format(keyed.new_keys, keyed.journal)
    with pytest.raises(CardAuthenticationFailed) as caught:
        card.read_slot(0, keyed.new_keys)
    assert caught.value.key_no == KEY_NUMBERS[KeyRole.DESFIRE_READ]
    assert caught.value.uid == keyed.card.uid
    assert keyed.card.dump() == before
    assert keyed.journal.steps == {}


def test_a_foreign_card_without_our_application_is_asked_for_the_factory_key_once(
    table: Any,
) -> None:
    session = table.session()
    session.authenticate_factory()
    commands.change_picc_key(session, bytes.fromhex("ab" * 16), version=7)
    card = table.present()
    sent: list[bytes] = []
    table.reader.listener = lambda command, _answer: sent.append(command)
    assert card.state(table.keys) is CardState.FOREIGN
    with pytest.raises(CardForeign):
        table.personalise(card)
    with pytest.raises(CardForeign):
        card.format(table.keys, table.journal)
    assert sum(command[1] == 0x1A for command in sent) == 1


def test_a_blank_card_stays_blank_when_formatted(table: Any) -> None:
    before = table.card.dump()
    table.present().format(table.keys, table.journal)
    assert table.card.dump() == before


def test_a_blank_card_holds_no_record(table: Any) -> None:
    card = table.present()
    with pytest.raises(CardAuthenticationFailed):
        card.read_slot(0, table.keys)
    with pytest.raises(CardAuthenticationFailed):
        card.write_slot(0, RECORD, table.keys)


def test_a_card_without_room_is_refused_untouched(table: Any) -> None:
    session = table.session()
    session.authenticate_factory()
    commands.create_application(session, STRANGER, settings=0x0F, keys=0x81)
    free = commands.free_memory(session)
    assert session.find(STRANGER)
    session.authenticate(0, bytes(16))
    big = commands.DataFile(mode=CommMode.PLAIN, access=(0, 0, 0, 0), size=(free - 500) // 2)
    commands.create_backup_data_file(session, 0, big)
    before = table.card.dump()
    with pytest.raises(CardFull) as caught:
        table.personalise(table.present())
    assert caught.value.free_bytes < caught.value.needed_bytes == NEEDED_BYTES
    assert table.card.dump() == before
    assert table.journal.steps == {}


def test_somebody_elses_application_outlives_ours(table: Any) -> None:
    session = table.session()
    session.authenticate_factory()
    commands.create_application(session, STRANGER, settings=0x0F, keys=0x81)
    card = table.present()
    table.personalise(card)
    card.format(table.keys, table.journal)
    assert card.state(table.keys) is CardState.BLANK
    session = table.session()
    assert session.find(STRANGER)
    assert not session.find(AID)


def test_a_card_that_shows_another_uid_is_not_keyed(table: Any) -> None:
    """With a random ID the keys, made from the UID, could never be found again."""
    before = table.card.dump()
    card = table.present()
    strange = type(card)(
        card._session._channel,
        type(card.identity)(
            kind=card.identity.kind, uid=bytes.fromhex("08a1b2c3"), atr=b"", name="random"
        ),
    )
    with pytest.raises(CardUnsupported):
        table.personalise(strange)
    assert table.card.dump() == before


def test_the_driver_offers_no_way_to_choose_the_challenge(table: Any) -> None:
    assert DRIVER.slot_size == SLOT_SIZE
    card = table.present()
    assert DRIVER.open.__code__.co_varnames[:3] == ("channel", "identity", "secure_channel")
    with pytest.raises(TypeError):
        DRIVER.open(card._session._channel, card.identity, None, challenge=bytes)  # type: ignore[call-arg]


def test_a_card_without_its_files_is_half_keyed(keyed: Any) -> None:
    session = keyed.session()
    assert session.find(AID)
    session.authenticate(0, keyed.keys[KeyRole.DESFIRE_APP])
    session.run(Command(ins=0xDF, header=b"\x01"))
    card = keyed.present()
    assert card.state(keyed.keys) is CardState.HALF_KEYED
    with pytest.raises(ApduRefused) as caught:
        card.read_slot(1, keyed.keys)
    assert caught.value.sw == 0x91F0
    keyed.personalise(card)
    assert card.state(keyed.keys) is CardState.OURS
    assert card.read_slot(0, keyed.keys) == b"\x01" * SLOT_SIZE


def test_an_application_with_other_files_is_not_ours(keyed: Any) -> None:
    session = keyed.session()
    assert session.find(AID)
    session.authenticate(0, keyed.keys[KeyRole.DESFIRE_APP])
    session.run(Command(ins=0xDF, header=b"\x01"))
    small = commands.DataFile(mode=CommMode.MAC, access=(1, 2, 15, 0), size=32)
    commands.create_backup_data_file(session, 1, small)
    with pytest.raises(CardForeign):
        keyed.personalise(keyed.present())


def test_the_messages_of_errors_hold_no_key(keyed: Any) -> None:
    card = keyed.present()
    with pytest.raises(CardAuthenticationFailed) as caught:
        card.read_slot(0, keyed.new_keys)
    for key in [*keyed.keys.keys.values(), *keyed.new_keys.keys.values()]:
        assert key.hex() not in repr(caught.value).lower()
        assert key.hex() not in repr(vars(card._session)).lower()
        assert repr(key)[2:-1] not in repr(vars(card._session))


@pytest.mark.parametrize("generation", ["ev1"])
def test_an_ev1_card_in_place_of_a_recorded_ev2_card_is_refused(keyed: Any) -> None:
    card = keyed.present(SecureChannel.EV2)
    with pytest.raises(CardIntegrityError):
        card.read_slot(0, keyed.keys)


@pytest.mark.parametrize("generation", ["ev2", "ev3"])
def test_a_card_recorded_with_ev1_messaging_goes_on_with_it(keyed: Any) -> None:
    card = keyed.present(SecureChannel.EV1)
    assert keyed.count(lambda: card.read_slot(0, keyed.keys)) == 5
    card.write_slot(1, RECORD, keyed.keys)
    assert card.read_slot(1, keyed.keys) == RECORD
    assert card.secure_channel is SecureChannel.EV1


def test_an_application_of_ours_under_a_strangers_key_is_foreign(keyed: Any) -> None:
    session = keyed.session()
    assert session.find(AID)
    session.authenticate(0, keyed.keys[KeyRole.DESFIRE_APP])
    commands.change_key(session, 0, bytes.fromhex("ab" * 16), version=9)
    card = keyed.present()
    assert card.state(keyed.keys) is CardState.HALF_KEYED
    with pytest.raises(CardForeign):
        keyed.personalise(card)
    assert card.read_slot(0, keyed.keys) == b"\x01" * SLOT_SIZE


def test_a_card_that_fills_up_while_it_is_keyed_is_full_and_can_be_formatted(table: Any) -> None:
    blank, journal = table.card.dump(), type(table.journal)
    for at in itertools.count():
        table.card.power_off()
        table.card.load(blank)
        table.journal = journal()
        assert not table.attempt(table.personalise, Fault(kind=FaultKind.TEAR_BEFORE, at=at))
        if table.journal.state("application") is StepState.BEGUN:
            break
    session = table.session()
    session.select_picc()
    session.authenticate(0, table.keys[KeyRole.DESFIRE_PICC])
    commands.create_application(session, STRANGER, settings=0x0F, keys=0x81)
    free = commands.free_memory(session)
    assert session.find(STRANGER)
    session.authenticate(0, bytes(16))
    most = commands.DataFile(mode=CommMode.PLAIN, access=(0, 0, 0, 0), size=free // 2 - 128)
    commands.create_backup_data_file(session, 0, most)
    card = table.present()
    with pytest.raises(CardFull) as caught:
        table.personalise(card)
    assert caught.value.needed_bytes == NEEDED_BYTES
    card.format(table.keys, journal())
    assert card.state(table.keys) is CardState.BLANK


def test_a_chip_of_another_kind_with_the_factory_key_is_left_alone(
    table: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desfire_version, "_GENERATIONS", {})
    before = table.card.dump()
    with pytest.raises(CardUnsupported):
        table.personalise(table.present())
    assert table.card.dump() == before


def test_the_card_is_the_one_that_was_recognised(table: Any) -> None:
    card = table.present()
    assert card.identity.uid == table.card.uid
    assert card.slot_size == DRIVER.slot_size
    assert card.identity.kind in DRIVER.kinds
    assert DRIVER.open(card._session._channel, card.identity, None).secure_channel is None
