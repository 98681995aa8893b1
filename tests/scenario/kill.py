"""``make kill``: kiosks killed again and again, at steps and at moments that a seed chooses.

Each run is a visit paid with banknotes, with the phone or with both. The kiosk ends by SIGKILL and
starts again, in most runs its server too; an acceptor speaks SSP or ID-003, and some cards have a
credit and keep the rest of a note. Box, providers, ledger, card and journal must agree. Ends with
``N passed, N failed``; a failure names its run, which the same seed repeats.
"""

import argparse
import logging
import random
import sys
import tempfile
import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from pathlib import Path

from simulators.cards.api import CardDump
from tests.scenario.killed_kiosk import DRIVERS, PLAIN, Way
from tests.scenario.killing_by_phone import PLANS, PhonePlace, steps_of
from tests.scenario.killing_kiosk import (
    NEVER,
    Place,
    card_with_parking,
    count_steps,
    left_behind,
    prove,
)

AT_A_STEP = 0.7
"""Share of runs killed at a step; the others at a moment of the clock."""

BY_PHONE = 0.5
"""Share of runs in which the phone pays, all or some of it."""

HASTY = 0.3
"""Share of these whose phone pays a code that the resident has already gone back from."""

LONGEST_S = 1.6
MORE = 6
"""A visit by phone takes a step more or less, as threads fall."""

Plan = tuple[str, ...]
NOTES: Plan = ()
WAYS = [
    Way(protocol=protocol, keeps=keeps, server_lives=lives)
    for protocol, keeps, lives in product(DRIVERS, (False, True), (False, True))
]
"""How banknotes are paid with; the phone's runs have the plainest of them."""


Before = Mapping[bool, tuple[bytes, CardDump]]
"""Store and card before a visit: of a card without a credit, and of one with it."""


@dataclass(frozen=True)
class Kill:
    """How one run ends, and how it is paid until then."""

    plan: Plan = NOTES
    way: Way = PLAIN
    hasty: bool = False
    step: int = NEVER
    after_s: float | None = None

    def place(self, folder: Path, before: Before) -> Place:
        """Where it happens."""
        if not self.plan:
            return Place(folder, *before[self.way.keeps], self.way)
        return PhonePlace(folder, *before[False], plan=self.plan, hasty=self.hasty)


Steps = Mapping[tuple[Plan, Way], int]


def chosen(seed: int, run: int, steps: Steps) -> Kill:
    """The kill of one run; it depends on nothing but its number and the seed."""
    dice = random.Random(f"{seed}/{run}")
    plan = dice.choice(PLANS) if dice.random() < BY_PHONE else NOTES
    way = dice.choice(WAYS) if not plan else PLAIN
    hasty = dice.random() < HASTY
    if dice.random() < AT_A_STEP:
        step = dice.randrange(steps[plan, way] + (MORE if plan else 0))
        return Kill(plan, way, hasty, step=step)
    return Kill(plan, way, hasty, after_s=dice.uniform(0.0, LONGEST_S))


def counted(before: Before, folder: Path) -> Steps:
    """How many steps a visit has that nobody disturbs, by how it is paid."""
    steps = {
        (NOTES, way): count_steps(before[way.keeps], folder / f"notes-{number}", way)
        for number, way in enumerate(WAYS)
    }
    for number, plan in enumerate(PLANS):
        place = PhonePlace(folder / f"plan-{number}", *before[False], plan=plan)
        steps[plan, PLAIN] = steps_of(place)
    return steps


def one(kill: Kill, before: Before, folder: Path) -> bool:
    """Kill, start again, prove. False, with the story on stderr, when something did not agree."""
    try:
        left = kill.place(folder, before).run(kill.step, killed_after_s=kill.after_s)
        with left_behind(left, str(kill)):
            prove(left)
    except Exception:  # noqa: BLE001 - whatever it is, the run has failed
        traceback.print_exc()
        return False
    return True


def main(words: list[str]) -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="make kill", description=__doc__)
    parser.add_argument("--runs", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args(words)
    logging.disable(logging.WARNING)
    passed = failed = 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        before = {credit: card_with_parking(credit=credit) for credit in (False, True)}
        steps = counted(before, folder)
        for run in range(given.runs):
            if one(chosen(given.seed, run, steps), before, folder / str(run)):
                passed += 1
            else:
                failed += 1
                print(f"run {run} of seed {given.seed} failed", file=sys.stderr)  # noqa: T201
    print(f"{passed} passed, {failed} failed")  # noqa: T201 - the command's own last line
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
