"""What a guard does at the gate: sign in, open by hand with a reason, set a card right.

Every act is a line in the journal with the guard's name; opening goes before every rule, because a
person looks at the lane (GATE-02a, GATE-05).
"""

from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Final

from flask import Blueprint, abort, redirect, request, url_for
from flask.typing import ResponseReturnValue

from cardserver.client import ServerError
from cardserver.domain.errors import DomainError
from kiosk.gate.guards import GuardPost
from kiosk.gate.lane import LaneLoop
from kiosk.gate.overriding import OverrideRefused, forget_by_hand
from kiosk.gate.shared import Shared
from kiosk.station.i18n import DEFAULT_LANGUAGE, text
from kiosk.station.problems import problem_of

REASONS: Final = ("visitor", "forgotten", "delivery", "emergency", "expired", "device", "other")
"""Why a guard opens; ``other`` asks for words of his own."""

_LONGEST: Final = 200
_LONGEST_NUMBER: Final = 18


class Told:
    """What came of the last act, said once on the page."""

    def __init__(self) -> None:
        self._problem = self._done = ""

    def attempt(self, act: Callable[[], str]) -> ResponseReturnValue:
        """Do it, and go back to the guard's page, which says what came of it."""
        self._problem = self._done = ""
        try:
            self._done = act()
        except OverrideRefused as refused:
            self._problem = refused.code
        except (ServerError, DomainError) as error:
            self._problem = problem_of(error)
        return redirect(url_for("gate.guard"), HTTPStatus.SEE_OTHER)

    def take(self) -> dict[str, str]:
        """The words for the page."""
        words = {"problem": self._problem, "done": self._done}
        self._problem = self._done = ""
        return words


def guard_pages(
    lanes: Sequence[LaneLoop], post: GuardPost, shared: Shared, told: Told
) -> Blueprint:
    """The blueprint of what a guard does."""
    pages = Blueprint("guard", __name__, url_prefix="/guard")
    by_id = {str(each.lane.lane_id): each for each in lanes}

    @pages.post("/sign-in")
    def sign_in() -> ResponseReturnValue:
        name = request.form.get("name", "").strip()[:_LONGEST]
        password = request.form.get("password", "")[:_LONGEST]

        def act() -> str:
            post.sign_in(name, password)
            return ""

        return told.attempt(act)

    @pages.post("/sign-out")
    def sign_out() -> ResponseReturnValue:
        post.sign_out()
        return redirect(url_for("gate.guard"), HTTPStatus.SEE_OTHER)

    @pages.post("/open/<lane_id>")
    def open_lane(lane_id: str) -> ResponseReturnValue:
        lane, form = by_id.get(lane_id) or abort(HTTPStatus.NOT_FOUND), request.form

        def act() -> str:
            opened = lane.open_by_hand(
                post.require(), _reason(form), card_number=_card_number(form.get("card", ""))
            )
            return "opened" if opened else "not-opened"

        return told.attempt(act)

    @pages.post("/neutral")
    def neutral() -> ResponseReturnValue:
        """One card, or everybody, is held to be where it says: after a fault, or a mistake."""
        card = _card_number(request.form.get("card", ""))

        def act() -> str:
            reason = _reason(request.form)
            forget_by_hand(shared, by=post.require(), reason=reason, card_number=card)
            return "neutral"

        return told.attempt(act)

    return pages


def _reason(form: Mapping[str, str]) -> str:
    """The chosen reason, with the guard's own words where there are any; empty where neither is.

    In the estate's own language: it stays in the record, whoever reads it later.
    """
    chosen = form.get("reason", "")
    own = " ".join(form.get("words", "").split())[:_LONGEST]
    known = chosen in REASONS and chosen != "other"
    said = [text(DEFAULT_LANGUAGE, f"gate.open-reason.{chosen}")] if known else []
    return "：".join([*said, own] if own else said)


def _card_number(typed: str) -> int | None:
    typed = typed.strip()
    plain = typed.isascii() and typed.isdigit() and len(typed) <= _LONGEST_NUMBER
    return int(typed) if plain and int(typed) else None
