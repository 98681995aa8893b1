"""A gate that is killed while its lanes write: what was acknowledged to a lane is there."""

import subprocess
import sys
from pathlib import Path
from random import Random

from kiosk.gate.journal import GateJournal

KILLS = 4
SEED = 5


def killed_after(path: Path, lines: int) -> list[str]:
    """Let the lanes write until so many lines were acknowledged, then SIGKILL; all that were."""
    program = Path(__file__).with_name("busy_journal.py")
    root = program.parents[4]
    words = [sys.executable, str(program), str(path)]
    with subprocess.Popen(
        words, stdout=subprocess.PIPE, cwd=root, env={"PYTHONPATH": str(root)}, text=True
    ) as writer:
        assert writer.stdout is not None
        told = [writer.stdout.readline() for _ in range(lines)]
        writer.kill()
        told += writer.stdout.readlines()
    return [line.strip() for line in told if line.endswith("\n")]


def test_every_acknowledged_line_survives_a_kill_and_the_chain_holds(tmp_path: Path) -> None:
    path, draw = tmp_path / "gate.db", Random(SEED)
    acknowledged: list[str] = []
    for _ in range(KILLS):
        acknowledged += killed_after(path, draw.randrange(1, 300))
        journal = GateJournal(path)
        kept = journal.after(0, 1_000_000)
        assert [each.sequence for each in kept] == list(range(1, len(kept) + 1))
        assert journal.first_break() is None
        there = {f"{each.sequence} {each.lane} {each.detail}" for each in kept}
        assert set(acknowledged) <= there
        journal.close()
    assert len(acknowledged) == len(set(acknowledged)) >= KILLS
