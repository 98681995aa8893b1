"""Telephone verification with the owner: 电话核实记录 (IC-04, IC-04a, IC-04b)."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum, unique

from cardserver.domain.errors import RuleViolation


@unique
class CallResult(StrEnum):
    """What came of the call. Only CONFIRMED lets a card be issued."""

    CONFIRMED = "confirmed"
    REFUSED = "refused"
    NO_ANSWER = "no-answer"
    NUMBER_INVALID = "number-invalid"


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneRecord:
    """One call to an owner about one named applicant. `day` is the estate's local date."""

    applicant_id: int
    owner_id: int
    result: CallResult
    day: date


def check_phone_record(record: PhoneRecord | None, *, applicant_id: int, today: date) -> None:
    """One record serves one named applicant, on the same day, and only when it says yes.

    Raises RuleViolation ``phone-record-missing``, ``phone-record-other``, ``verification-old``,
    ``owner-refused``, ``owner-not-reached``; the last two end in an appointment (IC-04b).
    """
    if record is None:
        raise RuleViolation("phone-record-missing", rule="IC-04")
    if record.applicant_id != applicant_id:
        raise RuleViolation("phone-record-other", rule="IC-04a")
    if record.result is CallResult.REFUSED:
        raise RuleViolation("owner-refused", rule="IC-04b")
    if record.result is not CallResult.CONFIRMED:
        raise RuleViolation("owner-not-reached", rule="IC-04b")
    if record.day != today:
        raise RuleViolation("verification-old", rule="IC-04a")
