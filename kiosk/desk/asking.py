"""What the office pages ask of the server, and how a refusal comes back to the page."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from cardserver.domain.errors import RuleViolation
from kiosk.desk.counter import Counter
from kiosk.station.problems import REFUSALS, problem_of
from kiosk.station.typed import id_of
from printer.form_font import FontMissing

MAX_WORDS: Final = 400
_MAX_COUNT: Final = 1_000_000
_DIGITS: Final = 7


def attempt(counter: Counter, act: Callable[[], object]) -> bool:
    """Do it; a refusal is said on the next page. True when it was done."""
    try:
        act()
    except (*REFUSALS, FontMissing) as error:
        with counter.lock:
            counter.notice = problem_of(error)
        return False
    with counter.lock:
        counter.notice = ""
    return True


def looked(counter: Counter, facts: dict[str, Any], look: Callable[[], None]) -> None:
    """Look; what the server refuses is a problem on the page, beside a notice that waits there.

    A look for which the right lacks brings the step-up form, as an act does.
    """
    facts["problem"] = ""
    try:
        look()
    except REFUSALS as error:
        facts["problem"] = problem_of(error)
        counter.presence.refused_look(error)
    with counter.lock:
        facts["notice"], counter.notice = counter.notice, ""


def act_id(form: Mapping[str, str]) -> str:
    """The act's id, which the form carries as `request_id`."""
    return id_of(form.get("request_id", ""))


def whole(typed: str, problem: str) -> int:
    """A count as typed, up to a million. Raises RuleViolation `problem`."""
    typed = typed.strip()
    plain = typed.isascii() and typed.isdigit() and len(typed) <= _DIGITS
    if not plain or int(typed) > _MAX_COUNT:
        raise RuleViolation(problem)
    return int(typed)


def line_of(typed: str) -> str:
    """What was typed as one line of words; empty for nothing."""
    return " ".join(typed.split())[:MAX_WORDS]


def words(typed: str, problem: str) -> str:
    """Words that somebody gave. Raises RuleViolation `problem` for none."""
    found = line_of(typed)
    if not found:
        raise RuleViolation(problem)
    return found
