"""What the office pages ask of the server, and how a refusal comes back to the page."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from http import HTTPMethod
from typing import Any, Final

from flask import request
from werkzeug.exceptions import RequestEntityTooLarge

from cardserver.domain.errors import RuleViolation
from kiosk.desk.counter import Counter
from kiosk.station.problems import REFUSALS, problem_of
from kiosk.station.typed import id_of
from printer.form_font import FontMissing

MAX_WORDS: Final = 400
_STALE: Final = {"id-reused": "request_id", "changed-meanwhile": "version"}
"""The hidden field that would have the same form refused for ever, by the refusal."""

_TYPED: Final = "application/x-www-form-urlencoded"
"""A form without a file."""

_MAX_COUNT: Final = 1_000_000
_DIGITS: Final = 7


def attempt(counter: Counter, act: Callable[[], object]) -> bool:
    """Do it; a refusal is said on the next page, which shows again what was typed.

    True when it was done.
    """
    try:
        act()
    except (*REFUSALS, FontMissing) as error:
        problem = problem_of(error)
        with counter.lock:
            counter.notice = problem
        keep_typed(counter, but=_STALE.get(problem, ""))
        return False
    with counter.lock:
        counter.notice = ""
    counter.kept.drop(_address())
    return True


def keep_typed(counter: Counter, *, but: str = "") -> None:
    """Keep the form that was sent just now, for who is here, or was till the screen locked."""
    if request.method == HTTPMethod.POST and request.mimetype == _TYPED:
        with suppress(RequestEntityTooLarge):
            form = request.form.to_dict()
            counter.kept.keep(counter.presence.last_here, _address(), form, but=but)


def keep_unsent(counter: Counter) -> None:
    """Keep a form that was sent to a covered screen; what was not done is said behind the door."""
    if request.method == HTTPMethod.POST:
        keep_typed(counter)
        owner, form = counter.presence.last_here, counter.kept.of_last(_address())
        if not any(take(owner, form) for take in counter.drafts):
            with counter.lock:
                counter.notice = "not-sent-yet"


def keep_written(counter: Counter, address: str) -> None:
    """Keep what stood in a form for `address`, and was not sent when the screen was covered."""
    form = request.form.to_dict()
    counter.kept.keep(counter.presence.last_here, address, form)
    for take in counter.drafts:
        take(counter.presence.last_here, form)


def typed_here(counter: Counter) -> dict[str, str]:
    """What was typed at this address and refused, with the form's id; empty where nothing waits.

    A form that is sent again without its answer having come bears its id again: it is one act.
    """
    return dict(counter.kept.of(counter.presence.last_here, _address()))


def _address() -> str:
    return request.script_root + request.path


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
