"""Sites to test with: the demo's people have settled in before the test begins."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from zoneinfo import ZoneInfo

from flask import Flask

from cardserver.db.upgrade import upgrade
from cardserver.domain.signin import ENDLESS
from cardserver.services.turn import Estate
from cardserver.vault import demo_vault
from simulators import estate as demo_estate
from simulators.estate import People
from simulators.site import Site
from tests.databases.servers import server_of
from tests.databases.stores import keep_until_the_end, sqlite_engine


class SettledSite(Site):
    """A site whose store begins as a copy, on the engine and the server that tests share.

    Its gate asks for news when it is told to and else seldom: each question costs what a tap costs.
    """

    gate_round_s = 3.0

    def open_estate(self, path: Path) -> Estate:
        if not path.exists():
            shutil.copy(_settled(self._hour).store, path)
        return _estate(path, self.clock)

    def find_people(self) -> People:
        return _settled(self._hour).people

    @property
    def _hour(self) -> datetime:
        return self.clock().replace(minute=0, second=0, microsecond=0)

    def build_server(self) -> Flask:
        return server_of(self.estate)


class SiteWithPhones(SettledSite):
    """A site whose estate has an account with both providers."""

    def open_estate(self, path: Path) -> Estate:
        return replace(super().open_estate(path), providers=self.providers)


def put_away(site: Site) -> None:
    """End a site that was built and never started.

    Its barriers leave their lines: a line that is garbage is found by its port's name until it is
    collected, and the next device may have that name.
    """
    for lane in site.lanes:
        lane._actuator._barrier.close()
    site.hardware.close()
    site.providers.close()
    site.estate.engine.dispose()


def _estate(path: Path, clock: Callable[[], datetime]) -> Estate:
    return Estate(
        name=demo_estate.ESTATE_NAME,
        engine=sqlite_engine(f"sqlite:///{path}"),
        vault=demo_vault(),
        zone=ZoneInfo("Asia/Shanghai"),
        clock=clock,
        limits=ENDLESS,
    )


@dataclass(frozen=True, slots=True)
class Settled:
    """A store in which everybody has settled in, and who they are."""

    store: Path
    people: People


@cache
def _settled(hour: datetime) -> Settled:
    """An estate that was settled in at this hour."""
    path = keep_until_the_end(Path(mkdtemp(prefix="yika-site-"))) / "settled.db"
    estate = _estate(path, lambda: hour)
    upgrade(estate.engine)
    people = demo_estate.settle_in(estate)
    demo_estate.put_operators(estate)
    estate.engine.dispose()
    return Settled(path, people)
