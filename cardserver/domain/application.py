"""Applications for merchants' and staff cards: who asks, who checks, who agrees (IC-06, IC-13).

A merchant's application goes through three hands: the shop affairs head verifies it and fills the
form, the department head agrees, the agent issues. A staff card is applied for by the section head
and approved by the department head. The hands are different people, and each leaves name and date.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum, unique
from typing import Final

from cardserver.domain.errors import RuleViolation
from cardserver.domain.permits import Action
from cardserver.domain.rights import HolderClass


@unique
class ApplicationKind(StrEnum):
    """What is applied for."""

    MERCHANT = "merchant"  # 商户申请书, 申请表
    STAFF = "staff"  # 免费IC卡


@unique
class CardForm(StrEnum):
    """Who signs for a staff card and is answerable for it (IC-15a)."""

    PERSONAL = "personal"  # the employee signs
    SECTION = "section"  # the section head signs; handing it on inside the section is his record


@unique
class Step(StrEnum):
    """What a named person did with an application."""

    CHECKED = "checked"  # the shop affairs head verified it and filled the form
    APPROVED = "approved"  # the department head agreed
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


@unique
class Stage(StrEnum):
    """Where an application stands: whom it waits for, or how it ended. Derived from its steps."""

    TO_CHECK = "to-check"
    TO_APPROVE = "to-approve"
    APPROVED = "approved"  # a card may be issued on it
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    USED = "used"  # its card was issued, or is being written


APPLICATION_OF: Final = {
    HolderClass.MERCHANT: ApplicationKind.MERCHANT,
    HolderClass.STAFF: ApplicationKind.STAFF,
}
"""Classes whose cards need an approved application."""

RULE_OF: Final = {ApplicationKind.MERCHANT: "IC-06", ApplicationKind.STAFF: "IC-13"}

_NEXT: Final = {
    (ApplicationKind.MERCHANT, Stage.TO_CHECK): (Step.CHECKED, Action.CHECK_MERCHANT),
    (ApplicationKind.MERCHANT, Stage.TO_APPROVE): (Step.APPROVED, Action.APPROVE_MERCHANT),
    (ApplicationKind.STAFF, Stage.TO_APPROVE): (Step.APPROVED, Action.APPROVE_STAFF_CARD),
}
_ENDED: Final = {Step.REFUSED: Stage.REFUSED, Step.WITHDRAWN: Stage.WITHDRAWN}


def stage_of(kind: ApplicationKind, steps: Mapping[Step, str], *, used: bool) -> Stage:
    """Where an application stands, from its steps (each with the person who did it)."""
    for step, stage in _ENDED.items():
        if step in steps:
            return stage
    if used:
        return Stage.USED
    if Step.APPROVED in steps:
        return Stage.APPROVED
    if kind is ApplicationKind.MERCHANT and Step.CHECKED not in steps:
        return Stage.TO_CHECK
    return Stage.TO_APPROVE


def action_for(kind: ApplicationKind, stage: Stage, step: Step) -> Action:
    """The right that this step needs now.

    A refusal is the word of whoever is asked next; a withdrawal is taken down by an agent.
    Raises RuleViolation ``step-not-next``.
    """
    waits = _NEXT.get((kind, stage))
    if waits is None:
        raise RuleViolation("step-not-next", rule=RULE_OF[kind], message=f"it is {stage}")
    wanted, action = waits
    if step is Step.WITHDRAWN:
        return Action.VERIFY
    if step not in {wanted, Step.REFUSED}:
        raise RuleViolation("step-not-next", rule=RULE_OF[kind], message=f"it waits for {wanted}")
    return action


def waits_for(kind: ApplicationKind, stage: Stage) -> Action | None:
    """The right whose holder is asked next; None when nobody is."""
    waits = _NEXT.get((kind, stage))
    return None if waits is None else waits[1]


def check_other_person(kind: ApplicationKind, person: str, hands: Mapping[str, str]) -> None:
    """Each hand is another person (IC-06a, IC-13). `hands` maps what was done to its person.

    Raises RuleViolation ``same-hand``.
    """
    for did, name in hands.items():
        if name == person:
            rule = "IC-06a" if kind is ApplicationKind.MERCHANT else "IC-13"
            raise RuleViolation("same-hand", rule=rule, message=f"{person} {did} it already")


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherLength:
    """A last day other than one year from the issue, entered with a reason (IC-06a)."""

    last: date
    reason: str


def check_other_length(
    kind: ApplicationKind, length: OtherLength, *, contract_ends: date | None, today: date
) -> None:
    """A merchant's card, never beyond the shop's contract (IC-06a). Raises RuleViolation."""
    if kind is not ApplicationKind.MERCHANT:
        raise RuleViolation("length-not-open", rule="IC-13a")
    if length.last < today:
        raise RuleViolation("length-over", rule="IC-06a")
    if contract_ends is not None and length.last > contract_ends:
        raise RuleViolation(
            "beyond-contract", rule="IC-06a", message=f"the shop's contract ends {contract_ends}"
        )
