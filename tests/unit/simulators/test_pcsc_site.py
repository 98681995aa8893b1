"""The demo on the PC/SC daemon, on a machine that has none."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from kiosk.cli import main
from simulators import pcscd


def test_without_a_daemon_the_demo_says_in_one_sentence_what_is_missing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(pcscd, "reader_names", lambda: ())
    monkeypatch.setattr(pcscd, "_is_ours", lambda _lock: True)
    monkeypatch.setattr("shutil.which", lambda _name, path=None: path and None)
    words = ["demo", "--check", "--pcsc", "--folder", str(tmp_path)]
    seen = CliRunner().invoke(main, words)
    assert seen.exit_code == 1
    assert "vsmartcard-vpcd" in seen.output
    assert "pcscd-unavailable" in seen.output
    assert "Traceback" not in seen.output
    assert list(tmp_path.iterdir()) == []
