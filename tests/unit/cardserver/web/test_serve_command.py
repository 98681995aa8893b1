"""``yika serve``: settings from file, environment and command line; a server that answers."""

import os
import socket
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import click
import pytest
from click.testing import CliRunner, Result

from cardserver import cli
from cardserver.cli_serve import serve
from cardserver.client import ServerError, connect
from cardserver.db.engine import DatabaseUrlInvalid
from cardserver.domain.keys import DemoKeysRefused, EstateId
from cardserver.domain.station import StationKind
from cardserver.keyringpath import default_keyring
from cardserver.services.accounts import journal
from cardserver.services.opening import open_estate
from cardserver.services.setup import register_station
from cardserver.services.stations import health
from cardserver.services.turn import Caller
from cardserver.vault import KeyFile, Passphrase, create_vault, open_vault
from kiosk.station.clock import ESTATE_ZONE

SECRET = bytes(range(32))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a keyring and its key file."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "key").write_bytes(SECRET)
    create_vault(tmp_path / "keyring.json", KeyFile(SECRET), estate_id=EstateId("SUNNY01"))
    return tmp_path


def run(*words: str, **environment: str) -> Result:
    settings = {"YIKA_KEYRING": "keyring.json", **environment}
    return CliRunner().invoke(serve, words, env=settings)


def test_a_station_is_put_on_file_and_its_token_printed_once(folder: Path) -> None:
    done = run("--keyfile", "key", "--add-station", "desk-1", "desk")
    assert done.exit_code == 0
    assert done.output.startswith("desk-1.")
    assert (folder / "yika.db").exists()


def test_settings_come_from_file_environment_and_line_the_later_wins(folder: Path) -> None:
    (folder / "yika.toml").write_text(
        'database = "sqlite:///file.db"\nkeyfile = "key"\nestate = "翠湖"\n', encoding="utf-8"
    )
    station = ("--add-station", "desk-1", "desk")
    assert run("--config", "yika.toml", *station).exit_code == 0
    run("--config", "yika.toml", *station, YIKA_DATABASE="sqlite:///environment.db")
    run(
        *("--config", "yika.toml", "--database", "sqlite:///line.db", *station),
        YIKA_DATABASE="sqlite:///other.db",
    )
    assert {path.name for path in folder.glob("*.db")} == {
        "file.db",
        "environment.db",
        "line.db",
    }


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("colour = 'x'", "unknown settings: colour"),
        ("keyfile = ['key']", "not one plain value: keyfile"),
        ("= 1", "is not TOML"),
        (f"a = {'[' * 5000}", "nested too deeply"),
        ("threads = 1000", "1000"),
    ],
)
def test_a_mistake_in_the_file_is_named(folder: Path, text: str, words: str) -> None:
    (folder / "yika.toml").write_text(text, encoding="utf-8")
    done = run("--config", "yika.toml", "--keyfile", "key", "--add-station", "x", "desk")
    assert done.exit_code == 2
    assert words in done.output


def test_a_file_that_an_editor_began_with_a_byte_order_mark_is_read(folder: Path) -> None:
    (folder / "yika.toml").write_text('database = "sqlite:///mark.db"\n', encoding="utf-8-sig")
    run("--config", "yika.toml", "--keyfile", "key", "--add-station", "desk-1", "desk")
    assert (folder / "mark.db").exists()


@pytest.mark.parametrize("name", ["", "a.b", "前台", "x" * 61, "a\x01b", " a", "\udcff"])
def test_a_name_that_no_token_can_bear_is_refused(folder: Path, name: str) -> None:
    done = run("--keyfile", "key", "--add-station", name, "desk")
    assert done.exit_code == 2
    assert "letters, digits" in done.output
    assert (folder / "yika.db").exists()


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", "sqlite:///x.db?mode=ro"])
def test_a_store_that_would_keep_nothing_is_refused(folder: Path, url: str) -> None:
    done = run("--keyfile", "key", "--database", url, "--add-station", "desk-1", "desk")
    assert isinstance(done.exception, DatabaseUrlInvalid)
    assert not list(folder.glob("*.db*"))


