"""What a guard does at the gate: sign in, open by hand with a reason, set a card right.

Every act is a line in the journal with the guard's name; opening goes before every rule, because a
person looks at the lane (GATE-02a, GATE-05).
"""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Final

from flask import Blueprint, abort, redirect, request, url_for
from flask.typing import ResponseReturnValue

from kiosk.gate.checkpages import add_checks
from kiosk.gate.checks import GuardChecks
from kiosk.gate.guards import GuardPost
from kiosk.gate.lane import LaneLoop
from kiosk.gate.overriding import OverrideRefused, forget_by_hand
from kiosk.gate.shared import Shared
from kiosk.station.i18n import DEFAULT_LANGUAGE, text
from kiosk.station.said import Said
from kiosk.station.typed import row_of

REASONS: Final = ("visitor", "forgotten", "delivery", "emergency", "expired", "device", "other")
"""Why a guard opens; ``other`` asks for words of his own."""

_LONGEST: Final = 200


def guard_pages(
    lanes: Sequence[LaneLoop], post: GuardPost, shared: Shared, said: Said, checks: GuardChecks
) -> Blueprint:
    """The blueprint of what a guard does."""
    pages = Blueprint("guard", __name__, url_prefix="/guard")
    by_id = {str(each.lane.lane_id): each for each in lanes}
    add_checks(pages, checks, post, said, by_id)

    @pages.post("/sign-in")
    def sign_in() -> ResponseReturnValue:
        name = request.form.get("name", "").strip()[:_LONGEST]
        password = request.form.get("password", "")[:_LONGEST]

        return said.attempt(lambda: post.sign_in(name, password))

    @pages.post("/sign-out")
    def sign_out() -> ResponseReturnValue:
        post.sign_out()
        return redirect(url_for("gate.guard"), HTTPStatus.SEE_OTHER)

    @pages.post("/open/<lane_id>")
    def open_lane(lane_id: str) -> ResponseReturnValue:
        lane, form = by_id.get(lane_id) or abort(HTTPStatus.NOT_FOUND), request.form

        def act() -> str:
            opened = lane.open_by_hand(
                post.require(), _reason(form), card_number=_card_number(form)
            )
            return "opened" if opened else "not-opened"

        return said.attempt(act)

    @pages.post("/neutral")
    def neutral() -> ResponseReturnValue:
        """One card, or everybody, is held to be where it says: after a fault, or a mistake."""

        def act() -> str:
            form = request.form
            card = _card_number(form)
            forget_by_hand(shared, by=post.require(), reason=_reason(form), card_number=card)
            return "neutral"

        return said.attempt(act)

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


def _card_number(form: Mapping[str, str]) -> int | None:
    """The card that was typed, None for an empty field: that means everybody.

    Raises OverrideRefused ``card-number-unclear``.
    """
    typed = form.get("card", "").strip()
    number = row_of(typed)
    if typed and not number:
        raise OverrideRefused("card-number-unclear")
    return number or None
