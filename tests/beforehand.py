"""What all workers of the suite would make for themselves, made once before they are forked.

An estate on SQLite in which cards have been issued, so that the server is built and its statements
are compiled; every operation, prepared; a site with all its pages, so that rules and templates are
known; payment providers' keys; a PostgreSQL cluster, and a database to copy. No thread may run when
it is done.
"""

import logging
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from flask import Flask

from cardserver.client import connect
from cardserver.payments.alipay import AlipayProvider
from cardserver.payments.wechat import WechatProvider
from simulators.clock import DemoClock
from simulators.panel import create_app as create_panel
from simulators.payments.merchant import Merchant
from simulators.site import Site
from simulators.teller import FIRST_DAY
from simulators.tour import create_app as create_tour
from tests.databases.sites import SettledSite
from tests.databases.stores import cluster, postgresql_template


def make_ready() -> None:
    """Take about six seconds, so that no worker needs them."""
    import tests.scenario.forked  # noqa: F401 - issues a card
    from tests.scenario.cases import PREPARED, prepared
    from tests.scenario.ground import KINDS

    for kind in KINDS:
        for name in PREPARED:
            prepared(name, kind)
    _open_a_site()
    _read_keys()
    connect("http://127.0.0.1", "nobody").close()  # reads what certificates the machine trusts
    if cluster() is not None:
        postgresql_template()


def _open_a_site() -> None:
    clock = DemoClock()
    clock.travel_to(FIRST_DAY)
    logging.disable(logging.WARNING)
    with TemporaryDirectory() as folder, SettledSite(Path(folder), clock=clock) as site:
        for app in _applications(site):
            for name in app.jinja_env.list_templates():
                app.jinja_env.get_template(name)
    logging.disable(logging.NOTSET)


def _read_keys() -> None:
    at = "http://127.0.0.1:1"
    merchant = Merchant()
    WechatProvider(merchant.wechat(at))
    AlipayProvider(merchant.alipay(at))


def _applications(site: Site) -> Iterator[Flask]:
    yield from (station.app for station in site.stations.values())
    yield from (create_panel(site), create_tour(site))
