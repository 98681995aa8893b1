"""Which keys a card gets in an operation, and the journal of putting them on.

What a station says before it touches the first key is that every step may have begun: more is not
needed to go on anywhere, since the driver then asks the card which keys it holds. An operation that
follows a voided one on the same chip takes its steps over as *begun* for the same reason. Never as
*done*: nobody can say what happened to the chip since.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from cardserver.db.queries import keying_journal, keying_steps, last_on_chip
from cardserver.db.tables import KeyingStepRow
from cardserver.domain.card import Card
from cardserver.domain.operation import Keying, OperationKind, OperationState
from cardserver.services.errors import Conflict, NotFound
from cardserver.services.turn import Caller, Estate, Turn, reading, writing
from cardserver.wire_operations import EVERY_STEP, KeyingRequest, KeyingState, KeyingSteps

ON_BLANK = frozenset({OperationKind.ISSUE, OperationKind.REPLACE})
"""Operations that make a card of a blank chip."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyPlan:
    """What happens to the keys. `previous` are those the chip may still hold, `begun` the steps
    that a voided operation left behind.
    """

    keying: Keying
    version: int
    previous: int | None = None
    begun: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyingStanding:
    """Steps that may have begun; `announced` when the journal counts every step among them."""

    begun: tuple[str, ...] = ()
    announced: bool = False


def key_plan(turn: Turn, kind: OperationKind, uid: bytes, card: Card | None) -> KeyPlan:
    """Blank chips get the current keys; cards of older keys are rolled to them when written."""
    current = turn.estate.vault.current_version
    last = last_on_chip(turn.session, uid)
    voided = last if last is not None and last.state is OperationState.VOIDED else None
    begun = () if voided is None else tuple(keying_steps(turn.session, voided.id))
    if kind in ON_BLANK or card is None:
        old = voided.key_version if voided is not None and begun else current
        return KeyPlan(
            keying=Keying.PERSONALISE,
            version=current,
            previous=None if old == current else old,
            begun=begun,
        )
    if kind is OperationKind.FORMAT:
        return KeyPlan(keying=Keying.FORMAT, version=card.key_version, begun=begun)
    if card.key_version == current:
        return KeyPlan(keying=Keying.NONE, version=current)
    return KeyPlan(
        keying=Keying.PERSONALISE, version=current, previous=card.key_version, begun=begun
    )


def begin_journal(turn: Turn, operation_id: str, plan: KeyPlan, *, at_once: bool) -> KeyingStanding:
    """Write down what a voided operation began, and where keys are put on `at_once` every step."""
    steps = dict.fromkeys((*plan.begun, EVERY_STEP) if at_once else plan.begun)
    entries = (_entry(turn, operation_id, step, KeyingState.BEGUN) for step in steps)
    turn.write(KeyingStepRow, *entries)
    return KeyingStanding(begun=plan.begun, announced=EVERY_STEP in steps)


def journal_of(turn: Turn, operation_id: str) -> KeyingStanding:
    """How far the keying may have come, whoever did it."""
    begun = tuple(keying_steps(turn.session, operation_id))
    return KeyingStanding(begun=begun, announced=EVERY_STEP in begun)


def steps(estate: Estate, caller: Caller, operation_id: str) -> KeyingSteps:
    """The keying journal of an operation. Raises NotFound, NotPermitted."""
    with reading(estate, caller) as turn:
        _, known = _journal(turn, operation_id)
        return _view(known)


def record_step(
    estate: Estate, caller: Caller, operation_id: str, request: KeyingRequest
) -> KeyingSteps:
    """Record that a step began or is done; committed before this returns.

    Repeating what was last said of a step changes nothing. Raises Conflict ``operation-ended``.
    """
    with writing(estate, caller) as turn:
        standing, known = _journal(turn, operation_id)
        if known.get(request.step) != request.state:
            if standing is not OperationState.OPEN:
                raise Conflict("operation-ended", f"the operation is {standing}")
            entry = _entry(turn, operation_id, request.step, request.state)
            turn.write(KeyingStepRow, entry)
        return _view(known | {request.step: request.state})


def _entry(turn: Turn, operation_id: str, step: str, state: KeyingState) -> dict[str, object]:
    return {"operation_id": operation_id, "step": step, "state": state, "at": turn.now}


def _journal(turn: Turn, operation_id: str) -> tuple[OperationState, dict[str, str]]:
    found = keying_journal(turn.connection, operation_id)
    if found is None:
        raise NotFound("operation", operation_id)
    kind, standing, known = found
    turn.caller.check_may_operate(kind)
    return standing, known


def _view(found: Mapping[str, str]) -> KeyingSteps:
    return KeyingSteps(steps={step: KeyingState(state) for step, state in found.items()})
