"""A site on which a resident has a parking card already: told once, taken over by each test.

What a site keeps from one run to the next lies in its folder: store, journals and the cards in the
wallet. So the desk's part of the story is told once a process, and every test opens the site anew
on a copy of the folder it left, ten minutes later.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

from kiosk.selfservice.visit import Patience
from simulators.clock import DemoClock
from simulators.site import BRISK_NOTES
from simulators.teller import FIRST_DAY, Teller
from tests.databases.sites import SettledSite
from tests.databases.stores import keep_until_the_end
from tests.scenario.hands import with_parking

LATER = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Left:
    """The folder of a site that has closed, and the owner's card in its wallet."""

    folder: Path
    card_id: str


@contextmanager
def parking_card(folder: Path, *, patience: Patience | None = None) -> Iterator[Teller]:
    """A site in that folder on which the owner has a Classic card with both rights."""
    left = _left()
    shutil.copytree(left.folder, folder, dirs_exist_ok=True)
    with _opened(folder, FIRST_DAY + LATER, patience) as teller:
        teller.card_ids["owner"] = left.card_id
        teller.until("the kiosk invites", lambda: teller.state("kiosk")["screen"] == "attract")
        yield teller


@contextmanager
def _opened(folder: Path, now: datetime, patience: Patience | None = None) -> Iterator[Teller]:
    clock = DemoClock()
    clock.travel_to(now)
    with SettledSite(folder, clock=clock, note_timing=BRISK_NOTES, patience=patience) as site:
        teller = Teller(site)
        yield teller
        teller.close()


@cache
def _left() -> Left:
    folder = keep_until_the_end(Path(mkdtemp(prefix="yika-earlier-")))
    with _opened(folder, FIRST_DAY) as teller:
        with_parking(teller, "owner", "classic-1k")
        card_id = teller.card_ids["owner"]
    return Left(folder, card_id)
