"""What is typed on the pages of shift and money, and what stays there while leave is asked for."""

import hashlib
import re
import threading
from collections import deque
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final
from uuid import uuid4

from flask import Blueprint
from pydantic import ValidationError

from cardserver.domain.denomination import DENOMINATIONS
from cardserver.domain.errors import DomainError
from kiosk.desk.counter import Counter
from kiosk.station.clock import ESTATE_ZONE
from kiosk.station.problems import REFUSALS, refusal_of
from kiosk.station.typed import plain, yuan

_PIECES: Final = re.compile(r"[0-9]{1,4}")
_UUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
INCOMPLETE: Final = "form-incomplete"
_REMEMBERED: Final = 40
"""A doubled click comes within seconds; so many forms back it is still known."""

Form = Mapping[str, str]


class FormIncomplete(DomainError):
    """Something was left out, or is nothing that can be."""

    code = INCOMPLETE


class Drafts:
    """Forms that were refused, kept until they succeed: after a step-up the same button works.

    Each form has an id of its own making, so that a doubled click is one act.
    """

    def __init__(self) -> None:
        self.notice = ""
        self.rule = ""
        self._owner = ""
        self._kept: dict[str, dict[str, str]] = {}
        self._done: deque[bytes] = deque(maxlen=_REMEMBERED)
        self._lock = threading.RLock()

    def belong_to(self, operator: str) -> None:
        """What one person typed is not shown to the next."""
        if operator != self._owner:
            self._owner, self.notice = operator, ""
            self._kept.clear()

    def take(self) -> tuple[str, str]:
        """What is to be said, once: its word and the requirement behind it."""
        said = self.notice, self.rule
        self.notice = self.rule = ""
        return said

    def of(self, name: str) -> dict[str, str]:
        """What was typed in this form, with its id."""
        return self._kept.setdefault(name, {"id": str(uuid4())})

    def take_unsent(self, operator: str, form: Form) -> bool:
        """Keep what `operator` sent while the screen was covered. True where it is one of these."""
        with self._lock:
            for name, kept in self._kept.items():
                if operator == self._owner and kept["id"] == form.get("id"):
                    self._kept[name] = _kept_of(form, kept["id"])
                    self.notice = "not-sent-yet"
                    self.rule = ""
                    return True
            return False

    def attempt(self, name: str, form: Form, act: Callable[[Form], None]) -> bool:
        """Do what a form asks; a refusal is shown and what was typed stays.

        True when it was done now: the same form sent twice is done, and printed, once.
        """
        with self._lock:
            kept = _kept_of(form, self.of(name)["id"])
            mark = _mark(name, kept)
            if mark in self._done:
                return False
            self.notice = self.rule = ""
            self._kept[name] = kept
            if not self._do(kept, act):
                return False
            self._kept.pop(name, None)
            self._done.append(mark)
            return not self.notice

    def _do(self, kept: Form, act: Callable[[Form], None]) -> bool:
        try:
            act(kept)
        except ValidationError:
            self.notice = INCOMPLETE
        except REFUSALS as error:
            self.notice, self.rule = refusal_of(error)
        else:
            return True
        return False


def _kept_of(form: Form, own_id: str) -> dict[str, str]:
    kept = {"id": own_id, **{key: value[:400] for key, value in form.items()}}
    return kept if _UUID.fullmatch(kept["id"]) else {**kept, "id": own_id}


def _mark(name: str, form: Form) -> bytes:
    """What tells one form from every other, without keeping what was typed."""
    return hashlib.sha256(repr((name, sorted(form.items()))).encode()).digest()


def drafted(pages: Blueprint, counter: Counter) -> Drafts:
    """Drafts for these pages, of whoever is signed in; their templates know them as `drafts`."""
    drafts = Drafts()
    counter.drafts.append(drafts.take_unsent)

    @pages.before_request
    def whose() -> None:
        drafts.belong_to(counter.operator)

    @pages.context_processor
    def everywhere() -> dict[str, object]:
        return {"drafts": drafts, "local_text": local_text}

    return drafts


def notes_of(form: Form) -> dict[int, int]:
    """The pieces of a counting form, field ``n<face>`` each; an empty field is none.

    Raises FormIncomplete for what is no number.
    """
    found: dict[int, int] = {}
    for face in DENOMINATIONS:
        typed = plain(form.get(f"n{face}", "")) or "0"
        if _PIECES.fullmatch(typed) is None:
            raise FormIncomplete
        found[face] = int(typed)
    return {face: count for face, count in found.items() if count}


def number_of(form: Form, field: str) -> int:
    """A count that was typed. Raises FormIncomplete."""
    typed = plain(form.get(field, ""))
    if _PIECES.fullmatch(typed) is None:
        raise FormIncomplete
    return int(typed)


def fen_of(form: Form, field: str) -> int:
    """An amount in yuan as typed, in fen. Raises RuleViolation ``amount-unreadable``."""
    return yuan(form.get(field, ""))


def local_text(instant: datetime) -> str:
    """An instant as the pages show it, in the estate's time."""
    return f"{instant.astimezone(ESTATE_ZONE):%Y-%m-%d %H:%M}"
