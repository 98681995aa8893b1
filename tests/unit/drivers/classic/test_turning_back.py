"""A card that was being formatted, torn, and is to be ours after all."""

import itertools

from drivers.api.cards import CardState, KeySet, StepState
from drivers.errors import CardRemoved
from simulators.faults import Fault, FaultKind, FaultPlan
from tests.unit.drivers.classic.classic_desk import Desk, MemoryJournal


def test_a_format_torn_anywhere_and_turned_back_leaves_no_torn_slot(
    desk: Desk, keys: KeySet
) -> None:
    desk.ours(keys)
    before = desk.virtual.dump()
    for at in itertools.count():
        desk.virtual.load(before)
        journal = MemoryJournal()
        try:
            plan = FaultPlan(Fault(kind=FaultKind.TEAR_AFTER, at=at))
            desk.card(plan).format(keys, journal)
        except CardRemoved:
            pass
        else:
            break
        for sector in range(4):  # nobody says any more that a sector is done
            journal.record(f"sector-{sector}", StepState.BEGUN)
        card = desk.card()
        card.personalise(keys, journal)
        card.restart()
        assert card.state(keys) is CardState.OURS, at
        assert [card.read_slot(slot, keys) for slot in (0, 1)] == [b"", b""], at
        assert desk.virtual.dump() == before, at
    assert at > 10