def test_a_port_that_another_program_has_is_named_and_nothing_is_served(folder: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = f"127.0.0.1:{other.getsockname()[1]}"
        done = run("--keyfile", "key", "--listen", taken)
    assert isinstance(done.exception, OSError)
    assert done.exception.filename == taken
    assert "Serving" not in done.output
    assert (folder / "yika.db").exists()


def test_a_file_that_is_not_there_or_no_text_is_named(folder: Path) -> None:
    (folder / "bytes.toml").write_bytes(b"\xff\xfe")
    for name in ("none.toml", "bytes.toml"):
        done = run("--config", name)
        assert done.exit_code == 2
        assert name in done.output


@pytest.mark.parametrize(
    "listen", ["", "8700", "x:y", "127.0.0.1:0", "127.0.0.1:70000", "127.0.0.1:²"]
)
def test_a_place_to_listen_must_be_one(folder: Path, listen: str) -> None:
    done = run("--keyfile", "key", "--listen", listen)
    assert done.exit_code == 2
    assert "ADDRESS:PORT" in done.output


@pytest.mark.parametrize("listen", ["0.0.0.0:8700", "192.168.1.2:8700", "[::]:1", "estate.lan:80"])
def test_tokens_and_keys_do_not_cross_the_net_in_clear(folder: Path, listen: str) -> None:
    done = run("--keyfile", "key", "--listen", listen)
    assert done.exit_code == 2
    assert "TLS" in done.output
    station = ("--add-station", "desk-1", "desk")
    assert run("--keyfile", "key", "--listen", listen, "--behind-tls", *station).exit_code == 0


def test_demo_keys_serve_nobody(folder: Path) -> None:
    demo = folder / "demo.json"
    create_vault(demo, KeyFile(SECRET), estate_id=EstateId("YIKADEMO"), demo=True)
    done = run("--keyfile", "key", "--keyring", "demo.json", "--add-station", "x", "desk")
    assert isinstance(done.exception, DemoKeysRefused)


@pytest.mark.usefixtures("light")
def test_a_passphrase_is_read_from_a_file_or_asked_for(folder: Path) -> None:
    words = "correct horse battery"
    create_vault(folder / "worded.json", Passphrase(words), estate_id=EstateId("SUNNY01"))
    (folder / "words").write_text(words + "\n", encoding="utf-8")
    (folder / "bytes").write_bytes(b"\xff\xfe")
    station = ("--keyring", "worded.json", "--add-station", "desk-1", "desk")
    assert run("--passphrase-file", "words", *station).exit_code == 0
    assert run("--passphrase-file", "bytes", *station).exit_code == 2
    asked = CliRunner().invoke(serve, station, input=f"{words}\n")
    assert asked.exit_code == 0
    assert words not in asked.output


def test_server_and_stations_count_days_in_one_zone_and_none_can_be_set_cal_01c(
    folder: Path,
) -> None:
    done = run("--keyfile", "key", "--zone", "Mars/Olympus", "--add-station", "x", "desk")
    assert (done.exit_code, "--zone" in done.output) == (2, True)
    assert not (folder / "yika.db").exists()
    assert run("--keyfile", "key", "--add-station", "x", "desk").exit_code == 0
    vault = open_vault(folder / "keyring.json", KeyFile(SECRET))
    estate = open_estate("sqlite:///yika.db", vault, name="翠湖")
    assert estate.zone == ESTATE_ZONE == ZoneInfo("Asia/Shanghai")


def test_the_keyring_lies_where_the_keys_command_puts_it(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.setenv("APPDATA", str(folder))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    default_keyring().parent.mkdir(parents=True)
    (folder / "keyring.json").rename(default_keyring())
    station = ("--add-station", "desk-1", "desk")
    done = CliRunner().invoke(serve, ("--keyfile", "key", *station))
    assert done.exit_code == 0, done.output
    assert folder in default_keyring().parents


def test_a_clock_that_ran_ahead_is_mended_and_the_server_ends(folder: Path) -> None:
    words = ("--keyfile", "key", "--mend-clock")
    vault = open_vault(folder / "keyring.json", KeyFile(SECRET))
    ahead = datetime(2099, 1, 1, tzinfo=UTC)
    estate = open_estate("sqlite:///yika.db", vault, name="翠湖", clock=lambda: ahead)
    register_station(estate, "desk-1", StationKind.DESK)
    done = run(*words)
    assert done.exit_code == 0
    assert done.output.startswith(f"The server's time was {ahead.isoformat()} and is 20")
    again = run(*words)
    assert "2099" not in again.output
    now = open_estate("sqlite:///yika.db", vault, name="翠湖")
    assert health(now).clock_ok
    office = Caller(station="office-1", kind=StationKind.OFFICE)
    assert {line.action for line in journal(now, office, 2).lines} == {"mend-clock"}


def test_mending_is_no_setting_that_could_stay(folder: Path) -> None:
    (folder / "yika.toml").write_text("mend_clock = true", encoding="utf-8")
    done = run("--config", "yika.toml", "--keyfile", "key")
    assert done.exit_code == 2
    assert "unknown settings: mend_clock" in done.output
    station = ("--add-station", "desk-1", "desk")
    done = run("--keyfile", "key", *station, YIKA_MEND_CLOCK="1")
    assert done.output.startswith("desk-1.")
    assert "clock" in " ".join(run("--help").output.split())


def test_one_secret_is_enough(folder: Path) -> None:
    done = run("--keyfile", "key", "--passphrase-file", "key")
    assert done.exit_code == 2
    assert "not both" in done.output


def test_the_keys_group_is_there_when_it_is_asked_for() -> None:
    assert isinstance(cli.keys, click.Group)
    with pytest.raises(AttributeError):
        _ = cli.nothing


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def test_a_served_estate_answers_over_a_socket_and_after_a_restart(folder: Path) -> None:
    """The whole way: process, waitress, socket, client; killed and started again."""
    token = run("--keyfile", "key", "--add-station", "office-1", "office").output.strip()
    port = free_port()
    command = (
        "from cardserver.cli import serve; "
        "serve(['--keyring', 'keyring.json', '--keyfile', 'key', '--estate', '翠湖', "
        f"'--listen', '127.0.0.1:{port}'])"
    )
    root = str(Path(cli.__file__).parent.parent)
    environment = {**os.environ, "PYTHONPATH": root, "PYTHONUTF8": "1"}
    for _ in range(2):
        server = subprocess.Popen(
            [sys.executable, "-c", command], cwd=folder, env=environment, stderr=subprocess.PIPE
        )
        try:
            with connect(f"http://127.0.0.1:{port}", token) as client:
                deadline = time.monotonic() + 60
                while True:
                    try:
                        assert client.health().estate == "翠湖"
                        break
                    except ServerError:
                        assert time.monotonic() < deadline
                        assert server.poll() is None
                assert client.trial().balanced
        finally:
            server.kill()
            server.communicate()
