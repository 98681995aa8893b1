"""The demo's first page: what this is, and a walk of six steps through the story."""

from collections.abc import Mapping
from typing import Final, Protocol

from flask import Flask, render_template

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


def create_app(site: TourSite) -> Flask:
    """The first page's web application."""
    app = create_page_app("tour", texts=TEXTS)

    @app.get("/")
    def page() -> str:
        return render_template("tour/page.html", addresses=site.addresses, steps=STEPS)

    return app
