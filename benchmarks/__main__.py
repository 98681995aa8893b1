"""``python -m benchmarks [PREFIX] [--quick]``: one JSON object a line, and nothing else on stdout.

A figure that can't be had here has the value null and a note; then the exit code is 1.
"""

import argparse
import sys
from collections.abc import Iterator, Mapping
from typing import Final

from benchmarks import (
    apdus,
    cards,
    centre,
    decisions,
    deskyear,
    frontdesk,
    gatepeers,
    gates,
    issuing,
    kioskmemory,
    kiosks,
    receipts,
    reviews,
    starting,
    syncing,
    toppingup,
)
from benchmarks.measure import FULL, QUICK, Effort, Figure, Measure

MEASURES: Final[Mapping[str, Measure]] = {
    **cards.MEASURES,
    **apdus.MEASURES,
    **decisions.MEASURES,
    **gatepeers.MEASURES,
    **gates.MEASURES,
    **receipts.MEASURES,
    **starting.MEASURES,
    **issuing.MEASURES,
    **frontdesk.MEASURES,
    **deskyear.MEASURES,
    **reviews.MEASURES,
    **toppingup.MEASURES,
    **centre.MEASURES,
    **kiosks.MEASURES,
    **kioskmemory.MEASURES,
    **syncing.MEASURES,
}


def measured(
    prefix: str, effort: Effort, measures: Mapping[str, Measure] = MEASURES
) -> Iterator[Figure]:
    """The figures whose name starts with `prefix`, one after the other."""
    for name, measure in measures.items():
        if name.startswith(prefix):
            yield _measured(name, measure, effort)


def _measured(name: str, measure: Measure, effort: Effort) -> Figure:
    try:
        return measure(effort)
    except Exception as error:  # noqa: BLE001 - the other figures are still wanted
        return Figure(name=name, value=None, unit="", note=f"{type(error).__name__}: {error}")


def main(words: list[str]) -> int:
    """Print the figures asked for; 0 when all could be measured."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("prefix", nargs="?", default="", help="only names that start so")
    parser.add_argument(
        "--quick", action="store_true", help="show that each runs; the figures mean nothing"
    )
    asked = parser.parse_args(words)
    if not any(name.startswith(asked.prefix) for name in MEASURES):
        parser.error(f"no figure is named {asked.prefix}…; there are {', '.join(MEASURES)}")
    complete = True
    for figure in measured(asked.prefix, QUICK if asked.quick else FULL):
        print(figure.line(), flush=True)
        complete = complete and figure.value is not None
    return 0 if complete else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
