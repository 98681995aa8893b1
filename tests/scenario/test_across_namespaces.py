"""Gate and centre in network namespaces of their own, on a wire that fails as real ones do.

It needs a kernel that gives this account namespaces and TUN devices; where it does not, what can be
shown without is shown by ``test_gates_at_a_distance.py``, through a proxy.
"""

import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TRY = "unshare -rn sh -c 'ip tuntap add dev try0 mode tun && ip link set try0 up'"


@cache
def why_not() -> str:
    """Why this kernel grants no such namespaces; empty where it does."""
    tried = subprocess.run(["sh", "-c", TRY], capture_output=True, text=True, check=False)
    return tried.stderr.strip() or ("" if tried.returncode == 0 else "unshare was refused")


def test_the_programs_that_make_namespaces_are_there() -> None:
    missing = [program for program in ("unshare", "ip") if shutil.which(program) is None]
    if missing:
        pytest.skip(f"not installed: {', '.join(missing)}")  # in CI a failure


@pytest.mark.kernel
def test_delay_loss_half_open_lines_and_a_partition_in_a_list_lose_nothing(tmp_path: Path) -> None:
    if reason := why_not():
        pytest.skip(f"no network namespaces with TUN devices here: {reason}")
    story = [sys.executable, "-m", "tests.scenario.across_namespaces", str(tmp_path)]
    told = subprocess.run(
        ["unshare", "-rn", *story],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert told.returncode == 0, told.stderr[-3000:]
    assert told.stdout.endswith("whole\n")
