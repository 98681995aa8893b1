"""``make kill``: kiosks killed again and again, at steps and at moments that a seed chooses.

Each run is a visit paid with banknotes, with the phone or with both; kiosk and server end by
SIGKILL and start again, and box, providers, ledger, card and journal must agree. Ends with
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
from pathlib import Path

from simulators.cards.api import CardDump
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


@dataclass(frozen=True)
class Kill:
    """How one run ends, and how it is paid until then."""

    plan: Plan = NOTES
    hasty: bool = False
    step: int = NEVER
    after_s: float | None = None

    def place(self, folder: Path, before: tuple[bytes, CardDump]) -> Place:
        """Where it happens."""
        if not self.plan:
            return Place(folder, *before)
        return PhonePlace(folder, *before, plan=self.plan, hasty=self.hasty)


def chosen(seed: int, run: int, steps: Mapping[Plan, int]) -> Kill:
    """The kill of one run; it depends on nothing but its number and the seed."""
    dice = random.Random(f"{seed}/{run}")
    plan = dice.choice(PLANS) if dice.random() < BY_PHONE else NOTES
    hasty = dice.random() < HASTY
    if dice.random() < AT_A_STEP:
        return Kill(plan, hasty, step=dice.randrange(steps[plan] + (MORE if plan else 0)))
    return Kill(plan, hasty, after_s=dice.uniform(0.0, LONGEST_S))


def counted(before: tuple[bytes, CardDump], folder: Path) -> dict[Plan, int]:
    """How many steps a visit has that nobody disturbs, by how it is paid."""
    steps = {NOTES: count_steps(before, folder / "notes")}
    for number, plan in enumerate(PLANS):
        steps[plan] = steps_of(PhonePlace(folder / f"plan-{number}", *before, plan=plan))
    return steps


def one(kill: Kill, before: tuple[bytes, CardDump], folder: Path) -> bool:
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
        folder, before = Path(name), card_with_parking()
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
