"""``python -m benchmarks [PREFIX] [--quick]``: one JSON object a line, and nothing else on stdout."""

import argparse
import sys

from benchmarks import cards, decisions
from benchmarks.measure import FULL, QUICK, Effort, Figure, Measure

MEASURES = cards.MEASURES | decisions.MEASURES


def main() -> int:
    for name, m in MEASURES.items():
        if name.startswith(sys.argv[1] if len(sys.argv)>1 else ""):
            print(m(FULL).line(), flush=True)
    return 0
sys.exit(main())
