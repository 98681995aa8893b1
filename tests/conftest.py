"""Settings of the whole suite.

Nothing but loopback is reached, a badly formatted log call fails its test, hypothesis is patient on
a busy machine, and nothing of the account that runs the suite leaks in. Where ``CI`` is set a
skipped test is a failed one: the card daemon, the database server and the browser must be there.
"""

import gc
import logging
import os
from collections.abc import Generator
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import hypothesis
import pytest

from tests import side_by_side
from tests.built_once import remember_keys, remember_rules, remember_schema, remember_templates

if TYPE_CHECKING:
    from playwright.sync_api import Browser

LOOPBACK = "127.0.0.0/8,::1,localhost"
MANY = 1000
"""So many tests are worth being prepared for."""

SELDOM = 20_000
"""Objects more than before until garbage is looked for, where Python comes with 700."""

FOLDERS = count(1)
"""Numbers of the tests' folders."""

ROOT_LOGGER = logging.getLogger()
OTHERS_LOGGERS = ("PIL", "asyncio", "fontTools", "fpdf", "httpcore", "pymodbus", "urllib3")
"""Libraries whose calls for their own debugging are not ours to format: one says several a poll."""

IN_CI = os.environ.get("CI", "").lower() not in {"", "0", "false"}

# Proxies would catch requests to loopback; settings of the station at hand would change results.
LEAKS = {"http_proxy", "https_proxy", "all_proxy", "no_proxy"}
# Words to the tests themselves, see tests/scenario/test_kills.py and `make model`.
OURS = {"YIKA_KILL_ALL", "YIKA_PASSAGES", "YIKA_SEED"}
for name in list(os.environ):
    if name.lower() in LEAKS or (name.startswith("YIKA_") and name not in OURS):
        del os.environ[name]

# Deadlines measure the neighbours on a shared machine; a run in CI finds the same cases each time.
# Each run in a house draws other cases, so fifty are soon many; `thorough` is for a new codec.
HOUSE = hypothesis.settings(deadline=None, print_blob=True, max_examples=50)
hypothesis.settings.register_profile("house", HOUSE)
hypothesis.settings.register_profile("ci", HOUSE, derandomize=True)
hypothesis.settings.register_profile("thorough", HOUSE, max_examples=1000)
hypothesis.settings.load_profile("ci" if IN_CI else "house")

for name in OTHERS_LOGGERS:
    logging.getLogger(name).setLevel(logging.INFO)

remember_rules()
remember_templates()
remember_schema()
remember_keys()

gc.disable()  # while modules and tests are collected: next to nothing of that is ever garbage


def pytest_addoption(pluginmanager: pytest.PytestPluginManager) -> None:
    """Take the option of `side_by_side`, and the plugin itself."""
    pluginmanager.register(side_by_side)


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Set what would otherwise be words on every command line; those given there win."""
    config.option.allow_hosts = config.option.allow_hosts or LOOPBACK
    config.option.allow_unix_socket = True


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup() -> None:
    """Let every log call of ours be formatted; pytest fails a test whose call can't be.

    (Its own option sets the level six times a test, and each time every logger thinks it over.)
    """
    if ROOT_LOGGER.level != logging.DEBUG:
        ROOT_LOGGER.setLevel(logging.DEBUG)


def pytest_collection_finish(session: pytest.Session) -> None:
    """From here on there is garbage; what was collected need not be looked through for it."""
    many = session.config.option.workers > 1 and len(session.items) > MANY
    if many:
        from tests.beforehand import make_ready

        make_ready()
    gc.freeze()
    gc.set_threshold(SELDOM)
    gc.enable()
    if many:
        from tests.examples import run_one_example
        from tests.scenario.forkserver import fork_from_here

        run_one_example()
        fork_from_here()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
    call: pytest.CallInfo[None],
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """In CI, turn a skip into a failure that says what was missing.

    What only the kernel can grant is nothing a machine can be told to install.
    """
    report = yield
    allowed = hasattr(report, "wasxfail") or item.get_closest_marker("kernel") is not None
    if IN_CI and report.skipped and not allowed:
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped, and CI allows no skip: {reason(report)}"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """In CI, do the same for a module that skips itself as a whole."""
    report = yield
    if IN_CI and report.outcome == "skipped":
        report.outcome = "failed"
        report.longrepr = (
            f"{collector.nodeid} skipped itself, and CI allows no skip: {reason(report)}"
        )
    return report


def reason(report: pytest.TestReport | pytest.CollectReport) -> str:
    """The words given with a skip."""
    return str(report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr)


@pytest.fixture(autouse=True, scope="session")
def own_log(tmp_path_factory: pytest.TempPathFactory) -> None:
    """A log that a command writes by itself never lands in the account that runs the suite."""
    os.environ["YIKA_LOG"] = str(tmp_path_factory.getbasetemp() / "yika.log")


@pytest.fixture
def tmp_path(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of the test's own. Pytest's fixture of this name looks for a free number among all
    folders of the run, each time.
    """
    test = getattr(request.node, "originalname", None) or "test"
    return tmp_path_factory.mktemp(f"{next(FOLDERS)}-{test[:30]}", numbered=False)


@pytest.fixture(scope="session")
def browser() -> Generator["Browser", None, None]:
    """The one browser of this process; imported here, because most tests never need it."""
    from tests.chromium import open_chromium

    with open_chromium() as chromium:
        yield chromium
