"""The small site, and a client of the panel over it."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from simulators.panel import create_app
from tests.unit.simulators.panel.bench_site import BenchSite


@pytest.fixture
def site() -> BenchSite:
    return BenchSite()


@pytest.fixture
def app(site: BenchSite) -> Flask:
    return create_app(site)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()
