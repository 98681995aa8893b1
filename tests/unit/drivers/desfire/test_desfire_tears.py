"""The card leaves the field at every exchange of every operation, before and after it is obeyed.

Whatever happens, the card can be brought to the end of what was begun, no default key stays behind,
and a slot reads as before or after, never as anything else.
"""

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.api.cards import CardState, KeyRole, KeySet
from drivers.cards.desfire_layout import AID, KEY_NUMBERS, SLOT_SIZE
from drivers.errors import CardAuthenticationFailed, DeviceError
from simulators.faults import TEARS, Fault, FaultKind, FaultPlan

OLD = b"\x01" * SLOT_SIZE
NEW = b"\x02" * SLOT_SIZE
KINDS = sorted(TEARS)


def every_tear(
    table: Any, action: Callable[[Any], object], kinds: list[FaultKind] = KINDS
) -> Iterator[None]:
    """Tear the action at every exchange, the card and the journal being as before each time."""
    start, journal = table.card.dump(), type(table.journal)
    for kind in kinds:
        for at in itertools.count():
            table.card.power_off()
            table.card.load(start)
            table.journal = journal()
            if table.attempt(action, Fault(kind=kind, at=at)):
                assert at > 0
                break
            yield


def require_no_default_key(table: Any) -> None:
    session = table.session()
    with pytest.raises(CardAuthenticationFailed):
        session.authenticate_factory()
    session.select_picc()
    assert not session.opens(0, bytes(16))
    assert session.find(AID)
    for key_no in KEY_NUMBERS.values():
        assert not session.opens(key_no, bytes(16))


def require_ours(table: Any, keys: KeySet, *records: bytes) -> None:
    card = table.present()
    assert card.state(keys) is CardState.OURS
    assert (card.read_slot(0, keys), card.read_slot(1, keys)) == records
    card.write_slot(1, NEW, keys)
    assert card.read_slot(1, keys) == NEW
    require_no_default_key(table)


def test_personalising_is_resumed_wherever_it_was_torn(table: Any) -> None:
    for _ in every_tear(table, table.personalise):
        card = table.present()
        assert card.state(table.keys) is not CardState.FOREIGN
        table.personalise(table.present())
        require_ours(table, table.keys, b"", b"")


def test_personalising_is_resumed_even_when_its_journal_was_lost(table: Any) -> None:
    for _ in every_tear(table, table.personalise):
        table.journal = type(table.journal)()
        table.personalise(table.present())
        require_ours(table, table.keys, b"", b"")


def test_a_half_keyed_card_can_be_formatted_instead(table: Any) -> None:
    for _ in every_tear(table, table.personalise):
        table.journal = type(table.journal)()
        card = table.present()
        card.format(table.keys, table.journal)
        assert card.state(table.keys) is CardState.BLANK


def test_a_half_keyed_card_can_be_taken_on_to_rolled_keys(table: Any) -> None:
    for _ in every_tear(table, table.personalise):
        table.journal = type(table.journal)()
        table.roll(table.present())
        require_ours(table, table.new_keys, b"", b"")


def test_rolling_keys_is_resumed_and_the_record_can_be_read_all_the_time(keyed: Any) -> None:
    for _ in every_tear(keyed, keyed.roll):
        card = keyed.present()
        session = keyed.session()
        assert session.find(AID)
        role = KeyRole.DESFIRE_READ
        new = session.opens(KEY_NUMBERS[role], keyed.new_keys[role])
        keys = keyed.new_keys if new else keyed.keys
        card = keyed.present()
        assert card.read_slot(0, keys) == OLD
        keyed.roll(keyed.present())
        require_ours(keyed, keyed.new_keys, OLD, b"")


def test_formatting_is_resumed_wherever_it_was_torn(keyed: Any) -> None:
    def erase(card: Any) -> None:
        card.format(keyed.keys, keyed.journal)

    for _ in every_tear(keyed, erase):
        assert keyed.present().state(keyed.keys) is not CardState.FOREIGN
        erase(keyed.present())
        card = keyed.present()
        assert card.state(keyed.keys) is CardState.BLANK
        keyed.journal = type(keyed.journal)()
        keyed.personalise(card)
        require_ours(keyed, keyed.keys, b"", b"")


@pytest.mark.parametrize("data", [NEW, b""])
def test_a_torn_write_leaves_old_or_new_and_the_other_slot(keyed: Any, data: bytes) -> None:
    keyed.present().write_slot(1, OLD, keyed.keys)
    seen = set()
    for _ in every_tear(keyed, lambda card: card.write_slot(0, data, keyed.keys)):
        card = keyed.present()
        seen.add(card.read_slot(0, keyed.keys))
        assert card.read_slot(1, keyed.keys) == OLD
        card.write_slot(0, data, keyed.keys)
        card.restart()
        assert card.read_slot(0, keyed.keys) == data
    assert seen == {OLD, data}


@pytest.mark.parametrize("kind", [FaultKind.SILENCE, FaultKind.GARBAGE, FaultKind.BIT_FLIP])
def test_a_disturbed_exchange_is_an_error_and_the_same_card_goes_on(
    table: Any, kind: FaultKind
) -> None:
    """The card stays on the reader and in the driver's hands; the work is simply begun again."""
    start, journal = table.card.dump(), type(table.journal)
    for at in itertools.count():
        table.card.power_off()
        table.card.load(start)
        table.journal = journal()
        card = table.present()
        plan = FaultPlan(Fault(kind=kind, at=at, bit=at))
        table.reader.plan(plan)
        try:
            table.personalise(card)
        except DeviceError:
            assert plan.fired
        table.reader.plan(None)
        if not plan.fired:
            break
        card.restart()  # a flipped bit of a challenge looks like a wrong key, which is remembered
        table.personalise(card)
        require_ours(table, table.keys, b"", b"")


@pytest.mark.parametrize("kind", [FaultKind.SILENCE, FaultKind.GARBAGE, FaultKind.BIT_FLIP])
def test_a_disturbed_read_never_gives_other_bytes(keyed: Any, kind: FaultKind) -> None:
    for at, bit in itertools.product(range(5), range(0, 488, 61)):
        card = keyed.present(keyed.channel_kind)
        keyed.reader.plan(FaultPlan(Fault(kind=kind, at=at, bit=bit)))
        if (kind, at) == (FaultKind.BIT_FLIP, 0):
            # The answer to SelectApplication has no data that a flipped bit could hit.
            assert card.read_slot(0, keyed.keys) == OLD
        else:
            with pytest.raises(DeviceError):
                card.read_slot(0, keyed.keys)
        keyed.reader.plan(None)
        assert card.read_slot(0, keyed.keys) == OLD


@settings(max_examples=25, deadline=None)
@given(tears=st.lists(st.tuples(st.sampled_from(KINDS), st.integers(0, 30)), max_size=6))
def test_any_number_of_tears_is_survived(
    make_table: Callable[[], Any], tears: list[tuple[FaultKind, int]]
) -> None:
    table = make_table()
    for kind, at in tears:
        if table.attempt(table.personalise, Fault(kind=kind, at=at)):
            break
    table.personalise(table.present())
    require_ours(table, table.keys, b"", b"")
