"""The guard's page of checks: goods slips, building material, what is filed (GATE-04, GATE-06a)."""

from collections.abc import Collection, Mapping
from datetime import date
from typing import Final

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from cardserver.domain.gaterules import Filing, GateRules
from kiosk.gate.checks import GuardChecks
from kiosk.gate.guards import GuardPost
from kiosk.station.said import Said

_LONGEST: Final = 200
RESULTS: Final = ("agrees", "differs")


def add_checks(
    pages: Blueprint, checks: GuardChecks, post: GuardPost, said: Said, lanes: Collection[str]
) -> None:
    """What is done on it; who does it is on duty here."""

    @pages.post("/goods")
    def goods() -> ResponseReturnValue:
        def act() -> str:
            form = request.form
            agrees = form.get("result", "") == "agrees"
            lane = form.get("lane", "")
            checks.take_slip_back(
                by=post.require(),
                lane=lane if lane in lanes else "",
                slip=form.get("slip", ""),
                agrees=agrees,
                seen=_seen(form),
            )
            return "goods" if agrees else "goods-differ"

        return said.attempt(act)

    @pages.post("/material")
    def material() -> ResponseReturnValue:
        def act() -> str:
            form = request.form
            checks.report_material(by=post.require(), unit=form.get("unit", ""), seen=_seen(form))
            return "material"

        return said.attempt(act)


def live_filings(rules: GateRules, today: date) -> list[Filing]:
    """Renovations that are filed for today, by their units."""
    found = [each for each in rules.filings.values() if each.first <= today <= each.last]
    return sorted(found, key=lambda each: each.unit)


def _seen(form: Mapping[str, str]) -> str:
    return " ".join(form.get("seen", "").split())[:_LONGEST]
