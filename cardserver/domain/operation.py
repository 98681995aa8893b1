"""One journalled change of a card: its plan, its three states, and the judgement after a tear.

States: OPEN → SETTLED or OPEN → VOIDED, nothing else. "In doubt" is no state: it is an OPEN
operation on which nobody is working. An operation is ended on evidence only: what was read back
from the card.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum, unique
from typing import Final

from cardserver.domain.errors import IllegalTransition


@unique
class OperationKind(StrEnum):
    """What is being done to a card."""

    ISSUE = "issue"
    ADD_PARKING = "add-parking"
    TOP_UP = "top-up"
    EXTEND = "extend"
    REPLACE = "replace"
    FORMAT = "format"


@unique
class OperationState(StrEnum):
    """Where an operation stands."""

    OPEN = "open"
    SETTLED = "settled"
    VOIDED = "voided"


@unique
class OperationEvent(StrEnum):
    """What can happen to an open operation."""

    SETTLE = "settle"
    VOID = "void"


_TRANSITIONS: Final = {
    (OperationState.OPEN, OperationEvent.SETTLE): OperationState.SETTLED,
    (OperationState.OPEN, OperationEvent.VOID): OperationState.VOIDED,
}


@unique
class Keying(StrEnum):
    """What happens to the keys of the card in this operation."""

    NONE = "none"
    PERSONALISE = "personalise"  # from factory keys to the estate's
    FORMAT = "format"  # back to factory keys


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotChange:
    """One slot's bytes before and after; ``b""`` is an empty slot.

    Both are kept, so that a tear can be judged. The new bytes are absolute (a last day, not a
    number of months): writing them twice is harmless.
    """

    slot: int
    old: bytes
    new: bytes


def advance(before: OperationState, event: OperationEvent) -> OperationState:
    """How an operation stands after `event`. Raises IllegalTransition."""
    state = _TRANSITIONS.get((before, event))
    if state is None:
        raise IllegalTransition(before, event)
    return state


@unique
class Verdict(StrEnum):
    """What the bytes found on the card prove about an open operation."""

    NEW = "new"  # all new: settle
    OLD = "old"  # nothing was changed: may be completed, or voided on this evidence
    BETWEEN = "between"  # partly new or torn: write the rest again
    CONFLICT = "conflict"  # bytes nobody planned: a person decides


def judge(changes: tuple[SlotChange, ...], found: Mapping[int, bytes | None]) -> Verdict:
    """Compare a card with a plan. `found` maps slot to its bytes, None for a torn slot."""
    values = [(change, found.get(change.slot)) for change in changes]
    if any(value is not None and value not in (c.old, c.new) for c, value in values):
        return Verdict.CONFLICT
    if all(value == change.new for change, value in values):
        return Verdict.NEW
    if all(value == change.old for change, value in values):
        return Verdict.OLD
    return Verdict.BETWEEN
