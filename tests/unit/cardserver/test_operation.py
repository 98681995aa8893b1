"""The operation's three states, and what the bytes on a card prove after a tear."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardserver.domain.errors import IllegalTransition
from cardserver.domain.operation import (
    OperationEvent,
    OperationState,
    SlotChange,
    Verdict,
    advance,
    judge,
)

OLD, NEW, OTHER, EMPTY = b"old", b"new", b"other", b""
CHANGE = SlotChange(slot=0, old=OLD, new=NEW)
PARKING = SlotChange(slot=1, old=EMPTY, new=NEW)


@pytest.mark.parametrize(
    ("event", "state"),
    [
        (OperationEvent.SETTLE, OperationState.SETTLED),
        (OperationEvent.VOID, OperationState.VOIDED),
    ],
)
def test_an_open_operation_is_settled_or_voided(
    event: OperationEvent, state: OperationState
) -> None:
    assert advance(OperationState.OPEN, event) is state


@pytest.mark.parametrize("event", OperationEvent)
@pytest.mark.parametrize("state", [OperationState.SETTLED, OperationState.VOIDED])
def test_an_ended_operation_stays_ended(state: OperationState, event: OperationEvent) -> None:
    with pytest.raises(IllegalTransition) as caught:
        advance(state, event)
    assert (caught.value.state, caught.value.event) == (state, event)


@pytest.mark.parametrize(
    ("door", "parking", "verdict"),
    [
        (NEW, NEW, Verdict.NEW),
        (OLD, EMPTY, Verdict.OLD),
        (NEW, EMPTY, Verdict.BETWEEN),
        (OLD, NEW, Verdict.BETWEEN),
        (None, EMPTY, Verdict.BETWEEN),
        (NEW, None, Verdict.BETWEEN),
        (None, None, Verdict.BETWEEN),
        (OTHER, NEW, Verdict.CONFLICT),
        (NEW, OTHER, Verdict.CONFLICT),
        (None, OTHER, Verdict.CONFLICT),
        (EMPTY, NEW, Verdict.CONFLICT),
    ],
)
def test_the_bytes_found_decide(
    door: bytes | None, parking: bytes | None, verdict: Verdict
) -> None:
    assert judge((CHANGE, PARKING), {0: door, 1: parking}) is verdict


def test_a_slot_that_was_not_read_proves_nothing() -> None:
    assert judge((CHANGE, PARKING), {0: NEW}) is Verdict.BETWEEN
    assert judge((CHANGE,), {}) is Verdict.BETWEEN


def test_a_slot_nobody_planned_to_change_is_not_looked_at() -> None:
    assert judge((CHANGE,), {0: NEW, 1: OTHER}) is Verdict.NEW


def test_a_change_to_what_is_already_there_is_done() -> None:
    same = SlotChange(slot=0, old=NEW, new=NEW)
    assert judge((same,), {0: NEW}) is Verdict.NEW


contents = st.sampled_from([EMPTY, OLD, NEW, OTHER])
changes = st.lists(
    st.builds(SlotChange, slot=st.sampled_from([0, 1]), old=contents, new=contents),
    min_size=1,
    max_size=2,
    unique_by=lambda change: change.slot,
).map(tuple)


@given(
    plan=changes,
    found=st.dictionaries(st.sampled_from([0, 1]), st.none() | contents),
)
def test_an_operation_ends_on_full_evidence_only(
    plan: tuple[SlotChange, ...], found: dict[int, bytes | None]
) -> None:
    verdict = judge(plan, found)
    if verdict is Verdict.NEW:
        assert all(found[change.slot] == change.new for change in plan)
    if verdict is Verdict.OLD:
        assert all(found[change.slot] == change.old for change in plan)
        assert any(found[change.slot] != change.new for change in plan)
    if verdict is Verdict.CONFLICT:
        assert any(found.get(c.slot) not in {None, c.old, c.new} for c in plan)
    if any(found.get(change.slot) is None for change in plan):
        assert verdict in {Verdict.BETWEEN, Verdict.CONFLICT}


@given(plan=changes, data=st.data())
def test_every_tear_of_a_planned_write_leads_on(
    plan: tuple[SlotChange, ...], data: st.DataObject
) -> None:
    """Each slot is old, new or torn after a tear; that never needs a person's decision."""
    found = {c.slot: data.draw(st.sampled_from([c.old, c.new, None])) for c in plan}
    assert judge(plan, found) is not Verdict.CONFLICT
    written = {change.slot: change.new for change in plan}
    assert judge(plan, written) is Verdict.NEW
