"""The demo's first page: what this is, and a walk of six steps through the story."""

from collections.abc import Mapping
from typing import Final, Protocol

from flask import Flask, g, render_template

from cardserver.domain.signin import DEMO_PASSWORD
from kiosk.station.i18n import text
from simulators import estate as demo_estate
from simulators.pages import create_page_app

TEXTS: Final = "tour_texts"
STEPS: Final[Mapping[str, tuple[str, ...]]] = {
    "issue": ("desk", "panel"),
    "door": ("gate", "panel"),
    "parking": ("desk", "kiosk", "gate"),
    "loss": ("desk", "gate"),
    "staff": ("desk", "panel"),
    "tear": ("panel", "desk"),
}
"""Steps in their order, each with the pages it happens on."""


class TourSite(Protocol):
    """What the tour needs of a site."""

    @property
    def addresses(self) -> Mapping[str, str]:
        """Paths of the pages: desk, kiosk, gate, panel, openapi."""


def office(role: str) -> str:
    """The name of an office, in the words of the desk itself."""
    return text(g.language, f"role.{role}")


def create_app(site: TourSite) -> Flask:
    """The first page's web application."""
    app = create_page_app("tour", texts=TEXTS)

    @app.get("/")
    def page() -> str:
        return render_template(
            "tour/page.html",
            addresses=site.addresses,
            steps=STEPS,
            people=demo_estate.OPERATORS,
            password=DEMO_PASSWORD,
            office=office,
        )

    return app
