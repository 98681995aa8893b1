"""What a technician copies is what the programs take: config files, units, their words."""

import configparser
import re
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
