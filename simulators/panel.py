"""The panel: a page to handle the simulated hardware by hand, and the calls behind its buttons.

    app = create_app(site)            # any `simulators.panel_site.PanelSite`

The page is drawn once; its script asks `state.json` again and again and changes what changed.
Every button carries its call in `data-call` and `data-body`, and shows it.
"""

from typing import Final

from flask import Flask, render_template

from cardserver.payments.api import ProviderName
from simulators import panel_api, panel_lanes, panel_machines
from simulators.acceptor import NOTES_FEN
from simulators.cards.catalogue import CATALOGUE
from simulators.pages import create_page_app
from simulators.panel_bench import Bench
from simulators.panel_machines import CUTS
from simulators.panel_site import PanelSite
from simulators.payments import control

TEXTS: Final = "panel_texts"


def create_app(site: PanelSite) -> Flask:
    """The panel's web application; its paths are relative to wherever it is mounted."""
    bench = Bench(site)
    app = create_page_app("panel", texts=TEXTS)
    app.register_blueprint(panel_api.blueprint(site, bench))
    app.register_blueprint(panel_machines.blueprint(site, bench))
    app.register_blueprint(panel_lanes.blueprint(site, bench))
    app.register_blueprint(control.blueprint(site.payments), url_prefix="/api")

    @app.get("/")
    def page() -> str:
        return render_template(
            "panel/page.html",
            addresses=site.addresses,
            kinds=CATALOGUE,
            notes_fen=NOTES_FEN,
            cuts=CUTS,
            readers=list(site.readers),
            faults=panel_api.FAULT_KINDS,
            providers=list(ProviderName),
            pay_faults=control.SHOWN_FAULTS,
        )

    return app
