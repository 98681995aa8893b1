"""``make kill``: kiosks killed again and again, at steps and at moments that a seed chooses.

Each run is a visit paid with banknotes; its process ends by SIGKILL, the kiosk starts again, and
box, ledger, card and journal must agree. Ends with ``N passed, N failed``; a failure names its run,
which the same seed repeats.
"""

import argparse
import logging
import random
import sys
import tempfile
import traceback
from dataclasses import dataclass
from pathlib import Path

from simulators.cards.api import CardDump
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

LONGEST_S = 1.6


@dataclass(frozen=True)
class Kill:
    """How one run ends."""

    step: int = NEVER
    after_s: float | None = None


def chosen(seed: int, run: int, steps: int) -> Kill:
    """The kill of one run; it depends on nothing but its number and the seed."""
    dice = random.Random(f"{seed}/{run}")
    if dice.random() < AT_A_STEP:
        return Kill(step=dice.randrange(steps))
    return Kill(after_s=dice.uniform(0.0, LONGEST_S))


def one(kill: Kill, before: tuple[bytes, CardDump], folder: Path) -> bool:
    """Kill, start again, prove. False, with the story on stderr, when something did not agree."""
    try:
        left = Place(folder, *before).run(kill.step, killed_after_s=kill.after_s)
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
        steps = count_steps(before, folder / "whole")
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
