"""The suite's own workers: no test is lost, whatever becomes of the process that runs it."""

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
SUITE = """
import os
import pathlib
import warnings

import pytest

HERE = pathlib.Path(__file__).parent


@pytest.fixture(scope="session")
def opened():
    yield
    (HERE / f"closed by {os.getpid()}").touch()


@pytest.mark.parametrize("number", range(20))
@pytest.mark.apart
def test_of_its_own(number, opened, tmp_path):
    (tmp_path / "file").touch()


@pytest.mark.together("pair")
def test_first_of_a_pair():
    os.environ["PAIR"] = str(os.getpid())


@pytest.mark.together("pair")
def test_second_of_a_pair():
    assert os.environ["PAIR"] == str(os.getpid())


def test_fails():
    print("seen in the report")
    assert [1, 2] == [1, 3]


def test_dies():
    os._exit(int(os.environ.get("DIES_WITH", "3")))


def test_after_one_that_died():
    pass


def test_warns():
    warnings.warn("a warning is an error here", stacklevel=1)


@pytest.mark.skip
def test_is_skipped():
    pass
"""
SETTINGS = "[pytest]\nfilterwarnings = error\nmarkers =\n    together\n    apart\n"


def run(folder: Path, *words: str) -> str:
    """What pytest says of that suite with two workers."""
    (folder / "test_them.py").write_text(SUITE, encoding="utf-8")
    (folder / "pytest.ini").write_text(SETTINGS, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-p", "tests.side_by_side", "-p", "no:cacheprovider"]
    ran = subprocess.run(
        [*command, f"--rootdir={folder}", f"--basetemp={folder / 'temporary'}", *words, folder],
        cwd=ROOT,
        env={**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},  # it needs none of the suite's
        capture_output=True,
        check=False,
        encoding="utf-8",
    )
    assert ran.returncode == 1, ran.stdout + ran.stderr
    return ran.stdout


def test_every_test_is_told_of_even_when_its_process_dies(tmp_path: Path) -> None:
    told = run(tmp_path, "--workers=2")
    assert "3 failed, 23 passed, 1 skipped" in told
    assert set(re.findall(r"^FAILED \S+::(\w+)", told, re.MULTILINE)) == {
        "test_fails",
        "test_dies",
        "test_warns",
    }
    assert "seen in the report" in told
    assert "the process that ran this test ended with 3" in told
    assert list(tmp_path.glob("closed by *")), "what was made for the session was never ended"


def test_who_asks_to_stop_at_the_first_failure_is_heard(tmp_path: Path) -> None:
    told = run(tmp_path, "--workers=2", "--exitfirst", "-k", "fails or dies or own")
    assert re.search(r"stopping after [12] failures", told)
