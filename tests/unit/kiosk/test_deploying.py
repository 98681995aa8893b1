"""What a technician copies is what the programs take: config files, units, their words."""

import configparser
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner

from cardserver.cli_serve import serve
from kiosk.cli import main
from kiosk.station.config import KioskPart, StationPart, load_config
from printer.profile import load_profile

ROOT = Path(__file__).parents[3]
DEPLOY = ROOT / "deploy"
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))


def test_the_kiosks_example_is_a_whole_config():
    config = load_config(DEPLOY / "config" / "kiosk.toml")
    assert config.reader is not None
    assert config.acceptor is not None
    assert config.kiosk is not None
    assert config.kiosk.journal == Path("/var/lib/yika/kiosk.db")
    assert config.printer is not None
    assert load_profile(config.printer.profile).columns == 48


@pytest.mark.parametrize("part", [StationPart, KioskPart], ids=lambda part: part.__name__)
def test_every_key_that_a_kiosk_needs_is_explained_in_the_example(part):
    text = (DEPLOY / "config" / "kiosk.toml").read_text(encoding="utf-8")
    needed = [name for name, field in part.model_fields.items() if field.is_required()]
    for name in needed:
        assert re.search(rf"^{name} = .+ # \S", text, re.MULTILINE), name


def test_the_servers_example_names_only_settings_that_serve_knows():
    settings = re.findall(
        r"^(\w+) =", (DEPLOY / "config" / "server.toml").read_text(encoding="utf-8"), re.MULTILINE
    )
    assert settings
    assert set(settings) <= {option.name for option in serve.params}


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_a_unit_starts_again_by_itself_and_runs_as_nobody_special(path):
    unit = configparser.ConfigParser(strict=False, interpolation=None)
    unit.read(path, encoding="utf-8")
    service = unit["Service"]
    assert service["Restart"] == "always"
    assert unit["Unit"]["StartLimitIntervalSec"] == "0"
    assert service["User"].startswith("yika")


@pytest.mark.parametrize("kind", ["desk", "kiosk", "gate"])
def test_the_stations_unit_calls_a_command_there_is(kind):
    text = (DEPLOY / "systemd" / "yika@.service").read_text(encoding="utf-8")
    assert "ExecStart=/opt/yika/bin/yika %i /etc/yika/%i.toml" in text
    assert CliRunner().invoke(main, [kind, "--help"]).exit_code == 0


def test_the_screen_opens_the_address_at_which_the_example_listens():
    unit = (DEPLOY / "systemd" / "yika-screen.service").read_text(encoding="utf-8")
    config = load_config(DEPLOY / "config" / "kiosk.toml")
    assert f"http://{config.station.listen}/" in unit


INSTALLING = (ROOT / "docs" / "install-kiosk.md").read_text(encoding="utf-8")


def test_a_technician_is_told_of_every_package_that_pyscard_is_compiled_with():
    listed = (DEPLOY / "debian-demo.txt").read_text(encoding="utf-8")
    _, _, compiled = listed.partition("# pyscard is compiled")
    packages = re.findall(r"^[a-z][\w.-]+$", compiled.split("\n\n")[0], re.MULTILINE)
    assert len(packages) > 3
    for package in (*packages, "pcscd", "chromium", "cage"):
        assert re.search(rf"^(sudo apt install|    ).*\b{package}\b", INSTALLING, re.MULTILINE)


def test_the_account_that_looks_at_the_devices_may_open_what_the_unit_opens():
    """Step 5 runs `yika doctor` as that account, before any unit gives it a group."""
    unit = (DEPLOY / "systemd" / "yika@.service").read_text(encoding="utf-8")
    groups = re.search(r"^SupplementaryGroups=(.+)$", unit, re.MULTILINE)
    assert groups
    assert f"--groups {groups[1].replace(' ', ',')} -- yika" in INSTALLING
    assert 'subject.user == "yika"' in (DEPLOY / "polkit" / "70-yika.rules").read_text("utf-8")


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd here")
@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_a_unit_is_one_that_systemd_takes(path, tmp_path):
    text = re.sub(r"/opt/yika/\S+", "/bin/true", path.read_text(encoding="utf-8"))
    unit = tmp_path / path.name.replace("@", "@kiosk")
    unit.write_text(text, encoding="utf-8")
    words = ["systemd-analyze", "verify", "--man=no", str(unit)]
    looked = subprocess.run(words, capture_output=True, text=True, check=False, timeout=30)
    assert (looked.returncode, looked.stderr) == (0, "")
